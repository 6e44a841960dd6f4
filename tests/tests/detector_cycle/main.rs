//! The detector on a real Elasticsearch: what it finds, what a kill leaves, what a partial answer does.

#![expect(clippy::unwrap_used, clippy::panic, reason = "what cannot be is the end of a test")]

mod shop;

use std::collections::BTreeSet;
use std::env;
use std::time::Duration;

use serde_json::{Value, json};
use shop::{LIMIT, Shop, hour};

/// Seventeen days: the count model speaks after fourteen.
const HISTORY: i64 = 17 * 24;

/// Forty orders and two failing payments an hour, a little more by day.
fn usual(number: i64) -> (u32, u32) {
    let by_day = if (8..20).contains(&(number % 24)) { 50 } else { 40 };
    (by_day, if number % 3 == 0 { 3 } else { 2 })
}

/// From the fifth hour after the history on, orders stop for four hours; from the fifteenth on, payments fail.
fn troubled(number: i64) -> (u32, u32) {
    match number - HISTORY {
        5..9 => (1, 2),
        15..20 => (usual(number).0, 26),
        _ => usual(number),
    }
}

fn troubled_shop() -> Shop {
    let shop = Shop::new();
    shop.trade(0..HISTORY + 30, troubled);
    shop
}

fn lines(alerts: &[(String, String)]) -> Vec<&str> {
    alerts.iter().map(|(line, _)| line.as_str()).collect()
}

#[test]
fn a_planted_outage_is_found_once_explained_and_recovers() {
    let shop = troubled_shop();
    let summary = shop.judge(HISTORY, HISTORY + 30);
    assert_eq!(summary["waiting"], json!(0));
    let alerts = shop.alerts();
    let told: Vec<_> = lines(&alerts).iter().map(|line| line.split_once(' ').unwrap().1).collect();
    let orders = hour(HISTORY + 5).strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string();
    let payments = hour(HISTORY + 15).strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string();
    let want = [
        format!("orders - open {orders}"),
        format!("orders - close {orders}"),
        format!("payments northpay open {payments}"),
        format!("payments northpay close {payments}"),
    ];
    let opened: Vec<_> = told.iter().filter(|line| !line.contains(" update ")).collect();
    assert_eq!(opened, want.iter().collect::<Vec<_>>());

    let documents = shop.documents("logs-store.alert");
    let open = documents.iter().find(|hit| {
        hit["_source"]["rule"]["id"] == json!("payments")
            && hit["_source"]["event"]["action"] == json!("open")
    });
    let open = &open.unwrap()["_source"];
    let top = &open["store"]["alert"]["explain_top"];
    assert_eq!(top[0], json!("store.payment.failure_code=gateway_error"), "{open:#}");
    assert_eq!(open["store"]["alert"]["samples"].as_array().unwrap().len(), 5);
    assert!(open["event"]["url"].as_str().unwrap().contains("/app/discover#/"), "{open:#}");
    assert_eq!(open["event"]["outcome"], json!("failure"));

    let rows = shop.documents("storewatch-outbox");
    assert_eq!(rows.len(), alerts.len());
    assert!(rows.iter().all(|row| row["_source"]["store"]["outbox"]["state"] == json!("sent")));
    assert!(shop.documents("metrics-store.series").len() > 2 * 30);

    let again = shop.judge(HISTORY, HISTORY + 30);
    assert_eq!(again["told"], json!([]), "what is judged is not judged again");
    assert_eq!(shop.alerts(), alerts);
}

#[test]
fn a_trial_of_a_rule_says_what_a_run_does() {
    let shop = troubled_shop();
    let tried: Vec<String> = ["orders", "payments"]
        .iter()
        .flat_map(|rule| told_by_trial(&shop.try_rule(rule, HISTORY, HISTORY + 30), rule))
        .collect();
    shop.judge(HISTORY, HISTORY + 30);
    let alerts = shop.alerts();
    assert!(!tried.is_empty());
    assert_eq!(lines(&alerts), tried);
}

fn told_by_trial(tried: &Value, rule: &str) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let transitions = tried["transitions"].as_array().unwrap();
    let line = |seen: &Value| {
        let (at, group) = (text(&seen["at"]), text(&seen["group"]));
        format!("{at} {rule} {group} {} {}", text(&seen["action"]), text(&seen["start"]))
    };
    transitions.iter().map(line).collect()
}

#[test]
fn stopping_and_starting_in_every_hour_changes_no_verdict() {
    let shop = troubled_shop();
    let undisturbed = {
        let mut told = told_by_trial(&shop.try_rule("orders", HISTORY, HISTORY + 30), "orders");
        told.extend(told_by_trial(&shop.try_rule("payments", HISTORY, HISTORY + 30), "payments"));
        told
    };
    for until in [3, 6, 7, 8, 10, 11, 16, 17, 18, 21, 22, 30] {
        shop.judge(HISTORY, HISTORY + until);
    }
    assert_eq!(lines(&shop.alerts()), undisturbed);
}

#[test]
fn killed_at_random_moments_each_alert_document_exists_once() {
    let kills: usize = env::var("STOREWATCH_KILLS").map_or(20, |text| text.parse().unwrap());
    let shop = troubled_shop();
    let mut undisturbed = told_by_trial(&shop.try_rule("orders", HISTORY, HISTORY + 30), "orders");
    undisturbed
        .extend(told_by_trial(&shop.try_rule("payments", HISTORY, HISTORY + 30), "payments"));

    let (from, until) = (hour(HISTORY).to_string(), hour(HISTORY + 30).to_string());
    let arguments = ["run", "--from", &from, "--until", &until, "--json"];
    let mut killed = 0;
    for number in 0..kills {
        let mut running = shop.detector(&arguments).start();
        running.wait_for_error(LIMIT, "lease.held");
        // From just after the lease to about the length of a whole run.
        std::thread::sleep(Duration::from_millis(chance(number) % 1_500));
        killed += usize::from(running.is_running());
        running.kill();
    }
    assert!(killed > 0, "no run was long enough to be killed");
    shop.judge(HISTORY, HISTORY + 30);

    let alerts = shop.alerts();
    assert_eq!(lines(&alerts), undisturbed);
    let ids: BTreeSet<_> = alerts.iter().map(|(_, id)| id).collect();
    assert_eq!(ids.len(), alerts.len(), "each document exists once");
    let rows = shop.documents("storewatch-outbox");
    assert_eq!(rows.len(), alerts.len());
    assert!(rows.iter().all(|row| row["_source"]["store"]["outbox"]["state"] == json!("sent")));
}

/// Returns a number by chance; the moment and the run decide it, as a kill by hand would.
fn chance(number: usize) -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(number)
}

#[test]
fn a_partial_answer_ends_no_episode_and_is_told_of_by_itself() {
    let shop = troubled_shop();
    shop.judge(HISTORY, HISTORY + 18);
    let before = shop.alerts();
    assert!(before.iter().any(|(line, _)| line.contains("payments northpay open")));

    // Another stream of the rule now holds its group as text, which cannot be grouped: that shard fails.
    shop.break_support();
    let summary = shop.judge(HISTORY, HISTORY + 26);
    let told = summary["told"].as_array().unwrap();
    let of = |rule: &str| told.iter().filter(|told| told["rule"] == json!(rule)).count();
    assert_eq!(of("payments"), 0, "{told:?}");
    assert_eq!(of("detector-queries"), 1, "{told:?}");

    // The other stream is whole again: the rule takes up all that it missed.
    shop.mend_support();
    shop.judge(HISTORY, HISTORY + 30);
    let alerts = shop.alerts();
    let closed = |rule: &str| {
        alerts.iter().filter(|(line, _)| line.contains(&format!("{rule} close"))).count()
    };
    assert_eq!(closed("payments northpay"), 1, "{alerts:?}");
    assert_eq!(closed("detector-queries payments"), 1, "{alerts:?}");
}
