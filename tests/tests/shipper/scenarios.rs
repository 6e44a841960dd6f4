//! The simulated shop with every incident through the shipper into a real Elasticsearch, whose mappings take nothing that they
//! do not know: no document is refused, and each incident can be found by a query.

use std::path::Path;

use harness::{Flavour, shared};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use runtime::{Clock, SystemClock};
use serde_json::{Value, json};
use shop::{
    Control, ControlSpan, Existing, Folder, Host, Incident, LogFile, Plan, Rotation, Scenario,
    ShopConfig, write_history,
};

use crate::real::{PATIENCE, Real};

/// Where each incident begins, in hours from ten in the morning of the first day: long ones lie beneath the others.
const STARTS: [(Scenario, i64); 20] = [
    (Scenario::S6, 2),
    (Scenario::S8, 2),
    (Scenario::S7, 4),
    (Scenario::S3, 25),
    (Scenario::S5, 26),
    (Scenario::S12, 27),
    (Scenario::S13, 28),
    (Scenario::S4, 28),
    (Scenario::S16, 32),
    (Scenario::S15, 33),
    (Scenario::S1, 49),
    (Scenario::S9, 49),
    (Scenario::S10, 49),
    (Scenario::S2, 50),
    (Scenario::S14, 51),
    (Scenario::S11, 52),
    (Scenario::S20, 53),
    (Scenario::S19, 54),
    (Scenario::S17, 55),
    (Scenario::S18, 56),
];
const CONTROLS: [(Control, i64); 4] =
    [(Control::N9, 1), (Control::N8, 3), (Control::N1, 5), (Control::N7, 7)];

/// What an incident leaves behind: dataset, conditions on fields, and the least number of documents.
type Trace = (Scenario, &'static str, Vec<(&'static str, Value)>, u64);

fn traces() -> Vec<Trace> {
    let is = |field, value: &str| (field, json!(value));
    vec![
        (
            Scenario::S1,
            "payment",
            vec![
                is("store.payment.failure_code", "gateway_error"),
                is("store.payment.provider", "northpay"),
            ],
            3,
        ),
        (
            Scenario::S2,
            "app",
            vec![is("event.action", "app.started"), is("service.version", "v2")],
            1,
        ),
        (Scenario::S3, "payment", vec![is("event.action", "payment.notified")], 100),
        (
            Scenario::S4,
            "order",
            vec![is("event.reason", "out_of_stock"), is("store.product.sku", "SKU-0000")],
            5,
        ),
        (
            Scenario::S5,
            "inventory",
            vec![is("event.action", "stock.adjusted"), is("store.inventory.warehouse", "W2")],
            12,
        ),
        (
            Scenario::S6,
            "fulfilment",
            vec![is("store.shipment.warehouse", "W1"), is("event.action", "shipment.dispatched")],
            5,
        ),
        (
            Scenario::S7,
            "fulfilment",
            vec![is("store.shipment.carrier", "swiftline"), is("store.shipment.region", "north")],
            5,
        ),
        (
            Scenario::S8,
            "support",
            vec![is("store.ticket.category", "quality"), is("store.product.sku", "SKU-0001")],
            1,
        ),
        (
            Scenario::S9,
            "ad",
            vec![is("source.ip", "192.0.2.0"), is("store.ad.campaign_id", "spring-sale")],
            20,
        ),
        (
            Scenario::S10,
            "ad",
            vec![
                is("event.action", "ad.spend_snapshot"),
                is("store.ad.network", "socialads"),
                ("store.ad.clicks", json!(0)),
            ],
            12,
        ),
        (
            Scenario::S11,
            "traffic",
            vec![is("event.action", "login.failed"), is("source.ip", "198.51.100.0")],
            3,
        ),
        (
            Scenario::S12,
            "inventory",
            vec![is("event.action", "price.changed"), is("event.reason", "price_feed")],
            60,
        ),
        (
            Scenario::S13,
            "order",
            vec![is("store.coupon.campaign", "staff"), is("event.action", "coupon.applied")],
            3,
        ),
        (Scenario::S14, "app", vec![is("service.name", "orders"), ("message", json!("timed"))], 5),
        (
            Scenario::S15,
            "traffic",
            vec![
                is("event.action", "search.performed"),
                is("store.product.category", "jackets"),
                ("store.search.results", json!(0)),
            ],
            3,
        ),
        (Scenario::S16, "order", vec![is("service.version", "v3"), is("store.channel", "app")], 3),
        (
            Scenario::S17,
            "pipeline",
            vec![is("event.action", "agent.heartbeat"), is("host.name", "shop-2")],
            1_000,
        ),
        (
            Scenario::S18,
            "traffic",
            vec![is("host.name", "shop-2"), is("store.pipeline.flags", "clock_clamped")],
            5,
        ),
        (
            Scenario::S19,
            "traffic",
            vec![
                is("store.pipeline.parser", "combined"),
                is("store.pipeline.parse_status", "failed"),
            ],
            5,
        ),
        (
            Scenario::S20,
            "poll",
            vec![is("event.action", "poll.failed"), is("event.reason", "quota_exhausted")],
            9,
        ),
    ]
}

fn plan() -> Plan {
    let until = SystemClock::new().now();
    let from = until - SignedDuration::from_hours(58);
    let mut plan = Plan::new(from, until);
    for (scenario, hours) in STARTS {
        let start = from + SignedDuration::from_hours(hours);
        plan.incidents.push(Incident::new(scenario, start));
    }
    for (control, hours) in CONTROLS {
        let start = from + SignedDuration::from_hours(hours);
        let end = start + SignedDuration::from_hours(1);
        plan.controls.push(ControlSpan { control, start, end });
    }
    plan.control(Control::N5);
    plan.control(Control::N6);
    plan
}

/// Returns a zone of whole hours in which it is this hour, so that the incidents lie in busy hours whenever this is run.
fn zone_in_which_it_is(hour: i64, at: Timestamp) -> TimeZone {
    let ahead = (hour - at.as_second().div_euclid(3_600).rem_euclid(24)).rem_euclid(24);
    let ahead = if ahead > 12 { ahead - 24 } else { ahead };
    TimeZone::fixed(Offset::constant(i8::try_from(ahead).unwrap()))
}

fn inputs(logs: &Path) -> String {
    let mut inputs = Vec::new();
    for host in Host::ALL {
        for file in LogFile::of_host(host) {
            let name = file.name();
            let path = logs.join(host.as_str()).join(format!("{name}*"));
            let input = json!({
                "id": format!("{}-{}", host.as_str(), name.replace('.', "-")),
                "paths": [path],
                "dataset": file.dataset().as_str().trim_start_matches("store."),
                "format": file.format(),
            });
            inputs.push(input.to_string());
        }
    }
    inputs.join("\n  - ")
}

#[test]
fn no_document_of_any_incident_is_refused_and_each_incident_leaves_its_trace() {
    let mut real = Real::on(shared(Flavour::Elasticsearch));
    real.desk.store = real.desk.store.replace('}', ", currency: EUR }");
    let logs = real.desk.path("shop");
    let mut folder =
        Folder::open(&logs, Existing::Refused, Rotation::AtBytes(4 * 1024 * 1024)).unwrap();
    let plan = plan();
    let shop = ShopConfig {
        orders_per_day: 700.0,
        zone: zone_in_which_it_is(10, plan.from),
        ..ShopConfig::whole(5)
    };
    let written = write_history(&shop, &plan, &mut folder, &mut |_| ()).unwrap();
    real.desk.inputs = inputs(&logs);
    let ended = real.desk.shipper(&["run", "--until-idle", "--json"]).run(PATIENCE);
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    let counts = ended.output.lines().find_map(|line| serde_json::from_str::<Value>(line).ok());
    let counts = counts.unwrap();
    let refused = (&counts["redirected"], &counts["dead_lettered"]);
    assert_eq!(refused, (&0.into(), &0.into()), "{counts}");
    let stored = counts["stored"].as_u64().unwrap();
    // Health checks are filtered, and what was delivered twice is stored once.
    assert!(stored > written.events * 9 / 10, "{counts} {written:?}");
    let mut missing = Vec::new();
    for (scenario, dataset, fields, least) in traces() {
        let filter: Vec<_> =
            fields.iter().map(|(field, value)| json!({"term": {*field: value}})).collect();
        let count = real.count(dataset, &json!({"bool": {"filter": filter}}));
        if count < least {
            missing.push(format!("{scenario}: {count} of {least} documents with {fields:?}"));
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}
