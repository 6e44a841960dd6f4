//! Writing: many conditional writes in one request, each with an outcome of its own.

use elastic::{Body, Method, Version};
use serde_json::{Value, json};

use super::{Index, Store};
use crate::Error;

/// One write.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// Adds a document; one that is there stays as it is.
    Create {
        /// Where.
        index: Index,
        /// Its `_id`.
        id: String,
        /// The document.
        document: Value,
    },
    /// Replaces a document that has not changed since.
    Replace {
        /// Where.
        index: Index,
        /// Its `_id`.
        id: String,
        /// The document.
        document: Value,
        /// As it was last seen.
        version: Version,
    },
    /// Writes a document whatever was there.
    Put {
        /// Where.
        index: Index,
        /// Its `_id`.
        id: String,
        /// The document.
        document: Value,
    },
    /// Removes a document that has not changed since.
    Remove {
        /// Where.
        index: Index,
        /// Its `_id`.
        id: String,
        /// As it was last seen.
        version: Version,
    },
}

impl Write {
    /// Returns a write that replaces what was last seen, or adds what was never seen.
    pub fn over(index: Index, id: &str, document: Value, seen: Option<Version>) -> Self {
        let id = id.to_owned();
        match seen {
            Some(version) => Self::Replace { index, id, document, version },
            None => Self::Create { index, id, document },
        }
    }

    fn index(&self) -> Index {
        match self {
            Self::Create { index, .. }
            | Self::Replace { index, .. }
            | Self::Put { index, .. }
            | Self::Remove { index, .. } => *index,
        }
    }
}

/// What became of one write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was carried out.
    Done(Version),
    /// The document is there already, or has changed since.
    Conflict,
    /// There was nothing to remove.
    Absent,
}

/// Documents in one request; a cycle of a large rule writes several.
const WRITES_AT_ONCE: usize = 2_000;

impl Store {
    /// Carries out writes in order and returns what became of each. What was written can be searched at once.
    ///
    /// # Errors
    /// An error leaves open which of the writes were carried out.
    pub async fn write(&self, writes: &[Write]) -> Result<Vec<Outcome>, Error> {
        self.bulk(writes, "true").await
    }

    /// Carries out writes that nobody searches for in a hurry.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn write_later(&self, writes: &[Write]) -> Result<Vec<Outcome>, Error> {
        self.bulk(writes, "false").await
    }

    async fn bulk(&self, writes: &[Write], refresh: &str) -> Result<Vec<Outcome>, Error> {
        let mut outcomes = Vec::with_capacity(writes.len());
        for batch in writes.chunks(WRITES_AT_ONCE) {
            let lines = self.lines(batch);
            let query = [("refresh", refresh)];
            let body = Body::Lines(lines.into());
            let reply = self.client.ask(Method::Post, "/_bulk", &query, body).await;
            let reply = reply.map_err(Error::cluster("write to the cluster"))?;
            let answer: Value = reply.json().map_err(Error::cluster("read what was written"))?;
            let items = answer["items"].as_array().map(Vec::as_slice).unwrap_or_default();
            if items.len() != batch.len() {
                let reason = format!("{} of {} writes were answered", items.len(), batch.len());
                return Err(Error::Refused { index: "_bulk".into(), reason });
            }
            for (write, item) in batch.iter().zip(items) {
                outcomes.push(self.outcome(write, item)?);
            }
        }
        Ok(outcomes)
    }

    fn lines(&self, writes: &[Write]) -> String {
        let mut lines = String::new();
        for write in writes {
            let name = self.name(write.index());
            let (action, document) = match write {
                Write::Create { id, document, .. } => {
                    (json!({"create": {"_index": name, "_id": id}}), Some(document))
                }
                Write::Put { id, document, .. } => {
                    (json!({"index": {"_index": name, "_id": id}}), Some(document))
                }
                Write::Replace { id, document, version, .. } => {
                    let action = json!({"index": {
                        "_index": name, "_id": id,
                        "if_seq_no": version.seq_no, "if_primary_term": version.primary_term,
                    }});
                    (action, Some(document))
                }
                Write::Remove { id, version, .. } => {
                    let action = json!({"delete": {
                        "_index": name, "_id": id,
                        "if_seq_no": version.seq_no, "if_primary_term": version.primary_term,
                    }});
                    (action, None)
                }
            };
            lines.push_str(&action.to_string());
            lines.push('\n');
            if let Some(document) = document {
                lines.push_str(&document.to_string());
                lines.push('\n');
            }
        }
        lines
    }

    fn outcome(&self, write: &Write, item: &Value) -> Result<Outcome, Error> {
        let item = item.as_object().and_then(|item| item.values().next()).unwrap_or(&Value::Null);
        let number = |key: &str| item[key].as_u64().unwrap_or_default();
        match item["status"].as_u64() {
            Some(200 | 201) => Ok(Outcome::Done(Version {
                seq_no: number("_seq_no"),
                primary_term: number("_primary_term"),
            })),
            Some(409) => Ok(Outcome::Conflict),
            Some(404) if matches!(write, Write::Remove { .. }) => Ok(Outcome::Absent),
            _ => Err(Error::Refused {
                index: self.name(write.index()),
                reason: reason(&item["error"]),
            }),
        }
    }
}

fn reason(error: &Value) -> String {
    let text = |value: &Value| value["reason"].as_str().unwrap_or("no reason given").to_owned();
    match error.get("caused_by") {
        Some(cause) => format!("{}: {}", text(error), text(cause)),
        None => text(error),
    }
}
