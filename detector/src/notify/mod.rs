//! Delivers rows of the outbox to people. One folder a channel; a row is sent once or more, always with one key.

mod log;
mod webhook;

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

pub use log::LogChannel;
pub use webhook::{NoWebhook, Webhook, signature};

/// What people are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// Something is wrong, or worse.
    Trigger,
    /// It is over.
    Resolve,
}

impl Trigger {
    /// Returns the value of `store.outbox.action`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Trigger => "trigger",
            Self::Resolve => "resolve",
        }
    }
}

/// One message on its way.
#[derive(Debug, Clone, Copy)]
pub struct Parcel<'a> {
    /// Its idempotency key: the same at each try.
    pub key: &'a str,
    /// The episode, by which receivers join trigger and resolve.
    pub episode: &'a str,
    /// What people are told.
    pub trigger: Trigger,
    /// The rendered parts: `message` and `alert`.
    pub body: &'a Value,
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// The receiver has it.
    Sent,
    /// It may have it later.
    Retry {
        /// Not before, if the receiver said so.
        after: Option<Duration>,
        /// Why.
        reason: String,
    },
    /// It will never take it.
    Permanent {
        /// Why.
        reason: String,
    },
}

/// Where the future of a delivery lives.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Delivery> + Send + 'a>>;

/// Sends messages to one channel.
pub trait Notifier: fmt::Debug + Send + Sync {
    /// Sends one message; the time is part of what is signed.
    fn send<'a>(&'a self, parcel: Parcel<'a>, now: Timestamp) -> Sending<'a>;
}

/// The channels by name.
pub type Channels = BTreeMap<String, Box<dyn Notifier>>;
