//! The hosts of the shop.

use crate::chance::mix;
use crate::moment::{Minute, Moment, SECOND_MS};

/// A host of the shop. What one visit brings about comes from one of them; what happens behind the shop, from the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Host {
    /// Takes three fifths of the business, behind nginx with its text format.
    One,
    /// Takes the rest, behind nginx with a JSON format.
    Two,
}

impl Host {
    /// All hosts.
    pub const ALL: [Self; 2] = [Self::One, Self::Two];

    /// Returns `host.name`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::One => "shop-1",
            Self::Two => "shop-2",
        }
    }

    /// Returns the host that a load balancer chooses for this customer, order or address.
    pub(crate) fn of(key: u64) -> Self {
        if mix(key) % 5 < 3 { Self::One } else { Self::Two }
    }
}

/// What ships the lines of a host says that it is alive.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heartbeat {
    pub(crate) host: Host,
    /// Counts the half minutes since the epoch.
    pub(crate) number: u64,
}

/// Tells the heartbeats of one minute.
pub(crate) fn heartbeats(minute: Minute, tell: &mut dyn FnMut(Moment, Heartbeat)) {
    for host in Host::ALL {
        for half in 0..2 {
            let at = minute.start().plus_ms((7 + 30 * half) * SECOND_MS);
            let number = minute.key() * 2 + half.unsigned_abs();
            tell(at, Heartbeat { host, number });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_fifths_of_the_keys_are_of_the_first_host() {
        let first = (0..10_000).filter(|&key| Host::of(key) == Host::One).count();
        assert!((5_800..6_200).contains(&first), "{first}");
    }
}
