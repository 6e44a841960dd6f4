//! What is planted where: the span of a history, its incidents and its controls.

use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use crate::chance::Chance;
use crate::config::{Breadth, ShopConfig};
use crate::scenario::{Control, Scenario};

/// An incident at its time and place.
#[derive(Debug, Clone, PartialEq)]
pub struct Incident {
    /// What happens.
    pub scenario: Scenario,
    /// Start.
    pub start: Timestamp,
    /// End, not included.
    pub end: Timestamp,
    /// Strength: 1 is that of the description, 0 is nothing.
    pub intensity: f64,
    /// The struck provider, version, route, article, host and so on.
    pub dimension: String,
}

impl Incident {
    /// Returns the scenario as it usually is, from `start` on.
    pub fn new(scenario: Scenario, start: Timestamp) -> Self {
        Self {
            scenario,
            start,
            end: start + SignedDuration::from_mins(scenario.usual_minutes()),
            intensity: scenario.usual_intensity(),
            dimension: scenario.usual_dimension().to_owned(),
        }
    }

    /// Tells whether it goes on at `time`.
    pub fn strikes(&self, time: Timestamp) -> bool {
        self.start <= time && time < self.end
    }
}

/// A control at its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ControlSpan {
    /// What is peculiar.
    pub control: Control,
    /// Start.
    pub start: Timestamp,
    /// End, not included.
    pub end: Timestamp,
}

impl ControlSpan {
    /// Tells whether it goes on at `time`.
    pub fn covers(&self, time: Timestamp) -> bool {
        self.start <= time && time < self.end
    }
}

/// The span of a history and what is planted in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Start.
    pub from: Timestamp,
    /// End, not included.
    pub until: Timestamp,
    /// Incidents; several may go on at once.
    pub incidents: Vec<Incident>,
    /// Controls.
    pub controls: Vec<ControlSpan>,
}

impl Plan {
    /// Returns a span in which nothing is wrong.
    pub fn new(from: Timestamp, until: Timestamp) -> Self {
        Self { from, until, incidents: Vec::new(), controls: Vec::new() }
    }

    /// Plants a control from start to end.
    pub fn control(&mut self, control: Control) {
        let (start, end) = (self.from, self.until);
        self.controls.push(ControlSpan { control, start, end });
    }

    /// Tells whether a control is planted, at any time.
    pub fn has(&self, control: Control) -> bool {
        self.controls.iter().any(|span| span.control == control)
    }

    /// Returns how much a shop must log for all that is planted to be seen.
    pub fn breadth(&self) -> Breadth {
        let needed = self.incidents.iter().map(|incident| incident.scenario.breadth());
        needed.max().unwrap_or(Breadth::Core)
    }
}

/// The shop of the demo and its plan.
#[derive(Debug, Clone)]
pub struct Demo {
    /// The shop.
    pub shop: ShopConfig,
    /// 21 days that end with three incidents.
    pub plan: Plan,
    /// Start of the hours in which the incidents lie; what comes before is there to learn from.
    pub judged_from: Timestamp,
}

const BUCKET_MINUTES: i64 = 5;
const HISTORY_DAYS: i64 = 21;
const JUDGED_MINUTES: i64 = 8 * 60;
const QUIET_MINUTES: i64 = 60;
/// The local hour in which the demo ends: the eight hours before it are the busy ones of [`crate::shape`].
const LAST_HOUR: i64 = 19;

/// Returns 21 days up to `end` (rounded down to five minutes) whose last 8 hours hold S1, S2 and S14.
///
/// The incidents come in an order and at minutes that the seed decides, with at least an hour of quiet before, between
/// and after them, so that each can be told from the others. The demo may be run at any hour of the day, but incidents
/// are found where there is something to miss: the shop is put into the zone (a whole number of hours from UTC) in
/// which it is between 19:00 and 20:00 at `end`, so that the last 8 hours are its busy ones.
pub fn demo_plan(end: Timestamp, seed: u64) -> Demo {
    let bucket_seconds = BUCKET_MINUTES * 60;
    let end_second = end.as_second().div_euclid(bucket_seconds) * bucket_seconds;
    let until = Timestamp::from_second(end_second).unwrap_or(end);
    let judged_from = until - SignedDuration::from_mins(JUDGED_MINUTES);
    let mut plan = Plan::new(until - SignedDuration::from_hours(24 * HISTORY_DAYS), until);
    plan.incidents = demo_incidents(judged_from, seed);
    let mut shop = ShopConfig::small(seed);
    shop.zone = zone_in_which_it_is(LAST_HOUR, until);
    Demo { shop, plan, judged_from }
}

fn demo_incidents(judged_from: Timestamp, seed: u64) -> Vec<Incident> {
    let mut chance = Chance::branch(seed, "demo", 0);
    let mut minutes = |from: i64, to: i64| {
        from + i64::try_from(chance.below(to.abs_diff(from) + 1)).unwrap_or_default()
    };
    let mut lengths =
        vec![(Scenario::S1, 20), (Scenario::S2, minutes(40, 60)), (Scenario::S14, minutes(45, 60))];
    let struck: i64 = lengths.iter().map(|(_, length)| length).sum();
    let spare = JUDGED_MINUTES - struck - 4 * QUIET_MINUTES;

    let mut incidents = Vec::new();
    let mut cuts = [minutes(0, spare), minutes(0, spare), minutes(0, spare)];
    cuts.sort_unstable();
    let mut passed = 0;
    for cut in cuts {
        let place = minutes(0, i64::try_from(lengths.len()).unwrap_or(1) - 1);
        let (scenario, length) = lengths.remove(usize::try_from(place).unwrap_or_default());
        passed += QUIET_MINUTES;
        let start = judged_from + SignedDuration::from_mins(passed + cut);
        let end = start + SignedDuration::from_mins(length);
        incidents.push(Incident { end, ..Incident::new(scenario, start) });
        passed += length;
    }
    incidents
}

fn zone_in_which_it_is(hour: i64, at: Timestamp) -> TimeZone {
    let hour_in_utc = at.as_second().div_euclid(3_600).rem_euclid(24);
    let ahead = (hour - hour_in_utc).rem_euclid(24);
    let ahead = if ahead > 12 { ahead - 24 } else { ahead };
    TimeZone::fixed(Offset::constant(i8::try_from(ahead).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_demo_keeps_an_hour_of_quiet_around_each_incident_whatever_the_seed() {
        for seed in 0..500 {
            let demo = demo_plan(at("2026-03-02T12:34:56Z"), seed);
            let quiet = SignedDuration::from_mins(60);
            let mut free_from = demo.judged_from;
            for incident in &demo.plan.incidents {
                assert!(incident.start.duration_since(free_from) >= quiet, "{seed}: {incident:?}");
                free_from = incident.end;
            }
            assert!(demo.plan.until.duration_since(free_from) >= quiet, "{seed}");
        }
    }

    #[test]
    fn the_demo_holds_each_scenario_once_for_its_length_in_an_order_of_the_seed() {
        let mut orders = std::collections::BTreeSet::new();
        for seed in 0..100 {
            let demo = demo_plan(at("2026-03-02T12:34:56Z"), seed);
            let mut seen = Vec::new();
            for incident in &demo.plan.incidents {
                let lengths =
                    [(Scenario::S1, 20..=20), (Scenario::S2, 40..=60), (Scenario::S14, 45..=60)];
                let allowed =
                    lengths.into_iter().find(|(scenario, _)| *scenario == incident.scenario);
                let (_, allowed) = allowed.unwrap();
                assert!(allowed.contains(&incident.end.duration_since(incident.start).as_mins()));
                seen.push(incident.scenario);
            }
            orders.insert(seen.clone());
            seen.sort();
            assert_eq!(seen, [Scenario::S1, Scenario::S2, Scenario::S14]);
        }
        assert_eq!(orders.len(), 6);
    }

    #[test]
    fn the_demo_ends_at_a_bucket_and_in_a_busy_hour_whenever_it_is_run() {
        for hour in 0..24 {
            let demo = demo_plan(at(&format!("2026-03-02T{hour:02}:34:56Z")), 1);
            assert_eq!(demo.plan.until, at(&format!("2026-03-02T{hour:02}:30:00Z")));
            let local = demo.plan.until.to_zoned(demo.shop.zone.clone());
            assert_eq!((local.hour(), local.minute()), (19, 30));
        }
    }

    #[test]
    fn an_incident_strikes_from_its_start_to_before_its_end() {
        let incident = Incident::new(Scenario::S1, at("2026-03-02T12:00:00Z"));
        assert!(incident.strikes(at("2026-03-02T12:00:00Z")));
        assert!(incident.strikes(at("2026-03-02T12:19:59.999Z")));
        assert!(!incident.strikes(at("2026-03-02T12:20:00Z")));
        assert!(!incident.strikes(at("2026-03-02T11:59:59.999Z")));
    }
}
