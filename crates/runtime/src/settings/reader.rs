//! Serde's way through the tree: each step remembers its key for the error that may come back.

use serde::de::{
    self, DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess,
    Visitor, value::StrDeserializer,
};

use super::{
    Origin,
    fault::Fault,
    node::{Entry, Node, ScalarStyle, Value},
    value,
};

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
