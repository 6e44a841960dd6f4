//! Who orders: customers as on any day, and those who come because of an incident.

use crate::catalogue::{Catalogue, Product};
use crate::chance::Chance;
use crate::conditions::{Conditions, MISPRICED};
use crate::moment::{MINUTE_MS, Moment};
use crate::order::{Doom, Order};
use crate::stock::oversold;

const LEAKED_PER_ORDER: f64 = 0.32;
const HOT_PER_ORDER: f64 = 0.25;
const CANCELLED_WHEN_OUT: f64 = 0.85;
const CANCELLED_WHEN_OVERSOLD: f64 = 0.5;
const CANCELLED_WHEN_DOUBLED: f64 = 0.8;
/// The stock of a hot article is gone after this part of the incident.
const GONE_AFTER: i64 = 3;

/// Why somebody orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guise {
    /// As on any day.
    Usual,
    /// For a price that is wrong.
    Bargain,
    /// With a coupon that was not meant for them.
    Leaked,
    /// For the article that all want.
    Hot(Product),
}

impl Guise {
    /// Returns the order that somebody places who comes for this.
    pub(crate) fn dressed(self, order: Order, aside: &mut Chance) -> Order {
        match self {
            Self::Usual => order,
            Self::Bargain => {
                let rank = aside.below(MISPRICED.into());
                let product = Product::of_rank(u16::try_from(rank).unwrap_or_default());
                order.only(product, aside.pick(&[(1, 0.4), (2, 0.3), (4, 0.3)]))
            }
            Self::Leaked => order.with_leaked_coupon(),
            Self::Hot(product) => order.only(product, 1),
        }
    }
}

/// Returns how many orders come beyond the usual ones in a minute that expects `orders`, and why.
pub(crate) fn beyond(
    at: Moment,
    orders: f64,
    conditions: &Conditions,
) -> impl Iterator<Item = (Guise, f64)> {
    let leaked = conditions.leaked_coupon(at).map_or(0.0, |incident| incident.intensity);
    let hot = conditions.stock_out(at).and_then(|incident| {
        let product = Product::of_sku(&incident.dimension)?;
        Some((Guise::Hot(product), HOT_PER_ORDER * incident.intensity))
    });
    let all = [
        Some((Guise::Bargain, conditions.bargains(at))),
        Some((Guise::Leaked, LEAKED_PER_ORDER * leaked)),
        hot,
    ];
    all.into_iter().flatten().map(move |(guise, share)| (guise, orders * share))
}

/// Returns when the hot article of an incident between these moments is gone.
pub(crate) fn gone_at(start: Moment, end: Moment) -> Moment {
    start.plus_ms(end.since_ms(start) / GONE_AFTER)
}

/// Returns why an order that is paid cannot be carried out.
pub(crate) fn doom(
    order: &Order,
    catalogue: &Catalogue,
    conditions: &Conditions,
    aside: &mut Chance,
) -> Option<Doom> {
    let at = order.placed;
    let drawn = aside.unit();
    let out = conditions.stock_out(at).and_then(|incident| {
        let gone = gone_at(Moment::of(incident.start), Moment::of(incident.end));
        let hot = Product::of_sku(&incident.dimension).filter(|&product| order.holds(product));
        let doomed = at >= gone && drawn < CANCELLED_WHEN_OUT * incident.intensity;
        hot.filter(|_| doomed)
    });
    if out.is_some() {
        return Some(Doom { reason: "out_of_stock", known: at, product: out });
    }
    let incident = conditions.frozen_stock(at)?;
    let twice = oversold(catalogue, &incident.dimension).find(|&product| order.holds(product));
    let known = Moment::of(incident.end).plus_ms(5 * MINUTE_MS);
    twice.filter(|_| drawn < CANCELLED_WHEN_OVERSOLD * incident.intensity).map(|product| Doom {
        reason: "oversold",
        known,
        product: Some(product),
    })
}

/// Returns why the second submission of an order is not carried out.
pub(crate) fn doubled(order: &Order, aside: &mut Chance) -> Option<Doom> {
    let known = order.placed.plus_ms(90 * MINUTE_MS);
    aside.happens(CANCELLED_WHEN_DOUBLED).then_some(Doom {
        reason: "duplicate",
        known,
        product: order.first(),
    })
}
