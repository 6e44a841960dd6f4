//! The simulated shop, read back from its lines.

#[cfg(test)]
mod base;
#[cfg(test)]
mod incidents;
#[cfg(test)]
mod reading;
