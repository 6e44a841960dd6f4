//! Text in which a backslash goes before what would end it.

use std::borrow::Cow;

/// Returns where a byte first stands without a backslash before it.
pub(super) fn first_bare(text: &str, wanted: u8) -> Option<usize> {
    let mut is_escaped = false;
    text.bytes().position(|byte| {
        let found = byte == wanted && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        found
    })
}

/// Undoes escapes: `meant` returns what a character behind a backslash stands for, if the two are an escape.
pub(super) fn undone(text: &str, meant: impl Fn(char) -> Option<char>) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match rest.clone().next().filter(|_| c == '\\').and_then(&meant) {
            Some(meant) => {
                out.push(meant);
                rest.next();
            }
            None => out.push(c),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backslash_escapes_what_follows_and_another_backslash() {
        assert_eq!(first_bare(r#"a\"b"c"#, b'"'), Some(4));
        assert_eq!(first_bare(r#"a\\"b"#, b'"'), Some(3));
        assert_eq!(first_bare(r#"a\""#, b'"'), None);
    }

    #[test]
    fn only_what_is_an_escape_is_undone() {
        let meant = |c| matches!(c, '"' | '\\').then_some(c);
        assert_eq!(undone(r#"a\"b\\c\nd\"#, meant), r#"a"b\c\nd\"#);
        assert!(matches!(undone("plain", meant), Cow::Borrowed("plain")));
    }
}
