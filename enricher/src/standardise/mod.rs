//! One form for what shops write in many: amounts, statuses, levels, searches.

pub(crate) mod currency;
mod money;
mod status;

use event::Field;

use crate::draft::{Draft, Flag, Form, Money};
use crate::parse::level;
use crate::processor::{Pass, Processor, Step};
use crate::settings::{PipelineSettings, StoreSettings};

/// Longest search that is kept, in characters.
const MOST_QUERY: usize = 64;

/// Brings values to one form.
#[derive(Debug)]
pub(crate) struct Standardise {
    currency: Option<String>,
    provider: Option<String>,
}

impl Standardise {
    pub(crate) fn new(store: &StoreSettings, input: &PipelineSettings) -> Self {
        let provider = input.provider.as_deref().map(str::to_ascii_lowercase);
        Self { currency: store.currency.clone(), provider }
    }

    /// Returns the digits of the minor unit, when the currency is known; writes both into the document.
    fn exponent(&self, draft: &mut Draft) -> Option<u32> {
        let document = &mut draft.event.document;
        let written = document.text(Field::StoreCurrency).map(str::to_ascii_uppercase);
        let code = written.or_else(|| self.currency.clone())?;
        let given = document.long(Field::StoreCurrencyExponent);
        let digits = match given.and_then(|digits| u32::try_from(digits).ok()) {
            Some(digits) if digits <= 9 => digits,
            _ => currency::exponent(&code)?,
        };
        document.set_text(Field::StoreCurrency, &code);
        document.set_long(Field::StoreCurrencyExponent, digits.into());
        Some(digits)
    }

    fn amounts(&self, draft: &mut Draft) {
        if draft.money.is_empty() && !AMOUNTS.iter().any(|&field| draft.event.document.has(field)) {
            return;
        }
        let exponent = self.exponent(draft);
        let waiting = std::mem::take(&mut draft.money);
        for money in &waiting {
            let amount = exponent
                .and_then(|digits| money::minor(draft.read(money.text), digits, money.written));
            match amount {
                Some(amount) => draft.event.document.set_long(money.field, amount),
                None => keep(money, draft),
            }
        }
        draft.money = waiting;
        draft.money.clear();
        if let Some(refund) = draft.event.document.long(Field::StoreRefundAmountMinor) {
            draft.event.document.set_long(Field::StoreRefundAmountMinor, refund.saturating_abs());
        }
        check_sum(draft);
    }
}

/// Fields by which a document is known to hold money.
const AMOUNTS: &[Field] = &[
    Field::StoreBaseAmountMinor,
    Field::StoreOrderAmountMinor,
    Field::StoreOrderItemsMinor,
    Field::StoreOrderTaxMinor,
    Field::StoreOrderShippingMinor,
    Field::StoreOrderDiscountMinor,
    Field::StorePaymentAmountMinor,
    Field::StoreRefundAmountMinor,
    Field::StoreProductPriceMinor,
    Field::StoreProductListPriceMinor,
];

/// Keeps an amount that cannot be converted exactly as it was written.
fn keep(money: &Money, draft: &mut Draft) {
    let (key, text) = (draft.read(money.key).to_owned(), draft.read(money.text).to_owned());
    draft.add_extra(&key, &text, Form::Text);
    draft.partial();
}

/// Compares an order's amount with its parts, where both are told.
fn check_sum(draft: &mut Draft) {
    let document = &draft.event.document;
    let part = |field| i128::from(document.long(field).unwrap_or(0));
    let (Some(amount), Some(items)) =
        (document.long(Field::StoreOrderAmountMinor), document.long(Field::StoreOrderItemsMinor))
    else {
        return;
    };
    let sum =
        i128::from(items) + part(Field::StoreOrderTaxMinor) + part(Field::StoreOrderShippingMinor)
            - part(Field::StoreOrderDiscountMinor);
    if sum != i128::from(amount) {
        draft.flag(Flag::AmountMismatch);
    }
}

/// Writes the canonical name of a status beside the verbatim one.
fn statuses(provider: Option<&str>, draft: &mut Draft) {
    let document = &mut draft.event.document;
    if let Some(raw) = document.text(Field::StoreOrderStatusRaw) {
        let own = document.text(Field::EventProvider).map(str::to_ascii_lowercase);
        let provider = own.as_deref().or(provider).unwrap_or_default();
        let action = document.text(Field::EventAction).unwrap_or_default();
        if let Some(name) = status::order(provider, raw, action) {
            document.set_static(Field::StoreOrderStatus, name);
        }
    }
    if let Some(raw) = document.text(Field::StoreShipmentStatusRaw)
        && let Some(name) = status::shipment(raw)
    {
        document.set_static(Field::StoreShipmentStatus, name);
    }
    if let Some(raw) = document.text(Field::StorePaymentStatus)
        && let Some(name) = status::payment(raw)
    {
        document.set_static(Field::StorePaymentStatus, name);
    }
    if let Some(raw) = document.text(Field::StorePaymentFailureCodeRaw)
        && let Some(name) = status::failure_code(raw)
    {
        document.set_static(Field::StorePaymentFailureCode, name);
    }
}

fn search(draft: &mut Draft) {
    let Some(query) = draft.event.document.text(Field::StoreSearchQueryNorm) else { return };
    let mut short = String::new();
    for word in query.split_whitespace() {
        if !short.is_empty() {
            short.push(' ');
        }
        short.extend(word.chars().flat_map(char::to_lowercase));
    }
    let short: String = short.chars().take(MOST_QUERY).collect();
    draft.event.document.set_text(Field::StoreSearchQueryNorm, &short);
}

impl Processor for Standardise {
    fn process(&mut self, draft: &mut Draft, _pass: &mut Pass<'_>) -> Step {
        // An access line holds nothing of all this.
        if draft.is_request {
            return Step::Continue;
        }
        self.amounts(draft);
        statuses(self.provider.as_deref(), draft);
        search(draft);
        let document = &mut draft.event.document;
        if let Some(level) = document.text(Field::LogLevel).and_then(level::canonical) {
            document.set_static(Field::LogLevel, level);
        }
        Step::Continue
    }
}

#[cfg(test)]
mod tests;
