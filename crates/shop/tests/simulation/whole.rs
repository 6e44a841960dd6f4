//! The shop with everything that it does: five domains, two hosts, four formats.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use crate::reading::{between, events, hours, json, monday, share, text, unknown_keys};
use jiff::SignedDuration;
use serde_json::Value;
use shop::{Host, Kind, Line, LogFile, Shop, ShopConfig};

static TWO_DAYS: LazyLock<Vec<Line>> =
    LazyLock::new(|| Shop::new(ShopConfig::whole(11)).events(&hours(monday(), 48)).collect());

fn of_action(action: &str) -> Vec<Value> {
    events(&TWO_DAYS, action, monday(), monday() + SignedDuration::from_hours(48))
}

fn sum(events: &[Value], key: &str) -> i64 {
    events.iter().map(|event| event["ad"][key].as_i64().unwrap()).sum()
}

#[test]
fn it_orders_what_the_core_of_it_orders() {
    let core: Vec<_> = Shop::new(ShopConfig::small(11)).events(&hours(monday(), 48)).collect();
    let until = monday() + SignedDuration::from_hours(48);
    let ids = |lines: &[Line]| -> BTreeSet<String> {
        let orders = events(lines, "order.submitted", monday(), until);
        orders.iter().map(|event| event["order"].to_string()).collect()
    };
    let both = ids(&core).intersection(&ids(&TWO_DAYS)).count();
    // A torn line, or one that is written late, is another one in each.
    between(share(both, ids(&core).len()), 0.99, 1.0);
}

#[test]
fn every_file_is_written_and_each_host_writes_its_own() {
    let mut hosts: BTreeMap<LogFile, BTreeSet<Option<Host>>> = BTreeMap::new();
    for line in TWO_DAYS.iter() {
        hosts.entry(line.file).or_default().insert(line.host);
    }
    assert_eq!(hosts.keys().copied().collect::<Vec<_>>(), LogFile::ALL);
    for host in Host::ALL {
        let written = hosts.iter().filter(|(_, of)| of.contains(&Some(host)));
        let written: Vec<_> = written.map(|(file, _)| *file).collect();
        assert_eq!(written, LogFile::of_host(host));
    }
    let one = BTreeSet::from([Some(Host::One)]);
    let two = BTreeSet::from([Some(Host::Two)]);
    let both: BTreeSet<_> = one.union(&two).copied().collect();
    assert_eq!(hosts[&LogFile::Access], one);
    assert_eq!(hosts[&LogFile::AccessJson], two);
    assert_eq!(hosts[&LogFile::OrdersText], two);
    assert_eq!(hosts[&LogFile::Order], both);
    for line in TWO_DAYS.iter().filter(|line| line.file == LogFile::Order) {
        if line.kind != Kind::Malformed {
            assert_eq!(json(line)["host"], line.host.unwrap().as_str(), "{}", text(line));
        }
    }
}

#[test]
fn every_key_of_an_event_has_a_field_in_the_dictionary() {
    assert_eq!(unknown_keys(&TWO_DAYS), BTreeSet::new());
}

#[test]
fn ids_stand_for_one_fact_in_every_file_that_has_them() {
    let mut first: BTreeMap<String, &Line> = BTreeMap::new();
    for line in TWO_DAYS.iter().filter(|line| line.kind != Kind::Malformed) {
        if line.file.format() != "ndjson" || line.file == LogFile::App {
            continue;
        }
        let id = json(line)["id"].as_str().unwrap().to_owned();
        match first.get(&id) {
            Some(earlier) => assert_eq!(earlier.text, line.text, "{}", text(line)),
            None => {
                first.insert(id, line);
            }
        }
    }
}

#[test]
fn what_the_networks_bill_is_what_was_clicked() {
    let (clicks, bills) = (of_action("ad.clicked"), of_action("ad.spend_snapshot"));
    between(sum(&bills, "clicks") as f64 / clicks.len() as f64, 0.995, 1.005);
    between(sum(&bills, "clicks") as f64 / sum(&bills, "impressions") as f64, 0.023, 0.027);
    between(sum(&bills, "conversions") as f64 / sum(&bills, "clicks") as f64, 0.055, 0.065);
    assert_eq!(bills.len(), 5 * 4 * 48);
}

#[test]
fn fewer_sessions_come_to_each_step_and_as_many_as_order_to_the_last() {
    let sessions = |step: &str| {
        let steps = ["product.viewed", "cart.item_added", "checkout.started", "checkout.step"];
        let all = steps.into_iter().chain(["order.submitted"]).flat_map(of_action);
        let at_step = all.filter(|event| event["funnel.step"] == step);
        at_step
            .map(|event| event["session.id"].as_str().unwrap().to_owned())
            .collect::<BTreeSet<_>>()
    };
    let steps = ["view", "cart", "checkout", "address", "payment", "submitted"];
    let counts = steps.map(|step| sessions(step).len());
    assert!(counts.is_sorted_by(|more, fewer| more > fewer), "{counts:?}");
    between(share(counts[5], counts[4]), 0.85, 0.97);
    between(share(counts[1], counts[0]), 0.4, 0.6);
}

#[test]
fn parcels_are_picked_packed_seen_and_brought() {
    let parcels = of_action("shipment.dispatched").len();
    for action in
        ["fulfilment.created", "pick.finished", "pack.finished", "shipment.out_for_delivery"]
    {
        between(share(of_action(action).len(), parcels), 0.9, 1.1);
    }
    between(share(of_action("shipment.scan").len(), parcels), 1.85, 2.15);
}

#[test]
fn customers_speak_as_often_as_those_of_real_shops() {
    let orders = of_action("order.submitted").len();
    let reviews = of_action("review.posted");
    between(share(reviews.len(), orders), 0.09, 0.14);
    let rated = |rating: i64| {
        share(
            reviews.iter().filter(|event| event["ticket"]["rating"] == rating).count(),
            reviews.len(),
        )
    };
    between(rated(5), 0.52, 0.64);
    between(rated(1), 0.08, 0.15);
    between(share(of_action("ticket.opened").len(), orders), 0.035, 0.06);
    between(share(of_action("complaint.filed").len(), orders), 0.004, 0.012);
    for reply in of_action("ticket.replied") {
        assert!(reply["ticket"]["first_response_ms"].as_i64().unwrap() > 0, "{reply}");
    }
}

#[test]
fn every_article_is_counted_four_times_a_day_and_each_warehouse_synchronised_every_five_minutes() {
    between(share(of_action("stock.snapshot").len(), 400 * 4 * 2), 0.995, 1.0);
    let syncs = of_action("sync.finished");
    between(share(syncs.len(), 2 * 12 * 48), 0.995, 1.0);
    let lag = |event: &Value| event["inventory"]["sync_lag_ms"].as_i64().unwrap();
    assert!(syncs.iter().all(|event| (1_000..300_000).contains(&lag(event))));
}

#[test]
fn each_host_is_heard_twice_a_minute() {
    let beats = of_action("agent.heartbeat");
    for host in Host::ALL {
        let count = beats.iter().filter(|event| event["host"] == host.as_str()).count();
        between(share(count, 2 * 60 * 48), 0.995, 1.0);
    }
}

#[test]
fn the_lines_of_one_order_amount_to_what_it_costs() {
    let minor = |value: &Value| value.as_str().unwrap().replace('.', "").parse::<i64>().unwrap();
    let mut lines: BTreeMap<String, i64> = BTreeMap::new();
    for event in of_action("order.line") {
        let pieces = event["line"]["quantity"].as_i64().unwrap();
        let id = event["order"]["id"].as_str().unwrap().to_owned();
        *lines.entry(id).or_default() += minor(&event["product"]["price"]) * pieces;
    }
    let orders = of_action("order.submitted");
    let agrees = |event: &&Value| {
        lines.get(event["order"]["id"].as_str().unwrap()) == Some(&minor(&event["order"]["items"]))
    };
    // What is torn or late at the end of the span is missing here or there.
    between(share(orders.iter().filter(agrees).count(), orders.len()), 0.995, 1.0);
}
