//! Episodes: one unbroken trouble of one (rule, group), with everything that its documents say.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::id;
use super::machine::{Course, Phase};
use super::severity::Severity;
use crate::explain::Explained;
use crate::model::{Judged, Side};
use crate::rule::Rule;
use crate::source::Group;

/// What kind of trouble an episode is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// Buckets that the rule calls anomalous.
    Anomaly,
    /// An expected group without data.
    NoData,
    /// The detector itself cannot do its work.
    Own,
}

/// Where an episode stands, as documents say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Anomalous, but not yet for long enough.
    Pending,
    /// Open.
    Active,
    /// Open, and normal lately.
    Recovering,
    /// Over.
    Recovered,
    /// Open because data are missing.
    NoData,
    /// Open because the detector could not ask.
    Error,
    /// Followed no more: the group or the rule is gone.
    Untracked,
}

impl Status {
    /// Returns the value of `store.alert.status`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Recovering => "recovering",
            Self::Recovered => "recovered",
            Self::NoData => "no_data",
            Self::Error => "error",
            Self::Untracked => "untracked",
        }
    }

    /// Tells whether nothing more will come.
    pub fn is_over(self) -> bool {
        match self {
            Self::Recovered | Self::Untracked => true,
            Self::Pending | Self::Active | Self::Recovering | Self::NoData | Self::Error => false,
        }
    }
}

/// Which transition a document tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// It opened.
    Open,
    /// It became worse.
    Update,
    /// It is over.
    Close,
    /// Data went missing, or came back.
    NoData,
}

impl Action {
    /// Returns the value of `event.action`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Update => "update",
            Self::Close => "close",
            Self::NoData => "no-data",
        }
    }
}

/// The judgement that an episode shows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// What was seen.
    pub value: f64,
    /// What was expected.
    pub expected: f64,
    /// Lower bound, if low values can fire.
    pub lower: Option<f64>,
    /// Upper bound, if high values can fire.
    pub upper: Option<f64>,
    /// g of the judgement.
    pub grade: f64,
    /// 0 to 100.
    pub score: f64,
    /// Whether the value is too low.
    pub low: bool,
}

impl From<&Judged> for Evaluation {
    fn from(judged: &Judged) -> Self {
        let finite = |bound: f64| bound.is_finite().then_some(bound);
        Self {
            value: judged.value,
            expected: judged.expected,
            lower: finite(judged.lower),
            upper: finite(judged.upper),
            grade: judged.grade.0,
            score: judged.grade.score(),
            low: judged.side == Side::Low,
        }
    }
}

/// A document that belongs to the trouble.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// Its index.
    pub index: String,
    /// Its `_id`.
    pub id: String,
    /// Its trace, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
}

/// What was found out when the episode opened.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Detail {
    /// Values that stand out, best first.
    pub explain: Vec<Explained>,
    /// Up to five documents.
    pub samples: Vec<Sample>,
    /// Fields on which all samples agree, by path.
    pub shared: BTreeMap<String, Value>,
}

/// One unbroken trouble.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Episode {
    /// Rule and group it belongs to, and where it began, make its id.
    pub id: String,
    /// The rule.
    pub rule: String,
    /// The group.
    pub group: Group,
    /// What kind of trouble it is.
    pub trouble: Trouble,
    /// Where it stands.
    pub status: Status,
    /// First bucket.
    pub first: Timestamp,
    /// Last bucket that was anomalous.
    pub last: Timestamp,
    /// Up to where buckets were closed when it opened.
    pub opened: Option<Timestamp>,
    /// The end of its last bucket, once it is over.
    pub ended: Option<Timestamp>,
    /// The machine's memory, while it runs.
    pub course: Option<Course>,
    /// Transitions written so far.
    pub number: u64,
    /// The worst severity so far.
    pub severity: Severity,
    /// The worst judgement so far; a person wants to see how bad it was.
    pub worst: Option<Evaluation>,
    /// The judgement of the last bucket.
    pub latest: Option<Evaluation>,
    /// The last bucket that was judged.
    pub latest_bucket: Option<Timestamp>,
    /// Why, in one line, where no judgement says it.
    pub reason: Option<String>,
    /// What was found out when it opened.
    pub detail: Detail,
}

impl Episode {
    /// Returns a new episode that begins at `first`.
    pub fn begin(rule: &Rule, group: &Group, trouble: Trouble, first: Timestamp) -> Self {
        Self {
            id: match trouble {
                Trouble::Anomaly | Trouble::Own => id::episode(&rule.id, &group.key(), first),
                // A group may fall silent in the bucket in which it became anomalous.
                Trouble::NoData => id::silence(&rule.id, &group.key(), first),
            },
            rule: rule.id.clone(),
            group: group.clone(),
            trouble,
            status: Status::Pending,
            first,
            last: first,
            opened: None,
            ended: None,
            course: None,
            number: 0,
            severity: Severity::Info,
            worst: None,
            latest: None,
            latest_bucket: None,
            reason: None,
            detail: Detail::default(),
        }
    }

    /// Takes over where the machine stands.
    pub fn follow(&mut self, course: &Course) {
        self.last = course.last;
        self.course = Some(course.clone());
        self.status = match course.phase {
            Phase::Pending => Status::Pending,
            Phase::Active => Status::Active,
            Phase::Recovering => Status::Recovering,
        };
    }

    /// Takes a judgement of an anomalous bucket; the worst one stays.
    pub fn weigh(&mut self, evaluation: Evaluation) {
        if self.worst.is_none_or(|worst| evaluation.grade > worst.grade) {
            self.worst = Some(evaluation);
        }
    }

    /// Tells whether people have heard of it.
    pub fn is_public(&self) -> bool {
        self.number > 0
    }
}
