//! The truth: what was planted, apart from the logs, for those who judge what was found.

use std::io::{self, Write};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::plan::{Incident, Plan};
use crate::scenario::{Control, Scenario};

/// A field and the value of it that an incident strikes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dimension {
    /// Path of the field in documents.
    pub field: String,
    /// Its value.
    pub value: String,
}

/// One planted incident or control.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Truth {
    /// `S1`, or `N6` for a control.
    pub scenario: String,
    /// The scenario in a few words.
    pub title: String,
    /// Start.
    pub start: Timestamp,
    /// End, not included.
    pub end: Timestamp,
    /// Strength; 1 is usual.
    pub intensity: f64,
    /// What it strikes.
    pub dimension: Vec<Dimension>,
    /// Rules that must speak: of each group at least one. Empty for a control.
    pub owed: Vec<Vec<String>>,
    /// Rules that may speak too.
    pub may: Vec<String>,
    /// What a good explanation names first.
    pub explanation: Vec<Dimension>,
}

impl Truth {
    /// Writes it as one line of JSON.
    pub fn write_line(&self, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, self).map_err(io::Error::from)?;
        out.write_all(b"\n")
    }
}

/// Returns the truth about a plan: its incidents, then its controls.
pub fn truth(plan: &Plan) -> Vec<Truth> {
    let controls = plan.controls.iter().map(|&control| of_control(control, plan));
    plan.incidents.iter().map(of_incident).chain(controls).collect()
}

fn of_incident(incident: &Incident) -> Truth {
    let value = incident.dimension.as_str();
    let (dimension, owed, may, explanation): (_, &[&[&str]], &[&str], _) = match incident.scenario {
        Scenario::S1 => (
            vec![dimension("store.payment.provider", value)],
            &[&["payment-failures"]],
            &["order-rate", "order-silence"],
            vec![
                dimension("store.payment.provider", value),
                dimension("store.payment.failure_code", "gateway_error"),
            ],
        ),
        Scenario::S2 => (
            vec![dimension("service.version", value)],
            &[&["order-rate", "order-silence"]],
            &["order-value", "refunds"],
            vec![dimension("service.version", value)],
        ),
        Scenario::S14 => (
            vec![dimension("store.route", value), dimension("service.name", "orders")],
            &[&["http-5xx"], &["latency"]],
            &["order-rate"],
            vec![dimension("store.route", value), dimension("service.name", "orders")],
        ),
    };
    let names = |rules: &[&str]| rules.iter().map(|&rule| rule.to_owned()).collect::<Vec<_>>();
    Truth {
        scenario: incident.scenario.to_string(),
        title: incident.scenario.title().to_owned(),
        start: incident.start,
        end: incident.end,
        intensity: incident.intensity,
        dimension,
        owed: owed.iter().map(|rules| names(rules)).collect(),
        may: names(may),
        explanation,
    }
}

fn of_control(control: Control, plan: &Plan) -> Truth {
    Truth {
        scenario: control.to_string(),
        title: control.title().to_owned(),
        start: plan.from,
        end: plan.until,
        intensity: 1.0,
        dimension: Vec::new(),
        owed: Vec::new(),
        may: Vec::new(),
        explanation: Vec::new(),
    }
}

fn dimension(field: &str, value: &str) -> Dimension {
    Dimension { field: field.to_owned(), value: value.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use event::Field;
    use expect_test::expect;

    fn plan() -> Plan {
        let from: Timestamp = "2026-03-02T12:00:00Z".parse().unwrap();
        let mut plan = Plan::new(from, from + jiff::SignedDuration::from_hours(8));
        for scenario in Scenario::ALL {
            plan.incidents.push(Incident::new(scenario, from));
        }
        plan.controls.push(Control::N6);
        plan
    }

    #[test]
    fn every_struck_dimension_is_a_field_of_documents() {
        for truth in truth(&plan()) {
            for dimension in truth.dimension.iter().chain(&truth.explanation) {
                assert!(Field::from_path(&dimension.field).is_some(), "{}", dimension.field);
            }
        }
    }

    #[test]
    fn a_control_owes_no_alert_and_an_incident_owes_at_least_one() {
        for truth in truth(&plan()) {
            assert_eq!(truth.owed.is_empty(), truth.scenario.starts_with('N'), "{truth:?}");
        }
    }

    #[test]
    fn a_line_of_truth_holds_all_that_a_judge_needs() {
        let mut out = Vec::new();
        truth(&plan())[0].write_line(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        expect![[r#"
            {"scenario":"S1","title":"payment provider outage","start":"2026-03-02T12:00:00Z","end":"2026-03-02T12:20:00Z","intensity":1.0,"dimension":[{"field":"store.payment.provider","value":"northpay"}],"owed":[["payment-failures"]],"may":["order-rate","order-silence"],"explanation":[{"field":"store.payment.provider","value":"northpay"},{"field":"store.payment.failure_code","value":"gateway_error"}]}
        "#]].assert_eq(&text);
        let read: Truth = serde_json::from_str(&text).unwrap();
        assert_eq!(read, truth(&plan())[0]);
    }
}
