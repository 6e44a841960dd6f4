//! The life of an order from its submission on: payments, confirmation, shipment, cancellation, refund.

use jiff::tz::TimeZone;

use crate::chance::{Chance, whole};
use crate::conditions::Conditions;
use crate::fact::{Attempt, Cancellation, Fact, Refund, Shipment};
use crate::moment::{DAY_MS, HOUR_MS, MINUTE_MS, Moment, SECOND_MS};
use crate::order::Order;

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

/// Warehouses and carriers work from seven in the morning to eight in the evening.
const DAY_STARTS_MINUTE: i64 = 7 * 60;
const DAY_ENDS_MINUTE: i64 = 20 * 60;

/// Decides the life of one order and tells each fact with its moment to `tell`.
pub(crate) struct Life<'a> {
    pub(crate) conditions: &'a Conditions,
    pub(crate) zone: &'a TimeZone,
    pub(crate) chance: Chance,
    pub(crate) tell: &'a mut dyn FnMut(Moment, Fact),
}

impl Life<'_> {
    /// Lets an order live.
    pub(crate) fn live(mut self, order: Order) {
        (self.tell)(order.placed, Fact::Submitted(order));
        let Some(paid) = self.pay(order) else {
            let cancelled = order.placed.plus_ms(UNPAID_CANCELLED_AFTER_MS);
            let cancellation = Cancellation { order, reason: "payment_failed" };
            (self.tell)(cancelled, Fact::Cancelled(cancellation));
            return;
        };
        let confirmed = self.later(paid, 1_500.0, 0.7, 1);
        (self.tell)(confirmed, Fact::Confirmed(order));
        if self.chance.happens(CANCELLED_SHARE) {
            self.cancel(order, paid);
            return;
        }
        let received = if order.is_shipped {
            self.ship(order)
        } else {
            paid.plus_ms(DAY_MS) // fetched at the counter
        };
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
            (self.tell)(at, Fact::Attempted(Attempt { order, number, failure }));
            let again_share = match failure {
                None => return Some(at),
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
        let cancellation = Cancellation { order, reason: "customer" };
        (self.tell)(cancelled, Fact::Cancelled(cancellation));
        let repaid = self.later(cancelled, 10.0, 0.5, MINUTE_MS);
        (self.tell)(repaid, Fact::RefundCompleted(Refund { order, reason: "cancelled" }));
    }

    fn send_back(&mut self, order: Order, received: Moment) {
        let reason = self.chance.pick(&[("wrong_size", 0.5), ("not_liked", 0.3), ("damaged", 0.2)]);
        let thought = self.later(received, 2.0, 0.4, DAY_MS);
        let asked = self.by_day(thought);
        (self.tell)(asked, Fact::RefundRequested(Refund { order, reason }));
        let repaid = self.later(asked, 3.0, 0.5, HOUR_MS);
        (self.tell)(repaid, Fact::RefundCompleted(Refund { order, reason }));
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
        (self.tell)(dispatched, Fact::Dispatched(shipment));
        (self.tell)(delivered, Fact::Delivered(shipment));
        delivered
    }

    /// Returns a moment that lies a log-normal distance behind another, in milliseconds times `unit_ms`.
    fn later(&mut self, moment: Moment, median: f64, spread: f64, unit_ms: i64) -> Moment {
        moment.plus_ms(whole(self.chance.log_normal(median, spread) * unit_ms as f64))
    }

    /// Moves a moment of the night to the first hours of the next day's work.
    fn by_day(&mut self, moment: Moment) -> Moment {
        let local = moment.timestamp().to_zoned(self.zone.clone());
        let minute = i64::from(local.hour()) * 60 + i64::from(local.minute());
        let wait = match minute {
            ..DAY_STARTS_MINUTE => DAY_STARTS_MINUTE - minute,
            DAY_STARTS_MINUTE..DAY_ENDS_MINUTE => return moment,
            DAY_ENDS_MINUTE.. => DAY_STARTS_MINUTE + 24 * 60 - minute,
        };
        moment.plus_ms(wait * MINUTE_MS + whole(self.chance.unit() * 3.0 * HOUR_MS as f64))
    }
}

fn days(count: f64) -> i64 {
    whole(count * DAY_MS as f64)
}
