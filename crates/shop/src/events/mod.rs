//! The shop at work: a plan becomes lines in the order in which they are written.

mod minute;
mod place;

use crate::ads::Desk;
use crate::calendar::{Calendar, Entry};
use crate::catalogue::{Catalogue, Product, Supply};
use crate::chance::Chance;
use crate::conditions::Conditions;
use crate::config::{Breadth, ShopConfig};
use crate::fact::Fact;
use crate::host::Host;
use crate::line::{Kind, Line, LogFile};
use crate::moment::{MINUTE_MS, Moment};
use crate::noise::{Noise, Ready, Writing};
use crate::plan::Plan;
use crate::program::Note;
use crate::record::Scribe;
use crate::scenario::Scenario;
use crate::shape::Shape;

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

/// How often a provider whose callbacks are late delivers them again.
const REDELIVERIES: i64 = 4;

/// The lines of a plan.
#[derive(Debug)]
pub struct Events {
    config: ShopConfig,
    conditions: Conditions,
    shape: Shape,
    catalogue: Catalogue,
    noise: Noise,
    calendar: Calendar<Due>,
    desk: Desk,
    orders: u64,
    beyond: u64,
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
            desk: Desk::default(),
            orders: 0,
            beyond: 0,
            config,
        };
        events.live_before(from);
        events.note_releases();
        events.note_prices();
        events.fill(from.minute());
        events
    }

    fn note_releases(&mut self) {
        for incident in self.conditions.incidents() {
            let (start, end) = (Moment::of(incident.start), Moment::of(incident.end));
            let service = if incident.scenario == Scenario::S2 {
                "checkout"
            } else if incident.scenario == Scenario::S16 {
                "app"
            } else {
                continue;
            };
            let (new, old) =
                (Note::started(service, &incident.dimension), Note::started(service, "v1"));
            self.calendar.note(start, Due::Fact(Fact::Noted(new)));
            self.calendar.note(end, Due::Fact(Fact::Noted(old)));
        }
    }

    /// Writes what is due, or notes that it is written later.
    fn write(&mut self, entry: Entry<Due>) -> Option<Line> {
        let at = entry.at;
        let mut ready = match *entry.thing {
            Due::Line(ready) => ready,
            Due::Fact(fact) => match self.told(at, entry.serial, &fact) {
                Writing::Now(ready) => ready,
                Writing::At(later, ready) => {
                    self.calendar.note(later, Due::Line(ready));
                    return None;
                }
            },
        };
        if let Some(heard) = ready.host.and_then(|host| self.conditions.silent_until(at, host)) {
            // A heartbeat that was not sent is never sent.
            if ready.file != LogFile::Pipeline {
                self.calendar.note(heard, Due::Line(ready.held_back()));
            }
            return None;
        }
        let calendar = &mut self.calendar;
        self.noise
            .written(at, &mut ready, &mut |later, again| calendar.note(later, Due::Line(again)));
        Some(Line {
            file: ready.file,
            host: ready.host,
            written_at: at.timestamp(),
            happened_at: ready.happened.timestamp(),
            kind: ready.kind,
            text: ready.text,
        })
    }

    /// Decides what a fact does besides, and when its line is written.
    fn told(&mut self, at: Moment, serial: u64, fact: &Fact) -> Writing {
        self.sell(at, fact);
        let host = self.host(fact);
        let Self { config, catalogue, conditions, .. } = &*self;
        let scribe =
            Scribe { config, catalogue, conditions, at, host: host.unwrap_or(Host::One), serial };
        let (file, text) = scribe.record(fact);
        let mut ready = Ready { file, host, happened: at, kind: Kind::Prompt, text };
        if let Fact::Notified(attempt) = fact
            && conditions
                .callback_delay_ms(attempt.order.placed, attempt.order.provider.name)
                .is_some()
        {
            for number in 1..=REDELIVERIES {
                let again = Ready { kind: Kind::Duplicate, ..ready.clone() };
                self.calendar.note(at.plus_ms(number * 2 * MINUTE_MS), Due::Line(again));
            }
        }
        let drift_share = self.conditions.drift_share(at, file);
        if drift_share > 0.0
            && Chance::branch(self.config.seed, "drift", serial).happens(drift_share)
        {
            ready.drift();
            return Writing::Now(ready);
        }
        if let Some(delay_ms) = self.conditions.file_delay_ms(at, file) {
            return Writing::At(at.plus_ms(delay_ms), Ready { kind: Kind::Late, ..ready });
        }
        self.noise.fresh(at, ready)
    }

    /// Returns the host that writes the line of a fact, where the shop has more than one.
    fn host(&self, fact: &Fact) -> Option<Host> {
        if self.config.breadth == Breadth::Core {
            return None;
        }
        Some(match fact {
            Fact::Submitted(order) | Fact::Confirmed(order) | Fact::Redeemed(order) => {
                Host::of(order.session())
            }
            Fact::Lined(line) => Host::of(line.order.session()),
            Fact::Cancelled(cancellation) => Host::of(cancellation.order.session()),
            Fact::Attempted(attempt) | Fact::Notified(attempt) => Host::of(attempt.order.session()),
            Fact::Walked(step) => Host::of(step.session),
            Fact::Requested(request) => Host::of(u32::from_be_bytes(request.address.0).into()),
            Fact::LoggedIn(login) => Host::of(u32::from_be_bytes(login.address.0).into()),
            Fact::Beaten(beat) => beat.host,
            Fact::Noted(note) if note.service == "orders" => Host::Two,
            Fact::RefundRequested(_)
            | Fact::RefundCompleted(_)
            | Fact::Dispatched(_)
            | Fact::Delivered(_)
            | Fact::Handled(_)
            | Fact::Scanned(_)
            | Fact::Said(_)
            | Fact::Stocked(_)
            | Fact::Counted(_)
            | Fact::Synced(_)
            | Fact::Priced(_)
            | Fact::Searched(_)
            | Fact::Clicked(_)
            | Fact::Converted(_)
            | Fact::Spent(_)
            | Fact::Polled(_)
            | Fact::Noted(_) => Host::One,
        })
    }

    /// A confirmed order leaves the shelves.
    fn sell(&mut self, at: Moment, fact: &Fact) {
        let Fact::Confirmed(order) = fact else { return };
        for position in order.positions() {
            let supply = self.supply(at, position.product);
            let told = self.catalogue.sell(position.product, position.quantity.into(), supply);
            for change in told {
                self.calendar.note(at, Due::Fact(Fact::Stocked(change)));
            }
        }
    }

    fn supply(&self, at: Moment, product: Product) -> Supply {
        let cut = self.conditions.stock_out(at);
        if cut.is_some_and(|incident| incident.dimension == product.sku()) {
            return Supply::Cut;
        }
        let frozen = self.conditions.frozen_stock(at);
        let warehouse = self.catalogue.article(product).warehouse;
        if frozen.is_some_and(|incident| incident.dimension == warehouse) {
            return Supply::Untold;
        }
        Supply::Usual
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
