//! What holds for every model.

mod config;
pub(super) mod golden;
mod laws;
pub(super) mod series;
