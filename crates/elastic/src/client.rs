//! The client: calls go to the addresses in turn, each with its back-off, each call with its time limit.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use elasticsearch::http::headers::HeaderValue;
use jiff::Timestamp;
use runtime::Clock;

use crate::address::Address;
use crate::chance::Chance;
use crate::cluster::{Cluster, Credentials};
use crate::error::Error;
use crate::pool::{Failure, Pool};
use crate::reply::Reply;
use crate::request::{Body, Method, with_query};
use crate::wire::{Answer, Letter, Lost, Wire};

/// A client of one cluster. Clones share connections, back-off and credentials, and move to another cluster together
/// ([`Client::follow`]).
///
/// Connections are driven by the tokio runtime on which they were opened. A client may move on to another runtime once
/// that one has ended, but not be used from two at a time: a request over a connection whose runtime is blocked waits for
/// its time limit.
#[derive(Debug, Clone)]
pub struct Client {
    inner: Arc<RwLock<Arc<Inner>>>,
}

#[derive(Debug)]
struct Inner {
    wires: Vec<Wire>,
    pool: Mutex<Pool>,
    authorization: RwLock<Option<HeaderValue>>,
    key_expires: RwLock<Option<Timestamp>>,
    time_limit: Duration,
    clock: Arc<dyn Clock>,
    chance: Chance,
    /// The optional parameters of bulk requests that the server has refused.
    refused: AtomicU8,
}

/// Whether a call waits for its turn when every address rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Take the address whose rest ends first: a person or a cycle asks, once.
    Now,
    /// Send nothing: the caller comes back.
    WhenFree,
}

/// Why an exchange gave no answer.
pub(crate) enum Missed {
    /// Every address rests.
    AllRest,
    /// The last address that was tried.
    Lost { address: Address, lost: Lost },
}

impl Client {
    /// Returns a client; nothing is sent yet.
    pub fn new(cluster: &Cluster, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let wires = cluster
            .addresses
            .iter()
            .map(|address| Wire::try_new(address, cluster))
            .collect::<Result<Vec<_>, _>>()?;
        let inner = Inner {
            pool: Mutex::new(Pool::new(wires.len())),
            authorization: RwLock::new(authorization(&cluster.credentials)),
            key_expires: RwLock::new(cluster.key_expires),
            time_limit: cluster.time_limit,
            chance: Chance::new(),
            refused: AtomicU8::new(0),
            wires,
            clock,
        };
        Ok(Self { inner: Arc::new(RwLock::new(Arc::new(inner))) })
    }

    /// Sends to the cluster of another client from now on, over its connections; clones of this one follow too.
    ///
    /// Calls that are under way end where they began. The other client stays as it is.
    pub fn follow(&self, other: &Self) {
        let there = other.inner();
        *self.inner.write().unwrap_or_else(PoisonError::into_inner) = there;
    }

    /// Returns the cluster as it is at this moment; what is under way keeps it.
    fn inner(&self) -> Arc<Inner> {
        Arc::clone(&self.inner.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Sends one request and returns the reply, whatever its status. Nothing is sent twice, but a request that could not
    /// leave goes to the next address.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Body,
    ) -> Result<Reply, Error> {
        let act = format!("{method} {path}");
        let full = with_query(path, query);
        match self.exchange(method, &full, body, Turn::Now).await {
            Ok(answer) => Ok(Reply::new(act, answer, self.rest())),
            Err(Missed::Lost { address, lost }) => Err(match lost {
                Lost::Unsent(source) => Error::Unreachable { address, source },
                Lost::Underway(source) => Error::Unknown { address, act, source },
            }),
            Err(Missed::AllRest) => {
                Err(Error::NoRequest { act, reason: "every address rests".to_owned() })
            }
        }
    }

    /// Sends one request and returns its reply if the status is one of success.
    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Body,
    ) -> Result<Reply, Error> {
        self.send(method, path, query, body).await?.success()
    }

    /// Returns the time until an address is free: how long to wait after [`crate::BulkReply::Busy`] or `Unknown`.
    pub fn rest(&self) -> Duration {
        self.inner().rest()
    }

    /// Takes the credentials of the same cluster as they are now, with the end of the key.
    pub fn renew(&self, cluster: &Cluster) {
        self.use_credentials(&cluster.credentials);
        let inner = self.inner();
        *inner.key_expires.write().unwrap_or_else(PoisonError::into_inner) = cluster.key_expires;
    }

    /// Returns when the key that is used ends, where that is known ([`Cluster::key_expires`]).
    pub fn key_expires(&self) -> Option<Timestamp> {
        *self.inner().key_expires.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes other credentials from now on: keys are renewed while a program runs.
    pub fn use_credentials(&self, credentials: &Credentials) {
        let header = authorization(credentials);
        let inner = self.inner();
        *inner.authorization.write().unwrap_or_else(PoisonError::into_inner) = header;
    }

    /// Returns which of the optional parameters of bulk requests the server has refused so far.
    pub(crate) fn refused(&self) -> u8 {
        self.inner().refused.load(Ordering::Relaxed)
    }

    /// Notes that the server has refused optional parameters.
    pub(crate) fn note_refused(&self, parameters: u8) {
        self.inner().refused.fetch_or(parameters, Ordering::Relaxed);
    }

    /// Sends to the address whose turn it is; what could not leave goes to the next free one.
    pub(crate) async fn exchange(
        &self,
        method: Method,
        path: &str,
        body: Body,
        turn: Turn,
    ) -> Result<Answer, Missed> {
        let inner = self.inner();
        let authorization =
            inner.authorization.read().unwrap_or_else(PoisonError::into_inner).clone();
        let letter = Letter { method, path, body, authorization, time_limit: inner.time_limit };
        let mut missed = Missed::AllRest;
        for attempt in 0..inner.wires.len() {
            let began = inner.clock.monotonic();
            let turn = if attempt == 0 { turn } else { Turn::WhenFree };
            let Some(wire) = inner.turn(began, turn) else { break };
            match inner.wires[wire].exchange(&letter).await {
                Ok(answer) => {
                    inner.note(wire, began, &answer);
                    return Ok(answer);
                }
                Err(lost) => {
                    inner.rest_after(wire, began, None);
                    let unsent = matches!(lost, Lost::Unsent(_));
                    missed = Missed::Lost { address: inner.wires[wire].address.clone(), lost };
                    if !unsent {
                        break;
                    }
                }
            }
        }
        Err(missed)
    }
}

impl Inner {
    fn rest(&self) -> Duration {
        self.pool().rest(self.clock.monotonic())
    }

    fn turn(&self, now: Duration, turn: Turn) -> Option<usize> {
        let mut pool = self.pool();
        match (pool.free(now), turn) {
            (Some(wire), _) => Some(wire),
            (None, Turn::Now) => Some(pool.soonest()),
            (None, Turn::WhenFree) => None,
        }
    }

    fn note(&self, wire: usize, began: Duration, answer: &Answer) {
        match answer.status {
            408 | 429 | 500..=599 => {
                let now = self.clock.now();
                let retry_after = answer.retry_after.map(|after| after.from(now));
                self.rest_after(wire, began, retry_after);
            }
            _ => self.pool().succeeded(wire),
        }
    }

    fn rest_after(&self, wire: usize, began: Duration, retry_after: Option<Duration>) {
        let now = self.clock.monotonic();
        let jitter = self.chance.draw();
        self.pool().failed(wire, Failure { began, now, jitter, retry_after });
    }

    fn pool(&self) -> MutexGuard<'_, Pool> {
        // Plain numbers: a panic elsewhere cannot leave them half written.
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn authorization(credentials: &Credentials) -> Option<HeaderValue> {
    // A key with bytes that no header can carry is sent as nothing, and the server answers 401.
    let mut value = HeaderValue::try_from(credentials.header()?).ok()?;
    value.set_sensitive(true);
    Some(value)
}
