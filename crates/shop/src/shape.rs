//! How busy the shop is: the shape of the day and of the week, and what differs from day to day.

use jiff::civil::Weekday;
use jiff::tz::TimeZone;

use crate::chance::Chance;
use crate::conditions::Conditions;
use crate::config::ShopConfig;
use crate::moment::{DAY_MS, Minute, Moment};
use crate::plan::Plan;
use crate::scenario::Control;

/// Level at each full local hour; between them it goes straight. From 11:00 to 20:00 it is about twice the mean.
const HOURS: [f64; 24] = [
    0.22, 0.12, 0.08, 0.06, 0.06, 0.08, 0.16, 0.32, 0.54, 0.84, 1.32, 1.90, //
    1.94, 1.90, 1.86, 1.86, 1.90, 1.95, 1.98, 1.98, 1.90, 1.04, 0.52, 0.32,
];
/// Level of each weekday, from Monday on.
const WEEKDAYS: [f64; 7] = [1.02, 1.00, 0.98, 0.99, 1.01, 0.98, 1.02];
/// Spread of the level of an hour around that of its day.
const HOUR_SPREAD: f64 = 0.02;
const MINUTES_A_DAY: f64 = 1_440.0;
const GROWTH_PER_DAY: f64 = 1.02;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opening {
    Always,
    ClosedAtNightAndOnSaturday,
}

/// The expected level of business in each minute.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    seed: u64,
    zone: TimeZone,
    orders_per_minute: f64,
    day_spread: f64,
    opening: Opening,
    growing_since: Option<Minute>,
    conditions: Conditions,
}

impl Shape {
    pub(crate) fn new(config: &ShopConfig, plan: &Plan) -> Self {
        Self {
            seed: config.seed,
            zone: config.zone.clone(),
            orders_per_minute: config.orders_per_day / MINUTES_A_DAY,
            day_spread: config.day_spread,
            opening: if plan.has(Control::N3) {
                Opening::ClosedAtNightAndOnSaturday
            } else {
                Opening::Always
            },
            growing_since: plan.has(Control::N5).then(|| Moment::of(plan.from).minute()),
            conditions: Conditions::new(plan),
        }
    }

    /// Returns how many orders customers want to place in a minute.
    pub(crate) fn orders(&self, minute: Minute) -> f64 {
        let local = minute.start().timestamp().to_zoned(self.zone.clone());
        let (hour, weekday) = (local.hour(), local.weekday());
        if self.opening == Opening::ClosedAtNightAndOnSaturday
            && (hour < 6 || weekday == Weekday::Saturday)
        {
            return 0.0;
        }
        let local_day = 1_000 * u64::from(local.year().unsigned_abs())
            + u64::from(local.day_of_year().unsigned_abs());
        let day = Chance::branch(self.seed, "day", local_day).log_normal(1.0, self.day_spread);
        let noise =
            Chance::branch(self.seed, "hour", minute.hour_key()).log_normal(1.0, HOUR_SPREAD);
        self.orders_per_minute
            * level(hour, local.minute())
            * WEEKDAYS[usize::from(weekday.to_monday_zero_offset().unsigned_abs())]
            * day
            * noise
            * self.growth(minute)
            * self.conditions.demand(minute.start())
    }

    fn growth(&self, minute: Minute) -> f64 {
        let days =
            |since| minute.start().since_ms(Minute::start(since)).max(0) as f64 / DAY_MS as f64;
        self.growing_since.map_or(1.0, |since| GROWTH_PER_DAY.powf(days(since)))
    }

    /// Returns how many orders come in a mean minute: the level of what knows no day and night.
    pub(crate) fn mean_orders(&self) -> f64 {
        self.orders_per_minute
    }
}

/// Returns the level at a local time; the mean over the day is 1.
fn level(hour: i8, minute: i8) -> f64 {
    let total: f64 = HOURS.iter().sum();
    let at = |hour: i8| HOURS[usize::from(hour.unsigned_abs()) % HOURS.len()] * 24.0 / total;
    let passed = f64::from(minute) / 60.0;
    at(hour) * (1.0 - passed) + at(hour + 1) * passed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(controls: &[Control]) -> Shape {
        let from = "2026-03-02T00:00:00Z".parse().unwrap();
        let mut plan = Plan::new(from, from);
        for &control in controls {
            plan.control(control);
        }
        Shape::new(&ShopConfig { day_spread: 0.0, ..ShopConfig::small(1) }, &plan)
    }

    fn at(time: &str) -> Minute {
        Moment::of(time.parse().unwrap()).minute()
    }

    #[test]
    fn a_week_has_seven_times_the_orders_of_a_mean_day() {
        let shape = shape(&[]);
        let mut minute = at("2026-03-02T00:00:00Z");
        let mut orders = 0.0;
        for _ in 0..7 * 1_440 {
            orders += shape.orders(minute);
            minute = minute.next();
        }
        assert!((orders / (7.0 * 4_800.0) - 1.0).abs() < 0.01, "{orders}");
    }

    #[test]
    fn the_busy_hours_of_every_weekday_expect_more_than_25_orders_in_five_minutes() {
        let shape = shape(&[]);
        for day in 2..9 {
            for hour in 11..20 {
                let five_minutes =
                    5.0 * shape.orders(at(&format!("2026-03-{day:02}T{hour}:00:00Z")));
                assert!((25.0..38.0).contains(&five_minutes), "{day} {hour}: {five_minutes}");
            }
        }
    }

    #[test]
    fn a_shop_closed_at_night_and_on_saturday_expects_nothing_then() {
        let shape = shape(&[Control::N3]);
        for closed in ["2026-03-03T00:00:00Z", "2026-03-03T05:59:00Z", "2026-03-07T15:00:00Z"] {
            assert_eq!(shape.orders(at(closed)).to_bits(), 0, "{closed}");
        }
        for open in ["2026-03-03T06:00:00Z", "2026-03-08T15:00:00Z"] {
            assert!(shape.orders(at(open)) > 0.0, "{open}");
        }
    }
}
