//! The commands of the binary, each a function from checked settings to an exit code.

pub mod again;
pub mod audit;
pub mod check;
pub mod export;
pub mod letters;
mod progress;
pub mod replay;
pub mod status;
pub mod test;
pub mod top;

use std::io::{self, Write};

/// Prints for people: what a log or a server says cannot steer a terminal.
fn say(out: &mut dyn Write, line: &str) -> io::Result<()> {
    writeln!(out, "{}", runtime::plain(line))
}
