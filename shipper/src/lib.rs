//! The shipper: finds log files, reads their lines once, and gets every event into the cluster or says why not.
//!
//! The way of a line: [`watch`] finds files and [`identity`] knows them again; a [`tail`] on the reader's thread reads
//! blocks, [`frame`] cuts lines, [`lines`] unwraps, decodes and joins them, the enricher makes events, and a [`chunk`]
//! carries their documents through a bounded [`queue`] to [`publish`], which sends bulk requests and settles each event
//! by its verdict. Settled events move the watermark of their file ([`acknowledge`]) over the gap-free prefix only; the
//! [`keep`]er's thread writes it down ([`checkpoint`]) and puts refused events on disk ([`dlq`]) before they count. What
//! became of every acknowledged byte stands in the [`ledger`].
//!
//! Beside the work stand the admin endpoint, a [`heartbeat`], word of a [`backlog`], the [`supervisor`] that tells systemd
//! that we live, and [`reload`], which takes a changed configuration over while everything runs.
//!
//! The log file is the queue: a [`budget`] bounds what is on its way, and when it is used up reading stops. Whatever is
//! killed at whatever moment, what was not acknowledged is read and sent again with the same ids.
//!
//! ```
//! use event::ByteOffset;
//! use shipper::frame::{Cut, Framer, Framing, Piece};
//!
//! let mut framer = Framer::new(ByteOffset::ZERO, Framing::newline(1024));
//! let mut lines = Vec::new();
//! for block in [&b"GET /ca"[..], b"rt 200\nGET /"] {
//!     framer.feed(block, &mut |piece| {
//!         if let Piece::Line { bytes, cut: Cut::Whole, .. } = piece {
//!             lines.push(String::from_utf8_lossy(bytes).into_owned());
//!         }
//!     });
//! }
//! assert_eq!(lines, ["GET /cart 200"]);
//! assert_eq!(framer.start(), ByteOffset::new(14)); // the rest waits
//! ```

pub mod acknowledge;
pub mod agent;
pub mod backlog;
pub mod budget;
pub mod checkpoint;
pub mod chunk;
pub mod cli;
pub mod commands;
pub mod dedup;
pub mod dlq;
pub mod frame;
pub mod heartbeat;
pub mod identity;
pub mod inbox;
pub mod inputs;
pub mod keep;
pub mod ledger;
pub mod lines;
pub mod metrics;
pub mod poll;
pub mod publish;
pub mod pulse;
pub mod queue;
pub mod redactor;
pub mod registry;
pub mod reload;
pub mod report;
pub mod run;
pub mod segment;
pub mod settings;
pub mod shed;
pub mod spool;
pub mod state;
pub mod status;
pub mod summary;
pub mod supervisor;
pub mod systemd;
pub mod tail;
pub mod watch;
