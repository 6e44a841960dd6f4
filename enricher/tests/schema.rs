//! Schemas of one's own: forms, texts within texts, translated words, events that are not wanted.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "its files are its own")]

mod support;

use enricher::{Format, Outcome, Pipeline, RawKey, RawParse, RawPipeline, RawRedact, Rule};
use serde_json::Value;

const SCHEMA: &str = r"
version: 1
name: mine
about: a payment provider of a test
rest: drop
inside: { body: json, query: form }
keys: { trade_no: payment.id, state: payment.status, total: payment.amount, note: labels.note, gmt: time }
values: { payment.status: { OK: captured } }
actions:
  - { when: { state: [OK, TRADE_*] }, action: payment.completed }
  - { action: drop }
";

fn pipeline(folder: &tempfile::TempDir, format: Format, schema: &str) -> Pipeline {
    let path = folder.path().join("mine.yml");
    std::fs::write(&path, schema).unwrap();
    let schema = Some(path.to_str().unwrap().to_owned());
    let parse = RawParse { schema, ..RawParse::default() };
    let input = RawPipeline { parse, ..support::input(format, "payment") };
    support::pipeline(&input, &RawRedact::default())
}

fn read(format: Format, line: &str) -> (Outcome, Vec<Value>) {
    read_by(SCHEMA, format, line)
}

/// Reads a line of JSON by the schema of a test, whose head is given.
fn read_json(schema: &str, line: &str) -> Vec<Value> {
    let head = "version: 1\nname: mine\nabout: a platform of a test\nprovider: mine\n";
    read_by(&format!("{head}{schema}"), Format::Ndjson, line).1
}

fn read_by(schema: &str, format: Format, line: &str) -> (Outcome, Vec<Value>) {
    let folder = tempfile::tempdir().unwrap();
    let mut events = Vec::new();
    let read_at = "2026-01-02T03:04:05Z".parse().unwrap();
    let mut pipeline = pipeline(&folder, format, schema);
    let outcome = pipeline.process(&support::line(line.as_bytes(), 0), read_at, &mut events);
    let json = |event: &event::Event| serde_json::from_str(&event.document.to_json()).unwrap();
    (outcome, events.iter().map(json).collect())
}

#[test]
fn a_form_and_what_stands_within_its_texts_are_one_event() {
    let line = "trade_no=9&state=OK&total=12.50&currency=CNY&stranger=x&charset=gbk\
                &body=%7B%22note%22%3A%22%C4%E3%22%2C%22query%22%3A%22gmt%3D2026-01-02T03%3A00%3A00Z%22%7D";
    let (outcome, documents) = read(Format::Form, line);
    assert_eq!((outcome, documents.len()), (Outcome::Keep, 1));
    let document = &documents[0];
    assert_eq!(document["@timestamp"], "2026-01-02T03:00:00.000Z");
    assert_eq!(document["event"]["action"], "payment.completed");
    assert_eq!(document["store"]["payment"]["id"], "9");
    assert_eq!(document["store"]["payment"]["status"], "captured");
    assert_eq!(document["labels"]["note"], "\u{4f60}");
    assert!(document["store"]["extra"]["stranger"].is_null(), "{document}");
    assert_eq!(document["store"]["pipeline"]["parser"], "mine");
}

#[test]
fn what_the_schema_does_not_want_is_dropped_by_a_rule_with_a_name() {
    assert_eq!(
        read(Format::Form, "trade_no=9&state=WAIT"),
        (Outcome::Drop(Rule::NotWanted), vec![])
    );
    let (outcome, documents) = read(Format::Form, "no form at all");
    assert_eq!(outcome, Outcome::Keep);
    assert_eq!(documents[0]["message"], "no form at all");
}

#[test]
fn a_text_that_comes_again_and_again_is_read_a_few_times_only() {
    let notes: Vec<String> =
        (0..100).map(|n| format!(r#""body":"{{\"note\":\"{n}\"}}""#)).collect();
    let line = format!(r#"{{"state":"TRADE_SUCCESS",{}}}"#, notes.join(","));
    let (outcome, documents) = read(Format::Ndjson, &line);
    assert_eq!(outcome, Outcome::Keep);
    assert_eq!(documents[0]["labels"]["note"], "7", "the eighth");
}

#[test]
fn what_a_platform_never_says_stands_in_its_schema() {
    let schema = "set: { currency: CNY, channel: app }\ntimezone: Asia/Shanghai\n\
                  keys: { no: order.id, total: order.amount, at: time, cur: currency }\n";
    let line = r#"{"no":"1","total":"12.50","at":"2026-01-02 11:00:00"}"#;
    let document = &read_json(schema, line)[0];
    assert_eq!(document["store"]["currency"], "CNY");
    assert_eq!(document["store"]["channel"], "app");
    assert_eq!(document["store"]["order"]["amount_minor"], 1250);
    assert_eq!(document["@timestamp"], "2026-01-02T03:00:00.000Z");
    let line = r#"{"cur":"JPY","total":"1250"}"#;
    assert_eq!(read_json(schema, line)[0]["store"]["order"]["amount_minor"], 1250);
}

#[test]
fn a_key_can_mean_what_its_event_says() {
    let schema = "rest: keep\nkeys: { at: time }\nactions:\n\
                  - { when: { topic: refund }, action: refund.completed, keys: { id: refund.id, no: order.id } }\n\
                  - { when: { topic: order }, action: order.submitted, keys: { id: order.id }, set: { funnel.step: submitted } }\n";
    let refund = &read_json(schema, r#"{"id":7,"no":"1","topic":"refund"}"#)[0]["store"];
    assert_eq!((&refund["refund"]["id"], &refund["order"]["id"]), (&"7".into(), &"1".into()));
    let order = &read_json(schema, r#"{"topic":"order","id":1}"#)[0]["store"];
    assert_eq!(order["order"]["id"], "1");
    assert_eq!(order["funnel"]["step"], "submitted");
    assert!(order["refund"].is_null(), "{order}");
    let other = &read_json(schema, r#"{"topic":"else","id":5}"#)[0]["store"];
    assert_eq!(other["extra"]["id"], 5, "nothing is lost where no rule fits");
}

#[test]
fn an_object_and_the_text_of_one_are_read_alike_in_their_place() {
    let schema =
        "rest: drop\ninside: { body: json }\nkeys: { no: order.id, buyer.mood: (extra) }\n";
    for line in [
        r#"{"body":{"no":"1","buyer":{"mood":"good"},"x":1}}"#,
        r#"{"body":"{\"no\":\"1\",\"buyer\":{\"mood\":\"good\"},\"x\":1}"}"#,
    ] {
        let store = &read_json(schema, line)[0]["store"];
        assert_eq!(store["order"]["id"], "1", "{line}");
        assert_eq!(store["extra"], serde_json::json!({ "buyer.mood": "good" }), "{line}");
    }
}

#[test]
fn a_list_of_pairs_and_a_list_of_one_are_objects() {
    let schema = "inside: { params: pairs, tx: single }\n\
                  keys: { params.no: order.id, tx.total: order.amount, tx.at: time }\n";
    let line = r#"{"params":[{"key":"no","value":{"int_value":12}}],"tx":[{"total":1.5,"at":1767322800}]}"#;
    let document = &read_json(schema, line)[0];
    assert_eq!(document["store"]["order"]["id"], "12");
    assert_eq!(document["store"]["order"]["amount_minor"], 150);
    assert_eq!(document["store"]["pipeline"]["parse_status"], "ok");
    let document = &read_json(schema, r#"{"tx":[{"total":1},{"total":2}],"params":3}"#)[0];
    assert_eq!(document["store"]["extra"]["tx"], r#"[{"total":1},{"total":2}]"#);
    assert_eq!(document["store"]["pipeline"]["parse_status"], "partial");
}

#[test]
fn a_request_of_many_events_is_many_lines() {
    let schema = "split: [events]\nkeys: { who: session.id, events.no: order.id, mid: id }\nactions:\n\
                  - { when: { events.name: buy }, action: order.submitted, each: order.line }\n\
                  - { action: drop }\n\
                  each: { list: [events.items, events.lines], keys: { sku: product.sku }, inherit: [order.id] }\n";
    let line = r#"{"events":[{"name":"look"},{"name":"buy","no":"1","items":[{"sku":"a"},{"sku":"b"}]},
                   {"name":"buy","no":"2","items":[],"lines":[{"sku":"c"}]}],"who":"s","mid":"m"}"#;
    let documents = read_json(schema, line);
    let told: Vec<String> = documents
        .iter()
        .map(|document| {
            let store = &document["store"];
            [&store["order"]["id"], &store["product"]["sku"], &store["session"]["id"]]
                .map(|value| value.as_str().unwrap_or("-"))
                .join(" ")
        })
        .collect();
    assert_eq!(told, ["1 - s", "1 a -", "1 b -", "2 - s", "2 c -"]);
    let ids: std::collections::HashSet<&str> =
        documents.iter().filter_map(|document| document["event"]["id"].as_str()).collect();
    assert_eq!(ids.len(), 5, "each has an id of its own");
}

#[test]
fn a_member_of_a_request_that_has_an_id_or_a_version_keeps_it_in_any_request() {
    let schema = "split: [events]\ninside: { events: json }\n\
                  keys: { mid: id, no: order.id, at: version }\nactions: [{ action: order.submitted }]\n";
    let ids = |line: &str| {
        let documents = read_json(schema, line);
        documents.iter().map(|one| one["event"]["id"].clone()).collect::<Vec<Value>>()
    };
    for member in [r#"{"mid":"m","no":"1"}"#, r#"{"no":"1","at":"7"}"#] {
        let alone = ids(&format!(r#"{{"events":[{member}]}}"#));
        let second = ids(&format!(r#"{{"events":[{{"no":"0"}},{member}]}}"#));
        assert_eq!(alone[0], second[1], "{member}");
    }
}

#[test]
fn only_the_members_of_a_list_can_be_events() {
    let schema = "keys: { who: session.id }\nactions:\n\
                  - { when: { items: '[{*' }, action: drop, each: product.viewed }\n\
                  - { action: product.viewed }\n\
                  each: { list: items, keys: { sku: product.sku }, inherit: [session.id] }\n";
    let skus = |line: &str| {
        let documents = read_json(schema, line);
        let sku = |document: &Value| document["store"]["product"]["sku"].clone();
        documents.iter().map(sku).collect::<Vec<Value>>()
    };
    assert_eq!(skus(r#"{"who":"s","items":[{"sku":"a"},{"sku":"b"}]}"#), ["a", "b"]);
    assert_eq!(skus(r#"{"who":"s","items":[]}"#), [Value::Null]);
    assert_eq!(skus(r#"{"who":"s"}"#), [Value::Null]);
}

#[test]
fn an_id_may_need_several_values_and_lists_have_names_of_their_own() {
    let schema = "id: [event, topic]\nactions:\n\
                  - { when: { topic: order }, action: order.submitted, each: order.line }\n\
                  - { action: drop, each: price.changed }\n\
                  each:\n\
                  - { list: lines, keys: { id: order.line_id }, inherit: [id] }\n\
                  - { list: prices, keys: { id: product.id }, inherit: [id] }\n";
    let read = |line: &str| read_json(schema, line);
    let order = read(r#"{"event":"e","topic":"order","lines":[{"id":"1"}]}"#);
    assert_eq!(order[1]["store"]["order"]["line_id"], "1");
    assert_eq!(order[0]["store"]["pipeline"]["key_kind"], "producer");
    let prices = read(r#"{"event":"e","topic":"product","prices":[{"id":"1"}]}"#);
    assert_eq!(prices[0]["store"]["product"]["id"], "1");
    let ids = [&order[0], &order[1], &prices[0]].map(|document| document["event"]["id"].clone());
    assert_ne!(ids[0], ids[1]);
    assert_ne!(ids[1], ids[2], "one event of a shop is told under two topics");
    let nameless = read(r#"{"event":"","topic":"order"}"#);
    assert_eq!(nameless[0]["store"]["pipeline"]["key_kind"], "origin");
}

#[test]
fn a_polled_row_tells_once_what_happened_once() {
    let schema = "version: 1\nname: mine\nabout: rows\nkeys: { tid: order.id }\nactions:\n\
                  - { when: { status: PAID }, action: payment.completed, keys: { pay_time: version } }\n\
                  - { action: order.changed }\n";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.yml");
    std::fs::write(&path, schema).unwrap();
    let parse = RawParse { schema: path.to_str().map(str::to_owned), ..RawParse::default() };
    let key = Some(RawKey { id: "tid".to_owned(), modified: Some("modified".to_owned()) });
    let input = RawPipeline { parse, key, ..support::input(Format::Ndjson, "order") };
    let id = |line: &str| {
        let mut events = Vec::new();
        let mut pipeline = support::pipeline(&input, &RawRedact::default());
        let read_at = "2026-01-02T03:04:05Z".parse().unwrap();
        pipeline.process(&support::line(line.as_bytes(), 0), read_at, &mut events);
        events[0].id
    };
    let paid = |modified: &str| {
        id(&format!(r#"{{"tid":1,"status":"PAID","pay_time":"9:00","modified":"{modified}"}}"#))
    };
    assert_eq!(paid("9:00"), paid("9:30"));
    let other =
        |modified: &str| id(&format!(r#"{{"tid":1,"status":"X","modified":"{modified}"}}"#));
    assert_ne!(other("9:00"), other("9:30"));
}

#[test]
fn what_is_not_taken_of_several_lists_stays() {
    let schema = "actions: [{ action: drop, each: shipment.scan }]\n\
                  each: [{ list: a }, { list: b }]\n";
    assert_eq!(read_json(schema, r#"{"a":[{"x":1}],"b":[{"y":1}]}"#).len(), 1);
    let schema = schema.replace("drop", "order.changed");
    let documents = read_json(&schema, r#"{"a":[{"x":1}],"b":[{"y":1}]}"#);
    assert_eq!(documents[0]["store"]["extra"]["b"], r#"[{"y":1}]"#);
}

#[test]
fn lists_of_one_kind_go_together_and_the_last_of_two_with_one_name_counts() {
    let schema = "actions: [{ action: drop, each: shipment.scan }]\n\
                  each: [{ list: [here, there], keys: { at: shipment.status } }, { list: other }]\n";
    let line = r#"{"here":[{"at":"9"}],"here":[{"at":"1"},{"at":"2"}],"other":[{"at":"5"}],"there":[{"at":"3"}]}"#;
    let documents = read_json(schema, line);
    let at = |document: &Value| document["store"]["shipment"]["status_raw"].clone();
    assert_eq!(documents.iter().map(at).collect::<Vec<Value>>(), ["1", "2", "3"]);
}

#[test]
fn a_member_can_say_itself_what_happened_and_beginnings_are_enough_for_a_word() {
    let schema = "keys: { area: shipment.region }\nactions: [{ action: drop, each: shipment.scan }]\n\
                  values: { shipment.region: { 'CN11*': CN-BJ, 'CN1101*': centre, '*': other } }\n\
                  each:\n\
                  \x20 list: scans\n\
                  \x20 keys: { code: shipment.status }\n\
                  \x20 inherit: [shipment.region]\n\
                  \x20 actions:\n\
                  \x20 - { when: { code: ['3', '30*'] }, action: shipment.delivered }\n\
                  \x20 - { when: { code: x }, action: drop }\n";
    let line = r#"{"area":"CN110999","scans":[{"code":"304"},{"code":"0"},{"code":"x"}]}"#;
    let documents = read_json(schema, line);
    let actions: Vec<&Value> = documents.iter().map(|each| &each["event"]["action"]).collect();
    assert_eq!(actions, ["shipment.delivered", "shipment.scan"]);
    assert_eq!(documents[1]["store"]["shipment"]["region"], "CN-BJ");
    let region = |area: &str| {
        let line = format!(r#"{{"area":"{area}","scans":[{{"code":"0"}}]}}"#);
        read_json(schema, &line)[0]["store"]["shipment"]["region"].clone()
    };
    assert_eq!(region("CN110101"), "centre", "the longest counts");
    assert_eq!(region("DE"), "other");
}

#[test]
fn members_with_a_version_of_their_own_keep_their_id_wherever_they_stand() {
    let schema = "keys: { no: order.id }\nactions: [{ action: order.confirmed, each: shipment.scan }]\n\
                  each: { list: scans, keys: { at: version, code: shipment.status }, inherit: [order.id] }\n";
    let id = |line: &str, place: usize| read_json(schema, line)[place]["event"]["id"].clone();
    let one = r#"{"no":"1","scans":[{"at":"2026-01-02T03:00:00Z","code":"0"}]}"#;
    let two = r#"{"no":"1","scans":[{"at":"2026-01-02T03:01:00Z","code":"0"},{"at":"2026-01-02T03:00:00Z","code":"0"}]}"#;
    assert_eq!(id(one, 1), id(two, 2));
    assert_ne!(id(two, 1), id(two, 2));
    let scan = &read_json(schema, one)[1];
    assert_eq!(scan["@timestamp"], "2026-01-02T03:00:00.000Z", "its version tells its time");
}
