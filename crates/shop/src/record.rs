//! Turns a fact into a line of the file it belongs to.

use crate::access;
use crate::catalogue::{Catalogue, Cause, StockChange};
use crate::chance::mix;
use crate::conditions::Conditions;
use crate::config::ShopConfig;
use crate::fact::{Attempt, Cancellation, Fact, Refund, Shipment};
use crate::json::Object;
use crate::line::LogFile;
use crate::moment::Moment;
use crate::order::{Order, OrderNumber};
use crate::program::Note;
use crate::visit::{Login, Search};

/// What the shop's events call the platform that takes its orders.
const PLATFORM: &str = "shopify";
const HOST: &str = "shop-1";
const USUAL_VERSION: &str = "v1";

/// What a record needs besides its fact.
#[derive(Debug)]
pub(crate) struct Scribe<'a> {
    pub(crate) config: &'a ShopConfig,
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) conditions: &'a Conditions,
    pub(crate) at: Moment,
    /// Number of the fact, for those that have no number of their own.
    pub(crate) serial: u64,
}

impl Scribe<'_> {
    /// Returns the line of a fact, and its file.
    pub(crate) fn record(&self, fact: &Fact) -> (LogFile, Vec<u8>) {
        match fact {
            Fact::Submitted(order) => (LogFile::Order, self.submitted(order)),
            Fact::Confirmed(order) => (LogFile::Order, self.confirmed(order)),
            Fact::Cancelled(cancellation) => (LogFile::Order, self.cancelled(cancellation)),
            Fact::Attempted(attempt) => (LogFile::Payment, self.attempted(attempt)),
            Fact::RefundRequested(refund) => {
                (LogFile::Payment, self.refund("refund.requested", refund))
            }
            Fact::RefundCompleted(refund) => {
                (LogFile::Payment, self.refund("refund.completed", refund))
            }
            Fact::Dispatched(shipment) => (LogFile::Fulfilment, self.dispatched(shipment)),
            Fact::Delivered(shipment) => (LogFile::Fulfilment, self.delivered(shipment)),
            Fact::Stocked(change) => (LogFile::Inventory, self.stocked(*change)),
            Fact::LoggedIn(login) => (LogFile::Traffic, self.logged_in(login)),
            Fact::Searched(search) => (LogFile::Traffic, self.searched(*search)),
            Fact::Noted(note) => (LogFile::App, self.noted(note)),
            Fact::Requested(request) => {
                (LogFile::Access, access::line(request, self.at, &self.config.zone))
            }
        }
    }

    fn begun(&self, action: &str, key: u64) -> Object {
        let mut object = Object::new();
        object.text("time", &self.at.text());
        object.text("id", &self.id("evt", action, key));
        object.text("action", action);
        object
    }

    fn of_order(&self, action: &str, order: &Order) -> Object {
        let version = self.conditions.version(self.at).unwrap_or(USUAL_VERSION);
        let mut object = self.begun(action, order.number.0);
        object.text("provider", PLATFORM).text("service", "checkout");
        object.text("service_version", version).text("host", HOST).text("channel", order.channel);
        object
    }

    fn submitted(&self, order: &Order) -> Vec<u8> {
        let money = order.money(self.catalogue);
        let mut object = self.of_order("order.submitted", order);
        object.text("outcome", "success");
        object.nested("customer", |customer| {
            customer.text("id", &customer_id(order.customer)).text("type", order.customer_type);
        });
        object.text("currency", &self.config.currency);
        object.nested("order", |member| {
            member.text("id", &order_id(order.number)).text("status", "pending");
            member.money("amount", money.amount).money("items", money.items);
            member.money("tax", money.tax).money("shipping", money.shipping);
            member.money("discount", money.discount).number("item_count", order.pieces());
            member
                .number("sku_count", i64::try_from(order.positions().count()).unwrap_or_default());
            member.text("basket_hash", &letters(order.basket_hash()));
        });
        if let Some(code) = order.coupon {
            object.nested("coupon", |coupon| {
                coupon.text("code", code);
            });
        }
        object.finish()
    }

    fn confirmed(&self, order: &Order) -> Vec<u8> {
        let mut object = self.of_order("order.confirmed", order);
        object.nested("order", |member| {
            member.text("id", &order_id(order.number)).text("status", "paid");
            member.number("age_ms", self.at.since_ms(order.placed));
        });
        object.finish()
    }

    fn cancelled(&self, cancellation: &Cancellation) -> Vec<u8> {
        let order = &cancellation.order;
        let mut object = self.of_order("order.cancelled", order);
        object.text("reason", cancellation.reason);
        object.nested("order", |member| {
            member.text("id", &order_id(order.number)).text("status", "voided");
            member.number("age_ms", self.at.since_ms(order.placed));
        });
        object.finish()
    }

    fn attempted(&self, attempt: &Attempt) -> Vec<u8> {
        let order = &attempt.order;
        let (action, outcome, status) = match attempt.failure {
            None => ("payment.completed", "success", "captured"),
            Some(_) => ("payment.failed", "failure", "failed"),
        };
        let key = order.number.0 * 16 + u64::from(attempt.number);
        let mut object = self.begun(action, key);
        object.text("provider", order.provider.name).text("service", "payments").text("host", HOST);
        object.text("outcome", outcome).text_if("reason", attempt.failure);
        object.text("channel", order.channel).text("currency", &self.config.currency);
        object.nested("order", |member| {
            member.text("id", &order_id(order.number));
            member.number("age_ms", self.at.since_ms(order.placed));
        });
        object.nested("payment", |payment| {
            payment
                .text("id", &self.id("pay", "payment", key))
                .text("provider", order.provider.name);
            payment.text("method", order.method).number("attempt", attempt.number.into());
            payment.text("status", status).text_if("failure_code", attempt.failure);
            payment.money("amount", order.money(self.catalogue).amount);
        });
        object.finish()
    }

    fn refund(&self, action: &str, refund: &Refund) -> Vec<u8> {
        let order = &refund.order;
        let mut object = self.begun(action, order.number.0);
        object.text("provider", order.provider.name).text("service", "payments").text("host", HOST);
        object.text("channel", order.channel).text("currency", &self.config.currency);
        object.nested("order", |member| {
            member.text("id", &order_id(order.number));
        });
        object.nested("payment", |payment| {
            payment.text("provider", order.provider.name).text("method", order.method);
        });
        object.nested("refund", |member| {
            member.text("id", &self.id("ref", "refund", order.number.0));
            member
                .money("amount", order.money(self.catalogue).amount)
                .text("reason", refund.reason);
        });
        object.finish()
    }

    fn dispatched(&self, shipment: &Shipment) -> Vec<u8> {
        self.shipment(("shipment.dispatched", "dispatched"), None, shipment)
    }

    fn delivered(&self, shipment: &Shipment) -> Vec<u8> {
        let late = if self.at > shipment.promised { "true" } else { "false" };
        self.shipment(("shipment.delivered", "delivered"), Some(late), shipment)
    }

    fn shipment(
        &self,
        (action, status): (&str, &str),
        late: Option<&str>,
        shipment: &Shipment,
    ) -> Vec<u8> {
        let order = &shipment.order;
        let warehouse = order
            .positions()
            .next()
            .map(|position| self.catalogue.article(position.product).warehouse);
        let mut object = self.begun(action, order.number.0);
        object.text("service", "fulfilment").text("host", HOST).text("channel", order.channel);
        object.nested("order", |member| {
            member.text("id", &order_id(order.number));
        });
        object.nested("shipment", |member| {
            member.text("id", &self.id("shp", "shipment", order.number.0));
            member.text("status", status).text("carrier", shipment.carrier);
            member.text("region", shipment.region).text("service", "standard");
            member.text_if("warehouse", warehouse);
            member.text("promised_at", &shipment.promised.text());
            member.number("lag_ms", self.at.since_ms(order.placed));
            if let Some(late) = late {
                member.literal("late", late);
            }
        });
        object.finish()
    }

    fn stocked(&self, change: StockChange) -> Vec<u8> {
        let article = self.catalogue.article(change.product);
        let (action, reason) = match change.cause {
            Cause::Sale => ("stock.changed", "sale"),
            Cause::Receive => ("stock.replenished", "receive"),
        };
        let mut object = self.begun(action, self.serial);
        object.text("service", "stock").text("host", HOST);
        object.nested("product", |product| {
            product.text("sku", &article.sku).text("category", article.category);
            product.text("brand", article.brand);
        });
        object.nested("inventory", |inventory| {
            inventory.text("warehouse", article.warehouse).text("reason", reason);
            inventory.number("delta", change.delta).number("on_hand", change.on_hand);
            inventory.number("available", change.on_hand);
        });
        object.finish()
    }

    fn logged_in(&self, login: &Login) -> Vec<u8> {
        let (action, outcome) = match login.failure {
            None => ("login.succeeded", "success"),
            Some(_) => ("login.failed", "failure"),
        };
        let mut object = self.begun(action, self.serial);
        object.text("service", "accounts").text("host", HOST);
        object.text("outcome", outcome).text_if("reason", login.failure);
        object.text("email", &format!("{}@example.com", customer_id(login.customer)));
        object.text("source.ip", &access::address(login.address));
        object.finish()
    }

    fn searched(&self, search: Search) -> Vec<u8> {
        let mut object = self.begun("search.performed", self.serial);
        object.text("service", "search").text("host", HOST);
        object.nested("search", |member| {
            member.text("query_norm", search.term).number("results", search.results);
        });
        object.finish()
    }

    /// Programs give their lines no id; such lines are known by the place where they stand.
    fn noted(&self, note: &Note) -> Vec<u8> {
        let mut object = Object::new();
        object.text("time", &self.at.text()).text("level", note.level);
        object.text_if("action", note.action).text("service", note.service);
        object.text_if("service_version", note.version.as_deref()).text("host", HOST);
        object.text("message", &note.message).text_if("error.type", note.error_type);
        object.finish()
    }

    /// Returns an id of a producer: the same for the same fact, and without long runs of digits.
    fn id(&self, prefix: &str, what: &str, key: u64) -> String {
        let kind = what.bytes().fold(self.config.seed, |sum, byte| mix(sum ^ u64::from(byte)));
        format!("{prefix}_{}", letters(mix(kind ^ mix(key))))
    }
}

fn order_id(number: OrderNumber) -> String {
    format!("SW-{:07}", number.0)
}

fn customer_id(number: u64) -> String {
    format!("c{number}")
}

/// Writes 64 bits as 14 letters: an id that no redaction takes for a card or a phone number.
fn letters(bits: u64) -> String {
    let mut rest = bits;
    let mut text = String::with_capacity(14);
    for _ in 0..14 {
        let letter = u8::try_from(rest % 26).unwrap_or_default();
        text.push(char::from(b'a' + letter));
        rest /= 26;
    }
    text
}
