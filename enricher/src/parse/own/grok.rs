//! `grok`: expressions that are made of named ones: `%{SYNTAX}`, `%{SYNTAX:name}`, `%{SYNTAX:name:int}`.
//!
//! A pattern becomes one expression of the same linear engine. Groups get names of ours, since a name may stand in a
//! pattern twice, once for each way that a line may be written.

use std::collections::BTreeMap;

use super::expression::{Expression, Group, compile};
use super::grok_set::SHIPPED;
use super::{Kind, Refusal};
use crate::settings::Faults;

/// Bytes of an expression with all that it names, at most: it would not be compiled.
const MOST_TEXT: usize = 64 << 10;
/// Definitions within one another, at most.
const MOST_DEPTH: usize = 32;

/// Named expressions: those of a user before those that ship with the program.
#[derive(Debug)]
pub(super) struct Definitions<'a> {
    own: &'a BTreeMap<String, String>,
}

/// An expression on its way to the engine.
#[derive(Debug, Default)]
struct Written {
    text: String,
    groups: Vec<Group>,
    /// The definitions around the place that is written.
    within: Vec<String>,
}

/// Names of groups that we make begin like this.
const PREFIX: &str = "_grok_";

impl<'a> Definitions<'a> {
    /// Takes a user's definitions; each that cannot be used is a fault.
    pub(super) fn check(own: &'a BTreeMap<String, String>, found: &mut Faults<'_>) -> Self {
        let definitions = Self { own };
        for (name, text) in own {
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            let key = format!("parse.definitions.{name}");
            if name.is_empty() || !name.chars().all(is_name) {
                found.add(&key, text, "which has no name", "letters, digits and _: ORDER_NUMBER");
                continue;
            }
            let mut written = Written::default();
            written.within.push(name.clone());
            let usable =
                definitions.write(text, &mut written).and_then(|()| compile(&written.text));
            if let Err(Refusal { message, hint }) = usable {
                found.add(&key, text, message, hint);
            }
        }
        definitions
    }

    fn find(&self, name: &str) -> Option<&str> {
        let own = self.own.get(name).map(String::as_str);
        own.or_else(|| SHIPPED.iter().find(|(known, _)| *known == name).map(|(_, text)| *text))
    }

    /// Makes the expression of a pattern.
    pub(super) fn expression(&self, pattern: &str) -> Result<Expression, Refusal> {
        let mut written = Written::default();
        self.write(pattern, &mut written)?;
        let Written { text, groups, .. } = written;
        Expression::new(&text, |name| {
            let place = name.strip_prefix(PREFIX).and_then(|place| place.parse::<usize>().ok());
            let own = || Group { name: dotted(name), kind: Kind::Text };
            place.and_then(|place| groups.get(place).cloned()).unwrap_or_else(own)
        })
    }

    /// Writes a pattern with what it names put in its place.
    fn write(&self, pattern: &str, written: &mut Written) -> Result<(), Refusal> {
        let mut rest = pattern;
        while let Some((before, behind)) = rest.split_once("%{") {
            written.text.push_str(before);
            let Some((inner, after)) = behind.split_once('}') else {
                return Err(Refusal::new("in which a %{ has no end", SHAPE));
            };
            self.reference(inner, written)?;
            rest = after;
        }
        written.text.push_str(rest);
        if written.text.len() > MOST_TEXT {
            let hint = "64 KiB at most, named expressions included";
            return Err(Refusal::new("which is too long", hint));
        }
        Ok(())
    }

    /// Writes `SYNTAX`, `SYNTAX:name` or `SYNTAX:name:int`.
    fn reference(&self, inner: &str, written: &mut Written) -> Result<(), Refusal> {
        let mut parts = inner.splitn(3, ':');
        let syntax = parts.next().unwrap_or_default();
        let Some(text) = self.find(syntax) else {
            let message = format!("which uses %{{{syntax}}}, and that is no definition");
            return Err(Refusal::new(message, UNKNOWN));
        };
        if written.within.iter().any(|name| name == syntax) {
            let way = written.within.join(", ");
            let message = format!("which uses %{{{syntax}}} within itself: {way}, {syntax}");
            return Err(Refusal::new(message, "a definition may use others, but not itself"));
        }
        if written.within.len() >= MOST_DEPTH {
            return Err(Refusal::new("which nests too deep", "32 definitions within one another"));
        }
        match parts.next().map(dotted) {
            None => written.text.push_str("(?:"),
            Some(name) if name.is_empty() => {
                return Err(Refusal::new("in which a name is empty", SHAPE));
            }
            Some(name) => {
                let group = Group { name, kind: kind(parts.next())? };
                written.text.push_str("(?<");
                written.text.push_str(PREFIX);
                written.text.push_str(&written.groups.len().to_string());
                written.text.push('>');
                written.groups.push(group);
            }
        }
        written.within.push(syntax.to_owned());
        self.write(text, written)?;
        written.within.pop();
        written.text.push(')');
        Ok(())
    }
}

const SHAPE: &str = "%{SYNTAX}, %{SYNTAX:name} or %{SYNTAX:name:int}, for example %{INT:order.id}";
const UNKNOWN: &str =
    "a name of parse.definitions, or one that ships with the program: docs/formats.md lists them";

fn kind(name: Option<&str>) -> Result<Kind, Refusal> {
    Ok(match name {
        None | Some("string") => Kind::Text,
        Some("int" | "long" | "float" | "double") => Kind::Number,
        Some("boolean") => Kind::Truth,
        Some(other) => {
            let message = format!("in which {other} is no kind of value");
            return Err(Refusal::new(message, "string, int, long, float, double or boolean"));
        }
    })
}

/// Returns a name with dots, also where it is written `[http][request][method]`.
pub(super) fn dotted(name: &str) -> String {
    match name.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
        Some(inner) => inner.replace("][", "."),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_definition_compiles_and_names_fields_of_ours() {
        let own = BTreeMap::new();
        let definitions = Definitions { own: &own };
        for (name, text) in SHIPPED {
            let mut written = Written::default();
            definitions.write(text, &mut written).unwrap_or_else(|why| panic!("{name}: {why:?}"));
            compile(&written.text).unwrap_or_else(|why| panic!("{name}: {why:?}"));
            for group in &written.groups {
                assert!(crate::parse::keys::is_known(&group.name), "{name}: {}", group.name);
            }
        }
    }

    #[test]
    fn a_shipped_definition_fits_what_it_is_named_after_and_nothing_else() {
        let own = BTreeMap::new();
        let definitions = Definitions { own: &own };
        let check = |syntax: &str, fits: &[&str], others: &[&str]| {
            let mut written = Written::default();
            definitions.write(&format!("^%{{{syntax}}}$"), &mut written).unwrap();
            let regex = compile(&written.text).unwrap();
            for text in fits {
                assert!(regex.is_match(text), "{syntax} fits {text}");
            }
            for text in others {
                assert!(!regex.is_match(text), "{syntax} does not fit {text}");
            }
        };
        check("IPV4", &["203.0.113.7", "0.0.0.0", "255.255.255.255"], &["256.1.1.1", "1.2.3"]);
        check(
            "IPV6",
            &[
                "::1",
                "::",
                "2001:db8::1",
                "1:2:3:4:5:6:7:8",
                "1::",
                "::ffff:203.0.113.7",
                "1:2::7:8",
            ],
            &["10:20:30", "1:2:3:4:5:6:7", "1::2::3", ":"],
        );
        check("IP", &["::1", "10.0.0.1"], &["shop"]);
        check("HOSTNAME", &["web-1", "shop.example.com", "a_b"], &["-a", "a..b", ""]);
        check("INT", &["5", "-5", "+5"], &["5.0", ""]);
        check("NUMBER", &["5", "-5.25", ".5"], &["5.", "five"]);
        check("POSINT", &["10"], &["0", "-1"]);
        check("NONNEGINT", &["0", "10"], &["-1"]);
        check("WORD", &["GET", "Bestellung_1", "京"], &["a b", ""]);
        check("UUID", &["123e4567-e89b-12d3-a456-426614174000"], &["123e4567"]);
        check("QS", &["\"a \\\" b\"", "'x'", "\"\""], &["\"a", "a"]);
        check("UNIXPATH", &["/", "/var/log/shop-1.log"], &["var"]);
        check("PATH", &["C:\\shop\\a.log", "/a"], &["a"]);
        check(
            "URI",
            &["https://shop.example.com:8443/a/b?c=d&e=%20", "http://[::1]/", "redis://localhost"],
            &["/a/b"],
        );
        check("URIPATHPARAM", &["/a?b=c", "/"], &["a"]);
        check("EMAILADDRESS", &["a.b+c@shop.example"], &["a@", "@b"]);
        check("MONTH", &["Jan", "January", "SEP"], &["Foo"]);
        check("MONTHNUM", &["1", "01", "12"], &["13", "0"]);
        check("MONTHDAY", &["1", "09", "31"], &["32", "0"]);
        check("TIME", &["23:59:60", "3:04:05.678", "03:04:05,678"], &["24:00:00", "03:04"]);
        check("DATE_US", &["12/31/2026", "1-2-26"], &["31/12/2026"]);
        check("DATE_EU", &["31/12/2026", "31.12.2026"], &["12/31/2026"]);
        check(
            "TIMESTAMP_ISO8601",
            &["2026-01-02T03:04:05.678Z", "2026-01-02 03:04:05,678", "2026-01-02T03:04+01:00"],
            &["2026-13-02 03:04:05", "2026-01-02"],
        );
        check("HTTPDATE", &["02/Jan/2026:03:04:05 +0000"], &["2026-01-02"]);
        check("SYSLOGTIMESTAMP", &["Jan  2 03:04:05", "Jan 12 03:04:05"], &["2 Jan"]);
        check("LOGLEVEL", &["INFO", "warn", "Warning", "ERROR"], &["loud"]);
        check("MAC", &["00:1a:2B:3c:4d:5e", "00-1A-2B-3C-4D-5E", "001a.2b3c.4d5e"], &["00:1a"]);
        check("JAVACLASS", &["com.shop.Order", "Order$Line"], &["1a", "a..b"]);
        check("JAVAFILE", &["Order.java", "Native Method"], &["a:b"]);
    }

    #[test]
    fn names_in_brackets_are_dotted() {
        assert_eq!(dotted("[http][request][method]"), "http.request.method");
        assert_eq!(dotted("order.id"), "order.id");
    }
}
