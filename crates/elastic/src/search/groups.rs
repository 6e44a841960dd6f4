//! Walks through all groups of a composite aggregation.

use serde_json::{Value, json};

use super::{Page, Search};
use crate::client::Client;
use crate::error::Error;

/// Pages of the buckets of one composite aggregation. It never truncates in silence: where an answer is partial, or there
/// are more groups than the caller's bound, it says so and stops.
#[derive(Debug)]
pub struct Groups<'a> {
    client: &'a Client,
    target: String,
    walk: Walk,
}

impl Client {
    /// Returns the groups of the composite aggregation `name`, which stands at the top of the body's `aggs`; at most so
    /// many.
    pub fn groups(&self, target: &str, body: Value, name: &str, most: usize) -> Groups<'_> {
        Groups { client: self, target: target.to_owned(), walk: Walk::new(body, name, most) }
    }
}

impl Groups<'_> {
    /// Returns the next page. Once an answer was partial, every further step says so again.
    pub async fn next(&mut self) -> Result<Page<Value>, Error> {
        if let Some(page) = self.walk.over() {
            return Ok(page);
        }
        let search = self.client.search(&self.target, &self.walk.body).await?;
        Ok(self.walk.take(search))
    }

    /// Returns all groups, or why they cannot all be had.
    pub async fn all(mut self) -> Result<Result<Vec<Value>, String>, Error> {
        let mut all = Vec::new();
        loop {
            match self.next().await? {
                Page::Items(items) => all.extend(items),
                Page::Partial(reason) => return Ok(Err(reason)),
                Page::End => return Ok(Ok(all)),
            }
        }
    }
}

/// What the walk knows between two requests. Pure.
#[derive(Debug)]
struct Walk {
    body: Value,
    name: String,
    left: usize,
    state: State,
}

#[derive(Debug)]
enum State {
    Reading,
    Partial(String),
    Ended,
}

impl Walk {
    fn new(mut body: Value, name: &str, most: usize) -> Self {
        body["size"] = json!(0);
        Self { body, name: name.to_owned(), left: most, state: State::Reading }
    }

    fn over(&self) -> Option<Page<Value>> {
        match &self.state {
            State::Reading => None,
            State::Partial(reason) => Some(Page::Partial(reason.clone())),
            State::Ended => Some(Page::End),
        }
    }

    fn take(&mut self, mut search: Search) -> Page<Value> {
        if let Some(reason) = search.partial {
            return self.stop(reason);
        }
        let Some(aggregation) = search.aggregations.get_mut(&self.name) else {
            if search.shards == 0 {
                // A pattern that matches no index answers without aggregations.
                self.state = State::Ended;
                return Page::End;
            }
            return self.stop(format!("the answer holds no aggregation {:?}", self.name));
        };
        let after = aggregation["after_key"].take();
        let Value::Array(buckets) = aggregation["buckets"].take() else {
            return self.stop(format!("the aggregation {:?} holds no buckets", self.name));
        };
        if buckets.is_empty() {
            self.state = State::Ended;
            return Page::End;
        }
        let Some(left) = self.left.checked_sub(buckets.len()) else {
            return self.stop("there are more groups than may be read".to_owned());
        };
        self.left = left;
        if after.is_null() {
            self.state = State::Ended;
        } else {
            self.body["aggs"][&self.name]["composite"]["after"] = after;
        }
        Page::Items(buckets)
    }

    fn stop(&mut self, reason: String) -> Page<Value> {
        self.state = State::Partial(reason.clone());
        Page::Partial(reason)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn answer(aggregations: Value) -> Search {
        Search {
            partial: None,
            hits: vec![],
            aggregations,
            total: None,
            shards: 1,
            took: Duration::ZERO,
            point: None,
        }
    }

    fn page(keys: &[u64], after: &Value) -> Search {
        let buckets: Vec<_> = keys.iter().map(|key| json!({ "key": { "k": key } })).collect();
        answer(json!({ "g": { "after_key": after, "buckets": buckets } }))
    }

    fn walk(most: usize) -> Walk {
        let body = json!({ "aggs": { "g": { "composite": { "size": 2, "sources": [] } } } });
        Walk::new(body, "g", most)
    }

    #[test]
    fn each_page_begins_after_the_last_key() {
        let mut walk = walk(10);
        assert!(
            matches!(walk.take(page(&[1, 2], &json!({ "k": 2 }))), Page::Items(items) if items.len() == 2)
        );
        assert_eq!(walk.body["aggs"]["g"]["composite"]["after"], json!({ "k": 2 }));
        assert_eq!(walk.body["size"], json!(0));
        assert!(walk.over().is_none());
    }

    #[test]
    fn a_page_without_key_or_without_groups_is_the_last() {
        let mut walk_a = walk(10);
        walk_a.take(page(&[1], &Value::Null));
        assert_eq!(walk_a.over(), Some(Page::End));
        let mut walk_b = walk(10);
        assert_eq!(walk_b.take(page(&[], &Value::Null)), Page::End);
        assert_eq!(walk_b.over(), Some(Page::End));
    }

    #[test]
    fn a_partial_answer_stops_the_walk_for_good() {
        let mut walk = walk(10);
        let mut search = page(&[1, 2], &json!({ "k": 2 }));
        search.partial = Some("1 of 2 shards failed".to_owned());
        assert_eq!(walk.take(search), Page::Partial("1 of 2 shards failed".to_owned()));
        assert_eq!(walk.over(), Some(Page::Partial("1 of 2 shards failed".to_owned())));
    }

    #[test]
    fn more_groups_than_the_bound_are_partial_not_cut() {
        let mut walk = walk(3);
        assert!(matches!(walk.take(page(&[1, 2], &json!({ "k": 2 }))), Page::Items(_)));
        assert!(matches!(walk.take(page(&[3, 4], &json!({ "k": 4 }))), Page::Partial(_)));
    }

    #[test]
    fn an_answer_without_the_aggregation_is_partial() {
        assert!(matches!(walk(3).take(answer(Value::Null)), Page::Partial(_)));
        assert!(matches!(walk(3).take(answer(json!({ "g": {} }))), Page::Partial(_)));
        let mut nothing = answer(Value::Null);
        nothing.shards = 0;
        assert_eq!(walk(3).take(nothing), Page::End);
    }
}
