//! The simulated shop: the event logs of a small online shop, with planted incidents and the truth about them.
//!
//! Everything here is a function of a seed: time and chance are arguments, so the same [`ShopConfig`] and [`Plan`] give
//! the same bytes. [`Shop::events`] yields [`Line`]s in the order in which a shop writes them; [`write_history`] writes
//! them into rotating files; [`truth()`] tells what was planted, and never passes through the logs.
//!
//! ```
//! use shop::{LogFile, Plan, Shop, ShopConfig};
//!
//! let from: jiff::Timestamp = "2026-03-02T12:00:00Z".parse()?;
//! let plan = Plan::new(from, from + jiff::SignedDuration::from_mins(5));
//! let orders = Shop::new(ShopConfig::small(7))
//!     .events(&plan)
//!     .filter(|line| line.file == LogFile::Order)
//!     .count();
//! assert!(orders > 25, "a busy hour gives more than five orders a minute, with their confirmations");
//! # Ok::<(), jiff::Error>(())
//! ```

mod access;
mod ads;
mod agents;
mod calendar;
mod catalogue;
mod chance;
mod conditions;
mod config;
mod crowd;
mod events;
mod fact;
mod folder;
mod history;
mod host;
mod hours;
mod intruders;
mod json;
mod life;
mod line;
mod moment;
mod noise;
mod order;
mod plan;
mod platform;
mod program;
mod record;
mod scenario;
mod sessions;
mod shape;
mod stock;
mod truth;
mod visit;

pub use config::{Breadth, ShopConfig};
pub use events::{Events, Shop};
pub use folder::{Existing, Folder, FolderError, Rotation};
pub use history::{Written, write_history};
pub use host::Host;
pub use line::{Kind, Line, LogFile};
pub use plan::{ControlSpan, Demo, Incident, Plan, demo_plan};
pub use scenario::{Control, Scenario, UnknownScenario};
pub use truth::{Dimension, Truth, truth};
