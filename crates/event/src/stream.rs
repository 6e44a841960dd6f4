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

    /// Returns the dataset that an action of a shop belongs to; what a program of ours does belongs to none here.
    pub fn of_action(action: &str) -> Option<Self> {
        let (about, what) = action.split_once('.')?;
        Some(match (about, what) {
            ("cart" | "checkout" | "order" | "coupon", _) => Self::Order,
            ("payment" | "refund" | "chargeback", _) => Self::Payment,
            ("fulfilment" | "pick" | "pack" | "shipment", _) => Self::Fulfilment,
            ("ticket" | "complaint" | "review" | "return" | "chat", _) => Self::Support,
            ("product", "viewed") | ("page" | "search" | "http" | "session" | "login", _) => {
                Self::Traffic
            }
            ("stock" | "price" | "product" | "sync", _) => Self::Inventory,
            ("ad" | "campaign", _) => Self::Ad,
            ("app" | "dependency" | "queue", _) => Self::App,
            _ => return None,
        })
    }
}

/// What the events of one input are about: one dataset, and others that some of them may belong to by what happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Datasets {
    own: Dataset,
    /// A bit for each of the others.
    also: u16,
}

impl Datasets {
    /// Returns one dataset for all events.
    pub const fn only(own: Dataset) -> Self {
        Self { own, also: 0 }
    }

    /// Adds another one.
    pub fn add(&mut self, other: Dataset) {
        if other != self.own {
            self.also |= 1 << other as u16;
        }
    }

    /// Returns the dataset of all events that belong to no other.
    pub const fn own(&self) -> Dataset {
        self.own
    }

    /// Returns the others.
    pub fn others(&self) -> impl Iterator<Item = Dataset> + use<> {
        let also = self.also;
        Dataset::ALL.into_iter().filter(move |other| also >> *other as u16 & 1 == 1)
    }

    /// Returns the other dataset that an action belongs to, if it is one of these.
    pub fn other_of(&self, action: &str) -> Option<Dataset> {
        // Most inputs have one dataset: they pay nothing here.
        if self.also == 0 {
            return None;
        }
        let other = Dataset::of_action(action)?;
        (self.also >> other as u16 & 1 == 1).then_some(other)
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

impl Stream {
    /// Returns the stream of the same shop for another dataset.
    #[must_use]
    pub fn about(&self, dataset: Dataset) -> Self {
        Self { dataset, namespace: self.namespace.clone() }
    }
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
    fn an_action_belongs_to_one_dataset_and_those_of_our_programs_to_none() {
        let check = |action, want| assert_eq!(Dataset::of_action(action), want, "{action}");
        check("cart.item_added", Some(Dataset::Order));
        check("refund.completed", Some(Dataset::Payment));
        check("product.viewed", Some(Dataset::Traffic));
        check("product.published", Some(Dataset::Inventory));
        check("return.requested", Some(Dataset::Support));
        for none in ["agent.heartbeat", "poll.finished", "parse.failed", "order", ""] {
            check(none, None);
        }
    }

    #[test]
    fn an_event_goes_to_another_dataset_only_where_its_input_has_it() {
        let mut datasets = Datasets::only(Dataset::Order);
        assert_eq!(datasets.other_of("payment.failed"), None);
        datasets.add(Dataset::Payment);
        datasets.add(Dataset::Order);
        assert_eq!(datasets.other_of("payment.failed"), Some(Dataset::Payment));
        assert_eq!(datasets.other_of("order.submitted"), None);
        assert_eq!(datasets.other_of("page.viewed"), None);
        assert_eq!(datasets.others().collect::<Vec<_>>(), [Dataset::Payment]);
    }

    #[test]
    fn a_namespace_cannot_reach_another_stream() {
        for text in ["", "a-b", "A", "a,b", "*", "../x", "_a", "ä"] {
            assert!(text.parse::<Namespace>().is_err(), "{text}");
        }
    }
}
