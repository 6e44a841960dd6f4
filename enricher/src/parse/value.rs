//! Sets a field of the dictionary to a value of JSON, if the value is of the field's kind.

use std::net::IpAddr;

use event::Field;
use event::dictionary::Kind;

use super::tell::is_no_id;
use crate::draft::Draft;

/// Sets a field and tells whether the value fits its kind; what does not fit belongs to `store.extra`.
pub(super) fn set(field: Field, text: &str, draft: &mut Draft) -> bool {
    let document = &mut draft.event.document;
    match field.entry().kind {
        Kind::Keyword | Kind::ConstantKeyword => {
            if !is_id(field) || !is_no_id(text) {
                document.set_text(field, text);
            }
            true
        }
        Kind::Wildcard | Kind::MatchOnlyText | Kind::StoredText => {
            document.set_text(field, text);
            true
        }
        Kind::Long => whole(field, text, i64::MIN..=i64::MAX, draft),
        Kind::Integer => whole(field, text, i64::from(i32::MIN)..=i64::from(i32::MAX), draft),
        Kind::Short => whole(field, text, i64::from(i16::MIN)..=i64::from(i16::MAX), draft),
        Kind::Byte => whole(field, text, i64::from(i8::MIN)..=i64::from(i8::MAX), draft),
        Kind::Double | Kind::Float => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => {
                document.set_double(field, number);
                true
            }
            _ => false,
        },
        Kind::Boolean => match text {
            "true" | "1" => {
                document.set_boolean(field, true);
                true
            }
            "false" | "0" => {
                document.set_boolean(field, false);
                true
            }
            _ => false,
        },
        Kind::Ip => match text.parse::<IpAddr>() {
            Ok(_) => {
                document.set_text(field, text);
                true
            }
            Err(_) => false,
        },
        // Dates wait for the time step, which knows the zone.
        Kind::Date | Kind::GeoPoint | Kind::Flattened | Kind::Labels | Kind::StoredObject => false,
    }
}

/// Ids are those keywords whose name ends so, and that of an article; words like "0" and "-" in them mean that there is none.
fn is_id(field: Field) -> bool {
    let name = field.path().rsplit('.').next().unwrap_or_default();
    name == "id" || name.ends_with("_id") || name == "sku"
}

fn whole(
    field: Field,
    text: &str,
    range: std::ops::RangeInclusive<i64>,
    draft: &mut Draft,
) -> bool {
    match integer(text).filter(|number| range.contains(number)) {
        Some(number) => {
            draft.event.document.set_long(field, number);
            true
        }
        None => false,
    }
}

/// Reads a whole number, also where it is written with a fraction of zeros.
fn integer(text: &str) -> Option<i64> {
    let whole = match text.split_once('.') {
        Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|byte| byte == b'0') => {
            whole
        }
        Some(_) => return None,
        None => text,
    };
    whole.parse().ok()
}

/// Reads milliseconds, with a fraction or without, as nanoseconds.
pub(super) fn milliseconds(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let whole: i64 = whole.parse().ok()?;
    let mut nanoseconds = 0;
    for place in 0..6 {
        let digit = fraction.as_bytes().get(place).map_or(0, |byte| i64::from(byte - b'0'));
        nanoseconds = nanoseconds * 10 + digit;
    }
    whole.checked_mul(1_000_000)?.checked_add(nanoseconds)
}

/// Sets a keyword to a list of plain values, and tells whether it could.
pub(super) fn set_list(field: Field, json: &str, draft: &mut Draft) -> bool {
    if field.entry().kind != Kind::Keyword {
        return false;
    }
    match serde_json::from_str::<Vec<&serde_json::value::RawValue>>(json) {
        Ok(values) => {
            let texts: Vec<&str> =
                values.iter().map(|value| value.get()).filter(|value| *value != "null").collect();
            let Ok(list) =
                serde_json::value::RawValue::from_string(format!("[{}]", texts.join(",")))
            else {
                return false;
            };
            draft.event.document.set_json(field, &list);
            true
        }
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(field: Field, text: &str, want: Option<&str>) {
        let mut draft = Draft::new();
        let fits = set(field, text, &mut draft);
        let json = draft.event.document.to_json();
        assert_eq!(fits.then_some(json.as_str()), want, "{field} {text}");
    }

    #[test]
    fn ids_are_text_and_empty_ones_are_none() {
        let big = r#"{"store":{"order":{"id":"9223372036854775808"}}}"#;
        check(Field::StoreOrderId, "9223372036854775808", Some(big));
        for none in ["", "-", "0", "null", "(not set)"] {
            check(Field::StoreOrderId, none, Some("{}"));
        }
    }

    #[test]
    fn numbers_keep_to_the_range_of_their_field() {
        check(Field::StorePaymentAttempt, "2.0", Some(r#"{"store":{"payment":{"attempt":2}}}"#));
        check(Field::StorePaymentAttempt, "40000", None);
        check(Field::StorePaymentAttempt, "two", None);
        check(Field::StoreTicketRating, "-129", None);
        check(Field::StoreOrderAgeMs, "1.5", None);
    }

    #[test]
    fn an_address_must_be_one() {
        check(Field::SourceIp, "203.0.113.7", Some(r#"{"source":{"ip":"203.0.113.7"}}"#));
        check(Field::SourceIp, "shop", None);
    }

    #[test]
    fn milliseconds_keep_their_fraction() {
        assert_eq!(milliseconds("1.5"), Some(1_500_000));
        assert_eq!(milliseconds("12"), Some(12_000_000));
        assert_eq!(milliseconds("-1"), None);
    }
}
