//! Text that people see: nothing in it moves a cursor, hides itself or changes its reading direction.

use std::borrow::Cow;

/// Returns the text without control, escape, bidirectional and line-separating characters; a line break or tab becomes
/// a space. Text without any of them is not copied.
///
/// ```
/// assert_eq!(runtime::plain("order\u{1b}[2J 1001\u{202e}\n"), "order[2J 1001 ");
/// ```
pub fn plain(text: &str) -> Cow<'_, str> {
    strip(text, |character| match character {
        '\n' | '\t' => Some(' '),
        _ => None,
    })
}

/// Returns the text as [`plain`] does, but keeps its line breaks: for text that we lay out ourselves.
pub fn plain_lines(text: &str) -> Cow<'_, str> {
    strip(text, |character| match character {
        '\n' => Some('\n'),
        '\t' => Some(' '),
        _ => None,
    })
}

fn strip(text: &str, instead: impl Fn(char) -> Option<char>) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let keep = |character| if is_hidden(character) { instead(character) } else { Some(character) };
    Cow::Owned(text.chars().filter_map(keep).collect())
}

fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            // Line and paragraph separator; marks, embeddings, overrides and isolates of direction; what has no width.
            '\u{2028}' | '\u{2029}'
                | '\u{061c}' | '\u{200e}' | '\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
                | '\u{200b}' | '\u{2060}' | '\u{feff}'
                // Tags: invisible copies of ASCII.
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ordinary_text_of_any_script_is_not_copied() {
        for text in ["order 1001", "订单已支付 ¥200.07", "Größe", "👩‍👩‍👧"] {
            assert!(matches!(plain(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    #[test]
    fn an_escape_sequence_loses_its_power() {
        assert_eq!(plain("\u{1b}]0;title\u{7}x"), "]0;titlex");
        assert_eq!(plain("\u{9b}31mred"), "31mred");
    }

    #[test]
    fn a_reversed_file_name_reads_as_it_is_written() {
        assert_eq!(plain("invoice\u{202e}fdp.exe"), "invoicefdp.exe");
    }

    #[test]
    fn one_value_cannot_forge_a_second_line() {
        assert_eq!(plain("a\r\nERROR forged\u{2028}b"), "a ERROR forgedb");
        assert_eq!(plain_lines("a\r\nb"), "a\nb");
    }

    proptest! {
        #[test]
        fn nothing_hidden_is_left(text in any::<String>()) {
            prop_assert!(!plain(&text).chars().any(is_hidden));
        }

        #[test]
        fn cleaning_twice_changes_nothing(text in any::<String>()) {
            let once = plain(&text).into_owned();
            prop_assert_eq!(plain(&once).into_owned(), once.clone());
        }
    }
}
