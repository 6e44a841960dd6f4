//! Load shedding: an input that is far behind leaves out what its owner allowed, and nothing else.

use std::fs::{self, File};
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::desk::{Desk, LIMIT, STREAM};

const LINES: usize = 40_000;
const ORDER_LINES: usize = 500;
const ORDERS: &str = "logs-store.order-default";

/// Returns a desk whose shipper was away: what it had not read yet was written an hour ago. Every tenth line of the program
/// tells of an error.
fn desk() -> Desk {
    let mut desk = Desk::new();
    desk.inputs = "{ id: app, paths: [\"logs/app.log\"], dataset: app, format: plain }\n  \
                   - { id: orders, paths: [\"logs/orders.log\"], dataset: order, format: ndjson }"
        .to_owned();
    // What is read at once, before anybody knows how far behind it is.
    desk.bulk_with(", max_inflight: 1MiB");
    desk.append("app.log", &app_line(0));
    desk.append("orders.log", &order(0));
    desk.ship_once();
    let app: String = (1..LINES).map(app_line).collect();
    let orders: String = (1..ORDER_LINES).map(order).collect();
    let hour_ago = SystemTime::now() - Duration::from_hours(1);
    for (name, text) in [("app.log", app), ("orders.log", orders)] {
        desk.append(name, &text);
        let file = File::options().append(true).open(desk.log(name)).expect("a log");
        file.set_modified(hour_ago).expect("a time to set");
    }
    desk
}

fn app_line(number: usize) -> String {
    let level = if number.is_multiple_of(10) { "ERROR" } else { "INFO" };
    format!("2026-01-02T03:04:05Z {level} line {number} {}\n", "x".repeat(80))
}

fn order(number: usize) -> String {
    let time = "2026-01-02T03:04:05Z";
    format!(
        "{{\"time\":\"{time}\",\"action\":\"order.submitted\",\"currency\":\"EUR\",\"order\":{{\"id\":{number},\"amount\":\"1.00\"}}}}\n"
    )
}

fn events(desk: &Desk, file: &str, class: &str) -> usize {
    let path = desk.log(file);
    let ended = desk.shipper(&["audit", "--json", path.to_str().unwrap()]).run(LIMIT);
    assert_eq!(ended.code, Some(0), "{}{}", ended.output, ended.errors);
    let books: Value = serde_json::from_str(&ended.output).expect("an audit in JSON");
    let events = books["files"][0]["classes"][class]["events"].as_u64().unwrap_or_default();
    usize::try_from(events).expect("some thousand events")
}

#[test]
fn an_input_that_is_far_behind_sends_errors_orders_and_a_share_of_the_rest() {
    let mut desk = desk();
    desk.more = "shed: { after_lag: 10m, keep: { app: 0.1 } }\n".to_owned();
    let ended = desk.ship_once();
    assert!(ended.errors.contains("shed_on"), "{}", ended.errors);
    let (stored, shed) =
        (events(&desk, "app.log", "stored"), events(&desk, "app.log", "filtered/shed"));
    assert_eq!(stored + shed, LINES);
    assert_eq!(desk.server.stored(STREAM), stored);
    // Four of five are ordinary lines that are not in the share, less what was read before the lag was known.
    assert!(shed > LINES / 4, "{shed} left out");
    let errors = desk.server.documents(STREAM).into_iter();
    let errors = errors.filter(|document| document.value()["log"]["level"] == "error").count();
    assert_eq!(errors, LINES / 10);
    assert_eq!(desk.server.stored(ORDERS), ORDER_LINES);
    assert_eq!(events(&desk, "orders.log", "filtered/shed"), 0);
}

#[test]
fn without_the_block_nothing_is_left_out() {
    let desk = desk();
    desk.ship_once();
    assert_eq!((desk.server.stored(STREAM), desk.server.stored(ORDERS)), (LINES, ORDER_LINES));
}

#[test]
fn what_may_never_be_left_out_is_refused_with_its_line_and_a_hint() {
    let mut desk = Desk::new();
    desk.more =
        "shed: { after_lag: 10m, keep: { order: 0.5, no_such: 0.1, traffic: 2 } }\n".to_owned();
    let ended = desk.shipper(&["check"]).run(LIMIT);
    assert_eq!(ended.code, Some(78), "{}", ended.errors);
    let said = format!("{}{}", ended.output, ended.errors);
    for wanted in [
        "shed.keep.order",
        "orders, payments",
        "shed.keep.no_such",
        "shed.keep.traffic",
        "between 0 and 1",
    ] {
        assert!(said.contains(wanted), "{wanted} is missing in\n{said}");
    }
    fs::remove_file(desk.path("shipper.yml")).expect("a configuration");
}
