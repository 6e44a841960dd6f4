//! What a model says of one bucket.

/// s = −log10 p: how unlikely the series' own ordinary history makes what was seen.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
pub struct Evidence(pub f64);

/// g: the number a rule's threshold is compared with. 4 means once in 10,000 ordinary buckets; above 6 it ranks and no
/// longer counts.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
pub struct Grade(pub f64);

impl Grade {
    /// The grade of a model that has no probability: it fires or it does not.
    pub const CERTAIN: Self = Self(10.0);

    /// Returns the score that documents show: 0 to 100.
    pub fn score(self) -> f64 {
        (10.0 * self.0).clamp(0.0, 100.0)
    }
}

/// In which direction the bucket is strange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// More than expected.
    High,
    /// Less than expected.
    Low,
    /// Neither: the course is strange, not the height.
    Shape,
}

impl Side {
    /// Returns the word that documents use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Low => "low",
            Self::Shape => "shape",
        }
    }

    /// Returns the side on which `value` lies of `expected`.
    pub(super) fn of(value: f64, expected: f64) -> Self {
        if value < expected { Self::Low } else { Self::High }
    }
}

/// Numbers a judgement is made of, by name. They are kept in place, so that a step needs no allocation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parts {
    named: [(&'static str, f64); Self::MOST],
    len: usize,
}

impl Parts {
    /// How many parts a judgement can have.
    pub const MOST: usize = 12;

    /// Returns the given parts in their order.
    pub fn new<const N: usize>(parts: [(&'static str, f64); N]) -> Self {
        const { assert!(N <= Self::MOST, "a judgement has at most 12 parts") };
        let mut named = [("", 0.0); Self::MOST];
        for (place, part) in named.iter_mut().zip(parts) {
            *place = part;
        }
        Self { named, len: N }
    }

    /// Returns the part of that name.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.iter().find(|(own, _)| *own == name).map(|(_, value)| value)
    }

    /// Goes through all parts in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, f64)> + '_ {
        self.named.iter().take(self.len).copied()
    }
}

/// A bucket that was judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged {
    /// What was measured.
    pub value: f64,
    /// What earlier buckets let expect.
    pub expected: f64,
    /// Below this the threshold is met; minus infinity where low values never meet it.
    pub lower: f64,
    /// Above this the threshold is met; infinity where high values never meet it.
    pub upper: f64,
    /// s, 0 where guard, floors or sides let the bucket say nothing.
    pub evidence: Evidence,
    /// g, 0 where guard, floors or sides let the bucket say nothing.
    pub grade: Grade,
    /// The direction of what is strange.
    pub side: Side,
    /// What the judgement is made of.
    pub parts: Parts,
}

impl Judged {
    /// Leaves the judgement nothing to say: guard, floor or side holds it back.
    pub(super) fn silence(&mut self) {
        self.evidence = Evidence(0.0);
        self.grade = Grade(0.0);
    }
}

/// What a model says of one bucket.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "nearly every judgement is a Judged; a box would be an allocation each"
)]
pub enum Judgement {
    /// The bucket is unknown: nothing was judged, nothing was learned.
    Unknown,
    /// The model has not seen enough to judge.
    Learning {
        /// What it has seen.
        known: u32,
        /// What it needs.
        needed: u32,
    },
    /// The bucket was judged.
    Judged(Judged),
}

impl Judgement {
    /// Returns the judgement where there is one.
    pub fn judged(&self) -> Option<&Judged> {
        match self {
            Self::Judged(judged) => Some(judged),
            Self::Unknown | Self::Learning { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Grade, Parts, Side};

    #[test]
    fn the_score_of_documents_stays_within_0_and_100() {
        let scores = [-1.0, 0.0, 4.2, 10.0, 30.0].map(|grade| Grade(grade).score());
        assert_eq!(format!("{scores:?}"), "[0.0, 0.0, 42.0, 100.0, 100.0]");
    }

    #[test]
    fn parts_are_found_by_name_and_keep_their_order() {
        let parts = Parts::new([("high", 1.5), ("low", 0.0)]);
        assert_eq!(parts.get("low"), Some(0.0));
        assert_eq!(parts.get("window"), None);
        assert_eq!(parts.iter().collect::<Vec<_>>(), [("high", 1.5), ("low", 0.0)]);
    }

    #[test]
    fn a_value_below_the_expected_one_is_low() {
        assert_eq!(Side::of(1.0, 2.0), Side::Low);
        assert_eq!(Side::of(2.0, 1.0), Side::High);
    }
}
