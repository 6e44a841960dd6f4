//! The wire to Elasticsearch and OpenSearch: the `elasticsearch` crate behind our own limits.

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
