//! The reply to a search.

use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::Error;
use crate::plain::cut;
use crate::reply::Reply;

/// What a search found.
#[derive(Debug, Clone, PartialEq)]
pub struct Search {
    /// Why the answer does not speak for all shards: a shard failed, the time was up, a remote cluster was left out.
    pub partial: Option<String>,
    /// The documents.
    pub hits: Vec<Hit>,
    /// The aggregations by name; null when none was asked for.
    pub aggregations: Value,
    /// How many documents match, if that was counted.
    pub total: Option<Total>,
    /// How many shards were asked; none at all when a pattern matches no index.
    pub shards: u64,
    /// How long the cluster worked.
    pub took: Duration,
    pub(crate) point: Option<String>,
}

/// One document.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Hit {
    /// Where it is stored.
    #[serde(rename = "_index")]
    pub index: String,
    /// Its id.
    #[serde(rename = "_id")]
    pub id: String,
    /// What was stored; null when it was not asked for.
    #[serde(rename = "_source", default)]
    pub source: Value,
    /// Where it stands in the order of the search.
    #[serde(default)]
    pub sort: Vec<Value>,
}

impl Hit {
    /// Returns the document as a value of a type.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        T::deserialize(&self.source)
    }
}

/// How many documents match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Total {
    /// So many.
    Exactly(u64),
    /// The cluster stopped counting here.
    AtLeast(u64),
}

impl Total {
    /// Returns the number, be it exact or not.
    pub fn get(self) -> u64 {
        match self {
            Self::Exactly(count) | Self::AtLeast(count) => count,
        }
    }
}

#[derive(Deserialize)]
struct RawSearch {
    #[serde(default)]
    took: u64,
    timed_out: bool,
    #[serde(rename = "_shards")]
    shards: RawShards,
    #[serde(rename = "_clusters", default)]
    clusters: RawClusters,
    hits: RawHits,
    #[serde(default)]
    aggregations: Value,
    #[serde(default)]
    pit_id: Option<String>,
}

#[derive(Deserialize)]
struct RawShards {
    total: u64,
    failed: u64,
    #[serde(default)]
    failures: Vec<Value>,
}

#[derive(Deserialize, Default)]
struct RawClusters {
    #[serde(default)]
    skipped: u64,
    #[serde(default)]
    partial: u64,
    #[serde(default)]
    failed: u64,
}

#[derive(Deserialize)]
struct RawHits {
    #[serde(default)]
    total: Option<RawTotal>,
    hits: Vec<Hit>,
}

#[derive(Deserialize)]
struct RawTotal {
    value: u64,
    relation: String,
}

impl Search {
    pub(crate) fn read(reply: &Reply) -> Result<Self, Error> {
        let raw: RawSearch = reply.json()?;
        Ok(Self {
            partial: raw.partial(),
            hits: raw.hits.hits,
            aggregations: raw.aggregations,
            total: raw.hits.total.map(|total| match total.relation.as_str() {
                "eq" => Total::Exactly(total.value),
                _ => Total::AtLeast(total.value),
            }),
            shards: raw.shards.total,
            took: Duration::from_millis(raw.took),
            point: raw.pit_id,
        })
    }
}

impl RawSearch {
    fn partial(&self) -> Option<String> {
        let RawShards { total, failed, failures } = &self.shards;
        let clusters = self.clusters.skipped + self.clusters.partial + self.clusters.failed;
        if *failed > 0 {
            let first = failures.first().and_then(|failure| failure.pointer("/reason/reason"));
            let reason = first.and_then(Value::as_str).map(|reason| format!(": {}", cut(reason)));
            return Some(format!(
                "{failed} of {total} shards failed{}",
                reason.unwrap_or_default()
            ));
        }
        if self.timed_out {
            return Some(format!("the search ran out of time after {} ms", self.took));
        }
        (clusters > 0).then(|| format!("{clusters} remote clusters did not answer in full"))
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use serde_json::json;

    use super::*;
    use crate::wire::Answer;

    fn read(body: &Value) -> Result<Search, Error> {
        let body = Bytes::from(body.to_string());
        let answer = Answer { status: 200, body, retry_after: None, product: None, date: None };
        Search::read(&Reply::new("POST /a/_search".to_owned(), answer, Duration::ZERO))
    }

    fn with(shards: &Value, timed_out: &Value) -> Value {
        json!({
            "took": 5, "timed_out": timed_out, "_shards": shards,
            "hits": { "total": { "value": 10_000, "relation": "gte" }, "hits": [
                { "_index": "a", "_id": "1", "_score": null, "_source": { "n": 1 }, "sort": [7, "x"] }
            ] },
        })
    }

    #[test]
    fn hits_are_read_with_their_place_in_the_order() {
        let search = read(&with(&json!({ "total": 3, "failed": 0 }), &json!(false))).unwrap();
        assert_eq!(search.partial, None);
        assert_eq!(search.total, Some(Total::AtLeast(10_000)));
        assert_eq!(search.hits[0].sort, [json!(7), json!("x")]);
        assert_eq!(search.hits[0].source, json!({ "n": 1 }));
        assert_eq!(search.aggregations, Value::Null);
    }

    #[test]
    fn an_answer_of_some_shards_is_partial() {
        let failures = json!([{ "shard": 0, "reason": { "type": "x", "reason": "node left" } }]);
        let shards = json!({ "total": 3, "failed": 1, "failures": failures });
        let partial = read(&with(&shards, &json!(false))).unwrap().partial;
        assert_eq!(partial.as_deref(), Some("1 of 3 shards failed: node left"));
    }

    #[test]
    fn an_answer_that_ran_out_of_time_is_partial() {
        let partial =
            read(&with(&json!({ "total": 3, "failed": 0 }), &json!(true))).unwrap().partial;
        assert_eq!(partial.as_deref(), Some("the search ran out of time after 5 ms"));
    }

    #[test]
    fn an_answer_without_a_remote_cluster_is_partial() {
        let mut body = with(&json!({ "total": 3, "failed": 0 }), &json!(false));
        body["_clusters"] = json!({ "total": 2, "successful": 1, "skipped": 1 });
        let partial = read(&body).unwrap().partial;
        assert_eq!(partial.as_deref(), Some("1 remote clusters did not answer in full"));
    }

    #[test]
    fn a_reply_that_does_not_say_whether_it_is_whole_is_not_believed() {
        assert!(read(&json!({ "hits": { "hits": [] } })).is_err());
        assert!(read(&json!({})).is_err());
    }
}
