//! Events of `store.support`.

use super::{Scribe, customer_id, order_id};
use crate::fact::{Speech, Word};

impl Scribe<'_> {
    pub(super) fn said(&self, word: &Word) -> Vec<u8> {
        let order = &word.order;
        let action = match word.speech {
            Speech::Opened { .. } => "ticket.opened",
            Speech::Replied { .. } => "ticket.replied",
            Speech::Closed { .. } => "ticket.closed",
            Speech::Complained { .. } => "complaint.filed",
            Speech::Reviewed { .. } => "review.posted",
        };
        let mut object = self.begun(action, order.number.0);
        object.text("service", "support").text("host", self.host.as_str());
        object.text("channel", order.channel);
        object.nested("customer", |customer| {
            customer.text("id", &customer_id(order.customer)).text("type", order.customer_type);
        });
        object.nested("order", |member| {
            member.text("id", &order_id(order.number));
        });
        object.nested("ticket", |ticket| {
            ticket.text("id", &self.id("tic", "ticket", order.number.0));
            match word.speech {
                Speech::Opened { category, channel } => {
                    ticket.text("type", "question").text("category", category);
                    ticket.text("channel", channel);
                }
                Speech::Replied { category, first_response_ms } => {
                    ticket.text("category", category);
                    ticket.number("first_response_ms", first_response_ms);
                }
                Speech::Closed { category, resolve_ms } => {
                    ticket.text("category", category).number("resolve_ms", resolve_ms);
                }
                Speech::Complained { category } => {
                    ticket.text("type", "complaint").text("category", category);
                }
                Speech::Reviewed { rating } => {
                    ticket.text("type", "review").number("rating", rating);
                }
            }
        });
        self.because_of(&mut object, word.product);
        object.finish()
    }
}
