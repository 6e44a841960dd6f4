//! What a server says, made fit for one line of ours.

/// Characters of a reason that are kept: an error page or a preview of a document can be long.
const LONGEST: usize = 400;

/// Returns the text without what could steer a terminal, cut to a length for people. Where nothing is left, it says so.
pub(crate) fn cut(text: &str) -> String {
    let plain = runtime::plain(text);
    let plain = plain.trim_end();
    if plain.is_empty() {
        return "no reason given".to_owned();
    }
    let mut kept: String = plain.chars().take(LONGEST).collect();
    if plain.chars().nth(LONGEST).is_some() {
        kept.push('…');
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_cannot_steer_our_terminal() {
        assert_eq!(cut("a\u{1b}[31mb\nc\u{202e}d\n"), "a[31mb cd");
    }

    #[test]
    fn an_empty_reason_says_so() {
        for text in ["", " \n", "\u{202e}\u{1b}"] {
            assert_eq!(cut(text), "no reason given");
        }
    }

    #[test]
    fn a_page_becomes_a_line() {
        assert_eq!(cut(&"x".repeat(1_000)).chars().count(), LONGEST + 1);
        assert_eq!(cut(&"x".repeat(LONGEST)).chars().count(), LONGEST);
    }
}
