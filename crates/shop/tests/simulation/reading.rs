//! Reads the lines of a simulated shop back, as a stranger would.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use event::Field;
use jiff::{SignedDuration, Timestamp};
use regex::Regex;
use serde_json::Value;
use shop::{Breadth, Incident, Kind, Line, LogFile, Plan, Scenario, Shop, ShopConfig};

static ACCESS: LazyLock<Regex> = LazyLock::new(|| {
    let agent = r#""([^"]*)" "([^"]*)""#;
    let pattern = format!(
        r#"^([0-9.]+) - - \[(\d\d/[A-Z][a-z]{{2}}/\d{{4}}(?::\d\d){{3}} [+-]\d{{4}})\] "(GET|POST) (\S+) HTTP/1\.1" (\d{{3}}) (\d+) {agent} rt=(\d+\.\d{{3}}) urt=\d+\.\d{{3}}$"#
    );
    Regex::new(&pattern).unwrap()
});

/// A request as the access log tells it.
pub(crate) struct Request {
    pub(crate) stamp: String,
    pub(crate) path: String,
    pub(crate) status: u16,
    pub(crate) agent: String,
    pub(crate) took_ms: f64,
}

pub(crate) fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

/// A Monday.
pub(crate) fn monday() -> Timestamp {
    at("2026-03-02T00:00:00Z")
}

pub(crate) fn hours(from: Timestamp, count: i64) -> Plan {
    Plan::new(from, from + SignedDuration::from_hours(count))
}

/// Hours of a Monday from noon on, with an incident from the second on and two hours behind it.
pub(crate) fn struck_by(scenario: Scenario) -> (Plan, Incident) {
    let length = (scenario.usual_minutes() + 59) / 60;
    let mut plan = hours(at("2026-03-02T12:00:00Z"), 3 + length);
    let incident = Incident::new(scenario, at("2026-03-02T13:00:00Z"));
    plan.incidents.push(incident.clone());
    (plan, incident)
}

pub(crate) fn lines(plan: &Plan) -> Vec<Line> {
    Shop::new(ShopConfig { breadth: plan.breadth(), ..ShopConfig::small(11) })
        .events(plan)
        .collect()
}

/// The lines of a shop whose lines are all prompt, single and whole.
pub(crate) fn clear_lines(plan: &Plan) -> Vec<Line> {
    of_clear_shop(plan, ShopConfig { breadth: plan.breadth(), ..ShopConfig::small(11) })
}

/// The same of a shop of this breadth with a fifth of the business, for spans of days.
pub(crate) fn small_lines(plan: &Plan, breadth: Breadth) -> Vec<Line> {
    of_clear_shop(plan, ShopConfig { breadth, orders_per_day: 960.0, ..ShopConfig::small(11) })
}

fn of_clear_shop(plan: &Plan, config: ShopConfig) -> Vec<Line> {
    let shares = ShopConfig { late_share: 0.0, duplicate_share: 0.0, ..config };
    Shop::new(ShopConfig { malformed_share: 0.0, ..shares }).events(plan).collect()
}

/// Facts told for the first time, by what they tell happened.
pub(crate) fn facts(
    lines: &[Line],
    from: Timestamp,
    until: Timestamp,
) -> impl Iterator<Item = &Line> {
    lines.iter().filter(move |line| {
        matches!(line.kind, Kind::Prompt | Kind::Late)
            && from <= line.happened_at
            && line.happened_at < until
    })
}

/// The events of one action.
pub(crate) fn events(
    lines: &[Line],
    action: &str,
    from: Timestamp,
    until: Timestamp,
) -> Vec<Value> {
    facts(lines, from, until)
        .filter(|line| line.file.format() == "ndjson")
        .map(json)
        .filter(|event| event["action"] == action)
        .collect()
}

pub(crate) fn requests(lines: &[Line], from: Timestamp, until: Timestamp) -> Vec<Request> {
    facts(lines, from, until).filter(|line| line.file == LogFile::Access).map(request).collect()
}

pub(crate) fn json(line: &Line) -> Value {
    serde_json::from_slice(&line.text).unwrap_or_else(|error| panic!("{error}: {}", text(line)))
}

pub(crate) fn request(line: &Line) -> Request {
    let text = text(line);
    let parts = ACCESS.captures(&text).unwrap_or_else(|| panic!("no access line: {text}"));
    Request {
        stamp: parts[2].to_owned(),
        path: parts[4].to_owned(),
        status: parts[5].parse().unwrap(),
        agent: parts[8].to_owned(),
        took_ms: parts[9].parse::<f64>().unwrap() * 1_000.0,
    }
}

/// Keys of the envelope, whose names differ from those of their fields.
const ENVELOPE: [&str; 16] = [
    "time",
    "id",
    "action",
    "kind",
    "provider",
    "outcome",
    "reason",
    "level",
    "message",
    "service",
    "service_version",
    "host",
    "email",
    "customer.id",
    "coupon.code",
    "agent.id",
];

/// The keys of events that stand for no field of the dictionary.
pub(crate) fn unknown_keys(lines: &[Line]) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    let is_event = |line: &&Line| line.file.format() == "ndjson" && line.kind != Kind::Malformed;
    for line in lines.iter().filter(is_event) {
        collect_keys(&json(line), "", &mut keys);
    }
    let is_known = |key: &str| {
        [key.to_owned(), format!("store.{key}"), format!("store.{key}_minor")]
            .iter()
            .any(|path| Field::from_path(path).is_some())
    };
    keys.retain(|key| !ENVELOPE.contains(&key.as_str()) && !is_known(key));
    keys
}

fn collect_keys(value: &Value, prefix: &str, keys: &mut BTreeSet<String>) {
    let Value::Object(members) = value else {
        keys.insert(prefix.to_owned());
        return;
    };
    for (key, member) in members {
        let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        collect_keys(member, &path, keys);
    }
}

pub(crate) fn text(line: &Line) -> String {
    String::from_utf8_lossy(&line.text).into_owned()
}

pub(crate) fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

#[track_caller]
pub(crate) fn between(value: f64, low: f64, high: f64) {
    assert!((low..=high).contains(&value), "{value} is not between {low} and {high}");
}
