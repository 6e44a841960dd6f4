//! Each incident does to the figures of the whole shop what it says, where it says.

use std::collections::{BTreeMap, BTreeSet};

use crate::reading::{at, between, clear_lines, events, hours, json, requests, share, struck_by};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use shop::{Host, Incident, Kind, Line, LogFile, Plan, Scenario, Shop, ShopConfig};

/// A history with an incident, and the same without it.
struct Pair {
    struck: Vec<Line>,
    sound: Vec<Line>,
    plan: Plan,
    incident: Incident,
}

impl Pair {
    fn of(scenario: Scenario) -> Self {
        let (plan, incident) = struck_by(scenario);
        Self::planned(plan, incident)
    }

    /// The same with so many days behind the incident, for what shows late.
    fn with_days(scenario: Scenario, days: i64) -> Self {
        let (plan, incident) = struck_by(scenario);
        let until = plan.until + SignedDuration::from_hours(24 * days);
        Self::planned(Plan { until, ..plan }, incident)
    }

    fn planned(plan: Plan, incident: Incident) -> Self {
        let shop = ShopConfig {
            late_share: 0.0,
            duplicate_share: 0.0,
            malformed_share: 0.0,
            ..ShopConfig::whole(11)
        };
        let sound = Shop::new(shop).events(&Plan::new(plan.from, plan.until)).collect();
        Self { struck: clear_lines(&plan), sound, plan, incident }
    }

    /// The events of one action during the incident: with it, and without it.
    fn during(&self, action: &str) -> (Vec<Value>, Vec<Value>) {
        let Incident { start, end, .. } = self.incident;
        self.within(action, start, end)
    }

    /// The events of one action from the incident's start to the end of the history.
    fn since(&self, action: &str) -> (Vec<Value>, Vec<Value>) {
        self.within(action, self.incident.start, self.plan.until)
    }

    fn within(&self, action: &str, from: Timestamp, until: Timestamp) -> (Vec<Value>, Vec<Value>) {
        (events(&self.struck, action, from, until), events(&self.sound, action, from, until))
    }

    /// How many times as many events of an action come during the incident.
    fn rise(&self, action: &str) -> f64 {
        let (struck, sound) = self.during(action);
        share(struck.len(), sound.len())
    }
}

fn having(events: &[Value], pointer: &str, value: &str) -> Vec<Value> {
    let has = |event: &&Value| event.pointer(pointer).is_some_and(|found| found == value);
    events.iter().filter(has).cloned().collect()
}

fn number(event: &Value, pointer: &str) -> i64 {
    event.pointer(pointer).and_then(Value::as_i64).unwrap_or_else(|| panic!("{pointer}: {event}"))
}

fn minor(event: &Value, pointer: &str) -> i64 {
    let text = event.pointer(pointer).and_then(Value::as_str);
    text.and_then(|text| text.replace('.', "").parse().ok())
        .unwrap_or_else(|| panic!("{pointer}: {event}"))
}

fn p95(mut values: Vec<i64>) -> f64 {
    values.sort_unstable();
    values[values.len() * 95 / 100] as f64
}

#[test]
fn s3_payments_are_heard_of_late_and_often_and_their_sum_is_the_same() {
    let pair = Pair::of(Scenario::S3);
    let (struck, sound) = pair.since("payment.completed");
    let ages = |events: &[Value]| {
        let of_provider = having(events, "/payment/provider", "northpay");
        p95(of_provider.iter().map(|event| number(event, "/order/age_ms")).collect())
    };
    between(ages(&struck) / ages(&sound), 5.0, 1_000.0);
    let revenue =
        |events: &[Value]| events.iter().map(|event| minor(event, "/payment/amount")).sum::<i64>();
    assert_eq!(revenue(&struck), revenue(&sound));
    let repeats =
        pair.struck.iter().filter(|line| line.kind == Kind::Duplicate).collect::<Vec<_>>();
    let callbacks = having(&struck, "/payment/provider", "northpay").len();
    between(share(repeats.len(), callbacks), 1.0, 4.0);
    assert!(repeats.iter().all(|line| json(line)["action"] == "payment.notified"));
    let confirmed = |order: &Value| number(order, "/order/age_ms") > 40 * 60_000;
    assert!(pair.since("order.confirmed").0.iter().filter(|event| confirmed(event)).count() > 100);
}

#[test]
fn s4_a_hot_article_runs_out_and_its_orders_are_cancelled() {
    let pair = Pair::of(Scenario::S4);
    let gone = having(&pair.during("stock.depleted").0, "/product/sku", "SKU-0000");
    assert_eq!(gone.len(), 1, "{gone:?}");
    assert_eq!(gone[0]["inventory"]["available"], 0);
    let time: Timestamp = gone[0]["time"].as_str().unwrap().parse().unwrap();
    let after = time.duration_since(pair.incident.start).as_mins();
    assert!((60..=121).contains(&after), "{after} minutes");
    let cancelled = having(&pair.since("order.cancelled").0, "/reason", "out_of_stock");
    assert!(cancelled.len() > 100, "{}", cancelled.len());
    assert_eq!(having(&cancelled, "/product/sku", "SKU-0000").len(), cancelled.len());
    let repaid = having(&pair.since("refund.completed").0, "/refund/reason", "out_of_stock");
    between(share(repaid.len(), cancelled.len()), 0.98, 1.0); // one may be repaid behind the end
    between(pair.rise("order.submitted"), 1.15, 1.35);
}

#[test]
fn s5_a_frozen_sync_ends_in_negative_stock_and_cancelled_orders() {
    let pair = Pair::of(Scenario::S5);
    let (struck, sound) = pair.during("sync.finished");
    assert_eq!(having(&struck, "/inventory/warehouse", "W2").len(), 0);
    assert_eq!(
        having(&struck, "/inventory/warehouse", "W1").len(),
        having(&sound, "/inventory/warehouse", "W1").len()
    );
    assert_eq!(having(&pair.during("stock.changed").0, "/inventory/warehouse", "W2").len(), 0);
    let told = pair.since("stock.adjusted").0;
    let negative = told.iter().filter(|event| number(event, "/inventory/available") < 0).count();
    assert_eq!(negative, 12);
    assert_eq!(having(&told, "/inventory/reason", "sync").len(), told.len());
    assert!(having(&pair.since("order.cancelled").0, "/reason", "oversold").len() > 10);
}

#[test]
fn s6_a_slow_warehouse_dispatches_late_and_the_other_does_not() {
    let pair = Pair::of(Scenario::S6);
    let last_day = pair.incident.end - SignedDuration::from_hours(24);
    let (struck, sound) = pair.within("shipment.dispatched", last_day, pair.incident.end);
    let of = |events: &[Value], warehouse| having(events, "/shipment/warehouse", warehouse);
    assert!(of(&struck, "W1").len() * 2 < of(&sound, "W1").len());
    assert_eq!(of(&struck, "W2").len(), of(&sound, "W2").len());
    let median = |events: Vec<Value>| {
        let mut lags: Vec<_> =
            events.iter().map(|event| number(event, "/shipment/lag_ms")).collect();
        lags.sort_unstable();
        lags[lags.len() / 2] as f64
    };
    between(median(of(&struck, "W1")) / median(of(&sound, "W1")), 1.25, 3.2);
}

#[test]
fn s7_a_blind_carrier_is_not_seen_in_one_region_and_delivers_late_there() {
    let pair = Pair::with_days(Scenario::S7, 3);
    let lane = |events: &[Value]| {
        having(&having(events, "/shipment/carrier", "swiftline"), "/shipment/region", "north")
    };
    let (struck, sound) = pair.during("shipment.scan");
    assert_eq!(lane(&struck).len(), 0);
    assert!(lane(&sound).len() > 500);
    between(share(struck.len() - lane(&struck).len(), sound.len() - lane(&sound).len()), 1.0, 1.0);
    let (struck, sound) = pair.since("shipment.delivered");
    let late_share = |events: &[Value]| {
        let of_lane = lane(events);
        share(
            of_lane.iter().filter(|event| event["shipment"]["late"] == true).count(),
            of_lane.len(),
        )
    };
    assert!(
        late_share(&struck) > late_share(&sound) + 0.15,
        "{} {}",
        late_share(&struck),
        late_share(&sound)
    );
}

#[test]
fn s8_a_broken_article_is_complained_about_rated_down_and_sent_back() {
    let pair = Pair::of(Scenario::S8);
    let of_article = |events: &[Value]| having(events, "/product/sku", "SKU-0001");
    let complaints = pair.since("complaint.filed").0;
    assert!(of_article(&complaints).len() > 20, "{}", of_article(&complaints).len());
    let quality = having(&of_article(&complaints), "/ticket/category", "quality");
    between(share(quality.len(), of_article(&complaints).len()), 0.9, 1.0);
    let reviews = of_article(&pair.since("review.posted").0);
    let bad = reviews.iter().filter(|event| number(event, "/ticket/rating") <= 2).count();
    between(share(bad, reviews.len()), 0.7, 1.0);
    let returned = having(&pair.since("refund.completed").0, "/refund/reason", "defective");
    assert_eq!(of_article(&returned).len(), returned.len());
    assert!(returned.len() > 15);
}

#[test]
fn s9_false_clicks_come_from_one_network_and_bring_no_order() {
    let pair = Pair::of(Scenario::S9);
    let (struck, sound) = pair.during("ad.clicked");
    let of = |events: &[Value]| having(events, "/ad/campaign_id", "spring-sale");
    between(share(of(&struck).len(), of(&sound).len()), 4.4, 5.6);
    let from_network =
        |event: &&Value| event["source.ip"].as_str().unwrap().starts_with("192.0.2.");
    let false_clicks = struck.iter().filter(from_network).count();
    assert_eq!(false_clicks, struck.len() - sound.len());
    assert_eq!(pair.since("ad.conversion").0.len(), pair.since("ad.conversion").1.len());
    assert_eq!(pair.during("order.submitted").0, pair.during("order.submitted").1);
}

#[test]
fn s10_a_network_without_tracking_bills_on_and_shows_no_click() {
    let pair = Pair::of(Scenario::S10);
    let first_bill = pair.incident.start + SignedDuration::from_mins(15);
    let (struck, sound) = pair.within("ad.spend_snapshot", first_bill, pair.incident.end);
    let of = |events: &[Value]| having(events, "/ad/network", "socialads");
    let total = |events: &[Value], key: &str| {
        of(events).iter().map(|event| number(event, key)).sum::<i64>()
    };
    assert_eq!(total(&struck, "/ad/clicks"), 0);
    assert_eq!(total(&struck, "/ad/cost_micros"), total(&sound, "/ad/cost_micros"));
    assert_eq!(of(&pair.during("ad.clicked").0).len(), 0);
    assert_eq!(pair.during("order.submitted").0, pair.during("order.submitted").1);
}

#[test]
fn s11_intruders_fail_to_log_in_and_read_the_whole_catalogue() {
    let pair = Pair::of(Scenario::S11);
    between(pair.rise("login.failed"), 6.0, 14.0);
    let pages = |line: &&Line| {
        let text = String::from_utf8_lossy(&line.text).into_owned();
        pair.incident.strikes(line.happened_at)
            && text.contains("198.51.100.")
            && text.contains("GET /product/")
    };
    let paths: BTreeSet<_> = pair
        .struck
        .iter()
        .filter(pages)
        .map(|line| {
            let text = String::from_utf8_lossy(&line.text).into_owned();
            text.split("/product/").nth(1).unwrap().chars().take(4).collect::<String>()
        })
        .collect();
    assert_eq!(paths.len(), 400);
    assert_eq!(pair.during("order.submitted").0, pair.during("order.submitted").1);
}

#[test]
fn s12_thirty_articles_cost_a_hundredth_and_are_bought() {
    let pair = Pair::of(Scenario::S12);
    let feed = having(&pair.since("price.changed").0, "/reason", "price_feed");
    assert_eq!(feed.len(), 60);
    between(pair.rise("order.submitted"), 3.5, 4.5);
    let mean = |events: &[Value]| {
        events.iter().map(|event| minor(event, "/order/amount")).sum::<i64>() as f64
            / events.len() as f64
    };
    let (struck, sound) = pair.during("order.submitted");
    between(mean(&struck) / mean(&sound), 0.15, 0.45);
    for order in struck {
        let parts = ["/order/items", "/order/tax", "/order/shipping"].map(|key| minor(&order, key));
        assert_eq!(
            minor(&order, "/order/amount"),
            parts.iter().sum::<i64>() - minor(&order, "/order/discount")
        );
    }
}

#[test]
fn s13_a_leaked_coupon_takes_twenty_times_the_discount() {
    let pair = Pair::of(Scenario::S13);
    let (struck, sound) = pair.during("coupon.applied");
    let off = |events: &[Value]| {
        events.iter().map(|event| minor(event, "/order/discount")).sum::<i64>() as f64
    };
    between(off(&struck) / off(&sound), 12.0, 30.0);
    let staff = having(&struck, "/coupon/campaign", "staff");
    assert_eq!(staff.len(), struck.len() - sound.len());
    assert_eq!(having(&staff, "/customer/type", "new").len(), staff.len());
}

#[test]
fn s15_a_stale_index_finds_little_and_nothing_of_one_category() {
    let pair = Pair::of(Scenario::S15);
    let empty = |events: &[Value]| {
        share(
            events.iter().filter(|event| number(event, "/search/results") == 0).count(),
            events.len(),
        )
    };
    let (struck, sound) = pair.during("search.performed");
    between(empty(&sound), 0.02, 0.09);
    between(empty(&struck), 0.33, 0.48);
    between(empty(&having(&struck, "/product/category", "jackets")), 0.9, 1.0);
    between(pair.rise("cart.item_added"), 0.4, 0.75);
    assert_eq!(pair.during("order.submitted").0, pair.during("order.submitted").1);
}

#[test]
fn s16_the_app_submits_three_of_ten_orders_twice() {
    let pair = Pair::of(Scenario::S16);
    let (struck, sound) = pair.during("order.submitted");
    let of_app = having(&sound, "/channel", "app");
    between(share(struck.len() - sound.len(), of_app.len()), 0.2, 0.4);
    let mut baskets: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for order in struck {
        let key = format!("{} {}", order["customer"]["id"], order["order"]["basket_hash"]);
        baskets.entry(key).or_default().push(order);
    }
    let twice: Vec<_> = baskets.values().filter(|orders| orders.len() == 2).collect();
    assert!(twice.len() > 20);
    for orders in twice {
        assert_ne!(orders[0]["order"]["id"], orders[1]["order"]["id"]);
        assert!(
            orders
                .iter()
                .all(|order| order["service_version"] == "v3" && order["channel"] == "app")
        );
    }
}

/// Files whose ids follow from what they tell, not from how many things were told before.
const KEYED: [LogFile; 4] =
    [LogFile::Order, LogFile::Payment, LogFile::Fulfilment, LogFile::Support];

#[test]
fn s17_a_silent_host_has_no_heartbeat_and_its_lines_come_at_the_end() {
    let pair = Pair::of(Scenario::S17);
    let Incident { start, end, .. } = pair.incident;
    let written = |host, from, until| {
        let of_host = |line: &&Line| {
            line.host == Some(host) && from <= line.written_at && line.written_at < until
        };
        pair.struck.iter().filter(of_host).count()
    };
    assert_eq!(written(Host::Two, start, end), 0);
    assert!(written(Host::One, start, end) > 1_000);
    assert_eq!(having(&pair.during("agent.heartbeat").0, "/host", "shop-2").len(), 0);
    let texts = |lines: &[Line]| {
        lines
            .iter()
            .filter(|line| KEYED.contains(&line.file))
            .map(|line| line.text.clone())
            .collect::<Vec<_>>()
    };
    let (mut held, mut sound) = (texts(&pair.struck), texts(&pair.sound));
    held.sort_unstable();
    sound.sort_unstable();
    assert_eq!(held, sound, "nothing is lost and nothing else changes");
}

#[test]
fn s18_a_host_eight_hours_ahead_writes_the_same_with_other_stamps() {
    let pair = Pair::of(Scenario::S18);
    assert_eq!(pair.struck.len(), pair.sound.len());
    let is_event =
        |line: &&Line| pair.incident.strikes(line.happened_at) && line.file.format() == "ndjson";
    for line in pair.struck.iter().filter(is_event) {
        let told: Timestamp = json(line)["time"].as_str().unwrap().parse().unwrap();
        let ahead = told.duration_since(line.happened_at).as_hours();
        assert_eq!(ahead, if line.host == Some(Host::Two) { 8 } else { 0 });
    }
}

#[test]
fn s19_three_of_ten_access_lines_have_a_form_that_their_parser_does_not_know() {
    let pair = Pair::of(Scenario::S19);
    let during =
        |line: &&Line| line.file == LogFile::Access && pair.incident.strikes(line.happened_at);
    let lines: Vec<_> = pair.struck.iter().filter(during).collect();
    let drifted = lines.iter().filter(|line| line.kind == Kind::Drifted).count();
    between(share(drifted, lines.len()), 0.25, 0.35);
    assert!(
        pair.struck.iter().all(|line| line.kind != Kind::Drifted || line.file == LogFile::Access)
    );
    assert_eq!(
        requests(&pair.struck, pair.plan.from, pair.incident.start).len(),
        requests(&pair.sound, pair.plan.from, pair.incident.start).len()
    );
}

#[test]
fn s20_a_platform_gives_old_pages_until_its_quota_is_used_up() {
    let pair = Pair::of(Scenario::S20);
    let of = |events: &[Value]| having(events, "/poll/api", "platform-stock");
    let finished = of(&pair.during("poll.finished").0);
    assert_eq!(finished.len(), 9);
    assert!(
        finished
            .iter()
            .all(|poll| poll["poll"]["new_rows"] == 0 && number(poll, "/poll/pages") >= 20)
    );
    let failed = pair.during("poll.failed").0;
    assert_eq!(of(&failed).len(), 9);
    assert_eq!(failed.len(), 9, "no other API fails");
    assert!(failed.iter().all(|poll| poll["reason"] == "quota_exhausted"));
    let stale = having(&pair.during("sync.finished").0, "/inventory/warehouse", "W2");
    assert!(number(stale.last().unwrap(), "/inventory/sync_lag_ms") > 80 * 60_000);
}

#[test]
fn an_incident_of_no_intensity_changes_nothing() {
    for scenario in Scenario::ALL {
        let mut plan = hours(at("2026-03-02T12:00:00Z"), 3);
        let start = at("2026-03-02T13:00:00Z");
        let end = at("2026-03-02T14:00:00Z");
        plan.incidents.push(Incident { end, intensity: 0.0, ..Incident::new(scenario, start) });
        let sound = Plan::new(plan.from, plan.until);
        let shop = Shop::new(ShopConfig::whole(11));
        assert!(shop.events(&plan).eq(shop.events(&sound)), "{scenario}");
    }
}
