//! A scripted API of a platform: rows that change while they are read, pages, tokens, and replies that go wrong.
//!
//! It runs on threads of its own, listens on a free port of the loopback address and is gone when it is dropped. It knows
//! `/orders` (windows, numbered pages, oldest or newest first), `/feed` (cursors) and `/linked` (the header `Link`).
//! Rows carry a `rev` that counts their changes, so that a test can tell which states of which row arrived.
//!
//! ```
//! use harness::api::{Act, Api};
//!
//! let api = Api::start();
//! api.shop(|shop| shop.fill(25, 3_600));
//! api.script([Act::Status(503)]);
//! assert!(api.url().starts_with("http://127.0.0.1:"));
//! assert_eq!(api.requests().len(), 0);
//! ```

mod answer;
mod http;
mod serve;
mod shop;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use http::Request;
pub use shop::{Row, Shop};

use serve::Threads;

/// What becomes of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// It is served.
    Serve,
    /// It is answered with this status and nothing else.
    Status(u16),
    /// 429, with a header `Retry-After` of so many seconds.
    Later(u64),
    /// The connection is cut in the middle of the body.
    Cut,
    /// The body is no JSON.
    Garble,
    /// A redirect to this address.
    Redirect(String),
    /// The body is so many bytes longer than it should be.
    Pad(usize),
    /// The reply comes later.
    Late(Duration),
}

/// A running API.
#[derive(Debug)]
pub struct Api {
    shared: Arc<Shared>,
    threads: Threads,
}

/// What all connections share.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    state: Mutex<State>,
}

/// Called for each request that is about to be answered.
type Between = Box<dyn FnMut(&mut Shop, &Request) + Send>;

#[derive(Default)]
pub(crate) struct State {
    pub(crate) shop: Shop,
    pub(crate) acts: VecDeque<Act>,
    pub(crate) requests: Vec<Request>,
    pub(crate) token: Option<String>,
    pub(crate) date: Date,
    pub(crate) quota_left: Option<u64>,
    pub(crate) between: Option<Between>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("acts", &self.acts).finish_non_exhaustive()
    }
}

/// What the header `Date` says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Date {
    /// The present.
    #[default]
    Present,
    /// Nothing: there is no such header.
    Absent,
}

impl Shared {
    // A test that panicked while it held the lock has failed already.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Api {
    /// Starts an API without rows.
    pub fn start() -> Self {
        let shared = Arc::new(Shared::default());
        let free_port = SocketAddr::from(([127, 0, 0, 1], 0));
        let threads = Threads::start(free_port, &shared)
            .unwrap_or_else(|error| panic!("cannot listen on {free_port}: {error}"));
        Self { shared, threads }
    }

    /// Returns its address.
    pub fn url(&self) -> String {
        format!("http://{}", self.threads.address())
    }

    /// Looks at the rows or changes them.
    pub fn shop<T>(&self, step: impl FnOnce(&mut Shop) -> T) -> T {
        step(&mut self.shared.state().shop)
    }

    /// Adds acts: one for each request, in the order of their arrival. When none is left, all is served.
    pub fn script(&self, acts: impl IntoIterator<Item = Act>) {
        self.shared.state().acts.extend(acts);
    }

    /// Drops what is left of the script.
    pub fn serve(&self) {
        self.shared.state().acts.clear();
    }

    /// Returns how many acts are still to come.
    pub fn acts_left(&self) -> usize {
        self.shared.state().acts.len()
    }

    /// Lets only this bearer token in.
    pub fn only(&self, token: &str) {
        self.shared.state().token = Some(token.to_owned());
    }

    /// Says what the header `Date` tells.
    pub fn date(&self, date: Date) {
        self.shared.state().date = date;
    }

    /// Sets its clock, which is ahead of ours by so many seconds.
    pub fn ahead(&self, seconds: i64) {
        self.shared.state().shop.ahead = seconds;
    }

    /// Tells in each reply how many requests are left, one less each time.
    pub fn quota(&self, left: u64) {
        self.shared.state().quota_left = Some(left);
    }

    /// Changes rows behind each reply, so that they move between pages while they are read.
    pub fn between(&self, change: impl FnMut(&mut Shop, &Request) + Send + 'static) {
        self.shared.state().between = Some(Box::new(change));
    }

    /// Returns all requests so far.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.state().requests.clone()
    }
}
