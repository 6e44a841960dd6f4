//! What the tests of the whole need: real servers, built binaries, a scripted server, waiting with a limit.

pub mod scripted;
