//! What begins in a minute.

use super::{Due, Events};
use crate::ads::Advertising;
use crate::catalogue::{Product, Supply};
use crate::chance::Chance;
use crate::config::Breadth;
use crate::crowd::gone_at;
use crate::fact::Fact;
use crate::host::heartbeats;
use crate::intruders::intruders;
use crate::life::LONGEST_LIFE_MS;
use crate::moment::{MINUTE_MS, Minute, Moment};
use crate::plan::Incident;
use crate::platform::polls;
use crate::program::{notes, order_notes};
use crate::scenario::Scenario;
use crate::sessions::{looking, searching};
use crate::stock::{Keeping, keeping, mispricing, oversold};
use crate::visit::{Visit, visits};

impl Events {
    /// Lets the orders of earlier weeks live, for their parcels and refunds that fall into the plan.
    pub(super) fn live_before(&mut self, from: Moment) {
        let mut minute = from.plus_ms(-LONGEST_LIFE_MS).minute();
        while minute < from.minute() {
            self.place_orders(minute, self.shape.orders(minute));
            minute = minute.next();
        }
    }

    /// Notes what broken feeds will do to prices.
    pub(super) fn note_prices(&mut self) {
        let Self { calendar, conditions, .. } = self;
        for incident in conditions.incidents() {
            if incident.scenario == Scenario::S12 {
                mispricing(incident, &mut |at, change| {
                    calendar.note(at, Due::Fact(Fact::Priced(change)));
                });
            }
        }
    }

    /// Decides all that begins in a minute.
    pub(super) fn fill(&mut self, minute: Minute) {
        let orders = self.shape.orders(minute);
        self.place_orders(minute, orders);
        let Self { calendar, conditions, config, shape, .. } = self;
        let mut chance = Chance::branch(config.seed, "visits", minute.key());
        visits(minute, (orders, shape.mean_orders()), conditions, &mut chance, &mut |at, visit| {
            calendar.note(at, Due::Fact(visited(visit)));
        });
        let mut chance = Chance::branch(config.seed, "notes", minute.key());
        notes(minute, conditions, &mut chance, &mut |at, note| {
            calendar.note(at, Due::Fact(Fact::Noted(note)));
        });
        if config.breadth == Breadth::Whole {
            self.fill_traffic(minute, orders);
            self.fill_office(minute, orders);
            self.move_stock(minute);
        }
    }

    /// Decides who looks, searches, clicks and breaks in.
    fn fill_traffic(&mut self, minute: Minute, orders: f64) {
        let Self { calendar, conditions, config, shape, desk, .. } = self;
        let mut chance = Chance::branch(config.seed, "sessions", minute.key());
        looking(minute, orders, conditions, &mut chance, &mut |at, step| {
            calendar.note(at, Due::Fact(Fact::Walked(step)));
        });
        searching(minute, orders, conditions, &mut chance, &mut |at, search| {
            calendar.note(at, Due::Fact(Fact::Searched(search)));
        });
        let mut chance = Chance::branch(config.seed, "ads", minute.key());
        let mut fraud = Chance::branch(config.seed, "fraud", minute.key());
        let chances = (&mut chance, &mut fraud);
        desk.minute(minute, orders, conditions, chances, &mut |at, told| {
            let fact = match told {
                Advertising::Clicked(click) => Fact::Clicked(click),
                Advertising::Converted(click) => Fact::Converted(click),
                Advertising::Spent(spending) => Fact::Spent(spending),
            };
            calendar.note(at, Due::Fact(fact));
        });
        let mut chance = Chance::branch(config.seed, "intruders", minute.key());
        intruders(minute, shape.mean_orders(), conditions, &mut chance, &mut |at, visit| {
            calendar.note(at, Due::Fact(visited(visit)));
        });
    }

    /// Decides what is counted, polled and logged behind the shop.
    fn fill_office(&mut self, minute: Minute, orders: f64) {
        let Self { calendar, catalogue, conditions, config, .. } = self;
        let mut chance = Chance::branch(config.seed, "keeping", minute.key());
        keeping(minute, catalogue, conditions, &mut chance, &mut |at, told| {
            let fact = match told {
                Keeping::Counted(count) => Fact::Counted(count),
                Keeping::Synced(sync) => Fact::Synced(sync),
                Keeping::Priced(price) => Fact::Priced(price),
            };
            calendar.note(at, Due::Fact(fact));
        });
        let mut chance = Chance::branch(config.seed, "polls", minute.key());
        polls(minute, orders, conditions, &mut chance, &mut |at, poll| {
            calendar.note(at, Due::Fact(Fact::Polled(poll)));
        });
        let mut chance = Chance::branch(config.seed, "order notes", minute.key());
        order_notes(minute, &mut chance, &mut |at, note| {
            calendar.note(at, Due::Fact(Fact::Noted(note)));
        });
        heartbeats(minute, &mut |at, beat| calendar.note(at, Due::Fact(Fact::Beaten(beat))));
    }

    /// Lets the stock of a hot article go, and tells what a warehouse did not tell.
    fn move_stock(&mut self, minute: Minute) {
        let start = minute.start();
        let mut told = Vec::new();
        if let Some(incident) = self.conditions.stock_out(start)
            && let Some(product) = Product::of_sku(&incident.dimension)
        {
            let gone = gone_at(Moment::of(incident.start), Moment::of(incident.end));
            let minutes_left = (gone.since_ms(start) / MINUTE_MS).max(1);
            let on_hand = self.catalogue.on_hand(product);
            let pieces = (on_hand + minutes_left - 1) / minutes_left;
            told.extend(self.catalogue.sell(product, pieces, Supply::Cut));
        }
        let ends_now = |incident: &&Incident| {
            incident.scenario == Scenario::S5 && Moment::of(incident.end).minute() == minute
        };
        if let Some(incident) = self.conditions.incidents().find(ends_now) {
            let warehouse = incident.dimension.clone();
            let twice: Vec<_> = oversold(&self.catalogue, &warehouse).collect();
            for product in Product::all() {
                if self.catalogue.article(product).warehouse == warehouse {
                    let oversold =
                        twice.contains(&product).then(|| 2 + i64::from(product.rank() % 5));
                    told.extend(self.catalogue.count(product, oversold));
                }
            }
        }
        for change in told {
            self.calendar.note(start.plus_ms(30_000), Due::Fact(Fact::Stocked(change)));
        }
    }
}

fn visited(visit: Visit) -> Fact {
    match visit {
        Visit::Request(request) => Fact::Requested(request),
        Visit::Login(login) => Fact::LoggedIn(login),
        Visit::Search(search) => Fact::Searched(search),
    }
}
