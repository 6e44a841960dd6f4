//! Orders as they are placed.

use super::{Due, Events};
use crate::chance::Chance;
use crate::config::Breadth;
use crate::crowd::{Guise, beyond, doom, doubled};
use crate::fact::Fact;
use crate::life::Life;
use crate::moment::{Minute, Moment};
use crate::order::{Order, OrderNumber};
use crate::sessions::buying;
use crate::visit::{Fate, placing, within};

/// Orders that only an incident brings have numbers of their own, so that it shifts those of no other.
const BEYOND_FROM: u64 = 5_000_000;

/// An order that somebody is about to place.
#[derive(Debug, Clone, Copy)]
struct Wish {
    number: OrderNumber,
    key: u64,
    guise: Guise,
}

impl Events {
    /// Decides the orders of a minute in which `expected` are expected.
    pub(super) fn place_orders(&mut self, minute: Minute, expected: f64) {
        let seed = self.config.seed;
        let count = Chance::branch(seed, "orders", minute.key()).poisson(expected);
        for place_in_minute in 0..u64::from(count) {
            self.orders += 1;
            let key = minute.key().wrapping_mul(4_096).wrapping_add(place_in_minute);
            let number = OrderNumber(self.orders);
            self.place(minute, Wish { number, key, guise: Guise::Usual });
        }
        if self.config.breadth == Breadth::Core {
            return;
        }
        let more: Vec<_> = beyond(minute.start(), expected, &self.conditions).collect();
        for (kind, (guise, expected)) in (1_u64..).zip(more) {
            let count =
                Chance::branch(seed, "beyond", minute.key() ^ (kind << 60)).poisson(expected);
            for place_in_minute in 0..u64::from(count) {
                let number = self.next_beyond();
                let key = minute.key().wrapping_mul(4_096).wrapping_add(place_in_minute);
                let key = key ^ (kind << 60);
                self.place(minute, Wish { number, key, guise });
            }
        }
    }

    fn next_beyond(&mut self) -> OrderNumber {
        self.beyond += 1;
        OrderNumber(BEYOND_FROM + self.beyond)
    }

    fn place(&mut self, minute: Minute, wish: Wish) {
        let Wish { number, key, guise } = wish;
        let seed = self.config.seed;
        let mut chance = Chance::branch(seed, "order", key);
        let mut aside = Chance::branch(seed, "aside", key);
        let at = within(minute, &mut chance);
        let fate = Fate::drawn(at, &self.conditions, &mut chance);
        let request = placing(at, fate, &self.conditions, &mut chance);
        self.calendar.note(at, Due::Fact(Fact::Requested(request)));
        if self.config.breadth == Breadth::Core {
            if fate == Fate::Placed {
                let order = Order::drawn(number, at, &mut chance);
                self.live(order, chance, aside);
            }
            return;
        }
        let order = Order::drawn(number, at, &mut chance);
        let order = guise.dressed(order, &mut aside);
        if fate != Fate::Closed {
            let calendar = &mut self.calendar;
            buying(&order, &mut |at, step| calendar.note(at, Due::Fact(Fact::Walked(step))));
        }
        if fate != Fate::Placed {
            return;
        }
        let doom = doom(&order, &self.catalogue, &self.conditions, &mut aside);
        let order = order.doomed(doom);
        self.double(at, order, key);
        self.live(order, chance, aside);
    }

    /// Submits an order again where a client does.
    fn double(&mut self, at: Moment, order: Order, key: u64) {
        let mut aside = Chance::branch(self.config.seed, "double", key);
        let share = self.conditions.doubled_share(at);
        if order.channel != "app" || !aside.happens(share) {
            return;
        }
        let again = at.plus_ms(800 + i64::try_from(aside.below(6_000)).unwrap_or_default());
        let order = order.again(self.next_beyond(), again);
        let order = order.doomed(doubled(&order, &mut aside));
        self.live(order, Chance::branch(self.config.seed, "twin", key), aside);
    }

    fn live(&mut self, order: Order, chance: Chance, aside: Chance) {
        let Self { calendar, conditions, config, catalogue, .. } = self;
        let tell = &mut |at, fact| calendar.note(at, Due::Fact(fact));
        Life { conditions, config, catalogue, chance, aside, tell }.live(order);
    }
}
