//! What the shop's own programs log.

use crate::chance::{Chance, whole};
use crate::conditions::Conditions;
use crate::moment::{Minute, Moment};
use crate::visit::within;

const NOTES_PER_MINUTE: f64 = 0.13;
const ORDER_NOTES_PER_MINUTE: f64 = 0.4;

/// One line of a program.
#[derive(Debug, Clone)]
pub(crate) struct Note {
    pub(crate) action: Option<&'static str>,
    pub(crate) level: &'static str,
    pub(crate) service: &'static str,
    pub(crate) version: Option<String>,
    pub(crate) error_type: Option<&'static str>,
    pub(crate) message: String,
}

impl Note {
    fn routine(level: &'static str, service: &'static str, message: String) -> Self {
        Self { action: None, level, service, version: None, error_type: None, message }
    }

    /// A program starts, in this version.
    pub(crate) fn started(service: &'static str, version: &str) -> Self {
        let message = format!("{service} started, version {version}");
        let version = Some(version.to_owned());
        Self { action: Some("app.started"), version, ..Self::routine("info", service, message) }
    }

    /// The catalogue tells how it looks a product up: nobody needs that.
    fn debug(product: u64) -> Self {
        let message = format!("lookup of product {product} in level 2 cache");
        Self::routine("debug", "catalogue", message)
    }

    /// The service orders tells what it does all day.
    fn of_orders(chance: &mut Chance) -> Self {
        let number = 1 + chance.below(900);
        let message = match chance.pick(&[(0, 0.7), (1, 0.3)]) {
            0 => format!("flushed {number} order events in {} ms", 3 + chance.below(40)),
            _ => format!("connection pool: {} of 20 in use", 1 + number % 20),
        };
        Self::routine("info", "orders", message)
    }

    fn timeout(took_ms: i64) -> Self {
        let message = format!("query on table orders timed out after {took_ms} ms");
        let error_type = Some("TimeoutError");
        Self {
            action: Some("dependency.timeout"),
            error_type,
            ..Self::routine("error", "orders", message)
        }
    }

    fn drawn(chance: &mut Chance) -> Self {
        let number = chance.below(400);
        match chance.pick(&[(0, 0.45), (1, 0.35), (2, 0.15), (3, 0.05)]) {
            0 => {
                let took_ms = whole(chance.log_normal(140.0, 0.4));
                Self::routine("info", "catalogue", format!("cache refreshed in {took_ms} ms"))
            }
            1 => Self::routine("info", "mail", format!("sent batch of {} mails", 1 + number % 40)),
            2 => Self::routine(
                "warn",
                "fulfilment",
                format!("warehouse W{} answers slowly, attempt {}", 1 + number % 2, 1 + number % 3),
            ),
            _ => Self {
                action: Some("app.error"),
                error_type: Some("RenderError"),
                ..Self::routine("error", "catalogue", format!("no picture for product {number}"))
            },
        }
    }
}

/// Tells what the programs log in one minute.
pub(crate) fn notes(
    minute: Minute,
    conditions: &Conditions,
    chance: &mut Chance,
    tell: &mut dyn FnMut(Moment, Note),
) {
    for _ in 0..chance.poisson(NOTES_PER_MINUTE) {
        let note = Note::drawn(chance);
        tell(within(minute, chance), note);
    }
    for _ in 0..chance.poisson(conditions.timeouts_per_minute(minute.start())) {
        let took_ms = 3_000 + whole(chance.log_normal(400.0, 0.5));
        tell(within(minute, chance), Note::timeout(took_ms));
    }
    let debug = conditions.debug_per_minute(minute.start());
    if debug > 0.0 {
        for _ in 0..chance.poisson(debug) {
            let product = chance.below(400);
            tell(within(minute, chance), Note::debug(product));
        }
    }
}

/// Tells what the service orders logs in one minute, where its log is kept.
pub(crate) fn order_notes(minute: Minute, chance: &mut Chance, tell: &mut dyn FnMut(Moment, Note)) {
    for _ in 0..chance.poisson(ORDER_NOTES_PER_MINUTE) {
        let note = Note::of_orders(chance);
        tell(within(minute, chance), note);
    }
}
