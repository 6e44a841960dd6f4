//! Templates, ingest pipelines and lifecycle as JSON, and the one installer that brings them into a cluster.

pub mod assets;
pub mod keys;
pub mod mapping;
pub mod plan;
pub mod stand_in;
