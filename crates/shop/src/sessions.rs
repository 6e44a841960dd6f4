//! Visits as sessions: who looks, who fills a cart, who gets how far in the checkout, and what they search for.

use crate::catalogue::Product;
use crate::chance::{Chance, whole};
use crate::conditions::Conditions;
use crate::moment::{Minute, Moment, SECOND_MS};
use crate::order::Order;
use crate::visit::{Search, Term, searched, within};

/// Sessions that look at an article and buy nothing, for each order.
const LOOKING_PER_ORDER: f64 = 3.0;
/// Of those that have come to a step, the share that takes the next one: cart, checkout, address, payment.
const GOES_ON: [f64; 4] = [0.35, 0.45, 0.60, 0.35];
const SEARCHES_PER_ORDER: f64 = 2.0;

/// The steps to an order: `event.action` and `store.funnel.step`.
pub(crate) const STEPS: [(&str, &str); 5] = [
    ("product.viewed", "view"),
    ("cart.item_added", "cart"),
    ("checkout.started", "checkout"),
    ("checkout.step", "address"),
    ("checkout.step", "payment"),
];

/// A visitor takes a step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    pub(crate) session: u64,
    pub(crate) channel: &'static str,
    pub(crate) product: Product,
    /// Place in [`STEPS`].
    pub(crate) place: usize,
}

/// Tells the steps of those who buy nothing.
pub(crate) fn looking(
    minute: Minute,
    orders: f64,
    conditions: &Conditions,
    chance: &mut Chance,
    tell: &mut dyn FnMut(Moment, Step),
) {
    if conditions.is_closed(minute.start()) {
        return;
    }
    for _ in 0..chance.poisson(orders * LOOKING_PER_ORDER) {
        let mut at = within(minute, chance);
        let session = chance.bits();
        let channel = chance.pick(&[("web", 0.6), ("app", 0.4)]);
        let product = Product::drawn(chance);
        for place in 0..STEPS.len() {
            tell(at, Step { session, channel, product, place });
            let goes_on = GOES_ON.get(place).copied().unwrap_or_default();
            // An incident must not shift what it does not strike, so the number is drawn all the same.
            let drawn = chance.unit();
            let goes_on = if place == 0 { goes_on * conditions.cart_share(at) } else { goes_on };
            if drawn >= goes_on {
                break;
            }
            let seconds = chance.log_normal(35.0, 0.7);
            at = at.plus_ms(whole(seconds * SECOND_MS as f64));
        }
    }
}

/// Tells what is searched for.
pub(crate) fn searching(
    minute: Minute,
    orders: f64,
    conditions: &Conditions,
    chance: &mut Chance,
    tell: &mut dyn FnMut(Moment, Search),
) {
    if conditions.is_closed(minute.start()) {
        return;
    }
    for _ in 0..chance.poisson(orders * SEARCHES_PER_ORDER) {
        let at = within(minute, chance);
        let term = Term::drawn(chance);
        let stale = chance.unit() < conditions.stale_search_share(at, term.category);
        let found = searched(term, chance);
        tell(at, if stale { Search { results: 0, ..found } } else { found });
    }
}

/// Tells the steps of the visit in which an order was placed, all within the minute of its placing.
pub(crate) fn buying(order: &Order, tell: &mut dyn FnMut(Moment, Step)) {
    let Some(product) = order.first() else { return };
    let start = order.placed.minute().start();
    let passed_ms = order.placed.since_ms(start);
    for place in 0..STEPS.len() {
        let part = i64::try_from(place + 1).unwrap_or_default();
        let at = start.plus_ms(passed_ms * part / 6);
        tell(at, Step { session: order.session(), channel: order.channel, product, place });
    }
}
