//! Filters: a small closed form that becomes a query of Elasticsearch, and nothing else.

use event::Field;
use serde::Deserialize;
use serde_json::{Value, json};

/// A condition as a rule file writes it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawClause {
    field: Option<String>,
    equals: Option<Scalar>,
    any: Option<Vec<Scalar>>,
    none: Option<Vec<Scalar>>,
    from: Option<f64>,
    below: Option<f64>,
    exists: Option<bool>,
    not: Option<Vec<RawClause>>,
    either: Option<Vec<RawClause>>,
}

/// A value to compare with.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Scalar {
    /// True or false.
    Truth(bool),
    /// A whole number.
    Whole(i64),
    /// Any other number.
    Number(f64),
    /// Text.
    Text(String),
}

impl Scalar {
    fn to_json(&self) -> Value {
        match self {
            Self::Truth(truth) => json!(truth),
            Self::Whole(whole) => json!(whole),
            Self::Number(number) => json!(number),
            Self::Text(text) => json!(text),
        }
    }
}

/// A checked condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Clause {
    /// The field has one of these values.
    Any(Field, Vec<Scalar>),
    /// The field has none of these values, or no value.
    None(Field, Vec<Scalar>),
    /// The field lies in `from <= x < below`.
    Range {
        /// The field.
        field: Field,
        /// The least value that counts.
        from: Option<f64>,
        /// The least value that counts no more.
        below: Option<f64>,
    },
    /// The field has a value.
    Exists(Field),
    /// The field has no value.
    Missing(Field),
    /// Not all of these hold.
    Not(Vec<Clause>),
    /// At least one of these holds.
    Either(Vec<Clause>),
}

/// All of these conditions hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter(pub Vec<Clause>);

impl Filter {
    /// Checks conditions as they were written.
    ///
    /// # Errors
    /// Tells what is wrong with the first condition that cannot be used.
    pub fn try_new(raw: &[RawClause]) -> Result<Self, String> {
        raw.iter().map(Clause::try_new).collect::<Result<_, _>>().map(Self)
    }

    /// Adds the condition that a field has this value.
    pub fn push_text(&mut self, field: Field, value: &str) {
        self.0.push(Clause::Any(field, vec![Scalar::Text(value.to_owned())]));
    }

    /// Appends this filter's conditions to those of a `bool.filter`.
    pub fn push_queries(&self, queries: &mut Vec<Value>) {
        queries.extend(self.0.iter().map(Clause::to_query));
    }

    /// Returns the filter as one query.
    pub fn to_query(&self) -> Value {
        all_of(&self.0)
    }

    /// Returns the filter as KQL, for a link that a person opens.
    pub fn to_kql(&self) -> String {
        kql_all(&self.0)
    }
}

fn all_of(clauses: &[Clause]) -> Value {
    let queries: Vec<Value> = clauses.iter().map(Clause::to_query).collect();
    json!({"bool": {"filter": queries}})
}

fn kql_all(clauses: &[Clause]) -> String {
    clauses.iter().map(Clause::to_kql).collect::<Vec<_>>().join(" and ")
}

impl Clause {
    fn try_new(raw: &RawClause) -> Result<Self, String> {
        let RawClause { field, equals, any, none, from, below, exists, not, either } = raw;
        let ranged = from.is_some() || below.is_some();
        let tests = [
            equals.is_some(),
            any.is_some(),
            none.is_some(),
            ranged,
            exists.is_some(),
            not.is_some(),
            either.is_some(),
        ];
        if tests.iter().filter(|given| **given).count() != 1 {
            return Err(
                "needs exactly one of equals, any, none, from/below, exists, not, either".into()
            );
        }
        if let Some(clauses) = not {
            return Filter::try_new(clauses).map(|filter| Self::Not(filter.0));
        }
        if let Some(clauses) = either {
            return Filter::try_new(clauses).map(|filter| Self::Either(filter.0));
        }
        let field = known_field(field.as_deref().ok_or("needs a field")?)?;
        if let Some(value) = equals {
            return Ok(Self::Any(field, vec![value.clone()]));
        }
        if let Some(values) = any {
            return Ok(Self::Any(field, values.clone()));
        }
        if let Some(values) = none {
            return Ok(Self::None(field, values.clone()));
        }
        match exists {
            Some(true) => Ok(Self::Exists(field)),
            Some(false) => Ok(Self::Missing(field)),
            None => Ok(Self::Range { field, from: *from, below: *below }),
        }
    }

    fn to_query(&self) -> Value {
        match self {
            Self::Any(field, values) => match values.as_slice() {
                [one] => json!({"term": {field.path(): one.to_json()}}),
                many => json!({"terms": {field.path(): json_list(many)}}),
            },
            Self::None(field, values) => {
                json!({"bool": {"must_not": [{"terms": {field.path(): json_list(values)}}]}})
            }
            Self::Range { field, from, below } => {
                let mut bounds = serde_json::Map::new();
                bounds.extend(from.map(|from| ("gte".to_owned(), json!(from))));
                bounds.extend(below.map(|below| ("lt".to_owned(), json!(below))));
                json!({"range": {field.path(): bounds}})
            }
            Self::Exists(field) => json!({"exists": {"field": field.path()}}),
            Self::Missing(field) => {
                json!({"bool": {"must_not": [{"exists": {"field": field.path()}}]}})
            }
            Self::Not(clauses) => json!({"bool": {"must_not": [all_of(clauses)]}}),
            Self::Either(clauses) => {
                let should: Vec<Value> = clauses.iter().map(Self::to_query).collect();
                json!({"bool": {"should": should, "minimum_should_match": 1}})
            }
        }
    }

    fn to_kql(&self) -> String {
        match self {
            Self::Any(field, values) => format!("{field}: {}", kql_list(values)),
            Self::None(field, values) => format!("not {field}: {}", kql_list(values)),
            Self::Range { field, from, below } => {
                let from = from.map(|from| format!("{field} >= {from}"));
                let below = below.map(|below| format!("{field} < {below}"));
                from.into_iter().chain(below).collect::<Vec<_>>().join(" and ")
            }
            Self::Exists(field) => format!("{field}: *"),
            Self::Missing(field) => format!("not {field}: *"),
            Self::Not(clauses) => format!("not ({})", kql_all(clauses)),
            Self::Either(clauses) => {
                let parts: Vec<_> = clauses.iter().map(Self::to_kql).collect();
                format!("({})", parts.join(" or "))
            }
        }
    }
}

fn json_list(values: &[Scalar]) -> Vec<Value> {
    values.iter().map(Scalar::to_json).collect()
}

fn kql_list(values: &[Scalar]) -> String {
    let quoted = values.iter().map(|value| match value {
        Scalar::Text(text) => {
            format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
        }
        Scalar::Truth(_) | Scalar::Whole(_) | Scalar::Number(_) => value.to_json().to_string(),
    });
    let quoted: Vec<String> = quoted.collect();
    match quoted.as_slice() {
        [one] => one.clone(),
        many => format!("({})", many.join(" or ")),
    }
}

/// Returns the field of the dictionary with this path.
pub(crate) fn known_field(path: &str) -> Result<Field, String> {
    Field::from_path(path).ok_or_else(|| format!("{path:?} is no field of the dictionary"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(raw: &Value, want: &Expect) {
        let raw: Vec<RawClause> = serde_json::from_value(raw.clone()).unwrap();
        let shown = match Filter::try_new(&raw) {
            Ok(filter) => format!("{}\n{}", filter.to_query(), filter.to_kql()),
            Err(message) => message,
        };
        want.assert_eq(&shown);
    }

    #[test]
    fn conditions_become_queries_and_kql() {
        check(
            &json!([
                {"field": "event.action", "any": ["payment.failed", "payment.timeout"]},
                {"field": "http.response.status_code", "from": 500, "below": 600},
                {"field": "store.client.class", "none": ["good_bot"]},
                {"field": "store.route", "exists": true},
                {"field": "store.channel", "exists": false},
            ]),
            &expect![[r#"
                {"bool":{"filter":[{"terms":{"event.action":["payment.failed","payment.timeout"]}},{"range":{"http.response.status_code":{"gte":500.0,"lt":600.0}}},{"bool":{"must_not":[{"terms":{"store.client.class":["good_bot"]}}]}},{"exists":{"field":"store.route"}},{"bool":{"must_not":[{"exists":{"field":"store.channel"}}]}}]}}
                event.action: ("payment.failed" or "payment.timeout") and http.response.status_code >= 500 and http.response.status_code < 600 and not store.client.class: "good_bot" and store.route: * and not store.channel: *"#]],
        );
        check(
            &json!([
                {"not": [{"field": "store.shipment.late", "equals": true}]},
                {"either": [
                    {"field": "message", "equals": "say \"no\""},
                    {"field": "store.payment.attempt", "equals": 2},
                ]},
            ]),
            &expect![[r#"
                {"bool":{"filter":[{"bool":{"must_not":[{"bool":{"filter":[{"term":{"store.shipment.late":true}}]}}]}},{"bool":{"minimum_should_match":1,"should":[{"term":{"message":"say \"no\""}},{"term":{"store.payment.attempt":2}}]}}]}}
                not (store.shipment.late: true) and (message: "say \"no\"" or store.payment.attempt: 2)"#]],
        );
    }

    #[test]
    fn a_condition_that_cannot_be_meant_is_refused() {
        check(
            &json!([{"field": "event.action"}]),
            &expect!["needs exactly one of equals, any, none, from/below, exists, not, either"],
        );
        check(
            &json!([{"field": "event.acton", "equals": "x"}]),
            &expect![[r#""event.acton" is no field of the dictionary"#]],
        );
        check(&json!([{"equals": "x"}]), &expect!["needs a field"]);
        check(
            &json!([{"field": "message", "equals": "x", "any": ["y"]}]),
            &expect!["needs exactly one of equals, any, none, from/below, exists, not, either"],
        );
    }
}
