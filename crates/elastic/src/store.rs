//! Single documents: read, written under a condition, removed.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::client::Client;
use crate::error::Error;
use crate::reply::Reply;
use crate::request::{Body, Method, part};

/// Which write of a document this is. Two writes never share a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Version {
    /// The number of the write in its shard.
    pub seq_no: u64,
    /// Which primary counted.
    pub primary_term: u64,
}

/// A document as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// The document.
    pub source: Value,
    /// Which write made it.
    pub version: Version,
}

impl Stored {
    /// Returns the document as a value of a type.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        T::deserialize(&self.source)
    }
}

/// What must be true for a write to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// There is no such document yet.
    Absent,
    /// Nobody has written it since.
    Unchanged(Version),
    /// Nothing.
    Any,
}

/// What came of a write under a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It happened.
    Done(Version),
    /// The condition was not true; nothing happened.
    Conflict,
}

/// What came of a removal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removed {
    /// It was there and is gone.
    Done,
    /// It was not there.
    Absent,
    /// The condition was not true; it stays.
    Conflict,
}

#[derive(Deserialize)]
struct RawWritten {
    #[serde(rename = "_seq_no")]
    seq_no: u64,
    #[serde(rename = "_primary_term")]
    primary_term: u64,
}

#[derive(Deserialize)]
struct RawStored {
    found: bool,
    #[serde(rename = "_source", default)]
    source: Value,
    #[serde(flatten)]
    version: Option<RawWritten>,
}

impl From<RawWritten> for Version {
    fn from(raw: RawWritten) -> Self {
        Self { seq_no: raw.seq_no, primary_term: raw.primary_term }
    }
}

impl Client {
    /// Returns the document under an id. That there is none is no error; that there is no index is one.
    pub async fn get(&self, index: &str, id: &str) -> Result<Option<Stored>, Error> {
        let reply = self.send(Method::Get, &document(index, "_doc", id)?, &[], Body::Empty).await?;
        if reply.status == 404 && is_answer(&reply) {
            return Ok(None);
        }
        let reply = reply.success()?;
        let raw: RawStored = reply.json()?;
        match raw {
            RawStored { found: false, .. } => Ok(None),
            RawStored { version: None, .. } => Err(reply.unreadable("the document has no version")),
            RawStored { source, version: Some(version), .. } => {
                Ok(Some(Stored { source, version: version.into() }))
            }
        }
    }

    /// Writes a document under an id, if the condition is true.
    pub async fn put(
        &self,
        index: &str,
        id: &str,
        document: &Value,
        condition: Condition,
    ) -> Result<Written, Error> {
        let (kind, query) = match condition {
            Condition::Absent => ("_create", vec![]),
            Condition::Unchanged(version) => ("_doc", unchanged(version)),
            Condition::Any => ("_doc", vec![]),
        };
        let path = self::document(index, kind, id)?;
        let reply = self.send(Method::Put, &path, &borrowed(&query), Body::json(document)).await?;
        if reply.status == 409 {
            return Ok(Written::Conflict);
        }
        let raw: RawWritten = reply.success()?.json()?;
        Ok(Written::Done(raw.into()))
    }

    /// Removes the document under an id, if the condition is true.
    pub async fn delete(
        &self,
        index: &str,
        id: &str,
        condition: Condition,
    ) -> Result<Removed, Error> {
        let query = match condition {
            Condition::Absent => return Ok(Removed::Conflict),
            Condition::Unchanged(version) => unchanged(version),
            Condition::Any => vec![],
        };
        let path = document(index, "_doc", id)?;
        let reply = self.send(Method::Delete, &path, &borrowed(&query), Body::Empty).await?;
        match reply.status {
            404 if is_answer(&reply) => Ok(Removed::Absent),
            409 => Ok(Removed::Conflict),
            _ => reply.success().map(|_| Removed::Done),
        }
    }

    /// Makes what was written so far visible to searches.
    pub async fn refresh(&self, target: &str) -> Result<(), Error> {
        let path = format!("/{}/_refresh", part(target));
        self.ask(Method::Post, &path, &[], Body::Empty).await.map(drop)
    }
}

fn document(index: &str, kind: &str, id: &str) -> Result<String, Error> {
    if matches!(id, "" | "." | "..") {
        // A path would lose such a part, and the request would mean something else.
        let act = format!("{kind} {id:?} of {index}");
        return Err(Error::NoRequest { act, reason: "no path can hold this id".to_owned() });
    }
    Ok(format!("/{}/{kind}/{}", part(index), part(id)))
}

fn unchanged(version: Version) -> Vec<(&'static str, String)> {
    let Version { seq_no, primary_term } = version;
    vec![("if_seq_no", seq_no.to_string()), ("if_primary_term", primary_term.to_string())]
}

fn borrowed<'a>(query: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
    query.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

/// Tells a 404 about a document from a 404 about its index or the way to it: only the first speaks of the document.
fn is_answer(reply: &Reply) -> bool {
    serde_json::from_slice::<Value>(&reply.body).is_ok_and(|body| body.get("_id").is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_has_one_path() {
        assert_eq!(document("a", "_doc", "x/../y").unwrap(), "/a/_doc/x%2F..%2Fy");
        for id in ["", ".", ".."] {
            assert!(document("a", "_doc", id).is_err(), "{id:?}");
        }
    }
}
