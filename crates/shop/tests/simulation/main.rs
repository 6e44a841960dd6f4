//! The simulated shop, seen through its lines alone.

#[cfg(test)]
mod base;
#[cfg(test)]
mod controls;
#[cfg(test)]
mod incidents;
#[cfg(test)]
mod reading;
#[cfg(test)]
mod scenarios;
#[cfg(test)]
mod whole;
