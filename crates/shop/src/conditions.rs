//! What the incidents of a plan do to the shop at one moment.

use crate::catalogue::Product;
use crate::chance::whole;
use crate::host::Host;
use crate::hours::Hours;
use crate::line::LogFile;
use crate::moment::{HOUR_MS, MINUTE_MS, Moment};
use crate::plan::{ControlSpan, Incident, Plan};
use crate::scenario::{Control, Scenario};

/// Share of attempts that a struck payment provider fails, at the usual intensity.
const OUTAGE_SHARE: f64 = 0.60;
/// Share of orders that a slow database costs.
const SLOW_LOST_SHARE: f64 = 0.30;
/// By how much a slow database lengthens the requests to the struck route.
const SLOW_FACTOR: f64 = 4.0;
/// How many timeouts a minute the orders service logs.
const TIMEOUTS_PER_MINUTE: f64 = 4.0;
const CALLBACK_DELAY_MS: i64 = 30 * MINUTE_MS;
/// How many articles a broken feed prices anew: the most popular ones.
pub(crate) const MISPRICED: u16 = 30;
pub(crate) const PRICE_DIVISOR: i64 = 100;
const SKEW_MS: i64 = 8 * HOUR_MS;
const DRIFT_SHARE: f64 = 0.30;
const DOUBLED_SHARE: f64 = 0.30;
const DEFECTIVE_SHARE: f64 = 0.60;
/// Share of searches outside the struck category that a stale index leaves without a result.
const STALE_SEARCH_SHARE: f64 = 0.28;
/// By which part fewer visitors who only look put something into a cart.
const STALE_CART_LOSS: f64 = 0.80;
/// A slow warehouse takes so many times as long.
const WAREHOUSE_FACTOR: f64 = 3.0;
const SALE_FACTOR: f64 = 8.0;
const MAINTENANCE_FACTOR: f64 = 0.2;
const DEBUG_LINES_PER_MINUTE: f64 = 300.0;
const LATE_FILE_MS: i64 = 2 * HOUR_MS;

/// The incidents and controls, as questions that the shop asks.
#[derive(Debug, Clone)]
pub(crate) struct Conditions {
    incidents: Vec<Incident>,
    controls: Vec<ControlSpan>,
}

impl Conditions {
    pub(crate) fn new(plan: &Plan) -> Self {
        Self { incidents: plan.incidents.clone(), controls: plan.controls.clone() }
    }

    /// Returns all incidents that have any strength.
    pub(crate) fn incidents(&self) -> impl Iterator<Item = &Incident> {
        self.incidents.iter().filter(|incident| incident.intensity > 0.0)
    }

    /// Returns the share of attempts that fail at this payment provider because its gateway does.
    pub(crate) fn outage_share(&self, at: Moment, provider: &str) -> f64 {
        self.strength(at, Scenario::S1, provider, OUTAGE_SHARE)
    }

    /// Returns the share of orders that vanish without a word.
    pub(crate) fn swallowed_share(&self, at: Moment) -> f64 {
        self.intensity(at, Scenario::S2).min(1.0)
    }

    /// Returns the version that the checkout runs for a channel, when it is not the usual one.
    pub(crate) fn version(&self, at: Moment, channel: &str) -> Option<&str> {
        let broken = self.striking(at, Scenario::S2);
        let doubling = || self.striking(at, Scenario::S16).filter(|_| channel == "app");
        broken.or_else(doubling).map(|incident| incident.dimension.as_str())
    }

    /// Returns the share of orders that a slow database costs.
    pub(crate) fn lost_share(&self, at: Moment) -> f64 {
        (self.intensity(at, Scenario::S14) * SLOW_LOST_SHARE).min(1.0)
    }

    /// Returns by how much requests to this route take longer.
    pub(crate) fn slowness(&self, at: Moment, route: &str) -> f64 {
        1.0 + self
            .struck(at, Scenario::S14, route)
            .map_or(0.0, |incident| (SLOW_FACTOR - 1.0) * incident.intensity)
    }

    /// Returns how many timeouts of its database the orders service logs in a minute.
    pub(crate) fn timeouts_per_minute(&self, at: Moment) -> f64 {
        self.intensity(at, Scenario::S14) * TIMEOUTS_PER_MINUTE
    }

    /// Returns how long after a payment the provider calls back, beyond the usual, or nothing when it is in time.
    pub(crate) fn callback_delay_ms(&self, at: Moment, provider: &str) -> Option<i64> {
        let late = self.struck(at, Scenario::S3, provider);
        late.map(|incident| scaled(CALLBACK_DELAY_MS, incident.intensity))
    }

    /// Returns the incident that takes an article out of stock.
    pub(crate) fn stock_out(&self, at: Moment) -> Option<&Incident> {
        self.striking(at, Scenario::S4)
    }

    /// Returns the incident in which a warehouse does not tell its stock.
    pub(crate) fn frozen_stock(&self, at: Moment) -> Option<&Incident> {
        self.striking(at, Scenario::S5)
    }

    /// Returns when a warehouse is done with what it would have done by `usual`, had it on its list since `from`.
    ///
    /// While the warehouse is slow, work goes on at a third of its pace in the hours in which it works at all; `ahead_ms`
    /// is how far its clock is ahead of UTC.
    pub(crate) fn worked(
        &self,
        warehouse: &str,
        (from, usual): (Moment, Moment),
        ahead_ms: i64,
    ) -> Moment {
        let slows = |incident: &&Incident| {
            incident.scenario == Scenario::S6 && incident.dimension == warehouse
        };
        let Some(slow) = self.incidents().find(slows) else { return usual };
        let (start, end) = (Moment::of(slow.start).max(from), Moment::of(slow.end));
        if usual <= start || end <= start {
            return usual;
        }
        let hours = Hours { ahead_ms };
        let (started, ended) = (hours.worked_ms(start), hours.worked_ms(end));
        let factor = 1.0 + (WAREHOUSE_FACTOR - 1.0) * slow.intensity;
        let left_ms = hours.worked_ms(usual) - started;
        let done_ms = scaled(ended - started, 1.0 / factor);
        let worked_ms = if left_ms <= done_ms {
            started + scaled(left_ms, factor)
        } else {
            ended + left_ms - done_ms
        };
        hours.reached(worked_ms).max(usual)
    }

    /// Returns the incident in which this carrier does not scan in this region.
    pub(crate) fn unscanned(&self, at: Moment, carrier: &str, region: &str) -> Option<&Incident> {
        self.striking(at, Scenario::S7)
            .filter(|incident| incident.dimension.split_once('/') == Some((carrier, region)))
    }

    /// Returns the share of customers who receive this article broken.
    pub(crate) fn defective_share(&self, at: Moment, product: Product) -> f64 {
        self.strength(at, Scenario::S8, &product.sku(), DEFECTIVE_SHARE)
    }

    /// Returns how many false clicks come for each true one of this campaign.
    pub(crate) fn false_clicks(&self, at: Moment, campaign: &str) -> f64 {
        self.struck(at, Scenario::S9, campaign).map_or(0.0, |incident| 4.0 * incident.intensity)
    }

    /// Returns the share of clicks and conversions of this network that nobody sees.
    pub(crate) fn untracked_share(&self, at: Moment, network: &str) -> f64 {
        self.strength(at, Scenario::S10, network, 1.0)
    }

    /// Returns how hard intruders try.
    pub(crate) fn intrusion(&self, at: Moment) -> f64 {
        self.intensity(at, Scenario::S11)
    }

    /// Returns the divisor of the price of an article: 1 is right.
    pub(crate) fn price_divisor(&self, at: Moment, product: Product) -> i64 {
        let is_struck = product.rank() < MISPRICED && self.striking(at, Scenario::S12).is_some();
        if is_struck { PRICE_DIVISOR } else { 1 }
    }

    /// Returns how many orders of bargain hunters come for each usual one.
    pub(crate) fn bargains(&self, at: Moment) -> f64 {
        3.0 * self.intensity(at, Scenario::S12)
    }

    /// Returns the incident in which a coupon is shared.
    pub(crate) fn leaked_coupon(&self, at: Moment) -> Option<&Incident> {
        self.striking(at, Scenario::S13)
    }

    /// Returns the share of searches for this category that find nothing because of a stale index.
    pub(crate) fn stale_search_share(&self, at: Moment, category: &str) -> f64 {
        self.striking(at, Scenario::S15).map_or(0.0, |incident| {
            let full = if incident.dimension == category { 1.0 } else { STALE_SEARCH_SHARE };
            (full * incident.intensity).min(1.0)
        })
    }

    /// Returns which part of the visitors who only look puts something into a cart, of those who usually do.
    pub(crate) fn cart_share(&self, at: Moment) -> f64 {
        1.0 - (STALE_CART_LOSS * self.intensity(at, Scenario::S15)).min(1.0)
    }

    /// Returns the share of orders of the app that are submitted twice.
    pub(crate) fn doubled_share(&self, at: Moment) -> f64 {
        (DOUBLED_SHARE * self.intensity(at, Scenario::S16)).min(1.0)
    }

    /// Returns until when nothing of a host is written, or nothing when it is heard.
    pub(crate) fn silent_until(&self, at: Moment, host: Host) -> Option<Moment> {
        self.struck(at, Scenario::S17, host.as_str())
            // A moment is cut to milliseconds, and may lie before the end that it is of.
            .map(|incident| Moment::of(incident.end).plus_ms(1))
    }

    /// Returns by how much the clock of a host is ahead, in milliseconds.
    pub(crate) fn skew_ms(&self, at: Moment, host: Host) -> i64 {
        self.struck(at, Scenario::S18, host.as_str())
            .map_or(0, |incident| scaled(SKEW_MS, incident.intensity))
    }

    /// Returns the share of lines of a file that are of a form its parser does not know.
    pub(crate) fn drift_share(&self, at: Moment, file: LogFile) -> f64 {
        self.strength(at, Scenario::S19, file.format(), DRIFT_SHARE)
    }

    /// Returns the incident in which the API of a platform gives old pages.
    pub(crate) fn stale_pages(&self, at: Moment) -> Option<&Incident> {
        self.striking(at, Scenario::S20)
    }

    /// Returns how many times the usual number of customers come.
    pub(crate) fn demand(&self, at: Moment) -> f64 {
        if self.under(at, Control::N1) || self.under(at, Control::N2) {
            SALE_FACTOR
        } else if self.is_closed(at) {
            MAINTENANCE_FACTOR
        } else {
            1.0
        }
    }

    /// Tells whether the shop is closed for maintenance.
    pub(crate) fn is_closed(&self, at: Moment) -> bool {
        self.under(at, Control::N8)
    }

    /// Returns how many debug lines one program logs in a minute.
    pub(crate) fn debug_per_minute(&self, at: Moment) -> f64 {
        if self.under(at, Control::N9) { DEBUG_LINES_PER_MINUTE } else { 0.0 }
    }

    /// Returns how long after it happened a line of a file is written, or nothing when it is written at once.
    pub(crate) fn file_delay_ms(&self, at: Moment, file: LogFile) -> Option<i64> {
        (file == LogFile::Fulfilment && self.under(at, Control::N7)).then_some(LATE_FILE_MS)
    }

    fn under(&self, at: Moment, control: Control) -> bool {
        if self.controls.is_empty() {
            return false;
        }
        let time = at.timestamp();
        self.controls.iter().any(|span| span.control == control && span.covers(time))
    }

    fn strength(&self, at: Moment, scenario: Scenario, dimension: &str, full: f64) -> f64 {
        self.struck(at, scenario, dimension)
            .map_or(0.0, |incident| (incident.intensity * full).min(1.0))
    }

    fn intensity(&self, at: Moment, scenario: Scenario) -> f64 {
        self.striking(at, scenario).map_or(0.0, |incident| incident.intensity)
    }

    fn struck(&self, at: Moment, scenario: Scenario, dimension: &str) -> Option<&Incident> {
        self.striking(at, scenario).filter(|incident| incident.dimension == dimension)
    }

    fn striking(&self, at: Moment, scenario: Scenario) -> Option<&Incident> {
        if self.incidents.is_empty() {
            return None;
        }
        let time = at.timestamp();
        self.incidents
            .iter()
            .find(|incident| incident.scenario == scenario && incident.strikes(time))
            .filter(|incident| incident.intensity > 0.0)
    }
}

/// Multiplies a length of time, in milliseconds.
fn scaled(length_ms: i64, factor: f64) -> i64 {
    whole(length_ms as f64 * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn struck_by(scenario: Scenario) -> (Conditions, Moment, Moment) {
        let start: jiff::Timestamp = "2026-03-02T12:00:00Z".parse().unwrap();
        let mut plan = Plan::new(start, start);
        plan.incidents.push(Incident::new(scenario, start));
        let during = Moment::of(start);
        (Conditions::new(&plan), during, during.plus_ms(-1))
    }

    fn check(share: f64, expected: f64) {
        assert!((share - expected).abs() < 1e-9, "{share} is not {expected}");
    }

    #[test]
    fn an_outage_strikes_one_provider_only() {
        let (conditions, during, before) = struck_by(Scenario::S1);
        check(conditions.outage_share(during, "northpay"), 0.6);
        check(conditions.outage_share(during, "eastbank"), 0.0);
        check(conditions.outage_share(before, "northpay"), 0.0);
        check(conditions.lost_share(during), 0.0);
    }

    #[test]
    fn a_broken_checkout_swallows_every_order_and_shows_its_version() {
        let (conditions, during, before) = struck_by(Scenario::S2);
        check(conditions.swallowed_share(during), 1.0);
        check(conditions.swallowed_share(before), 0.0);
        assert_eq!(conditions.version(during, "web"), Some("v2"));
        assert_eq!(conditions.version(before, "web"), None);
    }

    #[test]
    fn work_in_a_slow_warehouse_takes_three_times_what_is_left_of_it() {
        let (conditions, noon, _) = struck_by(Scenario::S6);
        let done = |from_min: i64, usual_min: i64| {
            let at = |minutes: i64| noon.plus_ms(minutes * MINUTE_MS);
            let done = conditions.worked("W1", (at(from_min), at(usual_min)), 0);
            done.since_ms(noon) / MINUTE_MS
        };
        assert_eq!(done(-60, -5), -5, "done before");
        assert_eq!(done(-60, 10), 30, "ten minutes are left");
        assert_eq!(done(20, 40), 80, "all of it is slow");
        // From 16:00 on four hours: eight hours are left on the next day, from seven in the morning on.
        assert_eq!(done(240, 480), 1_140 + 480, "nights are no work");
        let end = 2_880;
        assert_eq!(done(end, end + 5), end + 5, "begun behind the end");
        let other = conditions.worked("W2", (noon, noon.plus_ms(1_000)), 0);
        assert_eq!(other.since_ms(noon), 1_000);
    }

    #[test]
    fn a_silent_host_is_heard_behind_an_end_of_any_fraction_of_a_second() {
        let start: jiff::Timestamp = "2026-03-02T12:00:00.123456789Z".parse().unwrap();
        let mut plan = Plan::new(start, start);
        plan.incidents.push(Incident::new(Scenario::S17, start));
        let conditions = Conditions::new(&plan);
        let heard = conditions.silent_until(Moment::of(start).plus_ms(1), Host::Two).unwrap();
        assert_eq!(conditions.silent_until(heard, Host::Two), None);
    }

    #[test]
    fn a_slow_database_slows_one_route_and_costs_orders() {
        let (conditions, during, before) = struck_by(Scenario::S14);
        check(conditions.slowness(during, "/checkout"), 4.0);
        check(conditions.slowness(during, "/cart"), 1.0);
        check(conditions.slowness(before, "/checkout"), 1.0);
        check(conditions.lost_share(during), 0.3);
    }
}
