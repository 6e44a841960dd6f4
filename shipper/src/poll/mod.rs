//! Polls the HTTP APIs of platforms on a schedule, because they cannot be tailed.
//!
//! A [`Poll`](crate::settings::Poll) asks for a window of time (`window`) page by page ([`paging`]); rows are taken out
//! of replies (`rows`) and put into the spool before anything moves on. Only when a whole window was read does its
//! mark move, in the spool's place, after the rows were synced. A row's key (id, modified) makes the `_id` of its
//! document, so windows may overlap, passes may be repeated and the program may be killed: what comes twice answers 409.
//!
//! A poll that fails tells so in `/readyz`, in metrics and in a document of its own, and tries again after a back-off; it
//! never stops files or other polls. Everything but `call`, `poller` and `run` is pure.

mod call;
mod link;
mod pace;
pub mod paging;
mod poller;
mod recent;
mod reply;
mod report;
mod request;
mod rows;
mod run;
mod secret;
mod sign;
mod start;
mod template;
mod times;
mod window;

pub use pace::{Quota, Rate};
pub use paging::{By, Keep, Order, Paging};
pub use request::{Auth, BodyForm, Call, Method, Place, Signed, sample_url};
pub use rows::{NoPath, Path};
pub use secret::{NoSecret, Secret};
pub use sign::{Algorithm, Encoding, Into, Sign, Text};
pub use start::{Error, Polling, PollingTools};
pub use template::{Name, NoTemplate, Template};
pub use times::TimeForm;
pub use window::Windows;
