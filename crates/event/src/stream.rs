//! Streams: the closed list of datasets, and the names of the data streams that hold them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a document is about. The list is closed: nothing an event holds can name another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dataset {
    /// Carts, checkouts, orders, coupons.
    Order,
    /// Payments, refunds, chargebacks.
    Payment,
    /// Picking, packing, shipments.
    Fulfilment,
    /// Stock, prices, products.
    Inventory,
    /// Tickets, complaints, reviews.
    Support,
    /// Advertising.
    Ad,
    /// Page views, searches, requests, logins.
    Traffic,
    /// Logs of the shop's own programs.
    App,
    /// Our own health.
    Pipeline,
    /// Alerts; written by the detector only.
    Alert,
    /// Polls of platforms.
    Poll,
    /// Computed series; written by the detector only.
    Series,
}

impl Dataset {
    /// All datasets.
    pub const ALL: [Self; 12] = [
        Self::Order,
        Self::Payment,
        Self::Fulfilment,
        Self::Inventory,
        Self::Support,
        Self::Ad,
        Self::Traffic,
        Self::App,
        Self::Pipeline,
        Self::Alert,
        Self::Poll,
        Self::Series,
    ];

    /// Returns `event.dataset`, such as `store.order`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Order => "store.order",
            Self::Payment => "store.payment",
            Self::Fulfilment => "store.fulfilment",
            Self::Inventory => "store.inventory",
            Self::Support => "store.support",
            Self::Ad => "store.ad",
            Self::Traffic => "store.traffic",
            Self::App => "store.app",
            Self::Pipeline => "store.pipeline",
            Self::Alert => "store.alert",
            Self::Poll => "store.poll",
            Self::Series => "store.series",
        }
    }

    /// Returns `data_stream.type`: `logs` or `metrics`.
    pub const fn stream_type(self) -> &'static str {
        match self {
            Self::Poll | Self::Series => "metrics",
            Self::Order
            | Self::Payment
            | Self::Fulfilment
            | Self::Inventory
            | Self::Support
            | Self::Ad
            | Self::Traffic
            | Self::App
            | Self::Pipeline
            | Self::Alert => "logs",
        }
    }

    /// Returns the dataset of this name, which is written with `store.` before it or without.
    pub fn named(name: &str) -> Option<Self> {
        let named = |dataset: &Self| {
            dataset.as_str() == name || dataset.as_str().strip_prefix("store.") == Some(name)
        };
        Self::ALL.into_iter().find(named)
    }

    /// Tells whether an input of the shipper may write to it.
    pub const fn is_shippable(self) -> bool {
        !matches!(self, Self::Alert | Self::Series)
    }
}

impl fmt::Display for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Separates staging from production, and one test from another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Namespace(String);

/// The text cannot be the last part of a data stream's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no namespace: 1 to 100 characters of a-z, 0-9, _ and . are allowed, not starting with _ or ."
)]
pub struct NotANamespace(String);

impl Namespace {
    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Namespace {
    fn default() -> Self {
        Self("default".to_owned())
    }
}

impl FromStr for Namespace {
    type Err = NotANamespace;

    fn from_str(text: &str) -> Result<Self, NotANamespace> {
        let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.');
        let starts_well = text.bytes().next().is_some_and(|byte| !matches!(byte, b'_' | b'.'));
        if starts_well && text.len() <= 100 && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotANamespace(text.to_owned()))
        }
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of one data stream, such as `logs-store.order-default`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Stream {
    /// What its documents are about.
    pub dataset: Dataset,
    /// Whose documents they are.
    pub namespace: Namespace,
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.dataset.stream_type(), self.dataset, self.namespace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_named_by_type_dataset_and_namespace() {
        let name = |dataset, namespace: &str| {
            Stream { dataset, namespace: namespace.parse().unwrap() }.to_string()
        };
        assert_eq!(name(Dataset::Order, "default"), "logs-store.order-default");
        assert_eq!(name(Dataset::Series, "staging"), "metrics-store.series-staging");
    }

    #[test]
    fn a_namespace_cannot_reach_another_stream() {
        for text in ["", "a-b", "A", "a,b", "*", "../x", "_a", "ä"] {
            assert!(text.parse::<Namespace>().is_err(), "{text}");
        }
    }
}
