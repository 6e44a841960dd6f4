//! The life of an order from its submission on: payments, confirmation, shipment, cancellation, refund.

mod parcel;
mod support;

use crate::catalogue::{Catalogue, Product};
use crate::chance::{Chance, whole};
use crate::conditions::Conditions;
use crate::config::{Breadth, ShopConfig};
use crate::fact::{Attempt, Cancellation, Fact, OrderLine, Refund, Shipment};
use crate::hours::WORKED_MINUTES;
use crate::moment::{DAY_MS, HOUR_MS, MINUTE_MS, Moment, SECOND_MS};
use crate::order::{Doom, Order};

const MOST_ATTEMPTS: u8 = 3;
const TRY_AGAIN_SHARE: f64 = 0.65;
/// People blame the shop, not their card, and try again more often.
const TRY_AGAIN_AFTER_GATEWAY_ERROR_SHARE: f64 = 0.80;
const UNPAID_CANCELLED_AFTER_MS: i64 = 30 * MINUTE_MS;
const CANCELLED_SHARE: f64 = 0.025;
const RETURNED_SHARE: f64 = 0.025;

/// Why payments fail on any day, as the canonical code and how often.
const FAILURES: [(&str, f64); 7] = [
    ("declined", 0.40),
    ("insufficient_funds", 0.25),
    ("3ds_failed", 0.12),
    ("invalid_card", 0.08),
    ("user_cancelled", 0.08),
    ("timeout", 0.05),
    ("gateway_error", 0.02),
];

/// Orders to dispatch: median 2.2 days, 95 of 100 within 8.9; to delivery 10.3 and 29.1. So are real shops.
const DISPATCH_DAYS: (f64, f64) = (2.2, 0.85);
const DELIVERY_DAYS: (f64, f64) = (10.3, 0.63);
const LONGEST_DELIVERY_DAYS: f64 = 44.0;
/// How long before its start a history must begin to live, so that the shipments of its first day have orders.
pub(crate) const LONGEST_LIFE_MS: i64 = 45 * DAY_MS;

/// Carriers: their share of shipments and the share of theirs that comes late; 8 % in all.
const CARRIERS: [((&str, f64), f64); 3] =
    [(("swiftline", 0.06), 0.45), (("parcelo", 0.08), 0.35), (("cargonaut", 0.125), 0.20)];
const REGIONS: [(&str, f64); 3] = [("north", 0.40), ("south", 0.35), ("west", 0.25)];

/// Decides the life of one order and tells each fact with its moment to `tell`.
pub(crate) struct Life<'a> {
    pub(crate) conditions: &'a Conditions,
    pub(crate) config: &'a ShopConfig,
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) chance: Chance,
    /// For what only a shop that logs the whole of its business does; what `chance` decides stays the same.
    pub(crate) aside: Chance,
    pub(crate) tell: &'a mut dyn FnMut(Moment, Fact),
}

impl Life<'_> {
    /// Lets an order live.
    pub(crate) fn live(mut self, order: Order) {
        (self.tell)(order.placed, Fact::Submitted(order));
        if self.is_whole() {
            self.detail(order);
        }
        let Some(paid) = self.pay(order) else {
            let cancelled = order.placed.plus_ms(UNPAID_CANCELLED_AFTER_MS);
            let product = self.named(order.first());
            let cancellation = Cancellation { order, reason: "payment_failed", product };
            (self.tell)(cancelled, Fact::Cancelled(cancellation));
            return;
        };
        let mut confirmed = self.later(paid, 1_500.0, 0.7, 1);
        if self.conditions.callback_delay_ms(order.placed, order.provider.name).is_some() {
            // The queue of callbacks is five times as long as usual.
            let wait_ms = (12.0 + 8.0 * self.aside.unit()) * MINUTE_MS as f64;
            confirmed = confirmed.plus_ms(whole(wait_ms));
        }
        (self.tell)(confirmed, Fact::Confirmed(order));
        if let Some(doom) = order.doom {
            self.doomed(order, confirmed, doom);
            return;
        }
        if self.chance.happens(CANCELLED_SHARE) {
            self.cancel(order, paid);
            return;
        }
        let received = if order.is_shipped {
            self.ship(order)
        } else {
            paid.plus_ms(DAY_MS) // fetched at the counter
        };
        if self.is_whole() && self.hear(order, received) {
            return;
        }
        if self.chance.happens(RETURNED_SHARE) {
            self.send_back(order, received);
        }
    }

    /// Tells the attempts to pay and returns when one of them succeeded.
    fn pay(&mut self, order: Order) -> Option<Moment> {
        let provider = order.provider;
        let mut at = self.later(order.placed, 4_000.0, 0.5, 1);
        for number in 1..=MOST_ATTEMPTS {
            let fails_by_gateway =
                self.chance.happens(self.conditions.outage_share(at, provider.name));
            let fails = self.chance.happens(provider.failing_share);
            let usual = self.chance.pick(&FAILURES);
            let failure = match (fails_by_gateway, fails) {
                (true, _) => Some("gateway_error"),
                (false, true) => Some(usual),
                (false, false) => None,
            };
            let delay_ms = self.conditions.callback_delay_ms(order.placed, provider.name);
            let heard = at.plus_ms(delay_ms.filter(|_| failure.is_none()).unwrap_or_default());
            let attempt = Attempt { order, number, failure };
            (self.tell)(heard, Fact::Attempted(attempt));
            if failure.is_none() && self.is_whole() {
                (self.tell)(heard.plus_ms(200), Fact::Notified(attempt));
            }
            let again_share = match failure {
                None => return Some(heard),
                Some("gateway_error") => TRY_AGAIN_AFTER_GATEWAY_ERROR_SHARE,
                Some(_) => TRY_AGAIN_SHARE,
            };
            if !self.chance.happens(again_share) {
                return None;
            }
            at = at.plus_ms(20 * SECOND_MS + whole(self.chance.unit() * 70_000.0));
        }
        None
    }

    fn cancel(&mut self, order: Order, paid: Moment) {
        let cancelled = self.later(paid, 2.0, 0.8, HOUR_MS);
        let product = self.named(order.first());
        let cancellation = Cancellation { order, reason: "customer", product };
        (self.tell)(cancelled, Fact::Cancelled(cancellation));
        let repaid = self.later(cancelled, 10.0, 0.5, MINUTE_MS);
        (self.tell)(repaid, Fact::RefundCompleted(Refund { order, reason: "cancelled", product }));
    }

    /// Tells that an order cannot be carried out, and that its money goes back.
    fn doomed(&mut self, order: Order, confirmed: Moment, doom: Doom) {
        let known = doom.known.max(confirmed);
        let cancelled = known.plus_ms(whole(self.aside.log_normal(35.0, 0.5) * MINUTE_MS as f64));
        let Doom { reason, product, .. } = doom;
        (self.tell)(cancelled, Fact::Cancelled(Cancellation { order, reason, product }));
        let repaid = cancelled.plus_ms(whole(self.aside.log_normal(10.0, 0.5) * MINUTE_MS as f64));
        (self.tell)(repaid, Fact::RefundCompleted(Refund { order, reason, product }));
    }

    /// Tells the lines of an order and its coupon.
    fn detail(&mut self, order: Order) {
        for (number, position) in (1..).zip(order.positions()) {
            (self.tell)(order.placed, Fact::Lined(OrderLine { order, position, number }));
        }
        if order.coupon.is_some() {
            (self.tell)(order.placed, Fact::Redeemed(order));
        }
    }

    fn is_whole(&self) -> bool {
        self.config.breadth == Breadth::Whole
    }

    /// Returns the article that is named as the reason of something, if the shop names articles there.
    fn named(&self, product: Option<Product>) -> Option<Product> {
        product.filter(|_| self.is_whole())
    }

    fn send_back(&mut self, order: Order, received: Moment) {
        let reason = self.chance.pick(&[("wrong_size", 0.5), ("not_liked", 0.3), ("damaged", 0.2)]);
        let thought = self.later(received, 2.0, 0.4, DAY_MS);
        let asked = self.by_day(thought);
        let refund = Refund { order, reason, product: self.named(order.first()) };
        (self.tell)(asked, Fact::RefundRequested(refund));
        let repaid = self.later(asked, 3.0, 0.5, HOUR_MS);
        (self.tell)(repaid, Fact::RefundCompleted(refund));
    }

    /// Tells the shipment and returns when it is delivered.
    fn ship(&mut self, order: Order) -> Moment {
        let ready_days = self.chance.log_normal(DISPATCH_DAYS.0, DISPATCH_DAYS.1).clamp(0.1, 25.0);
        let arrived_days = self.chance.log_normal(DELIVERY_DAYS.0, DELIVERY_DAYS.1);
        let arrived_days = arrived_days.clamp(ready_days + 1.0, LONGEST_DELIVERY_DAYS);
        let dispatched = self.by_day(order.placed.plus_ms(days(ready_days)));
        let delivered = self.by_day(order.placed.plus_ms(days(arrived_days)));

        let (carrier, late_share) = self.chance.pick(&CARRIERS);
        let region = self.chance.pick(&REGIONS);
        let is_late = self.chance.happens(late_share);
        let margin = days(0.25 + 2.5 * self.chance.unit());
        let promised = if is_late {
            delivered.plus_ms(-margin.min(delivered.since_ms(order.placed) / 2))
        } else {
            delivered.plus_ms(margin)
        };
        let shipment = Shipment { order, carrier, region, promised };
        let (dispatched, delivered) = self.delayed(shipment, dispatched, delivered);
        (self.tell)(dispatched, Fact::Dispatched(shipment));
        (self.tell)(delivered, Fact::Delivered(shipment));
        if self.is_whole() {
            self.track(shipment, dispatched, delivered);
        }
        delivered
    }

    /// Returns a moment that lies a log-normal distance behind another, in milliseconds times `unit_ms`.
    fn later(&mut self, moment: Moment, median: f64, spread: f64, unit_ms: i64) -> Moment {
        moment.plus_ms(whole(self.chance.log_normal(median, spread) * unit_ms as f64))
    }

    /// Moves a moment of the night to the first hours of the next day's work.
    fn by_day(&mut self, moment: Moment) -> Moment {
        let local = moment.timestamp().to_zoned(self.config.zone.clone());
        let minute = i64::from(local.hour()) * 60 + i64::from(local.minute());
        if WORKED_MINUTES.contains(&minute) {
            return moment;
        }
        let wait = (WORKED_MINUTES.start - minute).rem_euclid(24 * 60);
        moment.plus_ms(wait * MINUTE_MS + whole(self.chance.unit() * 3.0 * HOUR_MS as f64))
    }
}

fn days(count: f64) -> i64 {
    whole(count * DAY_MS as f64)
}
