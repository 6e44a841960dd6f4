//! Reading back: where an earlier process stood.

use elastic::{Body, Method, Version, part};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Index, Store};
use crate::Error;
use crate::alert::{Episode, id};

/// Documents read in one search.
const PAGE: usize = 500;

/// An episode as it was stored.
#[derive(Debug, Clone)]
pub struct StoredEpisode {
    /// The episode.
    pub episode: Episode,
    /// Its effects that may not be done, as they were written.
    pub effects: Option<Value>,
    /// The version of its document.
    pub version: Version,
}

/// What a watermark document keeps beside the watermark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Since when the rule has learned: history is always learned from here, so that a restart judges alike.
    pub anchor: Timestamp,
    /// Since when it may alert.
    pub begin: Timestamp,
}

/// How far a rule had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Everything before this is judged.
    pub watermark: Timestamp,
    /// Since when it learns and alerts.
    pub mark: Mark,
    /// The version of its document.
    pub version: Version,
}

#[derive(Deserialize)]
struct Tracking {
    episode: Episode,
    effects: Option<Value>,
}

impl Store {
    /// Makes what was written searchable. A key that may not refresh loses nothing: each write refreshes by itself.
    pub(crate) async fn refresh(&self, index: Index) {
        if let Err(error) = self.client.refresh(&self.name(index)).await {
            tracing::debug!(
                event.code = "store.not_refreshed",
                error = %error,
                "an index was not refreshed before it was searched"
            );
        }
    }

    /// Returns the episodes that run, and those that ended since `since`.
    pub async fn episodes(&self, since: Timestamp) -> Result<Vec<StoredEpisode>, Error> {
        self.refresh(Index::State).await;
        let recent = json!({"bool": {"minimum_should_match": 1, "should": [
            {"bool": {"must_not": [{"exists": {"field": "store.alert.end"}}]}},
            {"range": {"store.alert.end": {"gte": since.as_millisecond(), "format": "epoch_millis"}}},
            {"term": {"store.alert.effects": "open"}},
        ]}});
        let hits = self.all(Index::State, &recent, "store.alert.id").await?;
        let read = |hit: &Value| {
            let id = hit["_id"].as_str().unwrap_or_default().to_owned();
            let tracking = hit["_source"]["store"]["alert"]["tracking"].clone();
            let tracking: Tracking = serde_json::from_value(tracking)
                .map_err(|source| Error::Stored { index: self.name(Index::State), id, source })?;
            let Tracking { episode, effects } = tracking;
            Ok(StoredEpisode { episode, effects, version: version(hit) })
        };
        hits.iter().map(read).collect()
    }

    /// Returns how far a rule had come, if it was ever followed.
    pub async fn progress(&self, rule: &str) -> Result<Option<Progress>, Error> {
        let (index, id) = (self.name(Index::Detector), id::watermark(rule));
        let stored = self.client.get(&index, &id).await;
        let stored = match stored {
            Ok(stored) => stored,
            Err(elastic::Error::NotFound { .. }) => None,
            Err(error) => return Err(Error::cluster("read a watermark")(error)),
        };
        let Some(stored) = stored else { return Ok(None) };
        let kept = &stored.source["store"]["detector"];
        let unreadable = |source| Error::Stored { index: index.clone(), id: id.clone(), source };
        let watermark = serde_json::from_value(kept["watermark"].clone()).map_err(unreadable)?;
        let mark = kept["state"].as_str().unwrap_or_default();
        let mark = serde_json::from_str(mark).map_err(unreadable)?;
        Ok(Some(Progress { watermark, mark, version: stored.version }))
    }

    /// Returns the rows of the outbox in one of these states, with their versions.
    pub async fn rows(&self, states: &[&str]) -> Result<Vec<(String, Value, Version)>, Error> {
        self.refresh(Index::Outbox).await;
        let wanted = json!({"terms": {"store.outbox.state": states}});
        let hits = self.all(Index::Outbox, &wanted, "store.outbox.key").await?;
        let row = |hit: &Value| {
            let id = hit["_id"].as_str().unwrap_or_default().to_owned();
            (id, hit["_source"].clone(), version(hit))
        };
        Ok(hits.iter().map(row).collect())
    }

    /// Returns all documents of an index that a query finds, page by page in the order of a unique key.
    async fn all(&self, index: Index, query: &Value, key: &str) -> Result<Vec<Value>, Error> {
        let path = format!("/{}/_search", part(&self.name(index)));
        let mut hits = Vec::new();
        let mut after: Option<Value> = None;
        loop {
            let mut body = json!({
                "size": PAGE, "query": query, "sort": [{key: {"order": "asc", "unmapped_type": "keyword"}}],
                "seq_no_primary_term": true, "track_total_hits": false,
            });
            if let Some(after) = &after {
                body["search_after"] = after.clone();
            }
            let options = [("ignore_unavailable", "true"), ("allow_no_indices", "true")];
            let reply = self.client.ask(Method::Post, &path, &options, Body::json(&body)).await;
            let answer: Value = reply
                .and_then(|reply| reply.json())
                .map_err(Error::cluster("read what is stored"))?;
            let missing = answer["_shards"]["failed"].as_u64() != Some(0);
            if missing || answer["timed_out"].as_bool() == Some(true) {
                let reason = "the answer is partial".to_owned();
                return Err(Error::Refused { index: self.name(index), reason });
            }
            let page = answer["hits"]["hits"].as_array().cloned().unwrap_or_default();
            after = page.last().map(|hit| hit["sort"].clone());
            let last = page.len() < PAGE;
            hits.extend(page);
            if last {
                return Ok(hits);
            }
        }
    }
}

fn version(hit: &Value) -> Version {
    let number = |key: &str| hit[key].as_u64().unwrap_or_default();
    Version { seq_no: number("_seq_no"), primary_term: number("_primary_term") }
}
