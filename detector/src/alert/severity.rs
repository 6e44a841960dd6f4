//! Severity: five words, their ECS numbers, and how a grade becomes one.

use serde::{Deserialize, Serialize};

/// How bad a trouble is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Look at it this week.
    Low,
    /// Look at it today.
    Medium,
    /// Look at it now.
    High,
    /// Wake somebody.
    Critical,
}

impl Severity {
    /// Returns the value of `store.alert.severity`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// Returns the value of `event.severity`.
    pub fn number(self) -> u8 {
        match self {
            Self::Info => 10,
            Self::Low => 21,
            Self::Medium => 47,
            Self::High => 73,
            Self::Critical => 99,
        }
    }

    /// Returns the severity of a grade that has met its threshold.
    pub fn of_grade(grade: f64) -> Self {
        match grade {
            grade if grade >= 8.0 => Self::Critical,
            grade if grade >= 6.0 => Self::High,
            grade if grade >= 5.0 => Self::Medium,
            _ => Self::Low,
        }
    }
}

/// How a rule sets the severity of its episodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeverityRule {
    /// By the grade of the worst bucket.
    ByScore,
    /// Always info.
    Info,
    /// Always low.
    Low,
    /// Always medium.
    Medium,
    /// Always high.
    High,
    /// Always critical.
    Critical,
}

impl SeverityRule {
    /// Returns the severity of an episode whose worst bucket has this grade.
    pub fn of(self, grade: f64) -> Severity {
        match self {
            Self::ByScore => Severity::of_grade(grade),
            Self::Info => Severity::Info,
            Self::Low => Severity::Low,
            Self::Medium => Severity::Medium,
            Self::High => Severity::High,
            Self::Critical => Severity::Critical,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grades_rise_through_the_severities() {
        let severities = [4.0, 5.0, 6.0, 8.0].map(Severity::of_grade);
        assert_eq!(
            severities,
            [Severity::Low, Severity::Medium, Severity::High, Severity::Critical]
        );
        assert_eq!(SeverityRule::High.of(4.0), Severity::High);
        assert_eq!(SeverityRule::ByScore.of(9.0).number(), 99);
    }
}
