//! The incidents and negative controls that can be planted, and what each does to the figures.

mod table;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::config::Breadth;
use table::{CONTROLS, INCIDENTS};

/// An incident that ought to be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Scenario {
    /// A payment provider fails.
    S1,
    /// The checkout takes no orders any more and says nothing.
    S2,
    /// The callbacks of a payment provider come half an hour late.
    S3,
    /// A hot article runs out of stock.
    S4,
    /// The stock of a warehouse is not told any more, and sold twice.
    S5,
    /// A warehouse works at a third of its pace.
    S6,
    /// A carrier stops scanning in one region, and delivers late.
    S7,
    /// One article comes broken.
    S8,
    /// Somebody clicks on our advertisements and never buys.
    S9,
    /// Clicks and conversions of an advertising network are not seen any more.
    S10,
    /// A network of addresses tries passwords and reads the whole catalogue.
    S11,
    /// Thirty articles cost a hundredth of their price.
    S12,
    /// A coupon of 50 % meant for few is shared by many.
    S13,
    /// The database of orders is slow.
    S14,
    /// The search finds little, and nothing of one category.
    S15,
    /// A release of the app submits orders twice.
    S16,
    /// What ships the lines of one host stands still.
    S17,
    /// The clock of one host is eight hours ahead.
    S18,
    /// A program writes its log in another form.
    S19,
    /// The API of a platform gives old pages, then none.
    S20,
}

/// A peculiarity that is no incident: nothing ought to be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Control {
    /// Eight times the traffic for two hours, as the calendar says.
    N1,
    /// Eight times the traffic for two hours, which no calendar knows.
    N2,
    /// The shop is closed at night and on Saturday.
    N3,
    /// The clocks of the customers change.
    N4,
    /// Two percent more business each day.
    N5,
    /// Three times as many duplicates, from restarts of what delivers the events.
    N6,
    /// The lines of one log are written two hours after they happened.
    N7,
    /// The shop is closed for half an hour, as the calendar says.
    N8,
    /// One program logs 300 debug lines a minute.
    N9,
}

/// No scenario or control has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} is none of {known}")]
pub struct UnknownScenario {
    name: String,
    known: String,
}

/// What an incident is.
#[derive(Debug)]
struct Profile {
    name: &'static str,
    title: &'static str,
    minutes: i64,
    dimension: &'static str,
    breadth: Breadth,
    describe: &'static str,
}

/// What a control is.
#[derive(Debug)]
struct ControlProfile {
    name: &'static str,
    title: &'static str,
    minutes: Option<i64>,
    describe: &'static str,
}

impl Scenario {
    /// All scenarios.
    pub const ALL: [Self; 20] = [
        Self::S1,
        Self::S2,
        Self::S3,
        Self::S4,
        Self::S5,
        Self::S6,
        Self::S7,
        Self::S8,
        Self::S9,
        Self::S10,
        Self::S11,
        Self::S12,
        Self::S13,
        Self::S14,
        Self::S15,
        Self::S16,
        Self::S17,
        Self::S18,
        Self::S19,
        Self::S20,
    ];

    fn profile(self) -> &'static Profile {
        &INCIDENTS[self as usize]
    }

    /// Returns the short name.
    pub fn as_str(self) -> &'static str {
        self.profile().name
    }

    /// Returns the title.
    pub fn title(self) -> &'static str {
        self.profile().title
    }

    /// Returns how long it lasts when nobody says otherwise, in minutes.
    pub fn usual_minutes(self) -> i64 {
        self.profile().minutes
    }

    /// Returns how strong it is when nobody says otherwise: 1 is the strength of its description.
    pub const fn usual_intensity(self) -> f64 {
        1.0
    }

    /// Returns the part of the shop it strikes when nobody says otherwise.
    pub fn usual_dimension(self) -> &'static str {
        self.profile().dimension
    }

    /// Returns how much a shop must log for it to be seen.
    pub fn breadth(self) -> Breadth {
        self.profile().breadth
    }

    /// Returns what it does to the figures.
    pub fn describe(self) -> &'static str {
        self.profile().describe
    }
}

impl Control {
    /// All controls.
    pub const ALL: [Self; 9] =
        [Self::N1, Self::N2, Self::N3, Self::N4, Self::N5, Self::N6, Self::N7, Self::N8, Self::N9];

    fn profile(self) -> &'static ControlProfile {
        &CONTROLS[self as usize]
    }

    /// Returns the short name.
    pub fn as_str(self) -> &'static str {
        self.profile().name
    }

    /// Returns the title.
    pub fn title(self) -> &'static str {
        self.profile().title
    }

    /// Returns how long it lasts when nobody says otherwise, in minutes, or nothing when that is the whole span.
    pub fn usual_minutes(self) -> Option<i64> {
        self.profile().minutes
    }

    /// Returns what it does to the figures.
    pub fn describe(self) -> &'static str {
        self.profile().describe
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Scenario {
    type Err = UnknownScenario;

    fn from_str(name: &str) -> Result<Self, UnknownScenario> {
        named(&Self::ALL, Self::as_str, name)
    }
}

impl FromStr for Control {
    type Err = UnknownScenario;

    fn from_str(name: &str) -> Result<Self, UnknownScenario> {
        named(&Self::ALL, Self::as_str, name)
    }
}

fn named<T: Copy>(all: &[T], of: fn(T) -> &'static str, name: &str) -> Result<T, UnknownScenario> {
    let found = all.iter().copied().find(|&one| of(one).eq_ignore_ascii_case(name));
    found.ok_or_else(|| UnknownScenario {
        name: name.to_owned(),
        known: all.iter().copied().map(of).collect::<Vec<_>>().join(", "),
    })
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
    fn each_stands_at_its_own_row_of_the_table() {
        for scenario in Scenario::ALL {
            assert_eq!(format!("{scenario:?}"), scenario.as_str());
        }
        for control in Control::ALL {
            assert_eq!(format!("{control:?}"), control.as_str());
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let error = "S99".parse::<Scenario>().unwrap_err();
        assert!(error.to_string().starts_with(r#""S99" is none of S1, S2, S3,"#), "{error}");
        let error = "S1".parse::<Control>().unwrap_err();
        assert_eq!(error.to_string(), r#""S1" is none of N1, N2, N3, N4, N5, N6, N7, N8, N9"#);
    }
}
