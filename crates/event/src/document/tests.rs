use super::*;
use expect_test::{Expect, expect};
use serde_json::value::RawValue;

#[test]
fn a_field_that_was_removed_can_be_set_again() {
    let mut document = Document::new();
    document.set_text(Field::Message, "one");
    assert!(document.remove(Field::Message));
    assert!(!document.has(Field::Message) && document.get(Field::Message).is_none());
    assert_eq!(document.to_json(), "{}");
    document.set_text(Field::Message, "two");
    assert_eq!(document.to_json(), r#"{"message":"two"}"#);
}

fn check(build: impl FnOnce(&mut Document), want: &Expect) {
    let mut document = Document::new();
    build(&mut document);
    let json = document.to_json();
    assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok(), "no JSON: {json}");
    want.assert_eq(&json);
}

fn raw(json: &str) -> Box<RawValue> {
    RawValue::from_string(json.to_owned()).unwrap()
}

#[test]
fn paths_become_nested_objects_in_the_order_of_the_dictionary() {
    check(
        |document| {
            document.set_static(Field::UrlPath, "/cart");
            document.set_text(Field::StoreOrderId, "1001");
            document.set_long(Field::StoreOrderAmountMinor, 20_007);
            document.set_text(Field::StoreId, "shop-1");
            document.set_time(Field::Timestamp, "2026-01-02T03:04:05.678912Z".parse().unwrap());
            document.set_boolean(Field::StoreShipmentLate, true);
            document.set_long(Field::HttpResponseStatusCode, 200);
            document.set_double(Field::StoreBaseFxRate, 0.1);
        },
        &expect![[
            r#"{"@timestamp":"2026-01-02T03:04:05.678Z","http":{"response":{"status_code":200}},"store":{"base":{"fx_rate":0.1},"id":"shop-1","order":{"amount_minor":20007,"id":"1001"},"shipment":{"late":true}},"url":{"path":"/cart"}}"#
        ]],
    );
}

#[test]
fn an_empty_document_is_an_empty_object() {
    check(|_| {}, &expect!["{}"]);
}

#[test]
fn text_is_escaped() {
    check(
        |document| document.set_text(Field::Message, "a \"b\"\\ \n\u{1}\u{1b}[31m 京"),
        &expect![[r#"{"message":"a \"b\"\\ \n\u0001\u001b[31m 京"}"#]],
    );
}

#[test]
fn the_last_value_of_a_field_counts_and_a_removed_one_is_gone() {
    check(
        |document| {
            document.set_text(Field::Message, "first");
            document.set_text(Field::UserName, "someone");
            document.set_text(Field::Message, "second");
            assert!(document.remove(Field::UserName));
            assert!(!document.remove(Field::UserName));
        },
        &expect![[r#"{"message":"second"}"#]],
    );
}

#[test]
fn a_list_grows_and_holds_a_value_once() {
    check(
        |document| {
            document.push(Field::StorePipelineFlags, "tz_assumed");
            document.push(Field::StorePipelineFlags, "bad_utf8");
            document.push(Field::StorePipelineFlags, "tz_assumed");
        },
        &expect![[r#"{"store":{"pipeline":{"flags":["tz_assumed","bad_utf8"]}}}"#]],
    );
}

#[test]
fn unknown_members_stand_in_store_extra() {
    check(
        |document| {
            document.add_extra("a\"b", &raw("[1,2]"));
            document.add_extra("c", &raw("\"x\""));
            document.set_text(Field::StoreFunnelStep, "cart");
        },
        &expect![[r#"{"store":{"extra":{"a\"b":[1,2],"c":"x"},"funnel":{"step":"cart"}}}"#]],
    );
}

#[test]
fn a_number_that_json_does_not_know_is_null() {
    check(
        |document| document.set_double(Field::StoreBaseFxRate, f64::NAN),
        &expect![[r#"{"store":{"base":{"fx_rate":null}}}"#]],
    );
}

#[test]
fn a_cleared_document_remembers_nothing() {
    let mut document = Document::new();
    document.set_text(Field::Message, "secret");
    document.add_extra("a", &raw("1"));
    document.clear();
    assert_eq!(document.to_json(), "{}");
    assert_eq!(document.fields().count(), 0);
}
