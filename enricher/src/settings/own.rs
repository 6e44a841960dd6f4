//! Values of a user's own format that are written in two ways: one text or a list, a word or a list.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};
use serde::{Serialize, Serializer};

/// One text, or a list of them in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct OneOrMore(pub Vec<String>);

impl OneOrMore {
    /// Tells whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'de> Deserialize<'de> for OneOrMore {
    // An untagged enum would lose the line of a fault.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Texts { expecting: "a text or a list of texts" }).map(Self)
    }
}

/// The names of the columns of a delimited format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Columns {
    /// The first line of each file says them.
    Header,
    /// These; an empty one names a column that is left out.
    Named(Vec<String>),
}

const HEADER: &str = "header";

impl<'de> Deserialize<'de> for Columns {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let texts = Texts { expecting: "`header` or a list of names" };
        let names = deserializer.deserialize_any(texts)?;
        let is_header = names.len() == 1 && names.iter().all(|name| name == HEADER);
        Ok(if is_header { Self::Header } else { Self::Named(names) })
    }
}

impl Serialize for Columns {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Header => serializer.serialize_str(HEADER),
            Self::Named(names) => names.serialize(serializer),
        }
    }
}

struct Texts {
    expecting: &'static str,
}

impl<'de> Visitor<'de> for Texts {
    type Value = Vec<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expecting)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Vec<String>, E> {
        Ok(vec![text.to_owned()])
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<String>, A::Error> {
        let mut texts = Vec::new();
        while let Some(text) = list.next_element()? {
            texts.push(text);
        }
        Ok(texts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_and_a_list_of_it_are_the_same() {
        let read = |yaml: &str| serde_saphyr::from_str::<OneOrMore>(yaml).map(|texts| texts.0);
        assert_eq!(read("a").unwrap(), ["a"]);
        assert_eq!(read("[a, b]").unwrap(), ["a", "b"]);
        assert!(read("{ a: b }").is_err());
    }

    #[test]
    fn columns_are_named_or_those_of_the_header() {
        let read = |yaml: &str| serde_saphyr::from_str::<Columns>(yaml).unwrap();
        assert_eq!(read("header"), Columns::Header);
        assert_eq!(read("[a, \"\"]"), Columns::Named(vec!["a".to_owned(), String::new()]));
        assert_eq!(serde_json::to_string(&Columns::Header).unwrap(), "\"header\"");
    }
}
