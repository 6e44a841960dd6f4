//! The lease: of all detectors of a namespace one judges and sends.
//!
//! No clocks are compared. Who wants the lease watches its document; only when that has not changed for a whole time to
//! live, on the watcher's own monotonic clock, may it be taken, with the next term.

use std::time::Duration;

use elastic::{Condition, Version, Written};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Index, Store};
use crate::Error;
use crate::alert::{id, time};

/// A lease that this process holds.
#[derive(Debug, Clone)]
pub struct Lease {
    holder: String,
    /// Its term; a later holder has a greater one.
    pub term: u64,
    version: Version,
    /// When it was last renewed, on the own monotonic clock; taken before the request left.
    renewed: Duration,
    ttl: Duration,
}

/// What a try to take the lease brought.
#[derive(Debug, Clone)]
pub enum Claim {
    /// It is ours now.
    Held(Lease),
    /// Another holds it: look again later.
    Taken {
        /// Who.
        holder: String,
    },
}

/// What was last seen of another holder's document.
#[derive(Debug, Clone, Copy, Default)]
pub struct Watched {
    seen: Option<(Version, Duration)>,
}

/// The moments of a try.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// The wall clock, for people who read the document.
    pub wall: Timestamp,
    /// The own monotonic clock.
    pub monotonic: Duration,
}

impl Store {
    /// Tries to take the lease; `watched` remembers what earlier tries saw.
    pub async fn claim(
        &self,
        (holder, ttl): (&str, Duration),
        watched: &mut Watched,
        now: Now,
    ) -> Result<Claim, Error> {
        let stored = match self.client.get(&self.name(Index::Detector), id::LEASE).await {
            Ok(stored) => stored,
            Err(elastic::Error::NotFound { .. }) => None,
            Err(error) => return Err(Error::cluster("read the lease")(error)),
        };
        let (term, condition) = match stored {
            None => (1, Condition::Absent),
            Some(stored) => {
                let kept = &stored.source["store"]["detector"];
                let other = kept["holder"].as_str().unwrap_or_default().to_owned();
                let term = kept["term"].as_u64().unwrap_or_default();
                let free =
                    other.is_empty() || watched.unchanged_for(ttl, stored.version, now.monotonic);
                if !free {
                    return Ok(Claim::Taken { holder: other });
                }
                (term + 1, Condition::Unchanged(stored.version))
            }
        };
        match self.put_lease(holder, term, condition, now.wall).await? {
            Written::Done(version) => {
                let holder = holder.to_owned();
                Ok(Claim::Held(Lease { holder, term, version, renewed: now.monotonic, ttl }))
            }
            Written::Conflict => Ok(Claim::Taken { holder: "another process".to_owned() }),
        }
    }

    /// Renews the lease if a third of its time is over. That the condition still holds shows that nobody took it, even
    /// where a slow step used up all of its time.
    ///
    /// # Errors
    /// [`Error::LeaseLost`] when another took it.
    pub async fn keep(&self, lease: &mut Lease, now: Now) -> Result<(), Error> {
        let age = now.monotonic.saturating_sub(lease.renewed);
        if age < lease.ttl / 3 {
            return Ok(());
        }
        let condition = Condition::Unchanged(lease.version);
        match self.put_lease(&lease.holder, lease.term, condition, now.wall).await? {
            Written::Done(version) => {
                lease.version = version;
                lease.renewed = now.monotonic;
                Ok(())
            }
            Written::Conflict => Err(Error::LeaseLost),
        }
    }

    /// Gives the lease back, so that another need not wait.
    pub async fn release(&self, lease: &Lease, now: Timestamp) -> Result<(), Error> {
        let condition = Condition::Unchanged(lease.version);
        // Who took it meanwhile keeps it.
        self.put_lease("", lease.term, condition, now).await.map(drop)
    }

    async fn put_lease(
        &self,
        holder: &str,
        term: u64,
        condition: Condition,
        now: Timestamp,
    ) -> Result<Written, Error> {
        let document: Value = json!({
            "@timestamp": time(now),
            "store": {"detector": {"kind": "lease", "holder": holder, "term": term, "format": 1}},
        });
        let index = self.name(Index::Detector);
        let written = self.client.put(&index, id::LEASE, &document, condition).await;
        written.map_err(Error::cluster("write the lease"))
    }
}

impl Watched {
    /// Tells whether the document has been this one for a whole time to live.
    fn unchanged_for(&mut self, ttl: Duration, version: Version, now: Duration) -> bool {
        match self.seen {
            Some((seen, since)) if seen == version => now.saturating_sub(since) >= ttl,
            Some(_) | None => {
                self.seen = Some((version, now));
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_is_free_only_after_a_whole_time_without_change() {
        let ttl = Duration::from_secs(30);
        let version = |seq_no| Version { seq_no, primary_term: 1 };
        let at = Duration::from_secs;
        let mut watched = Watched::default();
        assert!(!watched.unchanged_for(ttl, version(1), at(100)));
        assert!(!watched.unchanged_for(ttl, version(1), at(129)));
        assert!(!watched.unchanged_for(ttl, version(2), at(131)), "it was renewed");
        assert!(!watched.unchanged_for(ttl, version(2), at(160)));
        assert!(watched.unchanged_for(ttl, version(2), at(161)));
    }
}
