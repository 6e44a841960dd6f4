//! Levels of logs under one set of names.

/// Returns our name of a level: words in any case, numbers of pino and bunyan.
pub(crate) fn canonical(text: &str) -> Option<&'static str> {
    let mut small = [0; 9];
    let small = small.get_mut(..text.len())?;
    small.copy_from_slice(text.as_bytes());
    small.make_ascii_lowercase();
    Some(match &*small {
        b"trace" | b"10" => "trace",
        b"debug" | b"dbg" | b"20" => "debug",
        b"info" | b"information" | b"inf" | b"30" => "info",
        b"notice" => "notice",
        b"warn" | b"warning" | b"wrn" | b"40" => "warn",
        b"error" | b"err" | b"50" => "error",
        b"critical" | b"crit" => "critical",
        b"alert" => "alert",
        b"emergency" | b"emerg" => "emergency",
        b"fatal" | b"60" => "fatal",
        _ => return None,
    })
}

/// Finds the first word that can only be a level: in capitals, in brackets, or behind `level=`.
pub(super) fn find(head: &[u8]) -> Option<&'static str> {
    let mut start = 0;
    while start < head.len() {
        let length = head[start..].iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        if length == 0 {
            start += 1;
            continue;
        }
        let word = &head[start..start + length];
        let before = start.checked_sub(1).map(|at| head[at]);
        let after = head.get(start + length).copied();
        let is_alone = !matches!(after, Some(b'0'..=b'9' | b'_' | b'-'))
            && !matches!(before, Some(b'0'..=b'9' | b'_' | b'-'));
        let is_marked = word.iter().all(u8::is_ascii_uppercase)
            || (before == Some(b'[') && after == Some(b']'))
            || head[..start].ends_with(b"level=")
            || head[..start].ends_with(b"level=\"");
        if is_alone
            && is_marked
            && let Some(level) = std::str::from_utf8(word).ok().and_then(canonical)
        {
            return Some(level);
        }
        start += length;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_have_one_name_each() {
        assert_eq!(canonical("WARNING"), Some("warn"));
        assert_eq!(canonical("Err"), Some("error"));
        assert_eq!(canonical("50"), Some("error"));
        assert_eq!(canonical("loud"), None);
        assert_eq!(canonical("a very long word"), None);
    }

    #[test]
    fn a_level_in_a_line_is_marked_as_one() {
        let check = |line: &str, want| assert_eq!(find(line.as_bytes()), want, "{line}");
        check("2026-01-02 ERROR payment", Some("error"));
        check("[warn] low stock", Some("warn"));
        check("ts=1 level=info msg=x", Some("info"));
        check("shop.CRITICAL: x", Some("critical"));
        check("no error was found", None);
        check("ERROR_CODES loaded", None);
        check("", None);
    }
}
