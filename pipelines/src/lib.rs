//! Templates, ingest pipelines and lifecycle as JSON, and the one installer that brings them into a cluster.
//!
//! [`assets::all`] is what a cluster needs; [`survey::Survey`] what it has and lacks; [`install::plan`] what is to be
//! done, which [`install::carry_out`] does. Objects that are not ours are never touched, and a second set-up changes
//! nothing:
//!
//! ```
//! use pipelines::{assets, plan, stand_in::Lacks};
//!
//! let steps = plan::plan_assets(&assets::all(), &Lacks::default(), &Default::default());
//! assert!(steps.iter().all(|step| step.change == plan::Change::Create));
//! ```

pub mod assets;
pub mod install;
pub mod keys;
pub mod mapping;
pub mod plan;
pub mod stand_in;
pub mod survey;
