//! An order: who buys what, how it is paid for and how it is delivered.

use crate::catalogue::{Catalogue, Product};
use crate::chance::{Chance, mix, whole};
use crate::conditions::Conditions;
use crate::moment::Moment;

const CUSTOMERS: u64 = 60_000;
const TAX_PERCENT: i64 = 19;
const FREE_SHIPPING_FROM_MINOR: i64 = 6_000;
const SHIPPING_MINOR: i64 = 490;
const COUPON_SHARE: f64 = 0.08;
const SHIPPED_SHARE: f64 = 0.72;

/// A payment provider: its name, its share of orders, and the methods it offers.
#[derive(Debug)]
pub(crate) struct Provider {
    pub(crate) name: &'static str,
    pub(crate) share: f64,
    pub(crate) methods: &'static [(&'static str, f64)],
    /// Share of attempts that fail on any day.
    pub(crate) failing_share: f64,
}

/// The providers. One of them takes most orders, so that its ratio is told from chance within minutes.
pub(crate) static PROVIDERS: [Provider; 2] = [
    Provider {
        name: "northpay",
        share: 0.75,
        methods: &[("card", 0.65), ("wallet", 0.35)],
        failing_share: 0.04,
    },
    Provider {
        name: "eastbank",
        share: 0.25,
        methods: &[("transfer", 0.6), ("card", 0.4)],
        failing_share: 0.035,
    },
];

/// A coupon: its code, what it belongs to, and how much of the price it takes off.
#[derive(Debug)]
pub(crate) struct Coupon {
    pub(crate) code: &'static str,
    pub(crate) campaign: &'static str,
    percent: i64,
}

static WELCOME: Coupon = Coupon { code: "WELCOME10", campaign: "welcome", percent: 10 };
static SPRING: Coupon = Coupon { code: "SPRING24", campaign: "spring", percent: 10 };
static STAFF: Coupon = Coupon { code: "STAFF50", campaign: "staff", percent: 50 };

/// Number of an order; they go up, and a number that was given is never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OrderNumber(pub(crate) u64);

/// A position of an order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Position {
    pub(crate) product: Product,
    pub(crate) quantity: u8,
}

/// Everything that is decided when an order is placed, but for what happens to it later.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Order {
    pub(crate) number: OrderNumber,
    pub(crate) placed: Moment,
    pub(crate) customer: u64,
    pub(crate) customer_type: &'static str,
    pub(crate) channel: &'static str,
    pub(crate) provider: &'static Provider,
    pub(crate) method: &'static str,
    pub(crate) coupon: Option<&'static Coupon>,
    pub(crate) is_shipped: bool,
    pub(crate) doom: Option<Doom>,
    positions: [Option<Position>; 4],
}

/// Why an order is not carried out although it is paid, and from when on that is known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Doom {
    pub(crate) reason: &'static str,
    pub(crate) known: Moment,
    pub(crate) product: Option<Product>,
}

/// The money of an order, in minor units; `amount = items + tax + shipping - discount`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Money {
    pub(crate) amount: i64,
    pub(crate) items: i64,
    pub(crate) tax: i64,
    pub(crate) shipping: i64,
    pub(crate) discount: i64,
}

/// Returns the number of a customer.
pub(crate) fn customer(chance: &mut Chance) -> u64 {
    10_000 + chance.below(CUSTOMERS)
}

impl Order {
    pub(crate) fn drawn(number: OrderNumber, placed: Moment, chance: &mut Chance) -> Self {
        let providers = PROVIDERS.each_ref().map(|provider| (provider, provider.share));
        let provider = chance.pick(&providers);
        let mut positions = [None; 4];
        let filled = chance.pick(&[(1, 0.52), (2, 0.27), (3, 0.14), (4, 0.07)]);
        for position in positions.iter_mut().take(filled) {
            let quantity = chance.pick(&[(1, 0.82), (2, 0.14), (3, 0.04)]);
            *position = Some(Position { product: Product::drawn(chance), quantity });
        }
        Self {
            number,
            placed,
            customer: customer(chance),
            customer_type: chance.pick(&[("returning", 0.55), ("new", 0.30), ("guest", 0.15)]),
            channel: chance.pick(&[("web", 0.6), ("app", 0.4)]),
            provider,
            method: chance.pick(provider.methods),
            coupon: chance
                .happens(COUPON_SHARE)
                .then(|| chance.pick(&[(&WELCOME, 0.7), (&SPRING, 0.3)])),
            is_shipped: chance.happens(SHIPPED_SHARE),
            doom: None,
            positions,
        }
    }

    /// Returns the same order, which cannot be carried out for this reason.
    pub(crate) fn doomed(self, doom: Option<Doom>) -> Self {
        Self { doom, ..self }
    }

    /// Returns the same order, but for this article alone.
    pub(crate) fn only(self, product: Product, quantity: u8) -> Self {
        Self { positions: [Some(Position { product, quantity }), None, None, None], ..self }
    }

    /// Returns the same order by somebody new who has the coupon that was meant for few.
    pub(crate) fn with_leaked_coupon(self) -> Self {
        let customer = self.customer + CUSTOMERS;
        Self { coupon: Some(&STAFF), customer_type: "new", customer, ..self }
    }

    /// Returns the same order, submitted again under another number.
    pub(crate) fn again(self, number: OrderNumber, placed: Moment) -> Self {
        Self { number, placed, ..self }
    }

    pub(crate) fn holds(&self, product: Product) -> bool {
        self.positions().any(|position| position.product == product)
    }

    /// Returns the article that names its category, warehouse and so on.
    pub(crate) fn first(&self) -> Option<Product> {
        self.positions().next().map(|position| position.product)
    }

    /// Returns the number of the visit in which it was placed.
    pub(crate) fn session(&self) -> u64 {
        mix(self.customer ^ mix(self.number.0))
    }

    pub(crate) fn positions(&self) -> impl Iterator<Item = Position> {
        self.positions.into_iter().flatten()
    }

    pub(crate) fn pieces(&self) -> i64 {
        self.positions().map(|position| i64::from(position.quantity)).sum()
    }

    /// Returns a number that is the same for the same basket, whatever the order of its positions.
    pub(crate) fn basket_hash(&self) -> u64 {
        self.positions()
            .map(|position| {
                let product = position.product.number().unsigned_abs();
                mix(product * 256 + u64::from(position.quantity))
            })
            .fold(0, u64::wrapping_add)
    }

    /// Returns its money, at the prices of the moment at which it was placed.
    pub(crate) fn money(&self, catalogue: &Catalogue, conditions: &Conditions) -> Money {
        let price = |position: Position| {
            let divisor = conditions.price_divisor(self.placed, position.product);
            let price_minor = catalogue.article(position.product).price_minor / divisor;
            price_minor * i64::from(position.quantity)
        };
        let items: i64 = self.positions().map(price).sum();
        let discount = self.coupon.map_or(0, |coupon| items * coupon.percent / 100);
        let shipping =
            if self.is_shipped && items < FREE_SHIPPING_FROM_MINOR { SHIPPING_MINOR } else { 0 };
        let tax = whole((items - discount + shipping) as f64 * TAX_PERCENT as f64 / 100.0);
        Money { amount: items + tax + shipping - discount, items, tax, shipping, discount }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Plan;

    fn orders() -> Vec<Order> {
        let placed = Moment::of("2026-03-02T12:00:00Z".parse().unwrap());
        let mut chance = Chance::branch(1, "test", 0);
        (0..5_000).map(|number| Order::drawn(OrderNumber(number), placed, &mut chance)).collect()
    }

    #[test]
    fn the_money_of_every_order_adds_up() {
        let catalogue = Catalogue::new(1);
        let at = "2026-03-02T12:00:00Z".parse().unwrap();
        let conditions = Conditions::new(&Plan::new(at, at));
        for order in orders() {
            let money = order.money(&catalogue, &conditions);
            assert_eq!(money.amount, money.items + money.tax + money.shipping - money.discount);
            assert!(money.items > 0 && money.tax > 0 && order.pieces() > 0, "{money:?}");
            assert_eq!(money.discount > 0, order.coupon.is_some());
        }
    }

    #[test]
    fn providers_have_their_shares_and_only_their_own_methods() {
        let orders = orders();
        for provider in &PROVIDERS {
            let of_it: Vec<_> =
                orders.iter().filter(|order| order.provider.name == provider.name).collect();
            let share = of_it.len() as f64 / orders.len() as f64;
            assert!((share - provider.share).abs() < 0.03, "{}: {share}", provider.name);
            for order in of_it {
                assert!(provider.methods.iter().any(|(method, _)| *method == order.method));
            }
        }
    }
}
