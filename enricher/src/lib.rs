//! One raw line in, one clean event (or a counted drop) out.
//!
//! A [`Pipeline`] is made from checked settings and takes lines one by one: parse, time, standardise, identity, denoise,
//! redact, enrich. A line that cannot be parsed is kept whole, with its error: nothing is lost for being odd. Secrets and
//! persons are gone before any sink sees the event; every rule counts what it removed. The pipeline does no input or
//! output and reads no clock.
//!
//! ```
//! use enricher::{Context, Outcome, Pipeline, PipelineSettings, Provenance, RawLine, RawPipeline, RawRedact, RawStore, StoreSettings};
//! use event::{ByteOffset, FileId, Origin};
//!
//! let mut faults = Vec::new();
//! let store = RawStore { id: "shop-1".to_owned(), ..RawStore::default() };
//! let store = StoreSettings::check(&store, &RawRedact::default(), &mut faults).expect("valid");
//! let input = RawPipeline { dataset: "order".to_owned(), ..RawPipeline::default() };
//! let input = PipelineSettings::check(&input, "inputs[0]", &mut faults).expect("valid");
//! let mut pipeline = Pipeline::new(&store, &input, &Context::default());
//!
//! let bytes = br#"{"time":"2026-01-02T03:04:05Z","action":"order.submitted","currency":"EUR","order":{"id":1001,"amount":"200.07"}}"#;
//! let origin = Origin {
//!     file: FileId::from_bytes([7; 16]),
//!     span: ByteOffset::ZERO..ByteOffset::new(bytes.len() as u64 + 1),
//!     part: 0,
//! };
//! let line = RawLine { bytes, origin, path: "/var/log/shop/order.ndjson", truncated: false, provenance: Provenance::default() };
//! let mut events = Vec::new();
//! let outcome = pipeline.process(&line, "2026-01-02T03:04:06Z".parse()?, &mut events);
//! assert_eq!(outcome, Outcome::Keep);
//! assert_eq!(events[0].document.long(event::Field::StoreOrderAmountMinor), Some(20_007));
//! # Ok::<(), jiff::Error>(())
//! ```

mod address;
mod asset;
mod counters;
mod deduplicate;
mod denoise;
mod draft;
mod enrich;
pub mod explain;
pub mod golden;
mod identity;
mod line;
mod memo;
mod parse;
mod pipeline;
mod processor;
mod redact;
mod schema;
mod settings;
mod standardise;
mod time;

pub use address::{Network, NotANetwork};
pub use counters::{Behaviour, Counters, Failure, Redaction, Rule, STEPS};
pub use deduplicate::{Seen, Window};
pub use draft::Draft;
pub use line::{Context, Decoding, Provenance, RawLine};
pub use parse::Decision;
pub use pipeline::{Outcome, Pipeline};
pub use processor::{Pass, Processor, Step};
pub use redact::pseudonym::{KeyError, Pseudonyms};
pub use settings::{
    Columns, DateOrder, Epoch, Fate, Fault, Format, OneOrMore, PipelineSettings, RawClients,
    RawKey, RawNoise, RawParse, RawPipeline, RawRedact, RawShare, RawStore, StoreSettings,
};
