//! Boards, data views and saved searches for Kibana, as small Rust definitions.
//!
//! A [`board::Board`] is a value: a title, the question it answers, panels on a grid. [`boards::objects`] turns all of
//! them into saved objects that Kibana 8.12 and later import.
//!
//! ```
//! let objects = kibana::boards::objects();
//! let file = kibana::object::to_ndjson(&objects);
//! assert_eq!(file.lines().count(), objects.len());
//! ```

pub mod aggregation;
pub mod board;
pub mod boards;
pub mod column;
pub mod data_view;
pub mod import;
pub mod kql;
pub mod object;
pub mod panel;
pub mod search;
pub mod tag;
pub mod validate;
