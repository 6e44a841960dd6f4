//! Points in time: the same documents on every page, whatever is written meanwhile.

use serde_json::{Value, json};

use crate::client::Client;
use crate::error::Error;
use crate::request::{Body, Method, part};
use crate::server::Flavour;

/// How long a server keeps a point between two pages.
const KEPT: &str = "2m";

/// A point in time. Close it when it is no longer needed; the server forgets it after two minutes without use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PointInTime {
    id: String,
    flavour: Flavour,
}

impl PointInTime {
    /// Returns what the body of a search says to read at this point.
    pub(super) fn body(&self) -> Value {
        json!({ "id": self.id, "keep_alive": KEPT })
    }

    /// Takes the id that the server gave last: it may change from page to page.
    pub(super) fn renew(&mut self, id: Option<String>) {
        if let Some(id) = id {
            self.id = id;
        }
    }
}

impl Client {
    /// Opens a point in time over a target. The flavour comes from [`Client::server`].
    pub async fn open_point(&self, flavour: Flavour, target: &str) -> Result<PointInTime, Error> {
        let (end, name) = match flavour {
            Flavour::Elasticsearch => ("_pit", "id"),
            Flavour::OpenSearch => ("_search/point_in_time", "pit_id"),
        };
        let path = format!("/{}/{end}", part(target));
        let reply = self.ask(Method::Post, &path, &[("keep_alive", KEPT)], Body::Empty).await?;
        let body: Value = reply.json()?;
        match body[name].as_str() {
            Some(id) => Ok(PointInTime { id: id.to_owned(), flavour }),
            None => Err(reply.unreadable("it names no point in time")),
        }
    }

    /// Closes a point in time. That it is gone already is no error.
    pub async fn close_point(&self, point: PointInTime) -> Result<(), Error> {
        let (path, body) = match point.flavour {
            Flavour::Elasticsearch => ("/_pit", json!({ "id": point.id })),
            Flavour::OpenSearch => ("/_search/point_in_time", json!({ "pit_id": [point.id] })),
        };
        match self.ask(Method::Delete, path, &[], Body::json(&body)).await {
            Ok(_) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
