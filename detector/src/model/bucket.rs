//! What a model is shown of one bucket.

use jiff::Timestamp;

use super::Slots;

/// Numbers beyond this are held at it inside the models: the square of a larger one has no finite value.
const LARGEST: f64 = 1e150;

/// What was read for one bucket.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reading {
    /// Nothing can be said: a partial answer, a gap, too few samples.
    Unknown,
    /// One number, and how many documents it rests on.
    Value {
        /// The measured number.
        value: f64,
        /// The documents behind it.
        n: f64,
    },
    /// A part of a whole.
    Share {
        /// The part that is counted.
        part: f64,
        /// All of it.
        whole: f64,
    },
}

impl Reading {
    /// Returns the number that was measured, if it is one: a share is part divided by whole.
    pub fn value(self) -> Option<f64> {
        let number = match self {
            Self::Value { value, n: _ } => value,
            Self::Share { part, whole } if whole > 0.0 => part / whole,
            Self::Unknown | Self::Share { .. } => return None,
        };
        number.is_finite().then_some(number)
    }

    /// Returns the number held within what a model can square.
    pub(super) fn bounded(self) -> Option<f64> {
        self.value().map(|number| number.clamp(-LARGEST, LARGEST))
    }

    /// Returns part and whole as whole numbers, if there is a whole.
    ///
    /// A value that was written as a share and is read back has lost its part; it is the rounded product again.
    pub fn share(self) -> Option<(f64, f64)> {
        let (part, whole) = match self {
            Self::Unknown => return None,
            Self::Value { value, n } => (value * n, n),
            Self::Share { part, whole } => (part, whole),
        };
        if !(part.is_finite() && whole.is_finite()) {
            return None;
        }
        let whole = whole.round();
        (whole >= 1.0).then(|| (part.round().clamp(0.0, whole), whole))
    }
}

/// One closed bucket of a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bucket {
    /// When the bucket begins.
    pub start: Timestamp,
    /// Where it lies in the shop's day and week.
    pub slots: Slots,
    /// What was read for it.
    pub reading: Reading,
}

#[cfg(test)]
mod tests {
    use super::Reading;

    #[test]
    fn what_is_no_finite_number_is_unknown() {
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(Reading::Value { value, n: 1.0 }.value(), None);
            assert_eq!(Reading::Value { value, n: 1.0 }.share(), None);
            assert_eq!(Reading::Share { part: value, whole: 4.0 }.value(), None);
            assert_eq!(Reading::Share { part: 1.0, whole: value }.share(), None);
        }
    }

    #[test]
    fn a_share_of_nothing_is_unknown() {
        assert_eq!(Reading::Share { part: 0.0, whole: 0.0 }.value(), None);
        assert_eq!(Reading::Share { part: 0.0, whole: 0.0 }.share(), None);
        assert_eq!(Reading::Share { part: 1.0, whole: 4.0 }.value(), Some(0.25));
    }

    #[test]
    fn a_share_that_was_written_as_a_value_is_the_same_share() {
        for (part, whole) in [(0.0, 3.0), (1.0, 3.0), (2.0, 7.0), (997.0, 1_013.0)] {
            let written = Reading::Value { value: part / whole, n: whole };
            assert_eq!(written.share(), Some((part, whole)));
        }
    }

    #[test]
    fn a_part_is_never_more_than_its_whole() {
        assert_eq!(Reading::Share { part: 9.0, whole: 4.0 }.share(), Some((4.0, 4.0)));
        assert_eq!(Reading::Share { part: -1.0, whole: 4.0 }.share(), Some((0.0, 4.0)));
    }

    #[test]
    fn huge_numbers_are_held_where_squares_are_finite() {
        let held = Reading::Value { value: -1e300, n: 1.0 }.bounded().unwrap();
        assert!((held * held).is_finite());
    }
}
