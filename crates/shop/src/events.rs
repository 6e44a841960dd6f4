//! The shop at work: a plan becomes lines in the order in which they are written.

use crate::calendar::{Calendar, Entry};
use crate::catalogue::Catalogue;
use crate::chance::Chance;
use crate::conditions::Conditions;
use crate::config::ShopConfig;
use crate::fact::Fact;
use crate::life::{LONGEST_LIFE_MS, Life};
use crate::line::Line;
use crate::moment::{Minute, Moment};
use crate::noise::{Noise, Ready, Writing};
use crate::order::{Order, OrderNumber};
use crate::plan::Plan;
use crate::program::{Note, notes};
use crate::record::Scribe;
use crate::scenario::Scenario;
use crate::shape::Shape;
use crate::visit::{Fate, Visit, placing, visits, within};

/// A simulated shop.
#[derive(Debug, Clone)]
pub struct Shop {
    config: ShopConfig,
}

impl Shop {
    /// Returns the shop.
    pub fn new(config: ShopConfig) -> Self {
        Self { config }
    }

    /// Returns the lines of a plan in the order of [`Line::written_at`]. The same plan gives the same lines.
    ///
    /// They are made as they are asked for, so a caller may let them come at the pace of a clock.
    pub fn events(&self, plan: &Plan) -> Events {
        Events::new(self.config.clone(), plan)
    }
}

/// The lines of a plan.
#[derive(Debug)]
pub struct Events {
    config: ShopConfig,
    conditions: Conditions,
    shape: Shape,
    catalogue: Catalogue,
    noise: Noise,
    calendar: Calendar<Due>,
    orders: u64,
}

/// What the calendar holds: facts to be told, and lines told earlier that are written only now.
#[derive(Debug)]
enum Due {
    Fact(Fact),
    Line(Ready),
}

impl Events {
    fn new(config: ShopConfig, plan: &Plan) -> Self {
        let (from, until) = (Moment::of(plan.from), Moment::of(plan.until));
        let mut events = Self {
            conditions: Conditions::new(plan),
            shape: Shape::new(&config, plan),
            catalogue: Catalogue::new(config.seed),
            noise: Noise::new(&config, plan),
            calendar: Calendar::new(from, until),
            orders: 0,
            config,
        };
        events.live_before(from);
        events.note_releases();
        events.fill(from.minute());
        events
    }

    /// Lets the orders of earlier weeks live, for their parcels and refunds that fall into the plan.
    fn live_before(&mut self, from: Moment) {
        let mut minute = from.plus_ms(-LONGEST_LIFE_MS).minute();
        while minute < from.minute() {
            self.place_orders(minute, self.shape.orders(minute));
            minute = minute.next();
        }
    }

    fn note_releases(&mut self) {
        for incident in self.conditions.incidents() {
            if incident.scenario == Scenario::S2 {
                let (start, end) = (Moment::of(incident.start), Moment::of(incident.end));
                let (new, old) = (
                    Note::started("checkout", &incident.dimension),
                    Note::started("checkout", "v1"),
                );
                self.calendar.note(start, Due::Fact(Fact::Noted(new)));
                self.calendar.note(end, Due::Fact(Fact::Noted(old)));
            }
        }
    }

    /// Decides all that begins in a minute.
    fn fill(&mut self, minute: Minute) {
        let orders = self.shape.orders(minute);
        self.place_orders(minute, orders);
        let Self { calendar, conditions, config, shape, .. } = self;
        let mut chance = Chance::branch(config.seed, "visits", minute.key());
        visits(minute, (orders, shape.mean_orders()), conditions, &mut chance, &mut |at, visit| {
            let fact = match visit {
                Visit::Request(request) => Fact::Requested(request),
                Visit::Login(login) => Fact::LoggedIn(login),
                Visit::Search(search) => Fact::Searched(search),
            };
            calendar.note(at, Due::Fact(fact));
        });
        let mut chance = Chance::branch(config.seed, "notes", minute.key());
        notes(minute, conditions, &mut chance, &mut |at, note| {
            calendar.note(at, Due::Fact(Fact::Noted(note)));
        });
    }

    fn place_orders(&mut self, minute: Minute, expected: f64) {
        let Self { calendar, conditions, config, orders, .. } = self;
        let count = Chance::branch(config.seed, "orders", minute.key()).poisson(expected);
        for place_in_minute in 0..u64::from(count) {
            *orders += 1;
            let key = minute.key().wrapping_mul(4_096).wrapping_add(place_in_minute);
            let mut chance = Chance::branch(config.seed, "order", key);
            let at = within(minute, &mut chance);
            let fate = Fate::drawn(at, conditions, &mut chance);
            let request = placing(at, fate, conditions, &mut chance);
            calendar.note(at, Due::Fact(Fact::Requested(request)));
            if fate == Fate::Placed {
                let order = Order::drawn(OrderNumber(*orders), at, &mut chance);
                let tell = &mut |at, fact| calendar.note(at, Due::Fact(fact));
                Life { conditions, zone: &config.zone, chance, tell }.live(order);
            }
        }
    }

    /// Writes what is due, or notes that it is written later.
    fn write(&mut self, entry: Entry<Due>) -> Option<Line> {
        let at = entry.at;
        let mut ready = match entry.thing {
            Due::Line(ready) => ready,
            Due::Fact(fact) => {
                self.sell(at, &fact);
                let (file, text) = self.scribe(at, entry.serial).record(&fact);
                match self.noise.fresh(file, at, text) {
                    Writing::Now(ready) => ready,
                    Writing::At(later, ready) => {
                        self.calendar.note(later, Due::Line(ready));
                        return None;
                    }
                }
            }
        };
        let calendar = &mut self.calendar;
        self.noise
            .written(at, &mut ready, &mut |later, again| calendar.note(later, Due::Line(again)));
        Some(Line {
            file: ready.file,
            written_at: at.timestamp(),
            happened_at: ready.happened.timestamp(),
            kind: ready.kind,
            text: ready.text,
        })
    }

    fn scribe(&self, at: Moment, serial: u64) -> Scribe<'_> {
        let Self { config, catalogue, conditions, .. } = self;
        Scribe { config, catalogue, conditions, at, serial }
    }

    /// A confirmed order leaves the shelves.
    fn sell(&mut self, at: Moment, fact: &Fact) {
        let Fact::Confirmed(order) = fact else { return };
        for position in order.positions() {
            for change in self.catalogue.sell(position.product, position.quantity.into()) {
                self.calendar.note(at, Due::Fact(Fact::Stocked(change)));
            }
        }
    }
}

impl Iterator for Events {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        loop {
            let Some(entry) = self.calendar.take() else {
                let minute = self.calendar.turn()?;
                self.fill(minute);
                continue;
            };
            if let Some(line) = self.write(entry) {
                return Some(line);
            }
        }
    }
}
