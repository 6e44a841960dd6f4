//! The shipper as a process against the scripted server: rotation, restarts, kills, refusals, bad input.

mod bad_input;
mod delivery;
mod desk;
mod kills;
mod rotation;
mod stops;
