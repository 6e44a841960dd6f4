//! A real Elasticsearch and a real OpenSearch for tests and the demo: no container, no root, nothing left behind.
//!
//! [`Engine::start`] makes the server ready, which means that the `mvn` client resolves its Java artefacts once into a
//! cache under the target folder, and then starts one with throw-away data on a free port of the loopback address.
//! The server is a child of a [`watch`]er, a second process that notices the end of the owner, whatever ended it, then
//! kills the server and removes its folder. [`share`] gives one running server to many test processes: a holder keeps
//! it while one of them is connected, and a little longer.
//!
//! The servers are only run, never shipped: their licences allow the one and not always the other.
//!
//! ```
//! use dev::Flavour;
//!
//! assert_eq!("opensearch".parse(), Ok(Flavour::OpenSearch));
//! assert_eq!(Flavour::Elasticsearch.version(), "8.19.9");
//! ```

mod access;
mod account;
mod configuration;
mod distribution;
mod engine;
mod error;
mod flavour;
mod probe;
pub mod share;
mod target;
mod tls;
mod tools;
pub mod watch;

pub use access::{Access, Credentials};
pub use engine::{Engine, Life, Options, Storage, Transport};
pub use error::Error;
pub use flavour::Flavour;
pub use target::{Target, token};
