//! Documents that stand twice: an `_id` is unique within a backing index only, so a resend over a rollover can double.
//!
//! The ids of a stream are walked as a tree of their first characters: whatever begins one way and stands in one backing
//! index is passed over; what is left is small, and asked for ids that occur more than once.

use anyhow::Result;
use elastic::{Client, Error, Search};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{explain, partial};

/// Characters of an id.
const ALPHABET: &str = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
/// Documents that one question looks through.
const MOST: u64 = 5_000;

/// An id that stands more than once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Double {
    pub(super) stream: String,
    pub(super) id: String,
    /// How often it stands.
    pub(super) times: u64,
    /// Where, the first few.
    pub(super) copies: Vec<Copy>,
}

/// One of the documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Copy {
    pub(super) index: String,
    pub(super) path: String,
    pub(super) file: String,
    pub(super) start: u64,
    pub(super) end: u64,
}

/// Looks for ids that stand more than once among what was read since then.
pub(super) async fn find(client: &Client, stream: &str, since: Timestamp) -> Result<Vec<Double>> {
    let scope = Scope { client, stream, since };
    let indices = json!({"indices": {"terms": {"field": "_index", "size": 2}}});
    let Some(answer) = scope.ask(&[], &indices).await? else { return Ok(Vec::new()) };
    if count(&answer.aggregations["indices"]) < 2 {
        return Ok(Vec::new());
    }
    let (mut open, mut small) = (vec![String::new()], Vec::new());
    while let Some(prefix) = open.pop() {
        for (child, documents) in scope.children(&prefix).await? {
            if documents <= MOST {
                small.push((child, documents));
            } else {
                open.push(child);
            }
        }
    }
    let mut doubles = Vec::new();
    for batch in batches(&small) {
        doubles.extend(scope.doubles(&batch).await?);
    }
    Ok(doubles)
}

struct Scope<'a> {
    client: &'a Client,
    stream: &'a str,
    since: Timestamp,
}

impl Scope<'_> {
    async fn ask(&self, prefixes: &[&str], aggs: &Value) -> Result<Option<Search>> {
        let mut filter = vec![json!({"range": {"event.created": {"gte": self.since.to_string()}}})];
        if !prefixes.is_empty() {
            let any: Vec<Value> = prefixes.iter().map(|prefix| begins(prefix)).collect();
            filter.push(json!({"bool": {"should": any, "minimum_should_match": 1}}));
        }
        let body = json!({
            "size": 0,
            "track_total_hits": false,
            "query": {"bool": {"filter": filter}},
            "aggs": aggs,
        });
        match self.client.search(self.stream, &body).await {
            Ok(Search { partial: Some(reason), .. }) => Err(partial(&reason)),
            Ok(search) => Ok(Some(search)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(explain(error)),
        }
    }

    /// Returns the beginnings that are one character longer and stand in more than one backing index.
    async fn children(&self, prefix: &str) -> Result<Vec<(String, u64)>> {
        let filters: Map<String, Value> = ALPHABET
            .chars()
            .map(|next| format!("{prefix}{next}"))
            .map(|child| (child.clone(), begins(&child)))
            .collect();
        let aggs = json!({"next": {
            "filters": {"filters": filters},
            "aggs": {"indices": {"terms": {"field": "_index", "size": 2}}},
        }});
        let Some(answer) = self.ask(&[prefix], &aggs).await? else { return Ok(Vec::new()) };
        let buckets = answer.aggregations["next"]["buckets"].as_object();
        let several =
            buckets.into_iter().flatten().filter(|(_, bucket)| count(&bucket["indices"]) > 1);
        let child = |(prefix, bucket): (&String, &Value)| {
            (prefix.clone(), bucket["doc_count"].as_u64().unwrap_or_default())
        };
        Ok(several.map(child).collect())
    }

    /// Returns the ids with one of these beginnings that occur more than once.
    async fn doubles(&self, prefixes: &[&str]) -> Result<Vec<Double>> {
        let fields = ["log.file.path", "store.origin"];
        let aggs = json!({"ids": {
            // As many as there can be documents: no id is left out for being one of many.
            "terms": {"field": "event.id", "size": MOST, "min_doc_count": 2},
            "aggs": {"copies": {"top_hits": {"size": 20, "_source": fields}}},
        }});
        let Some(answer) = self.ask(prefixes, &aggs).await? else { return Ok(Vec::new()) };
        let buckets = answer.aggregations["ids"]["buckets"].as_array();
        Ok(buckets.into_iter().flatten().map(|bucket| self.double(bucket)).collect())
    }

    fn double(&self, bucket: &Value) -> Double {
        let hits = bucket["copies"]["hits"]["hits"].as_array();
        let mut copies: Vec<Copy> = hits.into_iter().flatten().map(copy).collect();
        copies.sort_by(|one, two| one.index.cmp(&two.index));
        Double {
            stream: self.stream.to_owned(),
            id: bucket["key"].as_str().unwrap_or_default().to_owned(),
            times: bucket["doc_count"].as_u64().unwrap_or_default(),
            copies,
        }
    }
}

fn begins(prefix: &str) -> Value {
    if prefix.is_empty() {
        json!({"match_all": {}})
    } else {
        json!({"prefix": {"event.id": prefix}})
    }
}

fn count(aggregation: &Value) -> usize {
    aggregation["buckets"].as_array().map_or(0, Vec::len)
}

fn copy(hit: &Value) -> Copy {
    let text =
        |path: &str| hit.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
    let number = |path: &str| hit.pointer(path).and_then(Value::as_u64).unwrap_or_default();
    Copy {
        index: text("/_index"),
        path: text("/_source/log/file/path"),
        file: text("/_source/store/origin/file_id"),
        start: number("/_source/store/origin/offset"),
        end: number("/_source/store/origin/end"),
    }
}

/// Returns the beginnings in groups that one question can look through.
fn batches(small: &[(String, u64)]) -> Vec<Vec<&str>> {
    let mut batches: Vec<Vec<&str>> = Vec::new();
    let mut room = 0;
    for (prefix, documents) in small {
        let fits = |batch: &&mut Vec<&str>| *documents <= room && batch.len() < 500;
        if let Some(batch) = batches.last_mut().filter(fits) {
            batch.push(prefix);
        } else {
            batches.push(vec![prefix]);
            room = MOST;
        }
        room = room.saturating_sub(*documents);
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_question_looks_through_more_documents_than_it_may_name() {
        let small = [("a", 3_000), ("b", 2_000), ("c", 1), ("d", 5_000)];
        let small = small.map(|(prefix, documents)| (prefix.to_owned(), documents));
        assert_eq!(batches(&small), [vec!["a", "b"], vec!["c"], vec!["d"]]);
    }

    #[test]
    fn every_character_of_an_id_is_walked() {
        assert_eq!(ALPHABET.len(), 64);
    }
}
