//! Incidents and controls do to the figures what they say, where they say, and nothing elsewhere.

use std::collections::BTreeSet;

use crate::reading::{
    Request, at, between, clear_lines, events, hours, lines, requests, share, small_lines,
    struck_by,
};
use jiff::Timestamp;
use serde_json::Value;
use shop::{Control, Kind, Line, LogFile, Plan, Scenario, demo_plan, truth};

fn failing_share(lines: &[Line], provider: &str, from: Timestamp, until: Timestamp) -> f64 {
    let of_provider = |event: &&Value| event["payment"]["provider"] == provider;
    let count = |action| events(lines, action, from, until).iter().filter(of_provider).count();
    let failed = count("payment.failed");
    share(failed, failed + count("payment.completed"))
}

fn checkout(lines: &[Line], from: Timestamp, until: Timestamp) -> Vec<Request> {
    let requests = requests(lines, from, until).into_iter();
    requests.filter(|request| request.path == "/checkout").collect()
}

fn p95_ms(requests: &[Request]) -> f64 {
    let mut times: Vec<f64> = requests.iter().map(|request| request.took_ms).collect();
    times.sort_by(f64::total_cmp);
    times[times.len() * 95 / 100]
}

fn failing_requests_share(requests: &[Request]) -> f64 {
    share(requests.iter().filter(|request| request.status >= 500).count(), requests.len())
}

#[test]
fn an_outage_fails_most_payments_of_its_provider_and_none_of_the_other() {
    let (plan, incident) = struck_by(Scenario::S1);
    let lines = lines(&plan);
    between(failing_share(&lines, "northpay", incident.start, incident.end), 0.5, 0.7);
    between(failing_share(&lines, "eastbank", incident.start, incident.end), 0.0, 0.12);
    between(failing_share(&lines, "northpay", plan.from, incident.start), 0.0, 0.07);
    between(failing_share(&lines, "northpay", incident.end, plan.until), 0.0, 0.07);
    let failed = events(&lines, "payment.failed", incident.start, incident.end);
    let by_gateway =
        failed.iter().filter(|event| event["payment"]["failure_code"] == "gateway_error").count();
    between(share(by_gateway, failed.len()), 0.9, 1.0);
}

#[test]
fn an_outage_leaves_as_many_orders_as_there_would_be_and_cancels_some_later() {
    let (plan, incident) = struck_by(Scenario::S1);
    let (struck, sound) = (clear_lines(&plan), clear_lines(&Plan::new(plan.from, plan.until)));
    let count = |lines: &[Line], action, until| events(lines, action, incident.start, until).len();
    let orders = |lines: &[Line]| count(lines, "order.submitted", incident.end);
    assert_eq!(orders(&struck), orders(&sound));
    let cancelled = |lines: &[Line]| count(lines, "order.cancelled", plan.until);
    assert!(cancelled(&struck) > cancelled(&sound) + 20);
}

#[test]
fn a_silent_break_stops_orders_without_an_error_while_the_checkout_is_asked_as_ever() {
    let (plan, incident) = struck_by(Scenario::S2);
    let (struck, sound) = (lines(&plan), lines(&Plan::new(plan.from, plan.until)));
    let (start, end) = (incident.start, incident.end);
    assert_eq!(events(&struck, "order.submitted", start, end).len(), 0);
    assert!(events(&sound, "order.submitted", start, end).len() > 200);
    let asked = checkout(&struck, start, end);
    assert_eq!(asked.len(), checkout(&sound, start, end).len());
    between(failing_requests_share(&asked), 0.0, 0.02);
    let versions: Vec<_> = events(&struck, "app.started", plan.from, plan.until)
        .iter()
        .map(|event| event["service_version"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(versions, ["v2", "v1"]);
}

#[test]
fn a_slow_database_slows_the_checkout_refuses_some_of_it_and_costs_orders() {
    let (plan, incident) = struck_by(Scenario::S14);
    let (struck, sound) = (lines(&plan), lines(&Plan::new(plan.from, plan.until)));
    let (start, end) = (incident.start, incident.end);
    let (slow, fast) = (checkout(&struck, start, end), checkout(&sound, start, end));
    between(p95_ms(&slow) / p95_ms(&fast), 3.0, 5.0);
    between(failing_requests_share(&slow), 0.15, 0.35);
    between(failing_requests_share(&fast), 0.0, 0.02);
    assert!(failing_requests_share(&checkout(&sound, plan.from, plan.until)) > 0.0);
    let orders = |lines: &[Line]| events(lines, "order.submitted", start, end).len();
    between(share(orders(&struck), orders(&sound)), 0.6, 0.8);
    assert!(events(&struck, "dependency.timeout", start, end).len() > 100);
    assert_eq!(events(&struck, "dependency.timeout", plan.from, start).len(), 0);
}

#[test]
fn an_incident_of_no_intensity_changes_nothing() {
    let (mut plan, _) = struck_by(Scenario::S14);
    plan.incidents[0].intensity = 0.0;
    assert_eq!(lines(&plan), lines(&Plan::new(plan.from, plan.until)));
}

#[test]
fn outside_an_incident_customers_do_what_they_would_have_done() {
    let submitted = |lines: &[Line], from, until| -> BTreeSet<String> {
        let orders = events(lines, "order.submitted", from, until);
        orders.iter().map(Value::to_string).collect()
    };
    for scenario in Scenario::ALL {
        let (plan, incident) = struck_by(scenario);
        let sound = small_lines(&Plan::new(plan.from, plan.until), plan.breadth());
        let struck = small_lines(&plan, plan.breadth());
        for (from, until) in [(plan.from, incident.start), (incident.end, plan.until)] {
            assert_eq!(submitted(&struck, from, until), submitted(&sound, from, until));
        }
    }
}

#[test]
fn a_shop_that_closes_takes_no_order_at_night_and_on_saturday_and_is_crawled_all_the_same() {
    let mut plan = hours(at("2026-03-06T22:00:00Z"), 34); // Friday night to Sunday morning
    plan.control(Control::N3);
    let lines = lines(&plan);
    let (saturday, sunday_morning) = (at("2026-03-07T00:00:00Z"), at("2026-03-08T06:00:00Z"));
    assert_eq!(events(&lines, "order.submitted", saturday, sunday_morning).len(), 0);
    assert!(!events(&lines, "order.submitted", sunday_morning, plan.until).is_empty());
    assert!(requests(&lines, saturday, sunday_morning).len() > 3_000);
}

#[test]
fn restarts_make_three_times_the_duplicates_and_not_one_more_fact() {
    let plan = hours(at("2026-03-02T00:00:00Z"), 48);
    let mut restarted = plan.clone();
    restarted.control(Control::N6);
    let of_events = |lines: &[Line], kinds: &[Kind]| {
        let of_event = |line: &&Line| line.file != LogFile::Access && kinds.contains(&line.kind);
        lines.iter().filter(of_event).count()
    };
    let (usual, restarted) = (lines(&plan), lines(&restarted));
    let facts = |lines: &[Line]| of_events(lines, &[Kind::Prompt, Kind::Late]);
    between(share(of_events(&restarted, &[Kind::Duplicate]), facts(&restarted)), 0.024, 0.036);
    between(share(of_events(&usual, &[Kind::Duplicate]), facts(&usual)), 0.008, 0.012);
    between(share(facts(&restarted), facts(&usual)), 0.999, 1.001);
}

/// The size of the demo: rules need enough to judge, and the cluster of a laptop must take it in.
#[test]
fn the_demo_has_less_than_a_million_lines_and_enough_of_each_in_its_busy_hours() {
    let demo = demo_plan(at("2026-03-04T12:34:00Z"), 7);
    let quiet = Plan { incidents: Vec::new(), ..demo.plan.clone() };
    let lines: Vec<_> = shop::Shop::new(demo.shop).events(&quiet).collect();
    between(lines.len() as f64, 900_000.0, 995_000.0);

    let (from, until) = (demo.judged_from, demo.plan.until);
    let buckets = 96.0;
    between(events(&lines, "order.submitted", from, until).len() as f64 / buckets, 27.0, 35.0);
    let requests = requests(&lines, from, until);
    for route in ["/", "/product/", "/cart", "/checkout"] {
        let is_asked =
            |path: &str| if route == "/product/" { path.starts_with(route) } else { path == route };
        let count = requests.iter().filter(|request| is_asked(&request.path)).count();
        between(count as f64 / buckets, 25.0, 40.0);
    }
    assert_eq!(truth(&demo.plan).len(), 3);
}
