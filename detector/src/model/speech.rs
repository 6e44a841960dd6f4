//! When a judgement may speak: its threshold, the sides that were asked for, and the floors under a deviation.

use serde::{Deserialize, Serialize};

use super::{Grade, Judged, Side};

/// Which sides of the expected value a rule asks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sides {
    /// Too much and too little.
    #[default]
    Both,
    /// Only too much.
    High,
    /// Only too little.
    Low,
}

impl Sides {
    /// Tells whether a judgement on that side was asked for; a strange course belongs to every side.
    pub fn ask(self, side: Side) -> bool {
        match (self, side) {
            (Self::Both, _)
            | (_, Side::Shape)
            | (Self::High, Side::High)
            | (Self::Low, Side::Low) => true,
            (Self::High, Side::Low) | (Self::Low, Side::High) => false,
        }
    }
}

/// How far a value must be off on one side before it matters, however unlikely it is.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Floor {
    /// |value − expected| must exceed this; 0 asks nothing.
    pub absolute: f64,
    /// |value − expected| must exceed this share of |expected|; 0 asks nothing.
    pub relative: f64,
    /// A high value must lie above this, a low one below it.
    pub value: Option<f64>,
}

impl Floor {
    /// Returns how far from the expected value the floor begins.
    fn distance(&self, expected: f64) -> f64 {
        self.absolute.max(self.relative * expected.abs())
    }
}

/// The floors of both sides.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Floors {
    /// For values above the expected one.
    pub high: Floor,
    /// For values below the expected one.
    pub low: Floor,
}

/// When a judgement may speak.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Speech {
    /// The grade from which a bucket is anomalous.
    pub threshold: Grade,
    /// The sides that were asked for.
    pub sides: Sides,
    /// The least deviations.
    pub floors: Floors,
}

impl Speech {
    /// Widens the bounds by floors and sides, and silences a judgement that they hold back.
    pub(super) fn hold(&self, judged: &mut Judged) {
        let Judged { value, expected, lower, upper, side, .. } = *judged;
        let (high, low) = (&self.floors.high, &self.floors.low);
        let (rise, fall) = (high.distance(expected), low.distance(expected));
        judged.upper = upper.max(expected + rise).max(high.value.unwrap_or(f64::NEG_INFINITY));
        judged.lower = lower.min(expected - fall).min(low.value.unwrap_or(f64::INFINITY));
        if !self.sides.ask(Side::High) {
            judged.upper = f64::INFINITY;
        }
        if !self.sides.ask(Side::Low) {
            judged.lower = f64::NEG_INFINITY;
        }
        let reaches = match side {
            Side::High => {
                (rise <= 0.0 || value - expected > rise)
                    && high.value.is_none_or(|least| value > least)
            }
            Side::Low => {
                (fall <= 0.0 || expected - value > fall)
                    && low.value.is_none_or(|most| value < most)
            }
            Side::Shape => true,
        };
        if !(reaches && self.sides.ask(side)) {
            judged.silence();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Floor, Floors, Sides, Speech};
    use crate::model::{Evidence, Grade, Judged, Parts, Side};

    fn strange(value: f64, side: Side) -> Judged {
        Judged {
            value,
            expected: 10.0,
            lower: 8.0,
            upper: 12.0,
            evidence: Evidence(6.0),
            grade: Grade(6.0),
            side,
            parts: Parts::new([("s", 6.0)]),
        }
    }

    fn check(sides: Sides, floors: Floors, judged: &Judged, grade: f64, bounds: (f64, f64)) {
        let mut held = *judged;
        Speech { threshold: Grade(4.0), sides, floors }.hold(&mut held);
        assert_eq!((held.grade, held.evidence), (Grade(grade), Evidence(grade)));
        assert_eq!((held.lower, held.upper), bounds);
        assert_eq!(held.parts, judged.parts);
    }

    #[test]
    fn without_floors_a_judgement_is_left_as_it_is() {
        check(Sides::Both, Floors::default(), &strange(13.0, Side::High), 6.0, (8.0, 12.0));
        check(Sides::Both, Floors::default(), &strange(10.0, Side::High), 6.0, (8.0, 12.0));
    }

    #[test]
    fn a_side_that_was_not_asked_for_is_silent_and_has_no_bound() {
        let open = (f64::NEG_INFINITY, 12.0);
        check(Sides::High, Floors::default(), &strange(7.0, Side::Low), 0.0, open);
        check(Sides::High, Floors::default(), &strange(13.0, Side::High), 6.0, open);
        check(Sides::Low, Floors::default(), &strange(13.0, Side::High), 0.0, (8.0, f64::INFINITY));
    }

    #[test]
    fn a_deviation_must_exceed_its_floor() {
        let floors = Floors {
            high: Floor { absolute: 3.0, ..Floor::default() },
            low: Floor { relative: 0.4, ..Floor::default() },
        };
        check(Sides::Both, floors, &strange(13.0, Side::High), 0.0, (6.0, 13.0));
        check(Sides::Both, floors, &strange(13.1, Side::High), 6.0, (6.0, 13.0));
        check(Sides::Both, floors, &strange(6.0, Side::Low), 0.0, (6.0, 13.0));
        check(Sides::Both, floors, &strange(5.9, Side::Low), 6.0, (6.0, 13.0));
    }

    #[test]
    fn a_value_floor_holds_whatever_the_deviation() {
        let high = Floor { value: Some(20.0), ..Floor::default() };
        let floors = Floors { high, low: Floor::default() };
        check(Sides::Both, floors, &strange(20.0, Side::High), 0.0, (8.0, 20.0));
        check(Sides::Both, floors, &strange(20.1, Side::High), 6.0, (8.0, 20.0));
    }

    #[test]
    fn a_strange_course_is_asked_for_by_every_side() {
        check(
            Sides::Low,
            Floors::default(),
            &strange(13.0, Side::Shape),
            6.0,
            (8.0, f64::INFINITY),
        );
    }
}
