//! What holds for every model.

mod config;
pub(super) mod golden;
mod hard;
mod laws;
pub(super) mod series;
