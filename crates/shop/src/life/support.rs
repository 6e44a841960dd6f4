//! What customers say about an order that they have, and what support answers.

use super::Life;
use crate::chance::whole;
use crate::fact::{Fact, Refund, Speech, Word};
use crate::moment::{DAY_MS, HOUR_MS, MINUTE_MS, Moment};
use crate::order::Order;

const REVIEWED_SHARE: f64 = 0.12;
/// Ratings of a real marketplace: Olist, 2016 to 2018.
const RATINGS: [(i64, f64); 5] = [(5, 0.578), (4, 0.193), (3, 0.082), (2, 0.032), (1, 0.115)];
const TICKET_SHARE: f64 = 0.05;
const TICKETS: [(&str, f64); 4] =
    [("delivery", 0.42), ("product", 0.26), ("payment", 0.14), ("account", 0.18)];
const CHANNELS: [(&str, f64); 3] = [("mail", 0.5), ("chat", 0.4), ("phone", 0.1)];
const COMPLAINED_SHARE: f64 = 0.008;
const COMPLAINTS: [(&str, f64); 3] = [("delivery", 0.5), ("quality", 0.3), ("wrong_article", 0.2)];

impl Life<'_> {
    /// Tells what is said about an order once it is received. Returns whether it goes back for being broken.
    pub(super) fn hear(&mut self, order: Order, received: Moment) -> bool {
        let product = order.first();
        let broken = order.positions().map(|position| position.product).find(|&product| {
            let share = self.conditions.defective_share(received, product);
            share > 0.0 && self.aside.happens(share)
        });
        let mut say = |at: Moment, product, speech| {
            (self.tell)(at, Fact::Said(Word { order, product, speech }));
        };
        let aside = &mut self.aside;
        if aside.happens(TICKET_SHARE) {
            let category = aside.pick(&TICKETS);
            let channel = aside.pick(&CHANNELS);
            let opened = received.plus_ms(whole(aside.log_normal(9.0, 1.2) * HOUR_MS as f64));
            let first_response_ms = whole(aside.log_normal(11.0, 0.6) * MINUTE_MS as f64);
            let resolve_ms = first_response_ms + whole(aside.log_normal(5.0, 1.0) * HOUR_MS as f64);
            say(opened, product, Speech::Opened { category, channel });
            let replied = opened.plus_ms(first_response_ms);
            say(replied, product, Speech::Replied { category, first_response_ms });
            say(opened.plus_ms(resolve_ms), product, Speech::Closed { category, resolve_ms });
        }
        if let Some(broken) = broken {
            let found = received.plus_ms(whole(aside.log_normal(4.0, 0.6) * HOUR_MS as f64));
            say(found, Some(broken), Speech::Complained { category: "quality" });
            let rated = found.plus_ms(whole(aside.log_normal(2.0, 0.6) * HOUR_MS as f64));
            let rating = aside.pick(&[(1, 0.8), (2, 0.2)]);
            say(rated, Some(broken), Speech::Reviewed { rating });
            let refund = Refund { order, reason: "defective", product: Some(broken) };
            let asked = found.plus_ms(30 * MINUTE_MS);
            let repaid = asked.plus_ms(whole(aside.log_normal(3.0, 0.5) * HOUR_MS as f64));
            (self.tell)(asked, Fact::RefundRequested(refund));
            (self.tell)(repaid, Fact::RefundCompleted(refund));
            return true;
        }
        if aside.happens(COMPLAINED_SHARE) {
            let category = aside.pick(&COMPLAINTS);
            let at = received.plus_ms(whole(aside.log_normal(1.0, 0.8) * DAY_MS as f64));
            say(at, product, Speech::Complained { category });
        }
        if aside.happens(REVIEWED_SHARE) {
            let rating = aside.pick(&RATINGS);
            let at = received.plus_ms(whole(aside.log_normal(2.5, 0.8) * DAY_MS as f64));
            say(at, product, Speech::Reviewed { rating });
        }
        false
    }
}
