//! One running server for many processes.
//!
//! The tests of a workspace are many processes, and a server takes ten seconds to start. So the first that asks starts
//! a holder, which starts the server and writes a mark, the path of its socket, into the cache. A process that wants
//! the server connects to that socket, reads how to reach the server, and keeps the connection: the system closes it
//! when the process ends, however it ends. A while after the last connection closed, the holder stops the server.

mod holder;
mod lease;
mod register;

pub use holder::run;
pub use lease::{Lease, Sharing};
