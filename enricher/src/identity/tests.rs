use super::*;
use crate::counters::Counters;
use crate::draft::Personal;

fn identify(fill: impl FnOnce(&mut Draft)) -> (KeyKind, EventId) {
    let mut draft = Draft::new();
    fill(&mut draft);
    let mut step = Identity {
        store: "shop-1".to_owned(),
        dataset: Dataset::Order,
        provider: "shopify".to_owned(),
        pseudonyms: Pseudonyms::with_key(b"0123456789abcdef", "1").unwrap(),
        key: String::new(),
    };
    let mut counters = Counters::default();
    let read_at = jiff::Timestamp::UNIX_EPOCH;
    step.process(
        &mut draft,
        &mut Pass { read_at, path: "", taken_at: None, counters: &mut counters },
    );
    (draft.event.key_kind, draft.event.id)
}

fn order(draft: &mut Draft, id: &str, version: &str) {
    draft.event.document.set_text(Field::EventAction, "order.submitted");
    draft.event.document.set_text(Field::StoreOrderId, id);
    draft.event.document.set_text(Field::StoreOrderStatusRaw, "paid");
    draft.version = draft.note(version);
}

#[test]
fn the_id_of_the_producer_comes_first() {
    let (kind, id) = identify(|draft| {
        order(draft, "1001", "3");
        draft.producer_id = draft.note("evt-1");
    });
    assert_eq!(kind, KeyKind::Producer);
    let want = EventId::keyed("shop-1", "store.order", KeyKind::Producer, "shopify", "evt-1");
    assert_eq!(id, want);
}

#[test]
fn an_update_has_another_version_and_another_key() {
    let (kind, third) = identify(|draft| order(draft, "1001", "3"));
    assert_eq!(kind, KeyKind::Natural);
    assert_eq!(third.to_string(), "i2LDeA-b1D0OvgdweixGsg");
    assert_ne!(third, identify(|draft| order(draft, "1001", "4")).1);
    assert_eq!(third, identify(|draft| order(draft, "1001", "3")).1);
}

#[test]
fn a_slash_does_not_move_a_key() {
    let one = identify(|draft| order(draft, "a/paid", "3")).1;
    let other = identify(|draft| {
        order(draft, "a", "3");
        draft.event.document.set_text(Field::StoreOrderStatusRaw, "paid/paid");
    });
    assert_ne!(one, other.1);
}

#[test]
fn without_a_version_or_an_entity_the_place_of_the_line_decides() {
    assert_eq!(identify(|draft| order(draft, "1001", "")).0, KeyKind::Origin);
    let no_entity = identify(|draft| {
        order(draft, "1001", "3");
        draft.event.document.remove(Field::StoreOrderId);
    });
    assert_eq!(no_entity.0, KeyKind::Origin);
}

#[test]
fn a_click_is_known_by_its_click_id() {
    let (kind, _) = identify(|draft| {
        draft.event.document.set_text(Field::EventAction, "ad.clicked");
        draft.event.document.set_text(Field::StoreAdClickId, "c-77");
    });
    assert_eq!(kind, KeyKind::Producer);
}

#[test]
fn a_polled_row_is_named_by_its_key_whatever_else_it_holds() {
    let row = |modified: &str, status: &str| {
        identify(|draft| {
            order(draft, "1001", "3");
            draft.event.document.set_text(Field::StoreOrderStatusRaw, status);
            draft.producer_id = draft.note("1001");
            draft.row_id = draft.note("1001");
            draft.row_modified = draft.note(modified);
        })
    };
    let (kind, first) = row("2026-01-02 03:04:05", "paid");
    assert_eq!(kind, KeyKind::Natural);
    let key = "row/order.submitted/1001/2026-01-02 03:04:05";
    assert_eq!(first, EventId::keyed("shop-1", "store.order", KeyKind::Natural, "shopify", key));
    assert_eq!(first, row("2026-01-02 03:04:05", "shipped").1);
    assert_ne!(first, row("2026-01-02 03:04:06", "paid").1);
}

#[test]
fn what_gets_a_pseudonym_names_its_event_by_the_pseudonym() {
    let scan = |number: &str, version: &str| {
        identify(|draft| {
            draft.event.document.set_text(Field::EventAction, "shipment.scan");
            draft.add_sensitive(Personal::Id, Some(Field::StoreShipmentId), "nu", number);
            draft.version = draft.note(version);
        })
    };
    let (kind, first) = scan("SF100200300", "7");
    assert_eq!(kind, KeyKind::Natural);
    let pseudonyms = Pseudonyms::with_key(b"0123456789abcdef", "1").unwrap();
    let made = pseudonyms.make("SF100200300").unwrap();
    let key = format!("shipment.scan/{}/-/7", std::str::from_utf8(&made).unwrap());
    assert_eq!(first, EventId::keyed("shop-1", "store.order", KeyKind::Natural, "shopify", &key));
    assert_ne!(first, scan("SF100200301", "7").1);
    assert_ne!(first, scan("SF100200300", "8").1);
}
