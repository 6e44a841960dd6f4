//! Reads closed buckets of a shop's series out of Elasticsearch, judges them, and tells people what is wrong and why.
//!
//! The way of one bucket: [`rule`] says what is asked; [`source`] reads closed buckets and treats a partial answer as
//! unknown; [`model`] gives what was expected, the bounds and a score; [`alert`] turns judgements into episodes, one
//! document per transition, all by deterministic ids and conditional writes; [`explain`] names what stands out;
//! [`notify`] delivers rows of the outbox. [`engine`] holds the cycle that joins them, without a clock and without a
//! connection of its own; [`run`] is the only place that waits.

pub mod alert;
pub mod cli;
pub mod command;
pub mod cycle;
pub mod engine;
mod error;
pub mod explain;
pub mod model;
pub mod notify;
pub mod rule;
pub mod run;
pub mod settings;
pub mod source;
pub mod store;

pub use error::Error;
