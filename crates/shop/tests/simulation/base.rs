//! The base shop: its lines can be read, its shares are those of real shops, its noise is at known rates.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use crate::reading::{
    between, events, facts, hours, json, lines, monday, request, requests, share, text,
    unknown_keys,
};
use jiff::SignedDuration;
use serde_json::Value;
use shop::{Kind, Line, LogFile, Shop, ShopConfig};

static TWO_DAYS: LazyLock<Vec<Line>> = LazyLock::new(|| lines(&hours(monday(), 48)));

fn of_action(action: &str) -> Vec<Value> {
    events(&TWO_DAYS, action, monday(), monday() + SignedDuration::from_hours(48))
}

#[test]
fn lines_come_in_the_order_of_writing_and_within_the_plan() {
    let until = monday() + SignedDuration::from_hours(48);
    assert!(TWO_DAYS.is_sorted_by_key(|line| line.written_at));
    for line in TWO_DAYS.iter() {
        assert!(monday() <= line.written_at && line.written_at < until, "{}", text(line));
        assert!(line.happened_at <= line.written_at, "{}", text(line));
        assert!(!line.text.contains(&b'\n'), "{}", text(line));
    }
}

#[test]
fn every_line_that_is_not_torn_is_json_or_an_access_line_that_tells_its_time() {
    for line in TWO_DAYS.iter().filter(|line| line.kind != Kind::Malformed) {
        if line.file == LogFile::Access {
            let local = line.happened_at.to_zoned(jiff::tz::TimeZone::UTC);
            assert_eq!(request(line).stamp, local.strftime("%d/%b/%Y:%H:%M:%S %z").to_string());
        } else {
            let time: jiff::Timestamp = json(line)["time"].as_str().unwrap().parse().unwrap();
            assert_eq!(time, line.happened_at, "{}", text(line));
        }
    }
}

#[test]
fn a_torn_line_is_neither_json_nor_a_whole_access_line() {
    let config = ShopConfig { malformed_share: 0.02, ..ShopConfig::small(1) };
    let torn: Vec<_> = Shop::new(config)
        .events(&hours(monday(), 12))
        .filter(|line| line.kind == Kind::Malformed)
        .collect();
    assert!(torn.len() > 100);
    for line in torn {
        let read = serde_json::from_slice::<Value>(&line.text);
        assert!(!read.is_ok_and(|value| value.is_object()), "{}", text(&line));
        assert!(!text(&line).contains(" rt="), "{}", text(&line));
    }
}

#[test]
fn every_key_of_an_event_has_a_field_in_the_dictionary() {
    assert_eq!(unknown_keys(&TWO_DAYS), BTreeSet::new());
}

#[test]
fn a_producer_id_stands_for_one_fact_and_only_duplicates_repeat_it() {
    let mut first: BTreeMap<String, &Line> = BTreeMap::new();
    let mut repeated = 0;
    let keeps_ids = |line: &&Line| !matches!(line.file, LogFile::Access | LogFile::App);
    for line in TWO_DAYS.iter().filter(keeps_ids).filter(|line| line.kind != Kind::Malformed) {
        let id = json(line)["id"].as_str().unwrap().to_owned();
        if line.kind == Kind::Duplicate {
            assert_eq!(first[&id].text, line.text);
            repeated += 1;
        } else {
            assert!(first.insert(id, line).is_none(), "{}", text(line));
        }
    }
    between(share(repeated, first.len()), 0.008, 0.012);
}

#[test]
fn noise_comes_at_its_rates() {
    let count = |kind| TWO_DAYS.iter().filter(|line| line.kind == kind).count();
    let events = TWO_DAYS.iter().filter(|line| line.file != LogFile::Access).count();
    between(share(count(Kind::Late), events), 0.017, 0.023);
    let config = ShopConfig { malformed_share: 0.05, ..ShopConfig::small(1) };
    let lines: Vec<_> = Shop::new(config).events(&hours(monday(), 24)).collect();
    let torn = lines.iter().filter(|line| line.kind == Kind::Malformed).count();
    between(share(torn, lines.len()), 0.046, 0.054);
}

#[test]
fn a_few_of_a_hundred_payments_fail_and_parcels_are_late() {
    let failed = of_action("payment.failed").len();
    between(share(failed, failed + of_action("payment.completed").len()), 0.03, 0.05);
    let delivered = of_action("shipment.delivered");
    let late = delivered.iter().filter(|event| event["shipment"]["late"] == true).count();
    between(share(late, delivered.len()), 0.065, 0.095);
}

#[test]
fn parcels_come_from_the_first_day_on_because_orders_were_placed_before() {
    let first_day = monday() + SignedDuration::from_hours(24);
    let second_day = first_day + SignedDuration::from_hours(24);
    let first = events(&TWO_DAYS, "shipment.delivered", monday(), first_day).len();
    let second = events(&TWO_DAYS, "shipment.delivered", first_day, second_day).len();
    between(share(first, second), 0.9, 1.1);
}

#[test]
fn the_money_of_every_order_adds_up_in_the_log_too() {
    let orders = of_action("order.submitted");
    assert!(orders.len() > 9_000);
    for event in orders {
        let minor = |key: &str| {
            let text = event["order"][key].as_str().unwrap();
            text.replace('.', "").parse::<i64>().unwrap()
        };
        let sum = minor("items") + minor("tax") + minor("shipping") - minor("discount");
        assert_eq!(minor("amount"), sum, "{event}");
    }
}

#[test]
fn crawlers_make_15_to_25_of_a_hundred_requests_and_few_requests_fail() {
    let requests = requests(&TWO_DAYS, monday(), monday() + SignedDuration::from_hours(48));
    let asked = |words: &[&str]| {
        let by = |agent: &str| words.iter().any(|word| agent.contains(word));
        requests.iter().filter(|request| by(&request.agent)).count()
    };
    between(share(asked(&["bot", "Bot", "python", "Scrapy"]), requests.len()), 0.15, 0.25);
    between(share(asked(&["kube-probe"]), 1_440), 0.99, 1.0); // a line may be torn
    let failed = requests.iter().filter(|request| request.status >= 500).count();
    between(share(failed, requests.len()), 0.002, 0.01);
}

#[test]
fn nights_are_quiet_and_days_are_busy() {
    let orders = |from_hour, until_hour| {
        let at = |hour| monday() + SignedDuration::from_hours(hour);
        events(&TWO_DAYS, "order.submitted", at(from_hour), at(until_hour)).len()
    };
    assert!(orders(12, 16) > 15 * orders(1, 5), "{} {}", orders(12, 16), orders(1, 5));
}

#[test]
fn the_log_does_not_tell_what_was_planted() {
    let (plan, _) = crate::reading::struck_by(shop::Scenario::S14);
    for line in facts(&lines(&plan), plan.from, plan.until) {
        for word in ["S14", "scenario", "incident", "planted", "truth"] {
            assert!(!text(line).contains(word), "{}", text(line));
        }
    }
}
