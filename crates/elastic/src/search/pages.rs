//! Walks through all documents of a search, page by page.

use serde_json::Value;

use super::{Hit, Page, PointInTime, Search};
use crate::client::Client;
use crate::error::Error;
use crate::request::{Body, Method, part};

/// Pages of documents in the order of the search's `sort`, each page after the last document of the page before.
///
/// The sort must end in a field that no two documents share, or documents that tie at the edge of a page are passed over.
#[derive(Debug)]
pub struct Pages<'a> {
    client: &'a Client,
    scope: Scope,
    body: Value,
    state: State,
}

#[derive(Debug)]
enum Scope {
    Target(String),
    Point(PointInTime),
}

#[derive(Debug)]
enum State {
    Reading,
    Partial(String),
    Ended,
}

impl Client {
    /// Returns the pages of a search over a target. What is written meanwhile may be seen, or not.
    pub fn pages(&self, target: &str, body: Value) -> Pages<'_> {
        self.walk(Scope::Target(target.to_owned()), body)
    }

    /// Returns the pages of a search at a point in time.
    pub fn pages_at(&self, point: PointInTime, body: Value) -> Pages<'_> {
        self.walk(Scope::Point(point), body)
    }

    fn walk(&self, scope: Scope, body: Value) -> Pages<'_> {
        Pages { client: self, scope, body, state: State::Reading }
    }
}

impl Pages<'_> {
    /// Returns the next page. Once an answer was partial, every further step says so again.
    pub async fn next(&mut self) -> Result<Page<Hit>, Error> {
        match &self.state {
            State::Partial(reason) => return Ok(Page::Partial(reason.clone())),
            State::Ended => return Ok(Page::End),
            State::Reading => {}
        }
        let search = self.search().await?;
        if let Some(reason) = search.partial {
            self.state = State::Partial(reason.clone());
            return Ok(Page::Partial(reason));
        }
        let Some(last) = search.hits.last() else {
            self.state = State::Ended;
            return Ok(Page::End);
        };
        if last.sort.is_empty() {
            // Without an order there is no next page: another request would give this one again, for ever.
            self.state = State::Ended;
        } else {
            self.body["search_after"] = Value::from(last.sort.clone());
        }
        Ok(Page::Items(search.hits))
    }

    /// Returns the point in time, to be closed.
    pub fn into_point(self) -> Option<PointInTime> {
        match self.scope {
            Scope::Target(_) => None,
            Scope::Point(point) => Some(point),
        }
    }

    async fn search(&mut self) -> Result<Search, Error> {
        match &mut self.scope {
            Scope::Target(target) => {
                let path = format!("/{}/_search", part(target));
                let body = Body::json(&self.body);
                Search::read(&self.client.ask(Method::Post, &path, &[], body).await?)
            }
            Scope::Point(point) => {
                self.body["pit"] = point.body();
                let body = Body::json(&self.body);
                let reply = self.client.ask(Method::Post, "/_search", &[], body).await?;
                let mut search = Search::read(&reply)?;
                point.renew(search.point.take());
                Ok(search)
            }
        }
    }
}
