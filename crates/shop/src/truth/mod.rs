//! The truth: what was planted, apart from the logs, for those who judge what was found.

mod expected;

use std::io::{self, Write};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::plan::{ControlSpan, Incident, Plan};
use crate::scenario::Control;
use expected::{Expected, expected};

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
    /// `store.id`, where several shops are in one history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store_id: Option<String>,
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
    /// What a calendar says of it: `promotion` or `maintenance`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announced: Option<String>,
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
    let controls = plan.controls.iter().map(of_control);
    plan.incidents.iter().map(of_incident).chain(controls).collect()
}

fn of_incident(incident: &Incident) -> Truth {
    let Expected { struck, owed, may, also } = expected(incident.scenario);
    let values = incident.dimension.split('/');
    // A network of addresses has a slash of its own, and stands in documents as its first address.
    let values: Vec<_> = match incident.dimension.strip_suffix("/24") {
        Some(network) => vec![network],
        None => values.collect(),
    };
    let struck = struck.iter().zip(values).map(|(field, value)| dimension(field, value));
    let struck: Vec<_> = struck.collect();
    let also = also.iter().map(|(field, value)| dimension(field, value));
    let explanation = struck.iter().cloned().chain(also).collect();
    Truth {
        store_id: None,
        scenario: incident.scenario.to_string(),
        title: incident.scenario.title().to_owned(),
        start: incident.start,
        end: incident.end,
        intensity: incident.intensity,
        dimension: struck,
        owed: owed.iter().map(|rules| names(rules)).collect(),
        may: names(may),
        explanation,
        announced: None,
    }
}

fn of_control(span: &ControlSpan) -> Truth {
    let control = span.control;
    let owed: &[&[&str]] = if control == Control::N2 { &[&["order-rate"]] } else { &[] };
    let sale = (control == Control::N1).then_some("promotion");
    let announced = sale.or((control == Control::N8).then_some("maintenance"));
    Truth {
        store_id: None,
        scenario: control.to_string(),
        title: control.title().to_owned(),
        start: span.start,
        end: span.end,
        intensity: 1.0,
        dimension: Vec::new(),
        owed: owed.iter().map(|rules| names(rules)).collect(),
        may: Vec::new(),
        explanation: Vec::new(),
        announced: announced.map(str::to_owned),
    }
}

fn names(rules: &[&str]) -> Vec<String> {
    rules.iter().map(|&rule| rule.to_owned()).collect()
}

fn dimension(field: &str, value: &str) -> Dimension {
    Dimension { field: field.to_owned(), value: value.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;
    use event::Field;
    use expect_test::expect;

    fn plan() -> Plan {
        let from: Timestamp = "2026-03-02T12:00:00Z".parse().unwrap();
        let mut plan = Plan::new(from, from + jiff::SignedDuration::from_hours(8));
        for scenario in Scenario::ALL {
            plan.incidents.push(Incident::new(scenario, from));
        }
        for control in Control::ALL {
            plan.control(control);
        }
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
    fn a_control_owes_no_alert_but_for_the_sale_that_nobody_announced_and_an_incident_owes_one() {
        for truth in truth(&plan()) {
            let owes = truth.scenario.starts_with('S') || truth.scenario == "N2";
            assert_eq!(truth.owed.is_empty(), !owes, "{truth:?}");
        }
    }

    #[test]
    fn every_incident_strikes_something_that_documents_name() {
        for truth in truth(&plan()) {
            let strikes = !truth.dimension.is_empty();
            assert_eq!(strikes, truth.scenario.starts_with('S'), "{truth:?}");
        }
        let of = |name: &str| truth(&plan()).into_iter().find(|truth| truth.scenario == name);
        let pairs = |name| -> Vec<(String, String)> {
            let dimensions = of(name).unwrap().dimension.into_iter();
            dimensions.map(|Dimension { field, value }| (field, value)).collect()
        };
        let text = |field: &str, value: &str| (field.to_owned(), value.to_owned());
        let lane =
            [text("store.shipment.carrier", "swiftline"), text("store.shipment.region", "north")];
        assert_eq!(pairs("S7"), lane);
        assert_eq!(pairs("S11"), [text("source.ip", "198.51.100.0")]);
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
