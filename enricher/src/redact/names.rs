//! Names whose values are secrets or persons, in JSON keys, in queries and in text.

/// What the value behind a name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Named {
    /// Dropped.
    Secret,
    /// Dropped up to the end of its line: headers.
    Header,
    /// Replaced by a pseudonym.
    Email,
    /// Replaced by a pseudonym.
    Phone,
    /// Replaced by a pseudonym.
    Id,
}

/// Where a name stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Behind `?` or `&`.
    Query,
    /// Anywhere else.
    Text,
}

/// Longest name that is looked up.
pub(crate) const LONGEST: usize = 32;

/// Tells what the value behind a name is.
pub(crate) fn look_up(name: &[u8], place: Place) -> Option<Named> {
    let mut plain = [0; LONGEST];
    let mut length = 0;
    // `accessToken`, `access-token` and `access_token` are one name.
    for byte in name.iter().filter(|byte| !matches!(byte, b'_' | b'-')) {
        *plain.get_mut(length)? = byte.to_ascii_lowercase();
        length += 1;
    }
    Some(match plain.get(..length)? {
        name if is_session(name) => Named::Secret,
        b"password" | b"passwd" | b"pwd" | b"passphrase" | b"newpassword" | b"oldpassword"
        | b"secret" | b"clientsecret" | b"appsecret" | b"token" | b"accesstoken"
        | b"refreshtoken" | b"idtoken" | b"authtoken" | b"sessiontoken" | b"csrftoken"
        | b"apikey" | b"apitoken" | b"accesskey" | b"accesskeyid" | b"secretkey"
        | b"secretaccesskey" | b"privatekey" | b"signature" | b"xsignature" | b"paysign"
        | b"hmac" | b"cvv" | b"cvv2" | b"cvc" | b"securitycode" | b"otp" | b"pin"
        | b"cardnumber" | b"idcard" | b"idnumber" | b"ssn" | b"passport" => Named::Secret,
        b"authorization"
        | b"proxyauthorization"
        | b"cookie"
        | b"setcookie"
        | b"xapikey"
        | b"xauthtoken"
        | b"xshopifyaccesstoken" => Named::Header,
        // Short words mean a secret only where a query says so.
        b"sig" | b"sign" | b"code" | b"auth" | b"key" | b"sid" | b"session" | b"sessionid"
        | b"jwt" | b"nonce" | b"state"
            if place == Place::Query =>
        {
            Named::Secret
        }
        b"email" | b"mail" | b"emailaddress" => Named::Email,
        b"phone" | b"mobile" | b"tel" | b"phonenumber" | b"msisdn" => Named::Phone,
        b"customerid" | b"userid" | b"openid" | b"unionid" | b"buyernick" | b"deviceid"
            if place == Place::Query =>
        {
            Named::Id
        }
        _ => return None,
    })
}

/// Tells whether this is the name of a cookie that is a session, small and without `_`, `-` and `.`: nothing else is called so.
pub(crate) fn is_session(plain: &[u8]) -> bool {
    matches!(
        plain,
        b"jsessionid"
            | b"jsessionidsso"
            | b"phpsessid"
            | b"connectsid"
            | b"aspnetsessionid"
            | b"aspxauth"
            | b"laravelsession"
            | b"cisession"
            | b"racksession"
            | b"sessid"
            | b"cfid"
            | b"cftoken"
            | b"xsrftoken"
            | b"rememberme"
            | b"remembertoken"
    )
}

/// Returns a name small and without `_` and `-`: `accessToken`, `access-token` and `ACCESS_TOKEN` are one.
pub(crate) fn plain(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-')).map(|c| c.to_ascii_lowercase()).collect()
}

/// Tells whether a key of JSON holds a secret.
pub(crate) fn is_secret_key(key: &str) -> bool {
    let short = matches!(key, "sig" | "sign" | "auth" | "jwt" | "cookies");
    let found = look_up(key.as_bytes(), Place::Text);
    short || matches!(found, Some(Named::Secret | Named::Header))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_are_one() {
        for name in ["access_token", "accessToken", "ACCESS-TOKEN"] {
            assert_eq!(look_up(name.as_bytes(), Place::Text), Some(Named::Secret), "{name}");
        }
    }

    #[test]
    fn ids_of_sessions_are_secrets_wherever_they_stand() {
        for name in ["jsessionid", "PHPSESSID", "laravel_session"] {
            assert_eq!(look_up(name.as_bytes(), Place::Text), Some(Named::Secret), "{name}");
        }
        assert_eq!(look_up(b"session", Place::Text), None);
    }

    #[test]
    fn a_short_word_is_a_secret_only_in_a_query() {
        assert_eq!(look_up(b"code", Place::Query), Some(Named::Secret));
        assert_eq!(look_up(b"code", Place::Text), None);
        assert!(is_secret_key("sign"));
        assert!(!is_secret_key("failure_code"));
        assert!(!is_secret_key("a_name_that_is_far_longer_than_any_that_is_looked_up"));
    }
}
