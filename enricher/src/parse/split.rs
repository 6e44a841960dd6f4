//! Lines within a line: a request of some collectors holds many events, each of which is read as if it stood alone.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::json::{self, Leaf};

/// Lines that a line may hold.
const MOST_LINES: usize = 1_000;
/// What they may hold together: what stands beside a list is written out for each of its members.
const MOST_BYTES: usize = 8 << 20;

/// What became of a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Lines<'l> {
    /// It is itself, or several that stand for it; never none.
    These(Vec<Cow<'l, str>>),
    /// It holds too many.
    TooMany,
}

/// Takes lists apart: a line becomes one for each member, with the member in place of the list.
///
/// A list within the members of another is named behind it.
pub(super) fn lines<'l>(text: &'l str, paths: &[String]) -> Lines<'l> {
    let mut these = vec![Cow::Borrowed(text)];
    let mut buffer = String::new();
    for path in paths {
        let mut next = Vec::with_capacity(these.len());
        let mut bytes = 0;
        for line in these {
            let Some((before, members, after)) = list(&line, path, &mut buffer) else {
                bytes += line.len();
                next.push(line);
                continue;
            };
            for member in members {
                bytes += before.len() + member.get().len() + after.len();
                if next.len() >= MOST_LINES || bytes > MOST_BYTES {
                    return Lines::TooMany;
                }
                next.push(Cow::Owned([before, member.get(), after].concat()));
            }
        }
        these = next;
    }
    Lines::These(these)
}

/// Returns the members of a list, with what stands before and behind it; nothing where there is no list with members.
fn list<'l>(
    line: &'l str,
    path: &str,
    buffer: &mut String,
) -> Option<(&'l str, Vec<&'l RawValue>, &'l str)> {
    let mut found = None;
    let mut tell = |at: &str, leaf: Leaf<'l>| {
        if let (Leaf::List(list, _), true) = (leaf, at == path) {
            found = Some(list);
        }
    };
    json::walk(line, buffer, &mut tell).ok()?;
    let list = found?;
    let members: Vec<&RawValue> = serde_json::from_str(list).ok()?;
    if members.is_empty() {
        return None;
    }
    // The list is a part of the line.
    let start = list.as_ptr().addr().checked_sub(line.as_ptr().addr())?;
    Some((line.get(..start)?, members, line.get(start + list.len()..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, want: &[&str]) {
        let paths = ["a".to_owned(), "a.b".to_owned()];
        let want = want.iter().map(|line| Cow::Borrowed(*line)).collect();
        assert_eq!(lines(text, &paths), Lines::These(want), "{text}");
    }

    #[test]
    fn each_member_stands_where_its_list_stood() {
        check(
            r#"{"x":1,"a":[{"n":1},{"n":2}],"y":"ü"}"#,
            &[r#"{"x":1,"a":{"n":1},"y":"ü"}"#, r#"{"x":1,"a":{"n":2},"y":"ü"}"#],
        );
        check(
            r#"{"a":[{"z":0,"b":[{"n":1},{"n":2}]},{"b":[{"n":3}]}]}"#,
            &[
                r#"{"a":{"z":0,"b":{"n":1}}}"#,
                r#"{"a":{"z":0,"b":{"n":2}}}"#,
                r#"{"a":{"b":{"n":3}}}"#,
            ],
        );
    }

    #[test]
    fn what_has_no_such_list_stays() {
        for text in [r#"{"x":1}"#, r#"{"a":[]}"#, r#"{"a":{"b":1}}"#, r#"{"a":[1"#, "", "[1]"] {
            check(text, &[text]);
        }
    }

    #[test]
    fn a_line_is_not_blown_up_without_end() {
        let members = vec![r#"{"n":1}"#; MOST_LINES + 1].join(",");
        assert_eq!(lines(&format!(r#"{{"a":[{members}]}}"#), &["a".to_owned()]), Lines::TooMany);
        let (beside, members) = ("x".repeat(100_000), vec!["1"; 100].join(","));
        let line = format!(r#"{{"a":[{members}],"x":"{beside}"}}"#);
        assert_eq!(lines(&line, &["a".to_owned()]), Lines::TooMany);
    }
}
