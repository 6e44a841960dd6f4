//! What lists hold that are no lists of events: one object, or keys with their values.

use serde_json::value::RawValue;

use super::json::{self, Leaf};
use crate::counters::Failure;

/// Keys that a list of pairs may hold: as many as an object.
const MOST_PAIRS: usize = 512;

fn members(list: &str) -> Result<Vec<&RawValue>, Failure> {
    serde_json::from_str(list).map_err(|_| Failure::NotJson)
}

/// Returns the one member of a list; an empty list has none, and one with more is refused.
pub(super) fn single(list: &str) -> Result<Option<&str>, Failure> {
    match members(list)?.as_slice() {
        [] => Ok(None),
        [member] => Ok(Some(member.get())),
        _ => Err(Failure::NotAnObject),
    }
}

/// Returns the pairs of a list, each key behind the list's own path: `[{"key": "a", "value": {"stringValue": "b"}}]`.
pub(super) fn pairs<'l>(path: &str, list: &'l str) -> Result<Vec<(String, Leaf<'l>)>, Failure> {
    let members = members(list)?;
    if members.len() > MOST_PAIRS {
        return Err(Failure::TooManyKeys);
    }
    let mut buffer = String::new();
    let mut pairs = Vec::with_capacity(members.len());
    for member in members {
        let (mut name, mut value) = (format!("{path}."), None);
        json::walk(member.get(), &mut buffer, &mut |key, leaf| match key {
            "key" => name.push_str(leaf.text().unwrap_or_default()),
            // The value stands under a word for its kind, and the words for others may be null.
            _ if value.is_none() && leaf != Leaf::Null && key.starts_with("value") => {
                value = Some(leaf);
            }
            _ => {}
        })?;
        pairs.extend(value.map(|value| (name, value)));
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(list: &str, want: Result<&str, Failure>) {
        let text = |pairs: Vec<(String, Leaf<'_>)>| {
            let one =
                |(name, value): &(String, Leaf<'_>)| format!("{name}={}", value.text().unwrap());
            pairs.iter().map(one).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(pairs("p", list).map(text).as_deref(), want.as_ref().map(|w| *w), "{list}");
    }

    #[test]
    fn a_pair_has_the_value_that_is_not_null() {
        let google =
            r#"[{"key":"a","value":{"string_value":null,"int_value":"7"}},{"key":"b","value":{}}]"#;
        check(google, Ok("p.a=7"));
        check(r#"[{"key":"x.y","value":{"doubleValue":1.50}}]"#, Ok("p.x.y=1.50"));
        check(r#"[{"value":"plain","key":"k"}]"#, Ok("p.k=plain"));
        check("[]", Ok(""));
    }

    #[test]
    fn what_is_no_list_of_pairs_is_refused() {
        check("[1]", Err(Failure::NotAnObject));
        check(r#"[{"key":"a","value":NaN}]"#, Err(Failure::NotJson));
        let many = vec![r#"{"key":"a","value":1}"#; MOST_PAIRS + 1].join(",");
        check(&format!("[{many}]"), Err(Failure::TooManyKeys));
    }

    #[test]
    fn only_a_list_with_one_member_stands_for_it() {
        assert_eq!(single(r#"[{"a":1}]"#), Ok(Some(r#"{"a":1}"#)));
        assert_eq!(single("[ ]"), Ok(None));
        assert_eq!(single("[{},{}]"), Err(Failure::NotAnObject));
    }
}
