//! What the tests of the whole need: real servers, built binaries, a scripted server, waiting with a limit.
//!
//! [`elasticsearch`] and [`opensearch`] give the servers that all test processes of a run share; a test that must kill
//! its server starts a [`private_engine`]. Tests run side by side on one server, so each works in a [`namespace`] of its
//! own. [`binary`] gives a program of the workspace, built first if need be, and [`Program`] runs it. Nothing here
//! sleeps for a while and hopes: [`eventually`] waits for a condition, with a limit.
//!
//! Functions here panic with a message, since they are called by tests only.

#![expect(
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "to the tests that call this, a panic is the answer"
)]

pub mod api;
mod binaries;
mod clock;
pub mod desk;
mod engines;
mod process;
mod real_input;
pub mod scripted;
mod wait;
mod writing;

pub use binaries::{binary, workspace};
pub use clock::step_until;
pub use dev::share::{Lease, Sharing};
pub use dev::{Access, Credentials, Engine, Flavour, Life, Options, Storage, Transport};
pub use engines::{
    block_on, client, cluster, elasticsearch, engine_options, namespace, opensearch,
    private_engine, shared, sharing,
};
pub use process::{Ended, Program, Running};
pub use real_input::data_folder;
pub use runtime::ManualClock;
pub use rustix::process::Signal;
pub use wait::{eventually, eventually_some};
pub use writing::Writing;
