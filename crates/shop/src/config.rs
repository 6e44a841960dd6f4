//! What the shop is like: its size, its place on Earth, its habits.

use jiff::tz::TimeZone;

/// How much of its business a shop logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Breadth {
    /// Orders, payments, parcels, stock, requests and programs, of one host.
    Core,
    /// All five domains: sessions, support, advertisements, scans, stock syncs, polls and heartbeats too, of two hosts.
    Whole,
}

/// A shop. All figures are means; the seed decides what happens.
#[derive(Debug, Clone)]
pub struct ShopConfig {
    /// Everything that chance decides follows from it.
    pub seed: u64,
    /// How much of its business it logs.
    pub breadth: Breadth,
    /// `store.id`, for the inputs that read its files; no line holds it.
    pub store_id: String,
    /// The zone in which its customers live: the hours of the day and the stamps of the access log.
    pub zone: TimeZone,
    /// ISO 4217 code of its prices.
    pub currency: String,
    /// Orders on a mean day.
    pub orders_per_day: f64,
    /// Share of event lines that their producer delivers twice, with the same id.
    pub duplicate_share: f64,
    /// Share of event lines that are written minutes to hours after they happened.
    pub late_share: f64,
    /// Share of lines that are torn or garbled.
    pub malformed_share: f64,
    /// Spread of the level of a day, as a share of it: real days differ by more than chance gives.
    pub day_spread: f64,
}

impl ShopConfig {
    /// The shop of the demo: about 4,800 orders and 45,000 log lines a day.
    ///
    /// 21 days stay below a million lines, and in each of its busy hours five minutes expect more than 25 orders and
    /// more than 25 requests to each of `/`, `/product/{id}`, `/cart` and `/checkout`.
    pub fn small(seed: u64) -> Self {
        Self {
            seed,
            breadth: Breadth::Core,
            store_id: "demo".to_owned(),
            zone: TimeZone::UTC,
            currency: "EUR".to_owned(),
            orders_per_day: 4_800.0,
            duplicate_share: 0.01,
            late_share: 0.02,
            malformed_share: 0.000_1,
            day_spread: 0.04,
        }
    }

    /// The same shop with everything that it does: about 175,000 log lines a day.
    pub fn whole(seed: u64) -> Self {
        Self { breadth: Breadth::Whole, ..Self::small(seed) }
    }
}
