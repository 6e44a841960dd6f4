//! The shipper as a process against the scripted server: rotation, restarts, kills, refusals, bad input.

#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod compressed;
#[cfg(test)]
mod delivery;
#[cfg(test)]
mod discovery;
#[cfg(test)]
mod identity;
#[cfg(test)]
mod kills;
mod ledger;
#[cfg(test)]
mod reading;
#[cfg(test)]
mod real;
#[cfg(test)]
mod rotation;
#[cfg(test)]
mod stops;
#[cfg(test)]
mod verify;

#[cfg(test)]
use harness::desk;
