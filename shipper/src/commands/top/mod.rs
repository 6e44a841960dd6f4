//! `shipper top`: asks the shipper that runs here each second, and shows how it does.
//!
//! It is built with the feature `top`, and for the tests of this crate; without it the command says so.

#[cfg(any(feature = "top", test))]
mod history;
#[cfg(any(feature = "top", test))]
mod live;
#[cfg(any(feature = "top", test))]
mod screen;
#[cfg(any(feature = "top", test))]
mod words;

use std::io::{self, IsTerminal as _};

use runtime::{Exit, Failure};

#[cfg(any(feature = "top", test))]
pub use live::run;

/// Refuses where nobody could look at it.
pub fn needs_a_terminal() -> Result<(), Failure> {
    if io::stdin().is_terminal() && io::stdout().is_terminal() {
        return Ok(());
    }
    let message = "`top` shows a live view and needs a terminal; `shipper status` prints the same once, as text or JSON";
    Err(Failure::new(Exit::Usage, message))
}

/// Says how to build what this program was built without.
#[cfg(not(any(feature = "top", test)))]
pub fn run(_address: std::net::SocketAddr) -> Result<(), Failure> {
    let message = "this shipper was built without `top`: build it with `cargo build --release --package shipper --features top`, \
                   or use `shipper status`";
    Err(Failure::new(Exit::Usage, message))
}
