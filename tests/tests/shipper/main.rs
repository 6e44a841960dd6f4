//! The shipper as a process against the scripted server: rotation, restarts, kills, refusals, bad input.

#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod commands;
#[cfg(test)]
mod compressed;
#[cfg(test)]
mod dedup;
#[cfg(test)]
mod delivery;
#[cfg(test)]
mod discovery;
#[cfg(test)]
mod formats;
#[cfg(test)]
mod identity;
#[cfg(test)]
mod kills;
#[cfg(test)]
mod ledger;
#[cfg(test)]
mod outage;
#[cfg(test)]
mod poll;
#[cfg(test)]
mod reading;
#[cfg(test)]
mod real;
#[cfg(test)]
mod reload;
#[cfg(test)]
mod replies;
#[cfg(test)]
mod rotation;
#[cfg(test)]
mod scenarios;
#[cfg(test)]
mod shedding;
#[cfg(test)]
mod stops;
#[cfg(test)]
mod systemd;
#[cfg(test)]
mod verify;

#[cfg(test)]
use harness::desk;
