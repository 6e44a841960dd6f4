//! Documents that must be there and are not.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use elastic::{Client, Error, Page, Search};
use serde::Serialize;
use serde_json::{Value, json};

use super::doubles::Double;
use super::told::{Part, Told};
use super::{explain, partial};

/// Parts counted in one request.
const PARTS: usize = 500;
/// Documents read at a time where some are missing.
const PAGE: usize = 5_000;
/// A part with more documents is named as a whole instead of being looked through.
const MOST: u64 = 500_000;
/// Places named in one gap.
const PLACES: usize = 20;

/// A part of a file of which documents are missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Gap {
    pub(super) host: String,
    pub(super) path: String,
    pub(super) file: String,
    pub(super) stream: String,
    /// The bytes within which documents are missing.
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) missing: u64,
    /// Bytes under which no document stands: lines that are missing, and lines that never were a document.
    pub(super) places: Vec<Place>,
    pub(super) certainty: Certainty,
}

/// Bytes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct Place {
    pub(super) start: u64,
    pub(super) end: u64,
}

/// Whether the places of a gap are just what is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Certainty {
    /// They are.
    Exact,
    /// What is missing stands among them; lines that a rule dropped do too.
    Among,
}

/// Counts the documents of all parts that were told. One that stands twice counts once, or it would hide one that is gone.
pub(super) async fn find(client: &Client, told: &[&Told], doubles: &[Double]) -> Result<Vec<Gap>> {
    let mut by_file: BTreeMap<(&[String], &str), Vec<&Told>> = BTreeMap::new();
    for told in told {
        by_file.entry((&told.streams, &told.file)).or_default().push(told);
    }
    let mut gaps = Vec::new();
    for ((streams, file), told) in by_file {
        let mut parts: Vec<(Part, &Told)> = told
            .iter()
            .flat_map(|&told| told.parts.iter().map(move |&part| (part, told)))
            .filter(|(part, _)| part.documents > 0)
            .collect();
        // A summary that was told twice speaks once.
        parts.sort_by_key(|(part, _)| (part.start, part.end));
        parts.dedup_by_key(|(part, _)| (part.start, part.end));
        for some in parts.chunks(PARTS) {
            let counts = count(client, streams, file, some).await?;
            for (&(part, told), found) in some.iter().zip(counts) {
                let found = found.saturating_sub(excess(doubles, file, part));
                if found < part.documents {
                    gaps.push(look(client, told, part, part.documents - found).await?);
                }
            }
        }
    }
    Ok(gaps)
}

/// Returns how many documents of a part stand there beside another of the same line. Two lines of one key may both stand.
fn excess(doubles: &[Double], file: &str, part: Part) -> u64 {
    let one = |double: &Double| {
        let here = double.copies.iter().filter(|copy| copy.file == file);
        let here =
            here.map(|copy| copy.start).filter(|start| (part.start..part.end).contains(start));
        let starts: Vec<u64> = here.collect();
        let lines: BTreeSet<u64> = starts.iter().copied().collect();
        (starts.len() - lines.len()) as u64
    };
    doubles.iter().map(one).sum()
}

/// Returns the query for documents of a file; our own summaries speak of files too.
fn of_file(file: &str) -> Value {
    json!({
        "filter": [{"term": {"store.origin.file_id": file}}],
        "must_not": [{"term": {"event.action": "agent.ledger"}}],
    })
}

async fn count(
    client: &Client,
    streams: &[String],
    file: &str,
    parts: &[(Part, &Told)],
) -> Result<Vec<u64>> {
    let ranges: Vec<Value> = parts
        .iter()
        .enumerate()
        .map(|(at, (part, _))| json!({"key": at.to_string(), "from": part.start, "to": part.end}))
        .collect();
    let body = json!({
        "size": 0,
        "track_total_hits": false,
        "query": {"bool": of_file(file)},
        "aggs": {"parts": {"range": {"field": "store.origin.offset", "ranges": ranges}}},
    });
    let mut counts = vec![0; parts.len()];
    for stream in streams {
        let Some(found) = search(client, stream, &body).await? else { continue };
        for bucket in found.aggregations["parts"]["buckets"].as_array().into_iter().flatten() {
            let at = bucket["key"].as_str().and_then(|key| key.parse::<usize>().ok());
            if let Some(count) = at.and_then(|at| counts.get_mut(at)) {
                *count += bucket["doc_count"].as_u64().unwrap_or_default();
            }
        }
    }
    Ok(counts)
}

/// Searches; a stream that does not exist holds nothing.
async fn search(client: &Client, stream: &str, body: &Value) -> Result<Option<Search>> {
    match client.search(stream, body).await {
        Ok(Search { partial: Some(reason), .. }) => Err(partial(&reason)),
        Ok(search) => Ok(Some(search)),
        Err(Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(explain(error)),
    }
}

/// Looks through a part of which documents are missing.
async fn look(client: &Client, told: &Told, part: Part, missing: u64) -> Result<Gap> {
    let mut walk = Walk { at: part.start, places: Vec::new() };
    if part.documents <= MOST {
        let mut query = of_file(&told.file);
        if let Some(filter) = query["filter"].as_array_mut() {
            let bounds = json!({"gte": part.start, "lt": part.end});
            filter.push(json!({"range": {"store.origin.offset": bounds}}));
        }
        let body = json!({
            "size": PAGE,
            "track_total_hits": false,
            "_source": ["store.origin.offset", "store.origin.end"],
            "query": {"bool": query},
            "sort": [{"store.origin.offset": "asc"}, {"event.id": "asc"}],
        });
        let mut spans = Vec::new();
        for stream in &told.streams {
            let mut pages = client.pages(stream, body.clone());
            loop {
                match pages.next().await {
                    Ok(Page::Items(hits)) => {
                        spans.extend(hits.iter().filter_map(|hit| span(&hit.source)));
                    }
                    Ok(Page::Partial(reason)) => return Err(partial(&reason)),
                    Ok(Page::End) | Err(Error::NotFound { .. }) => break,
                    Err(error) => return Err(explain(error)),
                }
            }
        }
        // One stream gives them in their order, several do not.
        spans.sort_unstable();
        for span in spans {
            walk.step(span);
        }
    }
    walk.end(part.end);
    Ok(gap(told, part, missing, walk.places))
}

fn gap(told: &Told, part: Part, missing: u64, mut places: Vec<Place>) -> Gap {
    let exact = told.without_document == 0 && told.unrecorded_bytes == 0 && part.documents <= MOST;
    let (start, end) =
        (places.first().map(|place| place.start), places.last().map(|last| last.end));
    places.truncate(PLACES);
    Gap {
        host: told.host.clone(),
        path: told.path.clone(),
        file: told.file.clone(),
        stream: told.streams.join(", "),
        start: start.unwrap_or(part.start),
        end: end.unwrap_or(part.end),
        missing,
        places,
        certainty: if exact { Certainty::Exact } else { Certainty::Among },
    }
}

/// Returns where the line of a document stood.
fn span(source: &Value) -> Option<(u64, u64)> {
    let number = |name: &str| source.pointer(name).and_then(Value::as_u64);
    let start = number("/store/origin/offset")?;
    Some((start, number("/store/origin/end").unwrap_or(start)))
}

/// Goes through the documents of a part in the order of the file, and notes what lies between them.
#[derive(Debug)]
struct Walk {
    at: u64,
    places: Vec<Place>,
}

impl Walk {
    fn step(&mut self, (start, end): (u64, u64)) {
        self.end(start);
        self.at = self.at.max(end);
    }

    fn end(&mut self, start: u64) {
        if start > self.at {
            self.places.push(Place { start: self.at, end: start });
            self.at = start;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::doubles::Copy;

    #[test]
    fn a_document_that_stands_twice_counts_once_and_two_lines_of_one_key_count_twice() {
        let copy = |start| Copy {
            index: String::new(),
            path: String::new(),
            file: "f".to_owned(),
            start,
            end: start + 10,
        };
        let double = |copies: Vec<Copy>| Double {
            stream: String::new(),
            id: String::new(),
            times: copies.len() as u64,
            copies,
        };
        let doubles = [double(vec![copy(100), copy(100)]), double(vec![copy(120), copy(150)])];
        let part = Part { start: 100, end: 200, documents: 9 };
        assert_eq!(excess(&doubles, "f", part), 1);
        assert_eq!(excess(&doubles, "another", part), 0);
        assert_eq!(excess(&doubles, "f", Part { start: 110, ..part }), 0);
    }

    #[test]
    fn what_lies_between_documents_is_named_byte_by_byte() {
        let mut walk = Walk { at: 100, places: Vec::new() };
        // One line of two events; the line from 140 is gone, and the last one too.
        for span in [(100, 120), (120, 140), (120, 140), (160, 180)] {
            walk.step(span);
        }
        walk.end(200);
        let place = |start, end| Place { start, end };
        assert_eq!(walk.places, [place(140, 160), place(180, 200)]);
    }
}
