//! Tokens that are known by their shape: bearer, JWT, keys of clouds and platforms, private keys.

/// Finds a token that starts here, at the start of a word; returns its end.
pub(super) fn find(bytes: &[u8], start: usize) -> Option<usize> {
    let rest = bytes.get(start..)?;
    match rest.first()? {
        b'e' if rest.starts_with(b"eyJ") => jwt(rest),
        b'B' | b'b' => bearer(rest),
        b'-' if rest.starts_with(b"-----BEGIN ") => private_key(rest),
        _ if may_start(rest) => PREFIXES.iter().find_map(|(prefix, shortest)| {
            let body = rest.strip_prefix(*prefix)?;
            let length = body.iter().take_while(|byte| is_key(**byte)).count();
            (length >= *shortest).then_some(prefix.len() + length)
        }),
        _ => None,
    }
    .map(|length| start + length)
}

/// Two bytes tell almost every word from a token: many words begin with the first bytes of tokens.
fn may_start(rest: &[u8]) -> bool {
    matches!(
        rest,
        [b'A', b'K' | b'S' | b'I', ..]
            | [b'L', b'T', ..]
            | [b's', b'k' | b'h', ..]
            | [b'r' | b'p', b'k', ..]
            | [b'g', b'h' | b'i' | b'l', ..]
            | [b'x', b'o', ..]
            | [b'S', b'G', ..]
            | [b'n', b'p', ..]
    )
}

/// First bytes of the tokens that are known.
pub(super) const FIRST: &[u8] = b"eBb-ALsrpgxSn";

const PREFIXES: &[(&[u8], usize)] = &[
    (b"AKIA", 16),
    (b"ASIA", 16),
    (b"AIza", 30),
    (b"LTAI", 12),
    (b"sk_live_", 10),
    (b"sk_test_", 10),
    (b"rk_live_", 10),
    (b"pk_live_", 10),
    (b"sk-", 32),
    (b"shpat_", 20),
    (b"shpss_", 20),
    (b"shpca_", 20),
    (b"shppa_", 20),
    (b"ghp_", 20),
    (b"gho_", 20),
    (b"ghs_", 20),
    (b"github_pat_", 20),
    (b"glpat-", 16),
    (b"xoxb-", 10),
    (b"xoxp-", 10),
    (b"xoxa-", 10),
    (b"SG.", 30),
    (b"npm_", 30),
];

fn is_key(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// Three parts in base64url; the last may be empty.
fn jwt(rest: &[u8]) -> Option<usize> {
    let length = rest.iter().take_while(|byte| is_key(**byte)).count();
    let token = rest.get(..length)?;
    let mut parts = token.split(|byte| *byte == b'.');
    let (head, body) = (parts.next()?, parts.next()?);
    parts.next()?;
    (head.len() >= 8 && body.len() >= 4).then_some(length)
}

fn bearer(rest: &[u8]) -> Option<usize> {
    let word = rest.get(..6).filter(|word| word.eq_ignore_ascii_case(b"bearer"))?;
    let gap = match rest.get(word.len()..)? {
        [b' ' | b'+', ..] => 1,
        [b'%', b'2', b'0', ..] => 3,
        _ => return None,
    };
    let body = rest.get(6 + gap..)?;
    let is_part = |byte: u8| is_key(byte) || matches!(byte, b'~' | b'+' | b'/' | b'=');
    let length = body.iter().take_while(|byte| is_part(**byte)).count();
    (length >= 8).then_some(6 + gap + length)
}

/// From the first line of a private key to its last, or to the end of the text where that is missing.
fn private_key(rest: &[u8]) -> Option<usize> {
    let head = rest.get(..rest.len().min(64))?;
    memchr::memmem::find(head, b"PRIVATE KEY-----")?;
    let Some(end) = memchr::memmem::find(rest, b"-----END ") else { return Some(rest.len()) };
    let tail = rest.get(end + 9..)?;
    let dashes = memchr::memmem::find(tail, b"-----").map_or(tail.len(), |at| at + 5);
    Some(end + 9 + dashes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<&str> {
        find(text.as_bytes(), 0).and_then(|end| text.get(..end))
    }

    #[test]
    fn tokens_are_known_by_their_shape() {
        for text in [
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig-_x",
            "Bearer abcdef123456",
            "bearer%20abcdef123456",
            "AKIAIOSFODNN7EXAMPLE",
            "LTAI5tExampleKey123",
            "sk_live_0123456789abcdef",
            "shpat_0123456789abcdef0123456789abcdef",
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
        ] {
            assert!(FIRST.contains(&text.as_bytes()[0]));
            assert_eq!(found(text), Some(text));
        }
        for (prefix, _) in PREFIXES {
            assert!(FIRST.contains(&prefix[0]) && may_start(prefix), "{prefix:?}");
        }
        assert_eq!(found("Bearer abcdef123456, next"), Some("Bearer abcdef123456"));
        assert_eq!(
            found("-----BEGIN PRIVATE KEY-----\nMIIE cut"),
            Some("-----BEGIN PRIVATE KEY-----\nMIIE cut")
        );
    }

    #[test]
    fn words_stay() {
        for text in [
            "eyJ",
            "eyJustOneWord",
            "Bearer of news",
            "AKIA",
            "sk-42",
            "basket",
            "-----BEGIN CERTIFICATE-----",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
