//! Identity: the same fact gets the same id, however often it is read or redelivered.
//!
//! In order of preference: what the producer calls the event; its natural key (provider, action, entity, status, version
//! or modified time); the place of its line. Content alone is never a key: two equal lines can be two sales. Without a
//! version or a modified time there is no natural key either, since an entity may pass through one status twice.

use event::{Dataset, EventId, Field, KeyKind};

use crate::draft::Draft;
use crate::processor::{Pass, Processor, Step};
use crate::settings::{PipelineSettings, StoreSettings};

/// Sets the id of an event.
#[derive(Debug)]
pub(crate) struct Identity {
    store: String,
    dataset: Dataset,
    provider: String,
    key: String,
}

impl Identity {
    pub(crate) fn new(store: &StoreSettings, input: &PipelineSettings) -> Self {
        Self {
            store: store.id.clone(),
            dataset: input.dataset,
            provider: input.provider.clone().unwrap_or_default(),
            key: String::new(),
        }
    }

    /// Writes the natural key, if the draft has one.
    fn natural(&mut self, draft: &Draft) -> Option<()> {
        self.key.clear();
        let document = &draft.event.document;
        let action = document.text(Field::EventAction)?;
        if draft.version.is_empty() {
            return None;
        }
        part(&mut self.key, action);
        let mut entities = 0;
        for &field in entity(action) {
            if let Some(id) = document.text(field) {
                part(&mut self.key, id);
                entities += 1;
            }
        }
        if entities == 0 {
            return None;
        }
        let statuses =
            [Field::StoreOrderStatusRaw, Field::StorePaymentStatus, Field::StoreShipmentStatusRaw];
        let status = statuses.into_iter().find_map(|field| document.text(field));
        part(&mut self.key, status.unwrap_or("-"));
        part(&mut self.key, draft.read(draft.version));
        Some(())
    }
}

/// Appends a part; a slash in it is escaped, so no two keys run into one.
fn part(key: &mut String, text: &str) {
    if !key.is_empty() {
        key.push('/');
    }
    for c in text.chars() {
        match c {
            '%' => key.push_str("%25"),
            '/' => key.push_str("%2F"),
            _ => key.push(c),
        }
    }
}

/// Returns the fields that name what an action is about.
fn entity(action: &str) -> &'static [Field] {
    match action.split('.').next().unwrap_or_default() {
        "cart" => &[Field::StoreCartId, Field::StoreProductSku],
        "order" | "checkout" | "coupon" => &[Field::StoreOrderId, Field::StoreOrderLineId],
        "payment" | "chargeback" => &[Field::StoreOrderId, Field::StorePaymentId],
        "refund" => &[Field::StoreOrderId, Field::StoreRefundId],
        "fulfilment" | "pick" | "pack" | "shipment" => {
            &[Field::StoreOrderId, Field::StoreShipmentId]
        }
        "stock" | "price" | "product" | "sync" => {
            &[Field::StoreProductSku, Field::StoreProductId, Field::StoreInventoryWarehouse]
        }
        "ticket" | "complaint" | "review" | "return" | "chat" => {
            &[Field::StoreTicketId, Field::StoreOrderId]
        }
        "ad" | "campaign" => {
            &[Field::StoreAdCampaignId, Field::StoreAdAdgroupId, Field::StoreAdClickId]
        }
        _ => &[],
    }
}

impl Processor for Identity {
    fn process(&mut self, draft: &mut Draft, _pass: &mut Pass<'_>) -> Step {
        if draft.is_request {
            return Step::Continue;
        }
        let clicked = draft.event.document.text(Field::EventAction) == Some("ad.clicked");
        let click = if clicked { draft.event.document.text(Field::StoreAdClickId) } else { None };
        let dataset = self.dataset.as_str();
        let producer =
            if draft.producer_id.is_empty() { click } else { Some(draft.read(draft.producer_id)) };
        let (kind, id) = if let Some(key) = producer {
            let provider = draft.event.document.text(Field::EventProvider);
            let provider = provider.unwrap_or(&self.provider);
            let kind = KeyKind::Producer;
            (kind, EventId::keyed(&self.store, dataset, kind, provider, key))
        } else if self.natural(draft).is_some() {
            let provider = draft.event.document.text(Field::EventProvider);
            let provider = provider.unwrap_or(&self.provider);
            let kind = KeyKind::Natural;
            (kind, EventId::keyed(&self.store, dataset, kind, provider, &self.key))
        } else {
            return Step::Continue;
        };
        draft.event.id = id;
        draft.event.key_kind = kind;
        Step::Continue
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counters::Counters;

    fn identify(fill: impl FnOnce(&mut Draft)) -> (KeyKind, EventId) {
        let mut draft = Draft::new();
        fill(&mut draft);
        let mut step = Identity {
            store: "shop-1".to_owned(),
            dataset: Dataset::Order,
            provider: "shopify".to_owned(),
            key: String::new(),
        };
        let mut counters = Counters::default();
        let read_at = jiff::Timestamp::UNIX_EPOCH;
        step.process(&mut draft, &mut Pass { read_at, path: "", counters: &mut counters });
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
}
