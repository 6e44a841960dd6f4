use super::*;
use crate::counters::Counters;
use crate::draft::Written;

fn standardise(fill: impl FnOnce(&mut Draft)) -> Draft {
    let mut draft = Draft::new();
    fill(&mut draft);
    let mut step =
        Standardise { currency: Some("EUR".to_owned()), provider: Some("shopify".to_owned()) };
    let mut counters = Counters::default();
    let read_at = jiff::Timestamp::UNIX_EPOCH;
    step.process(
        &mut draft,
        &mut Pass { read_at, path: "", taken_at: None, counters: &mut counters },
    );
    draft
}

fn money(draft: &mut Draft, field: Field, text: &str) {
    let (key, text) = (draft.note("amount"), draft.note(text));
    draft.money.push(Money { field, key, text, written: Written::Text });
}

#[test]
fn the_currency_of_the_shop_holds_where_the_line_names_none() {
    let draft = standardise(|draft| money(draft, Field::StoreOrderAmountMinor, "200.07"));
    assert_eq!(
        draft.event.document.to_json(),
        r#"{"store":{"currency":"EUR","currency_exponent":2,"order":{"amount_minor":20007}}}"#
    );
}

#[test]
fn an_amount_without_a_known_currency_is_kept_as_it_was() {
    let draft = standardise(|draft| {
        draft.event.document.set_text(Field::StoreCurrency, "XXL");
        money(draft, Field::StoreOrderAmountMinor, "200.07");
    });
    assert_eq!(draft.event.document.long(Field::StoreOrderAmountMinor), None);
    assert_eq!(draft.extras.len(), 1);
    assert_eq!(draft.status, crate::draft::ParseStatus::Partial);
}

#[test]
fn a_sum_that_does_not_fit_is_flagged_and_kept() {
    let flagged = |shipping: &str| {
        standardise(|draft| {
            money(draft, Field::StoreOrderAmountMinor, "110.00");
            money(draft, Field::StoreOrderItemsMinor, "100.00");
            money(draft, Field::StoreOrderTaxMinor, "8.00");
            money(draft, Field::StoreOrderShippingMinor, shipping);
            money(draft, Field::StoreOrderDiscountMinor, "3.00");
        })
        .flags()
        .any(|flag| flag == Flag::AmountMismatch)
    };
    assert!(!flagged("5.00"));
    assert!(flagged("5.01"));
}

#[test]
fn a_refund_is_a_positive_number() {
    let draft = standardise(|draft| money(draft, Field::StoreRefundAmountMinor, "-5.00"));
    assert_eq!(draft.event.document.long(Field::StoreRefundAmountMinor), Some(500));
}

#[test]
fn the_provider_of_an_event_comes_before_that_of_its_input() {
    let status = |provider: Option<&str>, raw: &str| {
        let draft = standardise(|draft| {
            if let Some(provider) = provider {
                draft.event.document.set_text(Field::EventProvider, provider);
            }
            draft.event.document.set_text(Field::StoreOrderStatusRaw, raw);
        });
        draft.event.document.text(Field::StoreOrderStatus).map(str::to_owned)
    };
    assert_eq!(status(None, "fulfilled").as_deref(), Some("shipped"));
    assert_eq!(status(Some("Taobao"), "TRADE_CLOSED").as_deref(), Some("refunded"));
}

#[test]
fn a_search_is_small_and_short() {
    let draft = standardise(|draft| {
        let long = format!("  Red   SHOES {}", "x".repeat(99));
        draft.event.document.set_text(Field::StoreSearchQueryNorm, &long);
    });
    let query = draft.event.document.text(Field::StoreSearchQueryNorm).unwrap().to_owned();
    assert!(query.starts_with("red shoes xxx"));
    assert_eq!(query.chars().count(), 64);
}
