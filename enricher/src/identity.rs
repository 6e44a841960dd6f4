//! Identity: the same fact gets the same id, however often it is read or redelivered.
//!
//! In order of preference: what the producer calls the event; its natural key (provider, action, entity, status, version
//! or modified time); the place of its line. Content alone is never a key: two equal lines can be two sales. Without a
//! version or a modified time there is no natural key either, since an entity may pass through one status twice. What gets
//! a pseudonym stands in a key as that pseudonym, because a hash of it could be enumerated; without a secret for
//! pseudonyms such an event has no natural key.

use event::{Dataset, EventId, Field, KeyKind};

use crate::draft::{Draft, PartKey};
use crate::processor::{Pass, Processor, Step};
use crate::redact::pseudonym::Pseudonyms;
use crate::settings::{PipelineSettings, StoreSettings};

/// Sets the id of an event.
#[derive(Debug)]
pub(crate) struct Identity {
    store: String,
    dataset: Dataset,
    provider: String,
    pseudonyms: Pseudonyms,
    key: String,
}

impl Identity {
    pub(crate) fn new(store: &StoreSettings, input: &PipelineSettings) -> Self {
        Self {
            store: store.id.clone(),
            dataset: input.datasets.own(),
            provider: input.provider.clone().unwrap_or_default(),
            pseudonyms: store.pseudonyms.clone(),
            key: String::new(),
        }
    }

    /// Writes the natural key of a polled row, if it is one.
    ///
    /// A row without a modified time never changes, as far as its configuration says.
    fn row(&mut self, draft: &Draft) -> Option<()> {
        if draft.row_id.is_empty() {
            return None;
        }
        self.key.clear();
        part(&mut self.key, "row");
        part(&mut self.key, draft.event.document.text(Field::EventAction).unwrap_or("-"));
        part(&mut self.key, draft.read(draft.row_id));
        part(&mut self.key, draft.read(draft.row_modified));
        Some(())
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
            } else if let Some(value) =
                draft.sensitive.iter().rev().find(|value| value.field == Some(field))
            {
                // Without it two parcels of one order would have one key.
                let id = self.pseudonyms.make(draft.read(value.text).trim_ascii())?;
                part(&mut self.key, std::str::from_utf8(&id).unwrap_or_default());
                entities += 1;
            }
        }
        if entities == 0 {
            return None;
        }
        // Lines of an order are often told apart by nothing but their order.
        if draft.event.origin.part > 0 && draft.part_key == PartKey::Place {
            part(&mut self.key, &draft.event.origin.part.to_string());
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
    let mut rest = text;
    while let Some(at) = rest.find(['%', '/']) {
        let (clean, odd) = rest.split_at_checked(at).unwrap_or((rest, ""));
        key.push_str(clean);
        key.push_str(if odd.starts_with('%') { "%25" } else { "%2F" });
        rest = odd.get(1..).unwrap_or_default();
    }
    key.push_str(rest);
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
        let dataset = draft.event.dataset.unwrap_or(self.dataset).as_str();
        let producer =
            if draft.producer_id.is_empty() { click } else { Some(draft.read(draft.producer_id)) };
        let (kind, id) = if self.row(draft).is_some() {
            let provider = draft.event.document.text(Field::EventProvider);
            let provider = provider.unwrap_or(&self.provider);
            let kind = KeyKind::Natural;
            (kind, EventId::keyed(&self.store, dataset, kind, provider, &self.key))
        } else if let Some(key) = producer {
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
mod tests;
