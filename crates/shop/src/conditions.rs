//! What the incidents of a plan do to the shop at one moment.

use crate::moment::Moment;
use crate::plan::{Incident, Plan};
use crate::scenario::Scenario;

/// Share of attempts that a struck payment provider fails, at the usual intensity.
const OUTAGE_SHARE: f64 = 0.60;
/// Share of orders that a slow database costs.
const SLOW_LOST_SHARE: f64 = 0.30;
/// By how much a slow database lengthens the requests to the struck route.
const SLOW_FACTOR: f64 = 4.0;
/// How many timeouts a minute the orders service logs.
const TIMEOUTS_PER_MINUTE: f64 = 4.0;

/// The incidents, as questions that the shop asks.
#[derive(Debug, Clone)]
pub(crate) struct Conditions {
    incidents: Vec<Incident>,
}

impl Conditions {
    pub(crate) fn new(plan: &Plan) -> Self {
        Self { incidents: plan.incidents.clone() }
    }

    /// Returns all incidents.
    pub(crate) fn incidents(&self) -> &[Incident] {
        &self.incidents
    }

    /// Returns the share of attempts that fail at this payment provider because its gateway does.
    pub(crate) fn outage_share(&self, at: Moment, provider: &str) -> f64 {
        self.strength(at, Scenario::S1, provider, OUTAGE_SHARE)
    }

    /// Returns the share of orders that vanish without a word.
    pub(crate) fn swallowed_share(&self, at: Moment) -> f64 {
        self.striking(at, Scenario::S2).map_or(0.0, |incident| incident.intensity.min(1.0))
    }

    /// Returns the version that the checkout runs, when it is not the usual one.
    pub(crate) fn version(&self, at: Moment) -> Option<&str> {
        self.striking(at, Scenario::S2).map(|incident| incident.dimension.as_str())
    }

    /// Returns the share of orders that a slow database costs.
    pub(crate) fn lost_share(&self, at: Moment) -> f64 {
        let slow = self.striking(at, Scenario::S14);
        slow.map_or(0.0, |incident| (incident.intensity * SLOW_LOST_SHARE).min(1.0))
    }

    /// Returns by how much requests to this route take longer.
    pub(crate) fn slowness(&self, at: Moment, route: &str) -> f64 {
        1.0 + self
            .striking(at, Scenario::S14)
            .filter(|incident| incident.dimension == route)
            .map_or(0.0, |incident| (SLOW_FACTOR - 1.0) * incident.intensity)
    }

    /// Returns how many timeouts of its database the orders service logs in a minute.
    pub(crate) fn timeouts_per_minute(&self, at: Moment) -> f64 {
        let slow = self.striking(at, Scenario::S14);
        slow.map_or(0.0, |incident| TIMEOUTS_PER_MINUTE * incident.intensity)
    }

    fn strength(&self, at: Moment, scenario: Scenario, dimension: &str, full: f64) -> f64 {
        self.striking(at, scenario)
            .filter(|incident| incident.dimension == dimension)
            .map_or(0.0, |incident| (incident.intensity * full).min(1.0))
    }

    fn striking(&self, at: Moment, scenario: Scenario) -> Option<&Incident> {
        if self.incidents.is_empty() {
            return None;
        }
        let time = at.timestamp();
        self.incidents
            .iter()
            .find(|incident| incident.scenario == scenario && incident.strikes(time))
    }
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
        assert_eq!(conditions.version(during), Some("v2"));
        assert_eq!(conditions.version(before), None);
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
