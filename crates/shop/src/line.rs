//! One line of a log, the file it belongs to, and how it came about.

use event::Dataset;
use jiff::Timestamp;
use serde::Serialize;

use crate::host::Host;

/// A log file of the shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFile {
    /// Orders: NDJSON.
    Order,
    /// Payments and refunds: NDJSON.
    Payment,
    /// Shipments: NDJSON.
    Fulfilment,
    /// Stock: NDJSON.
    Inventory,
    /// Logins and searches: NDJSON.
    Traffic,
    /// Requests: nginx combined with request and upstream time.
    Access,
    /// Log of the shop's own programs: NDJSON.
    App,
    /// Tickets, complaints, reviews: NDJSON.
    Support,
    /// Advertising: NDJSON.
    Ad,
    /// Polls of platforms: NDJSON.
    Poll,
    /// What the shippers say of themselves: NDJSON.
    Pipeline,
    /// Requests to the second host: nginx in a JSON format.
    AccessJson,
    /// Log of the service orders: Spring Boot.
    OrdersText,
}

impl LogFile {
    /// The files of a shop that logs only the core of its business.
    pub const CORE: [Self; 7] = [
        Self::Order,
        Self::Payment,
        Self::Fulfilment,
        Self::Inventory,
        Self::Traffic,
        Self::Access,
        Self::App,
    ];
    /// All files.
    pub const ALL: [Self; 13] = [
        Self::Order,
        Self::Payment,
        Self::Fulfilment,
        Self::Inventory,
        Self::Traffic,
        Self::Access,
        Self::App,
        Self::Support,
        Self::Ad,
        Self::Poll,
        Self::Pipeline,
        Self::AccessJson,
        Self::OrdersText,
    ];

    /// Returns the files that a host of the whole shop writes.
    pub const fn of_host(host: Host) -> &'static [Self] {
        match host {
            Host::One => &[
                Self::Order,
                Self::Payment,
                Self::Fulfilment,
                Self::Inventory,
                Self::Traffic,
                Self::Access,
                Self::App,
                Self::Support,
                Self::Ad,
                Self::Poll,
                Self::Pipeline,
            ],
            Host::Two => &[
                Self::Order,
                Self::Payment,
                Self::Traffic,
                Self::Pipeline,
                Self::AccessJson,
                Self::OrdersText,
            ],
        }
    }

    /// Returns the name of the file that is being written; rotated ones carry a number behind it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Order => "order.ndjson",
            Self::Payment => "payment.ndjson",
            Self::Fulfilment => "fulfilment.ndjson",
            Self::Inventory => "inventory.ndjson",
            Self::Traffic => "traffic.ndjson",
            Self::Access => "access.log",
            Self::App => "app.ndjson",
            Self::Support => "support.ndjson",
            Self::Ad => "ad.ndjson",
            Self::Poll => "poll.ndjson",
            Self::Pipeline => "pipeline.ndjson",
            Self::AccessJson => "access.json",
            Self::OrdersText => "orders.log",
        }
    }

    /// Returns the dataset that an input of this file names.
    pub const fn dataset(self) -> Dataset {
        match self {
            Self::Order => Dataset::Order,
            Self::Payment => Dataset::Payment,
            Self::Fulfilment => Dataset::Fulfilment,
            Self::Inventory => Dataset::Inventory,
            Self::Traffic | Self::Access | Self::AccessJson => Dataset::Traffic,
            Self::App | Self::OrdersText => Dataset::App,
            Self::Support => Dataset::Support,
            Self::Ad => Dataset::Ad,
            Self::Poll => Dataset::Poll,
            Self::Pipeline => Dataset::Pipeline,
        }
    }

    /// Returns the format that an input of this file names.
    pub const fn format(self) -> &'static str {
        match self {
            Self::Access => "combined",
            Self::AccessJson => "nginx_json",
            Self::OrdersText => "java",
            Self::Order
            | Self::Payment
            | Self::Fulfilment
            | Self::Inventory
            | Self::Traffic
            | Self::App
            | Self::Support
            | Self::Ad
            | Self::Poll
            | Self::Pipeline => "ndjson",
        }
    }

    /// Tells whether its lines are written the moment they happen: a program writes its own log, events pass queues.
    pub(crate) const fn is_prompt(self) -> bool {
        matches!(
            self,
            Self::Access | Self::AccessJson | Self::OrdersText | Self::Poll | Self::Pipeline
        )
    }

    /// Tells whether its lines hold an id of their own, so that a second delivery is no second fact.
    pub(crate) const fn has_ids(self) -> bool {
        !matches!(self, Self::Access | Self::AccessJson | Self::App | Self::OrdersText)
    }
}

/// How a line came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Written when it happened.
    Prompt,
    /// Written some time after it happened.
    Late,
    /// The same bytes as an earlier line: delivered twice by its producer.
    Duplicate,
    /// Torn or garbled; what it told is lost.
    Malformed,
    /// Whole, but of a form that its parser does not know.
    Drifted,
}

/// One line of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The file it is appended to.
    pub file: LogFile,
    /// The host that writes it, where the shop has more than one.
    pub host: Option<Host>,
    /// When it is appended. Lines come in this order.
    pub written_at: Timestamp,
    /// When what it tells happened.
    pub happened_at: Timestamp,
    /// How it came about.
    pub kind: Kind,
    /// Its bytes, without the line feed. Malformed lines need not be UTF-8.
    pub text: Vec<u8>,
}
