//! Judges the buckets of one series: what was to be expected, within which bounds, and how strange the value is.
//!
//! A [`Model`] judges each bucket by what earlier buckets taught and then learns it. Every judgement speaks one
//! currency: [`Evidence`] s = −log10 p, where p is the chance that this series' own ordinary history gives something as
//! strange, and the [`Grade`] g that a rule's threshold is compared with. [`ModelConfig`] names a model and its
//! settings, [`build()`] makes it, cold or [`Start::From`] a [`Snapshot`] with the same bits as if it had never stopped.
//!
//! No model knows a clock, a client or an index: time comes in as a bucket's [`Slots`], chance as a seed.
//!
//! ```
//! use detector::model::{Bucket, Judgement, ModelConfig, Reading, SlotCount, Start, build};
//! use std::time::Duration;
//!
//! let config: ModelConfig = serde_json::from_str(r#"{"threshold": {"upper": 30.0}}"#)?;
//! let slots = SlotCount::of_span(Duration::from_secs(300));
//! let mut model = build(&config, slots, 7, Start::Cold)?;
//! let start = "2026-03-01T10:00:00Z".parse()?;
//! let bucket = Bucket {
//!     start,
//!     slots: slots.at(start, &jiff::tz::TimeZone::UTC),
//!     reading: Reading::Value { value: 31.0, n: 31.0 },
//! };
//! let Judgement::Judged(judged) = model.step(&bucket) else { unreachable!() };
//! assert!(judged.grade >= config.threshold());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod bisect;
mod bucket;
mod build;
mod calibrator;
pub mod chance;
mod chart;
pub mod config;
mod count;
mod fields;
mod gate;
mod judgement;
mod patience;
mod ratio;
mod slots;
mod snapshot;
mod speech;
#[cfg(test)]
mod tests;
mod threshold;
mod window;

pub use bucket::{Bucket, Reading};
pub use build::build;
pub use config::{ModelConfig, RawModelConfig};
pub use gate::{Gate, Gated};
pub use judgement::{Evidence, Grade, Judged, Judgement, Parts, Side};
pub use slots::{SlotCount, Slots};
pub use snapshot::{RestoreError, Snapshot, Start};
pub use speech::{Floor, Floors, Sides, Speech};

/// Judges the buckets of one series, one after another.
pub trait Model: std::fmt::Debug + Send {
    /// Judges a bucket by what earlier buckets taught, then learns it.
    fn step(&mut self, bucket: &Bucket) -> Judgement;

    /// Returns an independent copy; young and held-back buckets are judged on copies.
    fn fork(&self) -> Box<dyn Model>;

    /// Appends the learned state: version, then little-endian fields, floats as bits.
    fn write_state(&self, out: &mut Vec<u8>);
}
