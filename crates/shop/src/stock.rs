//! Stock as it is counted and synchronised, and prices as they are set.

use crate::catalogue::{Catalogue, Product, WAREHOUSES};
use crate::chance::{Chance, whole};
use crate::conditions::{Conditions, MISPRICED, PRICE_DIVISOR};
use crate::moment::{Minute, Moment, SECOND_MS};
use crate::plan::Incident;
use crate::platform::stock_stale_since;

/// The warehouse whose stock is read from the platform.
const OF_PLATFORM: &str = WAREHOUSES[1];
const SYNCED_EACH_MINUTES: i64 = 5;
const COUNTED_EACH_MINUTES: i64 = 360;
const REPRICED_PER_MINUTE: f64 = 0.014;
/// How many of a warehouse's articles turn out to be sold twice.
const OVERSOLD: usize = 12;

/// The stock of an article as it is counted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Count {
    pub(crate) product: Product,
    pub(crate) on_hand: i64,
}

/// The stock of a warehouse has been synchronised.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sync {
    pub(crate) warehouse: &'static str,
    pub(crate) as_of: Moment,
}

/// The price of an article is set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PriceChange {
    pub(crate) product: Product,
    pub(crate) divisor: i64,
    pub(crate) reason: &'static str,
}

/// What is told of stock and prices.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Keeping {
    Counted(Count),
    Synced(Sync),
    Priced(PriceChange),
}

/// Tells what is counted, synchronised and priced anew in a minute.
pub(crate) fn keeping(
    minute: Minute,
    catalogue: &Catalogue,
    conditions: &Conditions,
    chance: &mut Chance,
    tell: &mut dyn FnMut(Moment, Keeping),
) {
    let start = minute.start();
    if minute.is_each(SYNCED_EACH_MINUTES) {
        for warehouse in WAREHOUSES {
            let at = start.plus_ms(20 * SECOND_MS);
            let fresh = at.plus_ms(-whole(chance.log_normal(25_000.0, 0.4)));
            let frozen = conditions.frozen_stock(at);
            if frozen.is_some_and(|incident| incident.dimension == warehouse) {
                continue;
            }
            let stale = stock_stale_since(at, conditions).filter(|_| warehouse == OF_PLATFORM);
            let as_of = stale.map_or(fresh, |since| since.min(fresh));
            tell(at, Keeping::Synced(Sync { warehouse, as_of }));
        }
    }
    if minute.is_each(COUNTED_EACH_MINUTES) {
        for product in Product::all() {
            let at = start.plus_ms(whole(chance.unit() * 50_000.0));
            let on_hand = catalogue.on_hand(product);
            tell(at, Keeping::Counted(Count { product, on_hand }));
        }
    }
    for _ in 0..chance.poisson(REPRICED_PER_MINUTE) {
        let product = Product::drawn(chance);
        let at = start.plus_ms(whole(chance.unit() * 59_000.0));
        let divisor = conditions.price_divisor(at, product);
        tell(at, Keeping::Priced(PriceChange { product, divisor, reason: "list_price" }));
    }
}

/// Tells what a broken feed does to prices, at its start, and what mends them at its end.
pub(crate) fn mispricing(incident: &Incident, tell: &mut dyn FnMut(Moment, PriceChange)) {
    let turns = [(incident.start, PRICE_DIVISOR), (incident.end, 1)];
    for (time, divisor) in turns {
        for rank in 0..MISPRICED {
            let at = Moment::of(time).plus_ms(i64::from(rank) * 40);
            let product = Product::of_rank(rank);
            tell(at, PriceChange { product, divisor, reason: "price_feed" });
        }
    }
}

/// Returns the most popular articles of a warehouse: those that are sold twice while its stock is not told.
pub(crate) fn oversold<'a>(
    catalogue: &'a Catalogue,
    warehouse: &'a str,
) -> impl Iterator<Item = Product> + 'a {
    let lies_there = move |product: &Product| catalogue.article(*product).warehouse == warehouse;
    Product::all().filter(lies_there).take(OVERSOLD)
}
