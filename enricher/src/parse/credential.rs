//! What servers capture of headers that opens a session: cookies, credentials, ids of sessions.

use crate::redact::names;

/// What names of cookies of sessions begin with where a number or a hash follows.
const SESSION_HEADS: &[&str] =
    &["aspsessionid", "wordpresslogged", "wordpresssec", "wpwoocommercesession", "awsalb"];
/// Cookies of sessions whose names say something else anywhere but in a cookie.
const ONLY_AS_COOKIES: &[&str] = &["sessionid", "session", "sid", "auth", "token", "frontend"];
/// What names of headers end with that hold a credential, small and without `_` and `-`.
const HEADER_ENDS: &[&str] = &[
    "token",
    "secret",
    "signature",
    "password",
    "apikey",
    "session",
    "sessionid",
    "jwt",
    "jwtassertion",
    "hmacsha256",
];
/// First words of the header `Authorization`.
const SCHEMES: &[&str] = &["bearer", "basic", "negotiate", "ntlm", "token", "apikey"];
/// The same, behind which pairs stand.
const SCHEMES_OF_PAIRS: &[&str] = &["digest", "hawk", "aws4-hmac-sha256", "oauth", "signature"];
/// First names of headers that are written like cookies: of forwarding, of traces, of the transport.
const NO_COOKIES: &[&str] =
    &["for", "by", "host", "proto", "root", "self", "parent", "max-age", "h2", "h3", "q"];
/// Attributes of a cookie that have no value.
const ATTRIBUTES: &[&str] = &["httponly", "secure", "partitioned"];

/// Tells whether a name is that of a session, whatever stands around it.
pub(super) fn is_session(name: &str) -> bool {
    let plain = plain(name);
    names::is_session(plain.as_bytes()) || SESSION_HEADS.iter().any(|head| plain.starts_with(head))
}

/// Tells whether the header of this name holds a credential.
pub(super) fn is_header(name: &str) -> bool {
    let plain = plain(name);
    is_named(name) || HEADER_ENDS.iter().any(|end| plain.ends_with(end))
}

/// Tells whether a name says of itself that cookies or credentials stand behind it.
pub(super) fn is_named(name: &str) -> bool {
    let plain = plain(name);
    let ends = ["cookie", "cookies", "authorization"];
    is_session(name) || ends.iter().any(|end| plain.ends_with(end))
}

/// Tells whether a path of JSON leads to a cookie, or to a header with a credential.
pub(super) fn is_path(path: &str) -> bool {
    let Some((before, last)) = path.rsplit_once('.') else { return is_session(path) };
    // `connect.sid` is one name, and a path with `sid` at its end.
    if is_session(last) || path.ends_with("connect.sid") || path.ends_with("ASP.NET_SessionId") {
        return true;
    }
    let mut words = before.rsplit('.');
    words.any(|word| matches!(word, "cookie" | "cookies"))
        || (before.rsplit('.').any(|word| word.ends_with("headers")) && is_header(last))
}

/// Tells whether a captured value is a cookie or a credential, by its look.
pub(super) fn is_value(text: &str) -> bool {
    let text = text.trim_ascii();
    is_authorization(text) || is_cookie(text)
}

/// Tells whether a word is the first of the header `Authorization`, behind which one more stands.
pub(super) fn is_scheme(word: &str) -> bool {
    SCHEMES.iter().any(|scheme| word.eq_ignore_ascii_case(scheme))
}

fn is_authorization(text: &str) -> bool {
    let gap = |between: &str| text.split_once(between);
    let Some((scheme, rest)) = gap(" ").or_else(|| gap("%20")).or_else(|| gap("+")) else {
        return false;
    };
    let is_word = !rest.is_empty() && !rest.contains(|c: char| c.is_ascii_whitespace());
    let pairs = SCHEMES_OF_PAIRS.iter().any(|known| scheme.eq_ignore_ascii_case(known));
    (is_scheme(scheme) && is_word) || (pairs && rest.contains('='))
}

fn is_cookie(text: &str) -> bool {
    let mut parts = text.split(';').map(str::trim_ascii).filter(|part| !part.is_empty());
    let Some((name, _)) = parts.next().and_then(|first| first.split_once('=')) else {
        return false;
    };
    if !is_token(name) || NO_COOKIES.iter().any(|known| name.eq_ignore_ascii_case(known)) {
        return false;
    }
    let mut others = 0;
    for part in parts {
        let is_attribute = ATTRIBUTES.iter().any(|known| part.eq_ignore_ascii_case(known));
        if !is_attribute && !part.split_once('=').is_some_and(|(name, _)| is_token(name)) {
            return false;
        }
        others += 1;
    }
    others > 0 || is_session(name) || ONLY_AS_COOKIES.contains(&plain(name).as_str())
}

/// Tells whether this may be the name of a cookie.
fn is_token(name: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    !name.is_empty() && name.bytes().all(is_part)
}

/// Returns a name small and without what its spellings differ in.
fn plain(name: &str) -> String {
    let small = names::plain(name).replace('.', "");
    let bare = small.strip_prefix("host").or_else(|| small.strip_prefix("secure"));
    match bare {
        // `__Host-` and `__Secure-` stand before any name of a cookie.
        Some(bare) if name.starts_with("__") => bare.to_owned(),
        Some(_) | None => small,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_and_credentials_are_known_by_their_look() {
        for text in [
            "PHPSESSID=abc123",
            "connect.sid=s%3Aabc.def",
            "__Host-session=1",
            "theme=dark; cart=77",
            "a=1;b=2",
            "sid=abc; Path=/; HttpOnly; Secure",
            "Basic YWRhOnB3",
            "Bearer abc",
            "bearer%20abc.def",
            "Digest username=\"ada\", realm=\"x\"",
            "AWS4-HMAC-SHA256 Credential=AKIA/x, Signature=1",
        ] {
            assert!(is_value(text), "{text}");
        }
    }

    #[test]
    fn other_headers_stay() {
        for text in [
            "",
            "shop.example",
            "Mozilla/5.0 (X11; Linux x86_64)",
            "text/html; charset=utf-8",
            "max-age=31536000; includeSubDomains",
            "for=203.0.113.7; proto=https",
            "Root=1-58337281-1d84; Sampled=1",
            "cache=MISS",
            "de-DE,de;q=0.9",
            "Basic plan for shops",
            "=;=",
        ] {
            assert!(!is_value(text), "{text}");
        }
    }

    #[test]
    fn names_of_sessions_and_of_headers_have_many_spellings() {
        for name in ["JSESSIONID", "PHPSESSID", "connect.sid", "ASPSESSIONIDQQ", "laravel_session"]
        {
            assert!(is_session(name), "{name}");
        }
        assert!(is_header("x-session-id") && is_header("X-CSRF-Token") && is_header("set_cookie"));
        assert!(!is_session("session_id") && !is_named("token") && !is_header("accept"));
        assert!(is_path("req.headers.x-session-id") && is_path("req.cookies.cart"));
        assert!(is_path("req.connect.sid") && !is_path("order.id") && !is_path("session.id"));
    }
}
