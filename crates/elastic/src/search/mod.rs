//! Searches, and whether an answer speaks for all of what was asked.

mod groups;
mod pages;
mod point;
mod reply;

pub use groups::Groups;
pub use pages::Pages;
pub use point::PointInTime;
pub use reply::{Hit, Search, Total};

use serde_json::Value;

use crate::client::Client;
use crate::error::Error;
use crate::request::{Body, Method, part};

/// One step through something long.
#[derive(Debug, Clone, PartialEq)]
pub enum Page<T> {
    /// The next items; more may follow.
    Items(Vec<T>),
    /// The answer does not speak for all that was asked, and why: what was read so far must not be taken for the whole.
    Partial(String),
    /// That was all.
    End,
}

impl Client {
    /// Searches in a stream, an index or a pattern of them. Whoever reads the answer looks at [`Search::partial`] first.
    pub async fn search(&self, target: &str, body: &Value) -> Result<Search, Error> {
        let path = format!("/{}/_search", part(target));
        let reply = self.ask(Method::Post, &path, &[], Body::json(body)).await?;
        Search::read(&reply)
    }
}
