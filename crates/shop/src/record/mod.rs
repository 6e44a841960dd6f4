//! Turns a fact into a line of the file it belongs to.

mod ads;
mod parcels;
mod programs;
mod stock;
mod support;
mod traffic;

use crate::access;
use crate::catalogue::{Catalogue, Product};
use crate::chance::mix;
use crate::conditions::Conditions;
use crate::config::{Breadth, ShopConfig};
use crate::fact::{Attempt, Cancellation, Fact, OrderLine, Refund};
use crate::host::Host;
use crate::json::Object;
use crate::line::LogFile;
use crate::moment::Moment;
use crate::order::{Money, Order, OrderNumber};

/// What the shop's events call the platform that takes its orders.
const PLATFORM: &str = "shopify";
const USUAL_VERSION: &str = "v1";

/// What a record needs besides its fact.
#[derive(Debug)]
pub(crate) struct Scribe<'a> {
    pub(crate) config: &'a ShopConfig,
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) conditions: &'a Conditions,
    pub(crate) at: Moment,
    /// The host that writes it.
    pub(crate) host: Host,
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
            Fact::Requested(request) if self.host == Host::Two => {
                (LogFile::AccessJson, access::json_line(request, self.told(), self.serial))
            }
            Fact::Requested(request) => {
                (LogFile::Access, access::line(request, self.told(), &self.config.zone))
            }
            Fact::Noted(note) if self.host == Host::Two => {
                (LogFile::OrdersText, self.noted_as_text(note))
            }
            Fact::Noted(note) => (LogFile::App, self.noted(note)),
            Fact::Lined(line) => (LogFile::Order, self.lined(line)),
            Fact::Redeemed(order) => (LogFile::Order, self.redeemed(order)),
            Fact::Notified(attempt) => (LogFile::Payment, self.notified(attempt)),
            Fact::Handled(handling) => (LogFile::Fulfilment, self.handled(handling)),
            Fact::Scanned(scan) => (LogFile::Fulfilment, self.scanned(scan)),
            Fact::Said(word) => (LogFile::Support, self.said(word)),
            Fact::Counted(count) => (LogFile::Inventory, self.counted(*count)),
            Fact::Synced(sync) => (LogFile::Inventory, self.synced(*sync)),
            Fact::Priced(change) => (LogFile::Inventory, self.priced(*change)),
            Fact::Walked(step) => (LogFile::Traffic, self.walked(*step)),
            Fact::Clicked(click) => (LogFile::Ad, self.clicked("ad.clicked", click)),
            Fact::Converted(click) => (LogFile::Ad, self.clicked("ad.conversion", click)),
            Fact::Spent(spending) => (LogFile::Ad, self.spent(spending)),
            Fact::Polled(poll) => (LogFile::Poll, self.polled(poll)),
            Fact::Beaten(beat) => (LogFile::Pipeline, self.beaten(*beat)),
        }
    }

    fn begun(&self, action: &str, key: u64) -> Object {
        let mut object = Object::new();
        object.text("time", &self.told().text());
        object.text("id", &self.id("evt", action, key));
        object.text("action", action);
        object
    }

    fn of_order(&self, action: &str, order: &Order) -> Object {
        self.of_part(action, order, 0)
    }

    /// Begins an event about one part of an order, which has an id of its own.
    fn of_part(&self, action: &str, order: &Order, number: u8) -> Object {
        let version = self.conditions.version(self.at, order.channel).unwrap_or(USUAL_VERSION);
        let mut object = self.begun(action, part_key(order, number));
        object.text("provider", PLATFORM).text("service", "checkout");
        object
            .text("service_version", version)
            .text("host", self.host.as_str())
            .text("channel", order.channel);
        object
    }

    fn submitted(&self, order: &Order) -> Vec<u8> {
        let money = self.money(order);
        let mut object = self.of_order("order.submitted", order);
        object.text("outcome", "success");
        object.nested("customer", |customer| {
            customer.text("id", &customer_id(order.customer)).text("type", order.customer_type);
        });
        if self.is_whole() {
            object.text("session.id", &letters(order.session())).text("funnel.step", "submitted");
        }
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
        if let Some(coupon) = order.coupon {
            object.nested("coupon", |member| {
                member.text("code", coupon.code);
                if self.is_whole() {
                    member.text("campaign", coupon.campaign);
                }
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
        self.because_of(&mut object, cancellation.product);
        object.finish()
    }

    fn attempted(&self, attempt: &Attempt) -> Vec<u8> {
        let order = &attempt.order;
        let (action, outcome, status) = match attempt.failure {
            None => ("payment.completed", "success", "captured"),
            Some(_) => ("payment.failed", "failure", "failed"),
        };
        let key = payment_key(attempt);
        let mut object = self.begun(action, key);
        object
            .text("provider", order.provider.name)
            .text("service", "payments")
            .text("host", self.host.as_str());
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
            payment.money("amount", self.money(order).amount);
        });
        object.finish()
    }

    fn refund(&self, action: &str, refund: &Refund) -> Vec<u8> {
        let order = &refund.order;
        let mut object = self.begun(action, order.number.0);
        object
            .text("provider", order.provider.name)
            .text("service", "payments")
            .text("host", self.host.as_str());
        object.text("channel", order.channel).text("currency", &self.config.currency);
        object.nested("order", |member| {
            member.text("id", &order_id(order.number));
        });
        object.nested("payment", |payment| {
            payment.text("provider", order.provider.name).text("method", order.method);
        });
        object.nested("refund", |member| {
            member.text("id", &self.id("ref", "refund", order.number.0));
            member.money("amount", self.money(order).amount).text("reason", refund.reason);
        });
        self.because_of(&mut object, refund.product);
        object.finish()
    }

    fn lined(&self, line: &OrderLine) -> Vec<u8> {
        let OrderLine { order, position, number } = line;
        let article = self.catalogue.article(position.product);
        let divisor = self.conditions.price_divisor(order.placed, position.product);
        let mut object = self.of_part("order.line", order, *number);
        object.text("currency", &self.config.currency);
        object.nested("order", |member| {
            member.text("id", &order_id(order.number));
            member.text("line_id", &format!("{}-{number}", order_id(order.number)));
        });
        object.nested("product", |product| {
            product.text("sku", &article.sku).text("category", article.category);
            product.text("brand", article.brand);
            product.money("price", article.price_minor / divisor);
        });
        object.nested("line", |member| {
            member.number("quantity", position.quantity.into());
        });
        object.finish()
    }

    fn redeemed(&self, order: &Order) -> Vec<u8> {
        let money = self.money(order);
        let mut object = self.of_order("coupon.applied", order);
        object.nested("customer", |customer| {
            customer.text("id", &customer_id(order.customer)).text("type", order.customer_type);
        });
        object.text("currency", &self.config.currency);
        object.nested("order", |member| {
            member.text("id", &order_id(order.number)).money("discount", money.discount);
        });
        if let Some(coupon) = order.coupon {
            object.nested("coupon", |member| {
                member.text("code", coupon.code).text("campaign", coupon.campaign);
            });
        }
        object.finish()
    }

    /// A provider calls back: the same id, however often it is delivered.
    fn notified(&self, attempt: &Attempt) -> Vec<u8> {
        let order = &attempt.order;
        let mut object = self.begun("payment.notified", payment_key(attempt));
        object.text("provider", order.provider.name).text("service", "payments");
        object.text("host", self.host.as_str()).text("channel", order.channel);
        object.nested("order", |member| {
            member.text("id", &order_id(order.number));
            member.number("age_ms", self.at.since_ms(order.placed));
        });
        object.nested("payment", |payment| {
            payment.text("id", &self.id("pay", "payment", payment_key(attempt)));
            payment.text("provider", order.provider.name).text("status", "captured");
        });
        object.finish()
    }

    /// Names the article because of which something happens.
    fn because_of(&self, object: &mut Object, product: Option<Product>) {
        let Some(product) = product else { return };
        let article = self.catalogue.article(product);
        object.nested("product", |member| {
            member.text("sku", &article.sku).text("category", article.category);
        });
    }

    fn money(&self, order: &Order) -> Money {
        order.money(self.catalogue, self.conditions)
    }

    /// Returns what the clock of the host says.
    fn told(&self) -> Moment {
        self.at.plus_ms(self.conditions.skew_ms(self.at, self.host))
    }

    fn is_whole(&self) -> bool {
        self.config.breadth == Breadth::Whole
    }

    /// Returns an id of a producer: the same for the same fact, and without long runs of digits.
    fn id(&self, prefix: &str, what: &str, key: u64) -> String {
        let kind = what.bytes().fold(self.config.seed, |sum, byte| mix(sum ^ u64::from(byte)));
        format!("{prefix}_{}", letters(mix(kind ^ mix(key))))
    }
}

/// Returns the key of a part of an order: of the order itself for part 0.
fn part_key(order: &Order, number: u8) -> u64 {
    order.number.0 ^ (u64::from(number) << 56)
}

fn payment_key(attempt: &Attempt) -> u64 {
    attempt.order.number.0 * 16 + u64::from(attempt.number)
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
