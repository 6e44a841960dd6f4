//! Events of `store.traffic`.

use super::{Scribe, customer_id, letters};
use crate::access;
use crate::sessions::{STEPS, Step};
use crate::visit::{Login, Search};

impl Scribe<'_> {
    pub(super) fn logged_in(&self, login: &Login) -> Vec<u8> {
        let (action, outcome) = match login.failure {
            None => ("login.succeeded", "success"),
            Some(_) => ("login.failed", "failure"),
        };
        let mut object = self.begun(action, self.serial);
        object.text("service", "accounts").text("host", self.host.as_str());
        object.text("outcome", outcome).text_if("reason", login.failure);
        object.text("email", &format!("{}@example.com", customer_id(login.customer)));
        object.text("source.ip", &access::address(login.address));
        object.finish()
    }

    pub(super) fn searched(&self, search: Search) -> Vec<u8> {
        let mut object = self.begun("search.performed", self.serial);
        object.text("service", "search").text("host", self.host.as_str());
        object.nested("search", |member| {
            member.text("query_norm", search.term.words).number("results", search.results);
        });
        if self.is_whole() {
            object.nested("product", |product| {
                product.text("category", search.term.category);
            });
        }
        object.finish()
    }

    pub(super) fn walked(&self, step: Step) -> Vec<u8> {
        let (action, name) = STEPS[step.place % STEPS.len()];
        let article = self.catalogue.article(step.product);
        let mut object = self.begun(action, step.session.wrapping_add(step.place as u64));
        object.text("service", "web").text("host", self.host.as_str());
        object.text("channel", step.channel).text("session.id", &letters(step.session));
        object.text("funnel.step", name);
        object.nested("product", |product| {
            product.text("sku", &article.sku).text("category", article.category);
        });
        object.finish()
    }
}
