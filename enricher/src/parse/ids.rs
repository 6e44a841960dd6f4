//! Ids of traces as tracers write them into lines: `traceId=..`, `TraceID: ..`, `[app,trace,span]`, `[trace-span]`.

use event::Field;

use super::tell::is_no_id;
use crate::draft::Draft;

/// Sets the field of an id, if it is one.
pub(super) fn set(field: Field, id: &str, draft: &mut Draft) {
    if !is_no_id(id) {
        draft.event.document.set_text(field, id.trim_ascii());
    }
}

/// What a name that tracers write stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    /// An id.
    Id(Field),
    /// Flags of a trace, which have no field.
    Flags,
}

/// Returns the field of a name such as `traceId`, in any case and with any divider.
pub(super) fn field(name: &str) -> Option<Field> {
    match named_by(name)? {
        Named::Id(field) => Some(field),
        Named::Flags => None,
    }
}

/// Returns what a name such as `traceId` stands for, in any case and with any divider.
fn named_by(name: &str) -> Option<Named> {
    let mut plain = [0; 10];
    let mut length = 0;
    for byte in name.bytes().filter(|byte| !matches!(byte, b'_' | b'-' | b'.')) {
        *plain.get_mut(length)? = byte.to_ascii_lowercase();
        length += 1;
    }
    match plain.get(..length)? {
        b"traceid" => Some(Named::Id(Field::TraceId)),
        b"spanid" => Some(Named::Id(Field::SpanId)),
        b"traceflags" | b"sampled" => Some(Named::Flags),
        _ => None,
    }
}

/// Takes ids with their names off the start of a text: `TraceID: a SpanID: b `, `trace_id=a span_id=b `.
pub(super) fn leading<'a>(text: &'a str, draft: &mut Draft) -> &'a str {
    let mut rest = text;
    while let Some((name, after)) = rest.trim_ascii_start().split_once([':', '=', ' ']) {
        let Some(known) = named_by(name) else { break };
        // `TraceID: a` has a space behind the colon, `trace_id=a` has none, and either may be empty.
        let after = after.strip_prefix(' ').unwrap_or(after);
        let (id, after) = after.split_once([' ', ',']).unwrap_or((after, ""));
        if let Named::Id(field) = known {
            set(field, id, draft);
        }
        rest = after;
    }
    rest
}

/// Reads what stands between brackets, if it is ids; tells whether it was.
pub(super) fn bracketed(inner: &str, draft: &mut Draft) -> Brackets {
    let inner = inner.trim_ascii();
    if inner.contains('=') {
        return named(inner, draft);
    }
    let mut parts = inner.split(',').map(str::trim_ascii);
    let one = parts.next().unwrap_or_default();
    if let (Some(trace), Some(span)) = (parts.next(), parts.next()) {
        let flags = parts.next().unwrap_or_default();
        if !is_id(trace) || !is_id(span) || !matches!(flags, "" | "true" | "false") {
            return Brackets::Other;
        }
        set(Field::TraceId, trace, draft);
        set(Field::SpanId, span, draft);
        if !one.is_empty() && one != "-" {
            draft.event.document.set_text(Field::ServiceName, one);
        }
        return Brackets::Ids;
    }
    // Spring Boot from 3.2 on joins both ids, in 32 and 16 places that are spaces where there are none.
    match inner.split_once('-') {
        Some((trace, span))
            if matches!(trace.len(), 16 | 32)
                && span.len() == 16
                && is_id(trace)
                && is_id(span) =>
        {
            set(Field::TraceId, trace, draft);
            set(Field::SpanId, span, draft);
            Brackets::Ids
        }
        _ => Brackets::Other,
    }
}

/// What stands between brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Brackets {
    /// Ids of a trace.
    Ids,
    /// Something else.
    Other,
}

fn named(inner: &str, draft: &mut Draft) -> Brackets {
    let mut found = Brackets::Other;
    for pair in inner.split([',', ' ']) {
        let Some((name, id)) = pair.split_once('=') else { continue };
        let Some(known) = named_by(name) else { continue };
        if let Named::Id(field) = known {
            set(field, id, draft);
        }
        found = Brackets::Ids;
    }
    found
}

fn is_id(text: &str) -> bool {
    text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(draft: &Draft) -> String {
        let text = |field| draft.event.document.text(field).unwrap_or("none");
        format!("{} {} {}", text(Field::TraceId), text(Field::SpanId), text(Field::ServiceName))
    }

    #[test]
    fn brackets_hold_ids_in_three_forms() {
        let check = |inner: &str, want: Option<&str>| {
            let mut draft = Draft::new();
            let found = bracketed(inner, &mut draft) == Brackets::Ids;
            assert_eq!(found.then(|| ids(&draft)).as_deref(), want, "{inner}");
        };
        check("orders,ab12,cd34", Some("ab12 cd34 orders"));
        check("orders,ab12,cd34,true", Some("ab12 cd34 orders"));
        check("orders,,", Some("none none orders"));
        check(",,,", Some("none none none"));
        check("traceId=ab12, spanId=cd34", Some("ab12 cd34 none"));
        let (trace, span) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
        check(&format!("{trace}-{span}"), Some(&format!("{trace} {span} none")));
        check("nio-8080-exec-1", None);
        check("x, y, z", None);
        check("x,y,z,true", None);
        check("user=7", None);
        check("", None);
    }

    #[test]
    fn ids_before_a_message_have_their_names() {
        let check = |text: &str, want: &str, rest: &str| {
            let mut draft = Draft::new();
            assert_eq!(leading(text, &mut draft), rest, "{text}");
            assert_eq!(ids(&draft), want, "{text}");
        };
        check("TraceID: ab SpanID: cd [x] y", "ab cd none", "[x] y");
        check("TraceID:  SpanID:  y", "none none none", "y");
        check("trace_id=ab span_id=cd trace_flags=01 y", "ab cd none", "y");
        check("trace of a: b", "none none none", "trace of a: b");
    }
}
