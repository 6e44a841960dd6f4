//! The simulated shop with every incident through the shipper into a real Elasticsearch, whose mappings take nothing that they
//! do not know: no document is refused, and each incident can be found by a query.

use std::path::Path;
use std::slice;

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

/// What an incident leaves behind, which would not be there without it.
#[derive(Debug)]
enum Trace {
    /// So many documents at least, in a dataset, that meet these conditions.
    Some(&'static str, Vec<Value>, u64),
    /// While it goes on, none of these documents, although there are some of the others.
    None { missing: (&'static str, Vec<Value>), present: (&'static str, Vec<Value>) },
    /// While it goes on, fewer of the first than of the second; on other days it is the other way round.
    Fewer(&'static str, Vec<Value>, Vec<Value>),
    /// While it goes on, so many of a hundred documents meet these conditions, at least.
    Share(&'static str, Vec<Value>, Vec<Value>, u64),
}

fn is(field: &str, value: impl Into<Value>) -> Value {
    let value: Value = value.into();
    json!({"term": {field: value}})
}

fn trace(scenario: Scenario) -> Trace {
    let action = |name: &str| is("event.action", name);
    match scenario {
        Scenario::S1 => Trace::Share(
            "payment",
            vec![
                is("store.payment.provider", "northpay"),
                json!({"terms": {"event.action": ["payment.completed", "payment.failed"]}}),
            ],
            vec![is("store.payment.failure_code", "gateway_error")],
            30,
        ),
        Scenario::S2 => Trace::None {
            missing: ("order", vec![action("order.submitted")]),
            present: ("traffic", vec![is("store.funnel.step", "payment")]),
        },
        Scenario::S3 => Trace::Some(
            "order",
            vec![
                action("order.confirmed"),
                json!({"range": {"store.order.age_ms": {"gte": 40 * 60_000}}}),
            ],
            5,
        ),
        Scenario::S4 => Trace::Some(
            "order",
            vec![is("event.reason", "out_of_stock"), is("store.product.sku", "SKU-0000")],
            5,
        ),
        Scenario::S5 => Trace::Some(
            "inventory",
            vec![
                action("stock.adjusted"),
                json!({"range": {"store.inventory.available": {"lt": 0}}}),
            ],
            12,
        ),
        Scenario::S6 => Trace::Fewer(
            "fulfilment",
            vec![action("shipment.dispatched"), is("store.shipment.warehouse", "W1")],
            vec![action("shipment.dispatched"), is("store.shipment.warehouse", "W2")],
        ),
        Scenario::S7 => Trace::None {
            missing: (
                "fulfilment",
                vec![
                    action("shipment.scan"),
                    is("store.shipment.carrier", "swiftline"),
                    is("store.shipment.region", "north"),
                ],
            ),
            present: (
                "fulfilment",
                vec![
                    action("shipment.scan"),
                    is("store.shipment.carrier", "swiftline"),
                    is("store.shipment.region", "south"),
                ],
            ),
        },
        Scenario::S8 => Trace::Some(
            "support",
            vec![is("store.ticket.category", "quality"), is("store.product.sku", "SKU-0001")],
            2,
        ),
        Scenario::S9 => Trace::Some(
            "ad",
            vec![is("source.ip", "192.0.2.0"), is("store.ad.campaign_id", "spring-sale")],
            20,
        ),
        Scenario::S10 => Trace::None {
            missing: ("ad", vec![action("ad.clicked"), is("store.ad.network", "socialads")]),
            present: ("ad", vec![action("ad.clicked"), is("store.ad.network", "searchads")]),
        },
        Scenario::S11 => {
            Trace::Some("traffic", vec![action("login.failed"), is("source.ip", "198.51.100.0")], 3)
        }
        Scenario::S12 => Trace::Some(
            "inventory",
            vec![action("price.changed"), is("event.reason", "price_feed")],
            60,
        ),
        Scenario::S13 => Trace::Some(
            "order",
            vec![is("store.coupon.campaign", "staff"), action("coupon.applied")],
            3,
        ),
        Scenario::S14 => Trace::Some(
            "app",
            vec![is("service.name", "orders"), json!({"match": {"message": "timed"}})],
            5,
        ),
        Scenario::S15 => Trace::Share(
            "traffic",
            vec![action("search.performed"), is("store.product.category", "jackets")],
            vec![is("store.search.results", 0)],
            90,
        ),
        Scenario::S16 => {
            Trace::Some("order", vec![is("service.version", "v3"), is("store.channel", "app")], 3)
        }
        Scenario::S17 => Trace::None {
            missing: ("pipeline", vec![action("agent.heartbeat"), is("host.name", "shop-2")]),
            present: ("pipeline", vec![action("agent.heartbeat"), is("host.name", "shop-1")]),
        },
        Scenario::S18 => Trace::Some(
            "traffic",
            vec![is("host.name", "shop-2"), is("store.pipeline.flags", "clock_clamped")],
            5,
        ),
        Scenario::S19 => Trace::Some(
            "traffic",
            vec![
                is("store.pipeline.parser", "combined"),
                is("store.pipeline.parse_status", "failed"),
            ],
            20,
        ),
        Scenario::S20 => Trace::Some(
            "poll",
            vec![action("poll.failed"), is("event.reason", "quota_exhausted")],
            9,
        ),
    }
}

/// Tells why the trace of an incident is not there, if it is not.
fn missing(real: &Real, incident: &Incident) -> Option<String> {
    let during = json!({"range": {"@timestamp": {
        "gte": incident.start.to_string(), "lt": incident.end.to_string(),
    }}});
    let count = |dataset: &str, filters: &[&[Value]]| {
        let filter: Vec<_> = filters.concat();
        real.count(dataset, &json!({"bool": {"filter": filter}}))
    };
    let trace = trace(incident.scenario);
    let (is_there, found) = match &trace {
        Trace::Some(dataset, filter, least) => {
            let count = count(dataset, &[filter]);
            (count >= *least, vec![count])
        }
        Trace::None { missing, present } => {
            let counts = [missing, present]
                .map(|(dataset, filter)| count(dataset, &[filter, slice::from_ref(&during)]));
            (counts[0] == 0 && counts[1] > 0, counts.to_vec())
        }
        Trace::Fewer(dataset, fewer, more) => {
            let counts =
                [fewer, more].map(|filter| count(dataset, &[filter, slice::from_ref(&during)]));
            (counts[0] < counts[1], counts.to_vec())
        }
        Trace::Share(dataset, all, part, least) => {
            let all_count = count(dataset, &[all, slice::from_ref(&during)]);
            let part_count = count(dataset, &[all, part, slice::from_ref(&during)]);
            (all_count > 0 && part_count * 100 >= all_count * least, vec![part_count, all_count])
        }
    };
    (!is_there).then(|| format!("{}: {found:?} for {trace:?}", incident.scenario))
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
    let lacking: Vec<_> =
        plan.incidents.iter().filter_map(|incident| missing(&real, incident)).collect();
    assert!(lacking.is_empty(), "{lacking:#?}");
}
