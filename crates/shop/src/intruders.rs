//! Intruders: a network of addresses that tries passwords and reads the whole catalogue.

use crate::catalogue::{PRODUCTS, Product};
use crate::chance::{Chance, place, whole};
use crate::conditions::Conditions;
use crate::moment::{Minute, Moment};
use crate::order::customer;
use crate::visit::{
    Address, LOGIN_FAILS_SHARE, LOGINS_PER_ORDER, Login, Request, Visit, scraping, within,
};

/// Failed logins of customers, for each order; intruders add nine times as many.
const FAILED_PER_ORDER: f64 = LOGINS_PER_ORDER * LOGIN_FAILS_SHARE;
const PAGES_PER_ORDER: f64 = 6.0;
const TRIED: f64 = 9.0;
const NETWORK: [u8; 3] = [198, 51, 100];

/// Tells what intruders do in a minute.
pub(crate) fn intruders(
    minute: Minute,
    mean_orders: f64,
    conditions: &Conditions,
    chance: &mut Chance,
    tell: &mut dyn FnMut(Moment, Visit),
) {
    let strength = conditions.intrusion(minute.start());
    if strength <= 0.0 {
        return;
    }
    // A script does not sleep: it comes at the level of the busiest hours.
    let level = mean_orders * 2.0 * strength;
    for _ in 0..chance.poisson(level * FAILED_PER_ORDER * TRIED) {
        let failure = Some(chance.pick(&[("wrong_password", 0.4), ("unknown_user", 0.6)]));
        let login = Login { customer: customer(chance), address: source(chance), failure };
        tell(within(minute, chance), Visit::Login(login));
    }
    let pages = i64::from(chance.poisson(level * PAGES_PER_ORDER));
    let first = minute.key().wrapping_mul(whole(level * PAGES_PER_ORDER).unsigned_abs().max(1));
    for page in 0..pages.unsigned_abs() {
        let rank = u16::try_from((first + page) % u64::from(PRODUCTS)).unwrap_or_default();
        let at = within(minute, chance);
        let request: Request = scraping(Product::of_rank(rank), source(chance), chance);
        tell(at, Visit::Request(request));
    }
}

fn source(chance: &mut Chance) -> Address {
    let [a, b, c] = NETWORK;
    Address([a, b, c, u8::try_from(place(chance.below(256))).unwrap_or_default()])
}
