//! The incidents and negative controls that can be planted, and what each does to the figures.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An incident that ought to be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Scenario {
    /// A payment provider fails.
    S1,
    /// The checkout takes no orders any more and says nothing.
    S2,
    /// The database of orders is slow.
    S14,
}

/// A peculiarity that is no incident: nothing ought to be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Control {
    /// The shop is closed at night and on Saturday.
    N3,
    /// Three times as many duplicates, from restarts of what delivers the events.
    N6,
}

/// No scenario or control has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} is none of {known}")]
pub struct UnknownScenario {
    name: String,
    known: &'static str,
}

impl Scenario {
    /// All scenarios.
    pub const ALL: [Self; 3] = [Self::S1, Self::S2, Self::S14];

    /// Returns the short name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::S1 => "S1",
            Self::S2 => "S2",
            Self::S14 => "S14",
        }
    }

    /// Returns the title.
    pub const fn title(self) -> &'static str {
        match self {
            Self::S1 => "payment provider outage",
            Self::S2 => "silent checkout break",
            Self::S14 => "slow database",
        }
    }

    /// Returns how long it lasts when nobody says otherwise, in minutes.
    pub const fn usual_minutes(self) -> i64 {
        match self {
            Self::S1 => 20,
            Self::S2 | Self::S14 => 50,
        }
    }

    /// Returns how strong it is when nobody says otherwise: 1 is the strength of its description.
    pub const fn usual_intensity(self) -> f64 {
        1.0
    }

    /// Returns the part of the shop it strikes when nobody says otherwise.
    pub const fn usual_dimension(self) -> &'static str {
        match self {
            Self::S1 => "northpay",
            Self::S2 => "v2",
            Self::S14 => "/checkout",
        }
    }

    /// Returns what it does to the figures.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::S1 => {
                "60 % of the attempts at the struck payment provider fail with gateway_error. Most customers try again, \
                 so attempts rise by half; those who give up leave an order that is cancelled half an hour later. \
                 Other providers and the number of submitted orders do not change."
            }
            Self::S2 => {
                "After a release, requests to /checkout go on and succeed, but no order.submitted follows: no payment, \
                 no stock movement, no error anywhere. The program log shows the start of the new version, and of the \
                 old one when it is rolled back."
            }
            Self::S14 => {
                "Requests to /checkout take four times as long and about a quarter of those that would place an order \
                 end with 503 or 504; orders fall by 30 %. The service orders logs timeouts of its database."
            }
        }
    }
}

impl Control {
    /// All controls.
    pub const ALL: [Self; 2] = [Self::N3, Self::N6];

    /// Returns the short name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::N3 => "N3",
            Self::N6 => "N6",
        }
    }

    /// Returns the title.
    pub const fn title(self) -> &'static str {
        match self {
            Self::N3 => "closed at night and on Saturday",
            Self::N6 => "duplicates by restarts",
        }
    }

    /// Returns what it does to the figures.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::N3 => {
                "No customer and no order from midnight to six and on Saturday, local time; bots and health checks go \
                 on. Nothing is wrong."
            }
            Self::N6 => {
                "What delivers the events is restarted about every two hours and delivers the last of them again: three \
                 times as many duplicates as usual, with the ids of their first delivery. Totals do not change."
            }
        }
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Scenario {
    type Err = UnknownScenario;

    fn from_str(name: &str) -> Result<Self, UnknownScenario> {
        let known = |scenario: &Self| scenario.as_str().eq_ignore_ascii_case(name);
        Self::ALL
            .into_iter()
            .find(known)
            .ok_or_else(|| UnknownScenario { name: name.to_owned(), known: "S1, S2, S14" })
    }
}

impl FromStr for Control {
    type Err = UnknownScenario;

    fn from_str(name: &str) -> Result<Self, UnknownScenario> {
        let known = |control: &Self| control.as_str().eq_ignore_ascii_case(name);
        Self::ALL
            .into_iter()
            .find(known)
            .ok_or_else(|| UnknownScenario { name: name.to_owned(), known: "N3, N6" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_in_any_case() {
        for scenario in Scenario::ALL {
            assert_eq!(scenario.to_string().to_lowercase().parse(), Ok(scenario));
        }
        for control in Control::ALL {
            assert_eq!(control.to_string().parse(), Ok(control));
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let error = "S99".parse::<Scenario>().unwrap_err();
        assert_eq!(error.to_string(), r#""S99" is none of S1, S2, S14"#);
        let error = "S1".parse::<Control>().unwrap_err();
        assert_eq!(error.to_string(), r#""S1" is none of N3, N6"#);
    }
}
