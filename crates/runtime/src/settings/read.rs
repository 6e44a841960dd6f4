//! The merged tree read into `Raw*` types, so that every error still knows key, value and line.

use std::fmt;

use serde::de::{
    self, DeserializeOwned, DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor, value::StrDeserializer,
};

use super::{
    Finding, Findings, Origin, Renamed,
    node::{Entry, Node, ScalarStyle, Value, join},
    similar, value,
};

/// Reads the tree. serde stops at its first error, so what was found is taken out and the rest is read again: a person
/// sees all that is wrong at once.
pub(super) fn read<T: DeserializeOwned>(root: &Node, renamed: &[Renamed]) -> Result<T, Findings> {
    const MOST_FINDINGS: usize = 50;
    let mut findings = Findings::default();
    let mut removed: Vec<String> = Vec::new();
    let mut tree = root.clone();
    for _ in 0..MOST_FINDINGS {
        let fault = match T::deserialize(Reader { node: &tree }) {
            Ok(value) => {
                findings.refuse()?;
                return Ok(value);
            }
            Err(fault) => fault,
        };
        let key = fault.key();
        let missing = matches!(fault.kind, Kind::Missing(_));
        // Without a key that it needs, a block cannot be read: it is taken out whole.
        let culprit = if missing { fault.path.clone() } else { key.clone() };
        // What is wrong only because something was taken out says nothing new.
        if !removed.iter().any(|gone| is_around(&key, gone)) {
            findings.push(fault.finding(root, renamed));
        }
        if culprit.is_empty() {
            break;
        }
        tree.remove(&culprit);
        removed.push(culprit);
    }
    Err(findings)
}

/// Returns whether a key is another one or a block around it.
fn is_around(outer: &str, key: &str) -> bool {
    key.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// Why a tree does not fit a type. The key grows from the inside while the error goes up.
#[derive(Debug)]
pub(super) struct Fault {
    kind: Kind,
    path: String,
    place: Option<Box<Place>>,
}

#[derive(Debug)]
enum Kind {
    Unknown { allowed: &'static [&'static str] },
    Missing(&'static str),
    Wrong { message: String, allowed: Option<String>, hint: Option<String> },
}

#[derive(Debug)]
struct Place {
    origin: Origin,
    value: Option<String>,
}

impl Fault {
    pub(super) fn wrong(message: impl Into<String>) -> Self {
        let kind = Kind::Wrong { message: message.into(), allowed: None, hint: None };
        Self { kind, path: String::new(), place: None }
    }

    pub(super) fn with_hint(mut self, text: &str) -> Self {
        if let Kind::Wrong { hint, .. } = &mut self.kind {
            *hint = Some(text.to_owned());
        }
        self
    }

    fn inside(mut self, part: &str, node: &Node) -> Self {
        self.place.get_or_insert_with(|| Box::new(Place::of(node)));
        self.path = join(part, &self.path);
        self
    }

    fn at_key(mut self, entry: &Entry) -> Self {
        self.place = Some(Box::new(Place { origin: entry.origin.clone(), value: None }));
        self.path.clone_from(&entry.key);
        self
    }

    fn key(&self) -> String {
        match self.kind {
            Kind::Missing(name) => join(&self.path, name),
            Kind::Unknown { .. } | Kind::Wrong { .. } => self.path.clone(),
        }
    }

    fn finding(self, root: &Node, renamed: &[Renamed]) -> Finding {
        let key = self.key();
        let place = self.place.map_or_else(|| Place::of(root), |place| *place);
        match self.kind {
            Kind::Unknown { allowed } => unknown(place.origin, &key, allowed, renamed),
            Kind::Missing(_) => Finding::error(place.origin, key, "is missing"),
            Kind::Wrong { message, allowed, hint } => {
                let secret = super::secrets::is_secret(&key);
                let value = if secret { None } else { place.value };
                Finding { value, allowed, hint, ..Finding::error(place.origin, key, message) }
            }
        }
    }
}

impl Place {
    fn of(node: &Node) -> Self {
        Self { origin: node.origin.clone(), value: Some(node.shown()) }
    }
}

fn unknown(origin: Origin, key: &str, allowed: &[&str], renamed: &[Renamed]) -> Finding {
    let general = without_places(key);
    if let Some(renamed) = renamed.iter().find(|renamed| renamed.old == general) {
        let hint = format!("write {}", with_places(renamed.new, key));
        return Finding::error(origin, key, "has another name now").hint(hint);
    }
    let (outer, last) = key.rsplit_once('.').unwrap_or(("", key));
    let finding = Finding::error(origin, key, "is not a key that is known here");
    let finding = match allowed {
        [] => finding,
        allowed => finding.allowed(allowed.join(", ")),
    };
    match similar::nearest(last, allowed.iter().copied()) {
        Some(meant) => finding.hint(format!("did you mean {}?", join(outer, meant))),
        None => finding,
    }
}

/// Returns `inputs[].path` for `inputs[3].path`.
fn without_places(key: &str) -> String {
    let mut general = String::with_capacity(key.len());
    let mut inside = false;
    for character in key.chars() {
        inside = inside && character != ']';
        if !inside {
            general.push(character);
        }
        inside = inside || character == '[';
    }
    general
}

/// Returns `inputs[3].paths` for `inputs[].paths` and the places of `inputs[3].path`.
fn with_places(general: &str, key: &str) -> String {
    let mut places = key.split('[').skip(1).filter_map(|part| part.split(']').next());
    let mut parts = general.split("[]");
    let mut full = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        full.extend(["[", places.next().unwrap_or_default(), "]", part]);
    }
    full
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {:?}", self.path, self.kind)
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::wrong(message.to_string())
    }

    fn invalid_type(_: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::wrong(format!("which is not {expected}"))
    }

    fn invalid_value(_: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::wrong(format!("which is not {expected}"))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let hint = similar::nearest(variant, expected.iter().copied())
            .map(|meant| format!("did you mean {meant}?"));
        let message = "which is not a choice here".to_owned();
        let kind = Kind::Wrong { message, allowed: Some(expected.join(", ")), hint };
        Self { kind, path: String::new(), place: None }
    }

    fn unknown_field(_: &str, allowed: &'static [&'static str]) -> Self {
        Self { kind: Kind::Unknown { allowed }, path: String::new(), place: None }
    }

    fn missing_field(name: &'static str) -> Self {
        Self { kind: Kind::Missing(name), path: String::new(), place: None }
    }
}

/// Reads one node.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) node: &'a Node,
}

impl<'a> Reader<'a> {
    fn expected<T>(what: &str) -> Result<T, Fault> {
        Err(Fault::wrong(format!("which is not {what}")))
    }

    fn items<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.node.value {
            Value::List(items) => visitor.visit_seq(Items { items, place: 0 }),
            Value::Null => visitor.visit_seq(Items { items: &[], place: 0 }),
            Value::Scalar(scalar) => match &self.node.origin {
                // One variable or flag holds a whole list; a file has lists of its own.
                origin @ (Origin::Environment(_) | Origin::Flag(_)) => {
                    let part = |text: &str| Node::scalar(origin.clone(), text.trim());
                    let parts = scalar.text.split(',').filter(|text| !text.trim().is_empty());
                    let items: Vec<Node> = parts.map(part).collect();
                    visitor.visit_seq(Items { items: &items, place: 0 })
                }
                Origin::File { .. } | Origin::Default => Self::expected("a list"),
            },
            Value::Map(_) => Self::expected("a list"),
        }
    }

    fn map<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.node.value {
            Value::Map(entries) => visitor.visit_map(Entries { entries, value: None }),
            // A block whose keys are all commented out.
            Value::Null => visitor.visit_map(Entries { entries: &[], value: None }),
            Value::Scalar(_) | Value::List(_) => Self::expected("a block of `key: value`"),
        }
    }

    fn text(self) -> Result<&'a str, Fault> {
        match &self.node.value {
            Value::Scalar(scalar) => Ok(&scalar.text),
            Value::Null => Err(Fault::wrong("which is not a text").with_hint("write \"\" for one")),
            Value::List(_) | Value::Map(_) => Self::expected("a single value"),
        }
    }

    /// Returns the text of a value that may be a number or a truth value.
    fn bare(self, what: &str) -> Result<&'a str, Fault> {
        match &self.node.value {
            Value::Scalar(scalar) => Ok(&scalar.text),
            Value::Null | Value::List(_) | Value::Map(_) => Self::expected(what),
        }
    }
}

/// Numbers are read from what was written, so `1e3` is no whole number and nothing is rounded in silence.
macro_rules! whole_numbers {
    ($($method:ident $visit:ident $type:ty,)*) => {
        $(
            fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
                visitor.$visit(value::whole::<$type>(self.bare("a whole number")?)?)
            }
        )*
    };
}

impl<'de> de::Deserializer<'de> for Reader<'_> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.node.value {
            Value::Null => visitor.visit_unit(),
            Value::List(_) => self.items(visitor),
            Value::Map(_) => self.map(visitor),
            Value::Scalar(scalar) if scalar.style == ScalarStyle::Quoted => {
                visitor.visit_str(&scalar.text)
            }
            Value::Scalar(scalar) => value::guess(&scalar.text, visitor),
        }
    }

    whole_numbers! {
        deserialize_i8 visit_i8 i8,
        deserialize_i16 visit_i16 i16,
        deserialize_i32 visit_i32 i32,
        deserialize_i64 visit_i64 i64,
        deserialize_u8 visit_u8 u8,
        deserialize_u16 visit_u16 u16,
        deserialize_u32 visit_u32 u32,
        deserialize_u64 visit_u64 u64,
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_bool(value::truth(self.bare("true or false")?)?)
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_f64(value::number(self.bare("a number")?)?)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_str(self.text()?)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_str(self.text()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_str(self.text()?)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_str(self.text()?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.node.value {
            Value::Null => visitor.visit_none(),
            Value::Scalar(_) | Value::List(_) | Value::Map(_) => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.items(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Fault> {
        self.items(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.items(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.map(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match &self.node.value {
            Value::Scalar(scalar) => {
                let name: StrDeserializer<'_, Fault> = scalar.text.as_str().into_deserializer();
                visitor.visit_enum(name)
            }
            Value::Map(entries) => match entries.as_slice() {
                [entry] => visitor.visit_enum(Choice { entry }),
                _ => Err(Fault::wrong(format!("which is not one of {}", variants.join(", ")))),
            },
            Value::Null | Value::List(_) => {
                Err(Fault::wrong(format!("which is not one of {}", variants.join(", "))))
            }
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! { i128 u128 bytes byte_buf unit unit_struct }
}

struct Items<'a> {
    items: &'a [Node],
    place: usize,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Fault> {
        let mut left = self.items.iter().enumerate().skip(self.place);
        let Some((place, node)) = left.find(|(_, node)| !node.is_removed()) else {
            return Ok(None);
        };
        let part = format!("[{place}]");
        self.place = place + 1;
        seed.deserialize(Reader { node }).map(Some).map_err(|fault| fault.inside(&part, node))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len() - self.place)
    }
}

struct Entries<'a> {
    entries: &'a [Entry],
    value: Option<&'a Entry>,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Fault> {
        let Some((entry, rest)) = self.entries.split_first() else { return Ok(None) };
        self.entries = rest;
        self.value = Some(entry);
        let key: StrDeserializer<'_, Fault> = entry.key.as_str().into_deserializer();
        seed.deserialize(key).map(Some).map_err(|fault| fault.at_key(entry))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let Some(entry) = self.value.take() else {
            return Err(Fault::wrong("was asked for before its key"));
        };
        seed.deserialize(Reader { node: &entry.node })
            .map_err(|fault| fault.inside(&entry.key, &entry.node))
    }
}

/// `name: value` where the name chooses what the value is.
struct Choice<'a> {
    entry: &'a Entry,
}

impl<'de, 'a> EnumAccess<'de> for Choice<'a> {
    type Error = Fault;
    type Variant = Chosen<'a>;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Chosen<'a>), Fault> {
        let key: StrDeserializer<'_, Fault> = self.entry.key.as_str().into_deserializer();
        let name = seed.deserialize(key).map_err(|fault| fault.at_key(self.entry))?;
        Ok((name, Chosen { entry: self.entry }))
    }
}

struct Chosen<'a> {
    entry: &'a Entry,
}

impl Chosen<'_> {
    fn locate<T>(&self, outcome: Result<T, Fault>) -> Result<T, Fault> {
        outcome.map_err(|fault| fault.inside(&self.entry.key, &self.entry.node))
    }
}

impl<'de> VariantAccess<'de> for Chosen<'_> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        match &self.entry.node.value {
            Value::Null => Ok(()),
            Value::Scalar(_) | Value::List(_) | Value::Map(_) => {
                self.locate(Err(Fault::wrong("which is not empty, as it is for this choice")))
            }
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Fault> {
        let outcome = seed.deserialize(Reader { node: &self.entry.node });
        self.locate(outcome)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Fault> {
        let outcome = Reader { node: &self.entry.node }.items(visitor);
        self.locate(outcome)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let outcome = Reader { node: &self.entry.node }.map(visitor);
        self.locate(outcome)
    }
}
