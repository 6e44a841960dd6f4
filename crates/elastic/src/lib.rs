//! The wire to Elasticsearch and OpenSearch: the `elasticsearch` crate behind our own limits.
//!
//! A [`Cluster`] is checked settings; a [`Client`] of it sends to its addresses in turn, each with a back-off of its own,
//! each call with a time limit, and never sends anything twice by itself. What can go wrong is told by what the caller
//! does next ([`Error`]).
//!
//! A bulk request is built by a [`BulkBuilder`], which compresses while documents are pushed, and sent by
//! [`Client::bulk`]. Partial failure is data: the request has one outcome ([`BulkReply`]), each document its own
//! [`Verdict`]. The tables behind both are pure functions. Whoever sends decides when to send again; ids make that safe.
//!
//! For readers there are searches that say when they do not speak for everything ([`Search::partial`]), pages and groups
//! that rather stop than truncate ([`Pages`], [`Groups`]), and single documents under conditions ([`Condition`]).
//! [`Client::server`] asks once whose server it is and what it can do; nothing else compares versions or names an engine.
//!
//! ```
//! use elastic::{Address, BulkBuilder, Client, Cluster, Credentials};
//! use std::sync::Arc;
//!
//! let address = Address::parse("http://127.0.0.1:9200")?;
//! let cluster = Cluster::try_new(vec![address], Credentials::None)?;
//! let client = Client::new(&cluster, Arc::new(runtime::SystemClock::new()))?;
//!
//! let mut builder = BulkBuilder::new();
//! builder.push("i2LDeA-b1D0OvgdweixGsg", br#"{"@timestamp":"2026-03-01T00:00:00Z"}"#);
//! let request = builder.finish();
//! assert_eq!(request.documents(), 1);
//! // let reply = client.bulk("logs-store.order-default", &request).await;
//! # drop(client);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod address;
mod backoff;
mod bulk;
mod chance;
mod client;
mod cluster;
mod error;
mod fault;
mod gzip;
mod plain;
mod pool;
mod reply;
mod request;
mod search;
mod server;
mod settings;
mod store;
mod wire;

pub use address::{Address, NoAddress};
pub use backoff::{Backoff, NoBackoff};
pub use bulk::{BulkBuilder, BulkReply, BulkRequest, Pace, Verdict};
pub use client::Client;
pub use cluster::{Cluster, Credentials, NoCertificate, NoCluster, Trust};
pub use error::{Cause, Error};
pub use reply::Reply;
pub use request::{Body, Method, part};
pub use search::{Groups, Hit, Page, Pages, PointInTime, Search, Total};
pub use server::{Capability, Flavour, NoRelease, Release, Server};
pub use settings::RawCluster;
pub use store::{Condition, Removed, Stored, Version, Written};
