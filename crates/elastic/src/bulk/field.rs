//! Which field an error speaks of, so that it can be moved out of the way.

use super::verdict::Cause;

/// What stands before the name of a field, and the character that ends the name. Values stand in brackets too ("failed
/// to parse date field \[2026\]"), so nothing but these openings counts.
const OPENINGS: [(&str, char); 6] = [
    ("failed to parse field [", ']'),
    ("object mapping for [", ']'),
    ("Could not dynamically add mapping for field [", ']'),
    ("mapper [", ']'),
    ("a non object mapping [", ']'),
    ("immense term in field=\"", '"'),
];

/// Returns the dotted name of the field, where the error or one of its causes names one.
pub(super) fn named_in(cause: &Cause<'_>) -> Option<String> {
    let mut next = Some(cause);
    while let Some(cause) = next {
        if let Some(field) = cause.reason.as_deref().and_then(named) {
            return Some(field);
        }
        next = cause.caused_by.as_deref();
    }
    None
}

fn named(reason: &str) -> Option<String> {
    if let Some(rest) = after(reason, "dynamic introduction of [") {
        let (field, rest) = rest.split_once(']')?;
        let parent = after(rest, "within [").and_then(|rest| rest.split_once(']'))?.0;
        // A strict mapping speaks of the new key and of the object that refuses it; `_doc` is the document itself.
        return match parent {
            "_doc" => Some(field.to_owned()),
            parent => Some(format!("{parent}.{field}")),
        };
    }
    OPENINGS.iter().find_map(|(opening, end)| {
        let (field, _) = after(reason, opening)?.split_once(*end)?;
        (!field.is_empty()).then(|| field.to_owned())
    })
}

fn after<'a>(text: &'a str, opening: &str) -> Option<&'a str> {
    text.split_once(opening).map(|(_, rest)| rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(reason: &str, want: Option<&str>) {
        assert_eq!(named(reason).as_deref(), want, "{reason}");
    }

    #[test]
    fn reasons_of_servers_name_their_field() {
        check(
            "[1:43] failed to parse field [store.order.items] of type [long] in document with id 'a'. Preview of field's value: 'x'",
            Some("store.order.items"),
        );
        check(
            "object mapping for [user] tried to parse field [user] as object, but found a concrete value",
            Some("user"),
        );
        check(
            "Could not dynamically add mapping for field [store.a.b]. Existing mapping for [store.a] must be of type object but found [keyword].",
            Some("store.a.b"),
        );
        check("mapper [store.x] cannot be changed from type [long] to [text]", Some("store.x"));
        check(
            "can't merge a non object mapping [http.request] with an object mapping",
            Some("http.request"),
        );
        check(
            "Document contains at least one immense term in field=\"event.original\" (whose UTF8 encoding is longer than the max length 32766)",
            Some("event.original"),
        );
    }

    #[test]
    fn a_strict_mapping_names_key_and_object() {
        let reason = |parent| {
            format!(
                "mapping set to strict, dynamic introduction of [colour] within [{parent}] is not allowed"
            )
        };
        check(&reason("_doc"), Some("colour"));
        check(&reason("store.order"), Some("store.order.colour"));
    }

    #[test]
    fn values_are_not_taken_for_fields() {
        check("failed to parse date field [2026-13-01] with format [strict_date]", None);
        check("Limit of total fields [1000] has been exceeded while adding new fields [3]", None);
        check("failed to parse field [", None);
        check("failed to parse field []", None);
    }

    #[test]
    fn a_cause_may_name_what_its_effect_does_not() {
        let inner = Cause {
            reason: Some("failed to parse field [a.b] of type".into()),
            ..Cause::default()
        };
        let outer = Cause {
            reason: Some("failed to parse".into()),
            caused_by: Some(Box::new(inner)),
            ..Cause::default()
        };
        assert_eq!(named_in(&outer).as_deref(), Some("a.b"));
    }
}
