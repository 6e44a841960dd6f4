//! From chunks to acknowledged events: batches, requests side by side, one verdict per document.
//!
//! Pure parts decide: [`Lane`] what goes into a batch and when, [`Throttle`] how many and how large, `rescue` how a
//! refused document is helped. The loop in [`Publisher`] only waits and carries.

mod lane;
mod output;
mod publisher;
mod rescue;
mod settle;
mod tally;
mod throttle;
mod tools;
mod trouble;

pub use lane::{Batch, Lane, Parcel};
pub use output::{Moved, NewOutput};
pub use publisher::{Delivered, Publisher};
pub use rescue::{Rescued, cut_message, move_field, only_envelope};
pub use throttle::Throttle;
pub use tools::{Renew, Tools};
