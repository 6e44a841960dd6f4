//! Polls of the platforms on which the shop sells too.

use crate::chance::{Chance, whole};
use crate::conditions::Conditions;
use crate::moment::{DAY_MS, MINUTE_MS, Minute, Moment, SECOND_MS};

/// The APIs that are polled, and how many new rows a poll finds in a mean minute, for each order.
const APIS: [(&str, f64); 3] =
    [("platform-orders", 1.5), (STOCK_API, 4.0), ("platform-refunds", 0.1)];
const STOCK_API: &str = "platform-stock";
const EACH_MINUTES: i64 = 5;
const ROWS_A_PAGE: i64 = 50;
const CALLS_A_DAY: i64 = 5_000;
const STALE_PAGES: i64 = 20;

/// One poll of an API.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Poll {
    pub(crate) api: &'static str,
    pub(crate) pages: i64,
    pub(crate) rows: i64,
    pub(crate) new_rows: i64,
    pub(crate) lag_ms: i64,
    pub(crate) quota_left: i64,
}

impl Poll {
    /// Tells whether the API refused it.
    pub(crate) fn is_refused(&self) -> bool {
        self.quota_left == 0
    }
}

/// Tells the polls of a minute.
pub(crate) fn polls(
    minute: Minute,
    orders: f64,
    conditions: &Conditions,
    chance: &mut Chance,
    tell: &mut dyn FnMut(Moment, Poll),
) {
    if !minute.is_each(EACH_MINUTES) {
        return;
    }
    for (api, rows_per_order) in APIS {
        let rows = i64::from(chance.poisson(orders * rows_per_order * EACH_MINUTES as f64));
        let at = minute.start().plus_ms(2 * SECOND_MS + whole(chance.unit() * 5_000.0));
        let lag_ms = whole(chance.log_normal(40_000.0, 0.4));
        tell(at, answered(api, at, (rows, lag_ms), conditions));
    }
}

fn answered(
    api: &'static str,
    at: Moment,
    (rows, lag_ms): (i64, i64),
    conditions: &Conditions,
) -> Poll {
    let used = at.since_ms(Moment::EPOCH).rem_euclid(DAY_MS) / (EACH_MINUTES * MINUTE_MS);
    let quota_left = CALLS_A_DAY - used * 3;
    let pages = 1 + rows / ROWS_A_PAGE;
    let usual = Poll { api, pages, rows, new_rows: rows, lag_ms, quota_left };
    let stale = conditions.stale_pages(at).filter(|incident| incident.dimension == api);
    let Some(incident) = stale else { return usual };
    let (start, end) = (Moment::of(incident.start), Moment::of(incident.end));
    let lag_ms = lag_ms + at.since_ms(start);
    let half_ms = (end.since_ms(start) / 2).max(1);
    let left = 1.0 - at.since_ms(start) as f64 / half_ms as f64;
    if left <= 0.0 {
        return Poll { pages: 0, rows: 0, new_rows: 0, lag_ms, quota_left: 0, ..usual };
    }
    let quota_left = whole(quota_left as f64 * left).max(1);
    let pages = pages * STALE_PAGES;
    Poll { pages, rows: pages * ROWS_A_PAGE, new_rows: 0, lag_ms, quota_left, ..usual }
}

/// Returns since when the stock that is read from the platform has not changed, or nothing when it is fresh.
pub(crate) fn stock_stale_since(at: Moment, conditions: &Conditions) -> Option<Moment> {
    conditions
        .stale_pages(at)
        .filter(|incident| incident.dimension == STOCK_API)
        .map(|incident| Moment::of(incident.start))
}
