//! Columns of Lens: what a panel counts, sums or splits by, in the form Kibana keeps.

use event::Field;
use event::dictionary::Kind;
use serde_json::{Value, json};

/// What a column computes.
#[derive(Debug, Clone, PartialEq)]
pub enum Operation {
    /// Buckets of time.
    DateHistogram,
    /// The most common values of a field.
    Terms {
        /// The field.
        field: Field,
        /// How many values.
        size: u32,
        /// The column whose greatest values come first; without one, by the alphabet.
        by: Option<&'static str>,
    },
    /// Fixed groups, each a query in KQL and its label.
    Filters(Vec<(&'static str, &'static str)>),
    /// Documents.
    Count,
    /// A sum.
    Sum(Field),
    /// A mean.
    Average(Field),
    /// The greatest value.
    Max(Field),
    /// How many different values.
    UniqueCount(Field),
    /// A percentile, 1 to 99.
    Percentile(Field, u8),
    /// The value of the newest document by a time field.
    LastValue(Field, Field),
    /// The share of documents that a query in KQL finds.
    Share(&'static str),
    /// A fixed number.
    Static(f64),
}

/// How a number is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// As the data view says.
    Default,
    /// With so many decimals.
    Number(u8),
    /// As a percentage.
    Percent,
    /// As money in minor units.
    Money,
    /// As a time that was given in milliseconds.
    Milliseconds,
    /// As a time that was given in nanoseconds.
    Nanoseconds,
}

impl Format {
    fn to_json(self) -> Option<Value> {
        let duration = |unit| json!({"id": "duration", "params": {"decimals": 1, "fromUnit": unit, "toUnit": "humanizePrecise"}});
        match self {
            Self::Default => None,
            Self::Number(decimals) => {
                Some(json!({"id": "number", "params": {"decimals": decimals}}))
            }
            Self::Percent => Some(json!({"id": "percent", "params": {"decimals": 1}})),
            // Minor units are whole numbers: the title says the unit, no decimals are invented.
            Self::Money => Some(json!({"id": "number", "params": {"decimals": 0}})),
            Self::Milliseconds => Some(duration("milliseconds")),
            Self::Nanoseconds => Some(duration("nanoseconds")),
        }
    }
}

/// One column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Id, unique in its layer.
    pub id: &'static str,
    /// Label for people.
    pub label: &'static str,
    /// What it computes.
    pub operation: Operation,
    /// Only documents that this KQL finds.
    pub filter: Option<&'static str>,
    /// The same, this long ago: `1w`.
    pub shift: Option<&'static str>,
    /// How it is shown.
    pub format: Format,
}

impl Column {
    /// Returns a column over all documents.
    pub fn new(id: &'static str, label: &'static str, operation: Operation) -> Self {
        Self { id, label, operation, filter: None, shift: None, format: Format::Default }
    }

    /// Returns it over the documents that this KQL finds.
    #[must_use]
    pub fn only(self, kql: &'static str) -> Self {
        Self { filter: Some(kql), ..self }
    }

    /// Returns it for a time so long ago.
    #[must_use]
    pub fn ago(self, shift: &'static str) -> Self {
        Self { shift: Some(shift), ..self }
    }

    /// Returns it shown in this way.
    #[must_use]
    pub fn shown(self, format: Format) -> Self {
        Self { format, ..self }
    }

    /// Tells whether it makes buckets.
    pub fn is_bucketed(&self) -> bool {
        match self.operation {
            Operation::DateHistogram | Operation::Terms { .. } | Operation::Filters(_) => true,
            Operation::Count
            | Operation::Sum(_)
            | Operation::Average(_)
            | Operation::Max(_)
            | Operation::UniqueCount(_)
            | Operation::Percentile(..)
            | Operation::LastValue(..)
            | Operation::Share(_)
            | Operation::Static(_) => false,
        }
    }

    /// Returns the columns that Kibana keeps for it: itself, and the hidden ones of a formula behind it.
    pub fn to_json(&self) -> Vec<(String, Value)> {
        let (operation, extra) = self.parts();
        let mut column = json!({
            "label": self.label,
            "customLabel": true,
            "dataType": self.data_type(),
            "isBucketed": self.is_bucketed(),
            "scale": self.scale(),
            "operationType": operation,
        });
        merge(&mut column, extra);
        if let Some(kql) = self.filter {
            column["filter"] = query(kql);
        }
        if let Some(shift) = self.shift {
            column["timeShift"] = Value::from(shift);
        }
        if let Some(format) = self.format.to_json() {
            column["params"]["format"] = format;
        }
        let mut columns = vec![(self.id.to_owned(), column)];
        if let Operation::Share(kql) = self.operation {
            columns.extend(self.share_columns(kql));
        }
        columns
    }

    fn parts(&self) -> (&'static str, Value) {
        let of =
            |field: &Field| json!({"sourceField": field.path(), "params": {"emptyAsNull": true}});
        match &self.operation {
            Operation::DateHistogram => (
                "date_histogram",
                json!({"sourceField": "@timestamp", "params": {"interval": "auto", "includeEmptyRows": true, "dropPartials": false}}),
            ),
            Operation::Terms { field, size, by } => ("terms", terms(*field, *size, *by)),
            Operation::Filters(filters) => {
                let filters: Vec<Value> = filters
                    .iter()
                    .map(|(kql, label)| json!({"input": query(kql), "label": label}))
                    .collect();
                ("filters", json!({"params": {"filters": filters}}))
            }
            Operation::Count => {
                ("count", json!({"sourceField": "___records___", "params": {"emptyAsNull": true}}))
            }
            Operation::Sum(field) => ("sum", of(field)),
            Operation::Average(field) => ("average", of(field)),
            Operation::Max(field) => ("max", of(field)),
            Operation::UniqueCount(field) => ("unique_count", of(field)),
            Operation::Percentile(field, percentile) => (
                "percentile",
                json!({"sourceField": field.path(), "params": {"percentile": percentile}}),
            ),
            Operation::LastValue(field, sort) => (
                "last_value",
                json!({
                    "sourceField": field.path(),
                    "params": {"sortField": sort.path(), "showArrayValues": false},
                    "filter": query(exists(*field)),
                }),
            ),
            Operation::Share(kql) => (
                "formula",
                json!({
                    "params": {"formula": share_formula(kql), "isFormulaBroken": false},
                    "references": [format!("{}X2", self.id)],
                }),
            ),
            Operation::Static(value) => (
                "static_value",
                json!({"isStaticValue": true, "params": {"value": value.to_string()}, "references": []}),
            ),
        }
    }

    /// The hidden columns of `count(kql='..') / count()`. Kibana does not make them again when it loads a board:
    /// without them the formula draws nothing.
    fn share_columns(&self, kql: &str) -> [(String, Value); 3] {
        let hidden = |suffix: &str| format!("{}{suffix}", self.id);
        let label = format!("Part of {}", self.label);
        let count = json!({
            "label": label, "customLabel": true, "dataType": "number", "isBucketed": false, "scale": "ratio",
            "operationType": "count", "sourceField": "___records___", "params": {"emptyAsNull": false},
        });
        let mut part = count.clone();
        part["filter"] = query(kql);
        let formula = share_formula(kql);
        let math = json!({
            "label": label, "customLabel": true, "dataType": "number", "isBucketed": false, "scale": "ratio",
            "operationType": "math",
            "params": {"tinymathAst": {
                "type": "function", "name": "divide",
                "args": [hidden("X0"), hidden("X1")],
                "location": {"min": 0, "max": formula.len()},
                "text": formula,
            }},
            "references": [hidden("X0"), hidden("X1")],
        });
        [(hidden("X0"), part), (hidden("X1"), count), (hidden("X2"), math)]
    }

    fn data_type(&self) -> &'static str {
        let of = |field: &Field| match field.entry().kind {
            Kind::Ip => "ip",
            Kind::Boolean => "boolean",
            Kind::Date => "date",
            Kind::Keyword | Kind::ConstantKeyword | Kind::Wildcard | Kind::MatchOnlyText => {
                "string"
            }
            Kind::Long
            | Kind::Integer
            | Kind::Short
            | Kind::Byte
            | Kind::Double
            | Kind::Float
            | Kind::GeoPoint
            | Kind::Flattened
            | Kind::Labels
            | Kind::StoredText
            | Kind::StoredObject => "number",
        };
        match &self.operation {
            Operation::DateHistogram => "date",
            Operation::Terms { field, .. } | Operation::LastValue(field, _) => of(field),
            Operation::Filters(_) => "string",
            Operation::Max(field) if field.entry().kind == Kind::Date => "date",
            Operation::Count
            | Operation::Sum(_)
            | Operation::Average(_)
            | Operation::Max(_)
            | Operation::UniqueCount(_)
            | Operation::Percentile(..)
            | Operation::Share(_)
            | Operation::Static(_) => "number",
        }
    }

    fn scale(&self) -> &'static str {
        if self.operation == Operation::DateHistogram {
            "interval"
        } else if self.is_bucketed() || self.data_type() == "string" {
            "ordinal"
        } else {
            "ratio"
        }
    }
}

fn share_formula(kql: &str) -> String {
    format!("count(kql='{kql}') / count()")
}

fn exists(field: Field) -> String {
    format!("{}: *", field.path())
}

fn terms(field: Field, size: u32, by: Option<&str>) -> Value {
    let order = match by {
        Some(column) => json!({"type": "column", "columnId": column}),
        None => json!({"type": "alphabetical", "fallback": false}),
    };
    let direction = if by.is_some() { "desc" } else { "asc" };
    json!({"sourceField": field.path(), "params": {
        "size": size, "orderBy": order, "orderDirection": direction,
        "otherBucket": false, "missingBucket": false, "parentFormat": {"id": "terms"},
    }})
}

/// Returns a query in KQL as Kibana keeps it.
pub(crate) fn query(kql: impl AsRef<str>) -> Value {
    json!({"query": kql.as_ref(), "language": "kuery"})
}

fn merge(into: &mut Value, from: Value) {
    if let (Value::Object(into), Value::Object(from)) = (into, from) {
        into.extend(from);
    }
}
