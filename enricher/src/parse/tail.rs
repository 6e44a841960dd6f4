//! JSON at the end of a line, found from its end: what stands before it may hold brackets and quotes of any kind.

/// Cuts the object or list off that a text ends with and before which a space stands, if there is one.
///
/// It only looks for where it begins; whether it is JSON is for its reader to say.
pub(super) fn json(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_ascii_end();
    let bytes = text.as_bytes();
    if !matches!(bytes.last(), Some(b'}' | b']')) {
        return None;
    }
    let mut depth = 0_u32;
    let mut place = Place::Outside;
    let mut at = bytes.len();
    while let Some(before) = at.checked_sub(1) {
        at = before;
        match (place, bytes.get(at)?) {
            (Place::Outside, b'}' | b']') => depth += 1,
            (Place::Outside, b'{' | b'[') => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    break;
                }
            }
            (Place::Outside, b'"') => place = Place::Inside,
            (Place::Inside, b'"') => {
                let escapes = bytes.get(..at)?.iter().rev().take_while(|byte| **byte == b'\\');
                let escapes = escapes.count();
                if escapes.is_multiple_of(2) {
                    place = Place::Outside;
                }
                // What was counted is passed over, so that no byte is looked at more than twice.
                at -= escapes;
            }
            _ => {}
        }
    }
    let (head, json) = text.split_at_checked(at)?;
    (depth == 0 && place == Place::Outside && (head.is_empty() || head.ends_with([' ', '\n'])))
        .then_some((head, json))
}

/// Whether a byte stands within a text of JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Inside,
    Outside,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, want: Option<(&str, &str)>) {
        assert_eq!(json(text), want, "{text}");
    }

    #[test]
    fn json_begins_where_its_brackets_are_even() {
        check(
            r#"a [b "c {"d":"e ] \" } \\","f":[1,{}]} "#,
            Some(("a [b \"c ", r#"{"d":"e ] \" } \\","f":[1,{}]}"#)),
        );
        check("x [] []", Some(("x [] ", "[]")));
        check("{}", Some(("", "{}")));
        check("x {\"a\":\"b\nc\"}", Some(("x ", "{\"a\":\"b\nc\"}")));
    }

    #[test]
    fn what_has_no_start_or_no_space_before_it_is_no_json() {
        for text in ["", "x", "x]", "a[1]", "x \"]", "] [}x", "\\\\\\\"}"] {
            check(text, None);
        }
    }
}
