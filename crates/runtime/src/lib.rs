//! What every long-running process of Storewatch needs, so that no program brings its own.
//!
//! A program starts by reading its [`settings`]: files, `conf.d`, environment and flags become one tree in which each
//! value still knows where it came from, so a finding can name file, line, key, value and allowed range. Sizes and
//! spans of time carry their units ([`mod@unit`]). A [`Clock`] is handed to the run loop; what must survive a power cut goes
//! through a [`DurableFile`] on a [`Disk`]; one owner holds the state directory by its [`Lock`]. While it runs, the
//! program tells about itself by [`logs`] and the [`admin`] endpoint, and [`shutdown`] ends it in order. It ends with an
//! [`Exit`].
//!
//! ```
//! use runtime::settings::{Check, Settings};
//! use runtime::unit::ByteSize;
//! use serde::Deserialize;
//!
//! #[derive(Deserialize)]
//! #[serde(deny_unknown_fields)]
//! struct RawBulk {
//!     max_bytes: ByteSize,
//! }
//!
//! #[derive(Deserialize)]
//! #[serde(deny_unknown_fields)]
//! struct Raw {
//!     bulk: RawBulk,
//! }
//!
//! let settings = Settings::of_text("shipper.yml", "bulk:\n  max_bytes: 0\n")?;
//! let raw: Raw = settings.read()?;
//! let mut check = Check::new(&settings);
//! check.range("bulk.max_bytes", raw.bulk.max_bytes, ByteSize::kib(1)..=ByteSize::mib(64));
//! let findings = check.finish(()).unwrap_err();
//! assert_eq!(
//!     findings.to_string(),
//!     "shipper.yml:2: bulk.max_bytes is 0 B, which is not between 1 KiB and 64 MiB"
//! );
//! # Ok::<(), runtime::settings::Findings>(())
//! ```

pub mod admin;
mod clock;
mod disk;
mod durable;
mod exit;
mod lock;
pub mod logs;
mod plain;
pub mod secret;
pub mod settings;
pub mod shutdown;
pub mod unit;

pub use clock::{Clock, ManualClock, Sleep, SystemClock};
pub use disk::{Disk, DiskFile, Fault, FaultyDisk, RealDisk, Survivors};
pub use durable::{DurableFile, Error as DurableError, Reading, Refused};
pub use exit::{Exit, Failure, chain, report};
pub use lock::{Error as LockError, Lock};
pub use plain::{plain, plain_lines};
