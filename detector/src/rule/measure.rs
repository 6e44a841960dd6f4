//! Measures: which figure of a bucket a rule watches, and what its aggregation is called.

use event::Field;
use event::dictionary::Unit;
use serde::Deserialize;
use serde_json::{Value, json};

use super::filter::{Filter, RawClause, known_field};

/// A measure as a rule file writes it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum RawMeasure {
    /// Documents.
    Count,
    /// Sum of a field.
    Sum(String),
    /// Distinct values of a field.
    Distinct(String),
    /// Mean of a field.
    Mean(String),
    /// Least value of a field.
    Min(String),
    /// Greatest value of a field.
    Max(String),
    /// A percentile of a field.
    Percentile(RawPercentile),
    /// The part of the documents, or of those of `whole`, to which `part` applies.
    Ratio(RawRatio),
}

/// A percentile as a rule file writes it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawPercentile {
    field: String,
    percent: f64,
}

/// A ratio as a rule file writes it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawRatio {
    part: Vec<RawClause>,
    whole: Option<Vec<RawClause>>,
}

/// A checked measure.
#[derive(Debug, Clone, PartialEq)]
pub enum Measure {
    /// Documents.
    Count,
    /// Sum of a field.
    Sum(Field),
    /// Distinct values of a field.
    Distinct(Field),
    /// Mean of a field.
    Mean(Field),
    /// Least value of a field.
    Min(Field),
    /// Greatest value of a field.
    Max(Field),
    /// A percentile of a field.
    Percentile {
        /// The field.
        field: Field,
        /// Which, in percent.
        percent: f64,
    },
    /// Documents of `part` in those of `whole`.
    Ratio {
        /// The documents that count.
        part: Filter,
        /// The documents among which they count; empty is all that the rule asks for.
        whole: Filter,
    },
}

/// What a bucket without documents says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absence {
    /// Nothing happened: the value is 0.
    Zero,
    /// Nothing can be said.
    Unknown,
}

impl Measure {
    /// Checks a measure as it was written.
    ///
    /// # Errors
    /// Tells what is wrong.
    pub fn try_new(raw: &RawMeasure) -> Result<Self, String> {
        Ok(match raw {
            RawMeasure::Count => Self::Count,
            RawMeasure::Sum(path) => Self::Sum(number_field(path)?),
            RawMeasure::Distinct(path) => Self::Distinct(known_field(path)?),
            RawMeasure::Mean(path) => Self::Mean(number_field(path)?),
            RawMeasure::Min(path) => Self::Min(number_field(path)?),
            RawMeasure::Max(path) => Self::Max(number_field(path)?),
            RawMeasure::Percentile(raw) => {
                if !(raw.percent > 0.0 && raw.percent < 100.0) {
                    return Err(format!(
                        "percent is {}, which is not between 0 and 100",
                        raw.percent
                    ));
                }
                Self::Percentile { field: number_field(&raw.field)?, percent: raw.percent }
            }
            RawMeasure::Ratio(raw) => Self::Ratio {
                part: Filter::try_new(&raw.part)?,
                whole: Filter::try_new(raw.whole.as_deref().unwrap_or_default())?,
            },
        })
    }

    /// Returns what a bucket without documents says.
    pub fn absence(&self) -> Absence {
        match self {
            Self::Count | Self::Sum(_) | Self::Distinct(_) => Absence::Zero,
            Self::Mean(_)
            | Self::Min(_)
            | Self::Max(_)
            | Self::Percentile { .. }
            | Self::Ratio { .. } => Absence::Unknown,
        }
    }

    /// Returns the aggregations of one bucket.
    pub fn aggregations(&self) -> Value {
        let on = |kind: &str, field: &Field| json!({"m": {kind: {"field": field.path()}}});
        let counted = |mut body: Value, field: &Field| {
            body["n"] = json!({"value_count": {"field": field.path()}});
            body
        };
        match self {
            Self::Count => json!({}),
            Self::Sum(field) => on("sum", field),
            // Exact far beyond what one bucket of a shop holds.
            Self::Distinct(field) => {
                json!({"m": {"cardinality": {"field": field.path(), "precision_threshold": 3_000}}})
            }
            Self::Mean(field) => counted(on("avg", field), field),
            Self::Min(field) => counted(on("min", field), field),
            Self::Max(field) => counted(on("max", field), field),
            Self::Percentile { field, percent } => {
                let body = json!({"m": {"percentiles": {
                    "field": field.path(), "percents": [percent], "keyed": false,
                }}});
                counted(body, field)
            }
            Self::Ratio { part, whole } => {
                let whole_and_part = Filter([whole.0.as_slice(), part.0.as_slice()].concat());
                json!({
                    "part": {"filter": whole_and_part.to_query()},
                    "whole": {"filter": whole.to_query()},
                })
            }
        }
    }

    /// Returns a name for people, with its field.
    pub fn describe(&self) -> String {
        match self {
            Self::Count => "number of documents".into(),
            Self::Sum(field) => format!("sum of {field}"),
            Self::Distinct(field) => format!("distinct {field}"),
            Self::Mean(field) => format!("mean of {field}"),
            Self::Min(field) => format!("least {field}"),
            Self::Max(field) => format!("greatest {field}"),
            Self::Percentile { field, percent } => format!("p{percent} of {field}"),
            Self::Ratio { part, .. } => format!("share of {}", part.to_kql()),
        }
    }

    /// Returns what its values count.
    pub fn unit(&self) -> Unit {
        match self {
            Self::Sum(field)
            | Self::Mean(field)
            | Self::Min(field)
            | Self::Max(field)
            | Self::Percentile { field, .. } => field.entry().unit,
            Self::Count | Self::Distinct(_) | Self::Ratio { .. } => Unit::None,
        }
    }
}

fn number_field(path: &str) -> Result<Field, String> {
    use event::dictionary::Kind;
    let field = known_field(path)?;
    match field.entry().kind {
        Kind::Long | Kind::Integer | Kind::Short | Kind::Byte | Kind::Double | Kind::Float => {
            Ok(field)
        }
        Kind::Keyword
        | Kind::ConstantKeyword
        | Kind::Wildcard
        | Kind::MatchOnlyText
        | Kind::Boolean
        | Kind::Date
        | Kind::Ip
        | Kind::GeoPoint
        | Kind::Flattened
        | Kind::Labels
        | Kind::StoredText
        | Kind::StoredObject => Err(format!("{path} holds no number")),
    }
}
