//! One line of a log, the file it belongs to, and how it came about.

use event::Dataset;
use jiff::Timestamp;
use serde::Serialize;

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
}

impl LogFile {
    /// All files.
    pub const ALL: [Self; 7] = [
        Self::Order,
        Self::Payment,
        Self::Fulfilment,
        Self::Inventory,
        Self::Traffic,
        Self::Access,
        Self::App,
    ];

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
        }
    }

    /// Returns the dataset that an input of this file names.
    pub const fn dataset(self) -> Dataset {
        match self {
            Self::Order => Dataset::Order,
            Self::Payment => Dataset::Payment,
            Self::Fulfilment => Dataset::Fulfilment,
            Self::Inventory => Dataset::Inventory,
            Self::Traffic | Self::Access => Dataset::Traffic,
            Self::App => Dataset::App,
        }
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
}

/// One line of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The file it is appended to.
    pub file: LogFile,
    /// When it is appended. Lines come in this order.
    pub written_at: Timestamp,
    /// When what it tells happened.
    pub happened_at: Timestamp,
    /// How it came about.
    pub kind: Kind,
    /// Its bytes, without the line feed. Malformed lines need not be UTF-8.
    pub text: Vec<u8>,
}
