//! The simulated shop, read back from its lines.

#[cfg(test)]
mod base;
#[cfg(test)]
mod controls;
#[cfg(test)]
mod incidents;
mod reading;
mod scenarios;
mod whole;
