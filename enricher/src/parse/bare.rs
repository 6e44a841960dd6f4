//! Repairs a flat object that was written by hand: values without quotes that are no JSON, a comma too many, an end that is
//! missing.

/// How much of a line was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    Whole,
    Part,
}

/// Returns the object as JSON. One that holds others, or something behind it, is not repaired.
pub(super) fn repair(line: &str) -> Option<(String, Extent)> {
    let mut rest = line.trim_ascii_start().strip_prefix('{')?;
    let mut json = String::with_capacity(line.len() + 8);
    json.push('{');
    let extent = loop {
        rest = rest.trim_ascii_start();
        if let Some(behind) = rest.strip_prefix('}') {
            if !behind.trim_ascii().is_empty() {
                return None;
            }
            break Extent::Whole;
        }
        if rest.is_empty() {
            break Extent::Part;
        }
        let inner = rest.strip_prefix('"')?;
        let Some((key, behind)) = closing(inner) else { break Extent::Part };
        let behind = behind.trim_ascii_start();
        if behind.is_empty() {
            break Extent::Part;
        }
        let behind = behind.strip_prefix(':')?.trim_ascii_start();
        let is_first = json.len() == 1;
        let mut member = |value: &str| {
            json.push_str(if is_first { "\"" } else { ",\"" });
            json.push_str(key);
            json.push_str("\":");
            json.push_str(value);
        };
        if let Some(text) = behind.strip_prefix('"') {
            let Some((text, behind)) = closing(text) else {
                // Half an escape at the end means nothing.
                let slashes = text.bytes().rev().take_while(|byte| *byte == b'\\').count();
                let text = if slashes % 2 == 1 { text.strip_suffix('\\')? } else { text };
                member("\"");
                json.push_str(text);
                json.push('"');
                break Extent::Part;
            };
            member("\"");
            json.push_str(text);
            json.push('"');
            rest = behind.trim_ascii_start();
        } else {
            // The rest of a number says another number.
            let Some((word, behind)) = word(behind) else { break Extent::Part };
            match word {
                "null" | "true" | "false" => member(word),
                _ if word.starts_with(['{', '[']) => return None,
                _ => member(&serde_json::to_string(word).ok()?),
            }
            rest = behind;
        }
        rest = match rest.strip_prefix(',') {
            Some(behind) => behind,
            None if rest.is_empty() || rest.starts_with('}') => rest,
            None => return None,
        };
    };
    json.push('}');
    Some((json, extent))
}

/// Cuts at the quote that ends a text.
fn closing(text: &str) -> Option<(&str, &str)> {
    let bytes = text.as_bytes();
    let mut from = 0;
    loop {
        let at = from + memchr::memchr2(b'"', b'\\', bytes.get(from..)?)?;
        if bytes.get(at) == Some(&b'"') {
            return Some((text.get(..at)?, text.get(at + 1..)?));
        }
        from = at + 2;
    }
}

/// Cuts behind a value without quotes: it may hold commas itself, but not before a key.
fn word(text: &str) -> Option<(&str, &str)> {
    let ends = |at: &usize| {
        let behind = text.get(at + 1..).unwrap_or_default().trim_ascii_start();
        !text.get(*at..).unwrap_or_default().starts_with(',') || behind.starts_with(['"', '}'])
    };
    let end = memchr::memchr2_iter(b',', b'}', text.as_bytes()).find(ends)?;
    let (word, behind) = text.split_at_checked(end)?;
    Some((word.trim_ascii_end(), behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_json_by_little_becomes_json() {
        let check = |line: &str, want: &str, extent: Extent| {
            assert_eq!(repair(line), Some((want.to_owned(), extent)), "{line}");
        };
        check(r#"{"a":-,"b":1}"#, r#"{"a":"-","b":"1"}"#, Extent::Whole);
        check(r#"{ "a": 0.1, 0.2 : - , "b":, }"#, r#"{"a":"0.1, 0.2 : -","b":""}"#, Extent::Whole);
        check(r#"{"a":null,"b":"x\"y"}"#, r#"{"a":null,"b":"x\"y"}"#, Extent::Whole);
        check(r#"{"a":"x","b":"cut\"#, r#"{"a":"x","b":"cut"}"#, Extent::Part);
        check(r#"{"a":"x","b":20"#, r#"{"a":"x"}"#, Extent::Part);
        check(r#"{"a":"x","b"#, r#"{"a":"x"}"#, Extent::Part);
        check("{", "{}", Extent::Part);
    }

    #[test]
    fn what_is_something_else_stays() {
        for line in
            ["", "x", "{x}", r#"{"a" 1}"#, r#"{"a":1} x"#, r#"{"a":{"b":-}}"#, r#"{"a":"b" "c"}"#]
        {
            assert_eq!(repair(line), None, "{line}");
        }
    }
}
