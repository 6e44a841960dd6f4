//! Templates of messages: the message with its variable parts masked, as a hash that is the same after every restart.

use event::EventId;

/// Longest part of a message that is looked at.
const LONGEST: usize = 1_024;

/// Writes the message with numbers, hexadecimal words and quoted values masked.
pub(crate) fn mask(message: &str, out: &mut String) {
    out.clear();
    let first = message.lines().next().unwrap_or_default();
    let end = (0..=first.len().min(LONGEST)).rev().find(|at| first.is_char_boundary(*at));
    let mut rest = first.get(..end.unwrap_or(0)).unwrap_or_default();
    while let Some(c) = rest.chars().next() {
        if !c.is_ascii_alphanumeric() {
            out.push(c);
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
            continue;
        }
        let is_part = |c: char| c.is_ascii_alphanumeric();
        let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let (word, tail) = rest.split_at_checked(length).unwrap_or((rest, ""));
        if word.bytes().any(|byte| byte.is_ascii_digit()) {
            // Parts of one number or id, such as 12.5 or a uuid, are one mask.
            let joined =
                out.strip_suffix(['.', '-', ':', ',']).is_some_and(|head| head.ends_with('#'));
            if joined {
                out.pop();
            } else {
                out.push('#');
            }
        } else if word.len() >= 4 && is_hex(word) && out.ends_with("#-") {
            out.pop();
        } else {
            out.push_str(word);
        }
        rest = tail;
    }
}

fn is_hex(word: &str) -> bool {
    word.bytes().all(|byte| matches!(byte, b'a'..=b'f' | b'A'..=b'F'))
}

/// Returns the hash of a masked message.
pub(crate) fn hash(masked: &str) -> EventId {
    EventId::from_parts(&["template", masked])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(message: &str, want: &str) {
        let mut out = String::new();
        mask(message, &mut out);
        assert_eq!(out, want);
    }

    #[test]
    fn what_varies_is_masked() {
        check("order 1001 took 12.5 ms", "order # took # ms");
        check("at 2026-01-02T03:04:05.678Z failed", "at # failed");
        check("id 550e8400-e29b-41d4-a716-446655440000 gone", "id # gone");
        check("user u77 of host-3", "user # of host-#");
        check("支付 42 失败", "支付 # 失败");
        check("first\nsecond 2", "first");
        check("", "");
    }

    #[test]
    fn a_hash_is_that_of_every_release() {
        assert_eq!(hash("order # took # ms").to_string(), "-1B2uKeGg5bWs_SDrmyWRg");
    }
}
