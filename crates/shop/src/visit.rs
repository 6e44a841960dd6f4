//! Visits: requests of customers, crawlers and health checks, logins and searches.

use crate::agents;
use crate::catalogue::Product;
use crate::chance::{Chance, place, whole};
use crate::conditions::Conditions;
use crate::moment::{MINUTE_MS, Minute, Moment};
use crate::order::customer;

/// A route of the shop: how often customers and crawlers ask for it, per order, and how long it takes.
#[derive(Debug)]
pub(crate) struct Route {
    /// Path with placeholders, as `store.route` names it.
    pub(crate) template: &'static str,
    by_customers: f64,
    by_crawlers: f64,
    median_ms: f64,
    bytes: f64,
}

/// Requests to the checkout that place an order come on top: one for each that a customer wants to place.
pub(crate) static ROUTES: [Route; 6] = [
    Route { template: "/", by_customers: 0.78, by_crawlers: 0.20, median_ms: 60.0, bytes: 18e3 },
    Route {
        template: "/product/{id}",
        by_customers: 0.68,
        by_crawlers: 0.38,
        median_ms: 85.0,
        bytes: 32e3,
    },
    Route {
        template: "/search",
        by_customers: 0.10,
        by_crawlers: 0.12,
        median_ms: 130.0,
        bytes: 24e3,
    },
    Route { template: "/cart", by_customers: 0.88, by_crawlers: 0.0, median_ms: 70.0, bytes: 9e3 },
    Route {
        template: "/checkout",
        by_customers: 0.05,
        by_crawlers: 0.0,
        median_ms: 180.0,
        bytes: 7e3,
    },
    Route {
        template: "/api/stock/{id}",
        by_customers: 0.04,
        by_crawlers: 0.0,
        median_ms: 25.0,
        bytes: 180.0,
    },
];
static CHECKOUT: &Route = &ROUTES[4];
static HEALTH: Route =
    Route { template: "/healthz", by_customers: 0.0, by_crawlers: 0.0, median_ms: 1.0, bytes: 2.0 };

const TIME_SPREAD: f64 = 0.30;
const ERROR_SHARE: f64 = 0.003_5;
/// Of the orders that a slow database costs, so many get an answer; the others do not wait for it.
const REFUSED_OF_LOST: f64 = 0.8;
const NOT_FOUND_SHARE: f64 = 0.008;
const NOT_FOUND_BY_CRAWLERS_SHARE: f64 = 0.03;
const HEALTH_CHECK_EACH_MINUTES: i64 = 2;
pub(crate) const LOGINS_PER_ORDER: f64 = 0.28;
pub(crate) const LOGIN_FAILS_SHARE: f64 = 0.07;
const SEARCHES_PER_ORDER: f64 = 0.05;
const EMPTY_SEARCH_SHARE: f64 = 0.05;

/// What people search for, and the category of what they want.
#[derive(Debug)]
pub(crate) struct Term {
    pub(crate) words: &'static str,
    pub(crate) category: &'static str,
}

const fn term(words: &'static str, category: &'static str) -> Term {
    Term { words, category }
}

impl Term {
    pub(crate) fn drawn(chance: &mut Chance) -> &'static Self {
        &SEARCH_TERMS[place(chance.below(SEARCH_TERMS.len() as u64))]
    }
}

/// The terms of searches.
static SEARCH_TERMS: [Term; 12] = [
    term("running shoes", "shoes"),
    term("linen shirt", "shirts"),
    term("rain jacket", "jackets"),
    term("wooden toys", "toys"),
    term("backpack", "bags"),
    term("garden chair", "garden"),
    term("frying pan", "kitchen"),
    term("socks", "shoes"),
    term("tote bag", "bags"),
    term("winter coat", "jackets"),
    term("jeans", "trousers"),
    term("plant pot", "garden"),
];

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Client {
    Customer,
    Crawler,
    HealthCheck,
}

/// One request as the web server sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request {
    pub(crate) client: Client,
    pub(crate) method: &'static str,
    pub(crate) route: &'static Route,
    pub(crate) product: Product,
    pub(crate) term: &'static str,
    pub(crate) status: u16,
    pub(crate) bytes: i64,
    pub(crate) took_ms: i64,
    pub(crate) address: Address,
    pub(crate) agent: &'static str,
}

/// An address out of the ranges that are set aside for documentation and benchmarks: no real visitor is named.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Address(pub(crate) [u8; 4]);

/// Somebody logs in, or fails to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Login {
    pub(crate) customer: u64,
    pub(crate) address: Address,
    pub(crate) failure: Option<&'static str>,
}

/// Somebody searches.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Search {
    pub(crate) term: &'static Term,
    pub(crate) results: i64,
}

/// What became of the request that would place an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The order is placed.
    Placed,
    /// The page comes again as if nothing had been asked.
    Swallowed,
    /// An answer of the 5xx family.
    Refused,
    /// The customer did not wait for the answer.
    GivenUp,
    /// The shop is closed for maintenance.
    Closed,
}

impl Fate {
    pub(crate) fn drawn(at: Moment, conditions: &Conditions, chance: &mut Chance) -> Self {
        // Both numbers are always drawn, so that an incident shifts nothing but what it strikes.
        let (swallowed, lost) = (chance.unit(), chance.unit());
        if conditions.is_closed(at) {
            return Self::Closed;
        }
        let lost_share = conditions.lost_share(at);
        let refused_share = ERROR_SHARE + lost_share * REFUSED_OF_LOST;
        if swallowed < conditions.swallowed_share(at) {
            Self::Swallowed
        } else if lost < refused_share {
            Self::Refused
        } else if lost < ERROR_SHARE + lost_share {
            Self::GivenUp
        } else {
            Self::Placed
        }
    }
}

/// Returns the request that would place an order.
pub(crate) fn placing(
    at: Moment,
    fate: Fate,
    conditions: &Conditions,
    chance: &mut Chance,
) -> Request {
    let mut request = drawn(CHECKOUT, Client::Customer, at, conditions, chance);
    request.method = "POST";
    request.status = match fate {
        // A customer whose order went through is sent to the page that thanks for it.
        Fate::Placed => 303,
        Fate::Swallowed => 200,
        Fate::Refused => chance.pick(&[(503, 0.6), (504, 0.4)]),
        Fate::GivenUp => 499,
        Fate::Closed => 503,
    };
    request
}

/// Tells the visits of one minute in which `orders` orders are expected, and `mean` are in a mean minute.
pub(crate) fn visits(
    minute: Minute,
    (orders, mean): (f64, f64),
    conditions: &Conditions,
    chance: &mut Chance,
    tell: &mut dyn FnMut(Moment, Visit),
) {
    for route in &ROUTES {
        let by = [
            (Client::Customer, orders * route.by_customers),
            (Client::Crawler, mean * route.by_crawlers),
        ];
        for (client, expected) in by {
            for _ in 0..chance.poisson(expected) {
                let at = within(minute, chance);
                tell(at, Visit::Request(drawn(route, client, at, conditions, chance)));
            }
        }
    }
    if minute.is_each(HEALTH_CHECK_EACH_MINUTES) {
        let at = minute.start().plus_ms(1_000);
        tell(at, Visit::Request(drawn(&HEALTH, Client::HealthCheck, at, conditions, chance)));
    }
    if conditions.is_closed(minute.start()) {
        return; // nobody gets so far
    }
    for _ in 0..chance.poisson(orders * LOGINS_PER_ORDER) {
        let failure = chance
            .happens(LOGIN_FAILS_SHARE)
            .then(|| chance.pick(&[("wrong_password", 0.8), ("unknown_user", 0.2)]));
        let login = Login {
            customer: customer(chance),
            address: address(Client::Customer, chance),
            failure,
        };
        tell(within(minute, chance), Visit::Login(login));
    }
    for _ in 0..chance.poisson(orders * SEARCHES_PER_ORDER) {
        let found = 1 + whole(chance.log_normal(20.0, 0.8));
        let results = if chance.happens(EMPTY_SEARCH_SHARE) { 0 } else { found };
        let term = Term::drawn(chance);
        tell(within(minute, chance), Visit::Search(Search { term, results }));
    }
}

/// Returns a search for a term on a usual day.
pub(crate) fn searched(term: &'static Term, chance: &mut Chance) -> Search {
    let found = 1 + whole(chance.log_normal(20.0, 0.8));
    let results = if chance.happens(EMPTY_SEARCH_SHARE) { 0 } else { found };
    Search { term, results }
}

/// Returns the request of a script that reads the page of a product.
pub(crate) fn scraping(product: Product, address: Address, chance: &mut Chance) -> Request {
    let route = &ROUTES[1];
    Request {
        client: Client::Crawler,
        method: "GET",
        route,
        product,
        term: "",
        status: 200,
        bytes: whole(chance.log_normal(route.bytes, 0.2)),
        took_ms: whole(chance.log_normal(route.median_ms, TIME_SPREAD)).max(1),
        address,
        agent: agents::SCRIPT,
    }
}

/// One visit.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Visit {
    Request(Request),
    Login(Login),
    Search(Search),
}

/// Returns a moment in a minute.
pub(crate) fn within(minute: Minute, chance: &mut Chance) -> Moment {
    minute
        .start()
        .plus_ms(i64::try_from(chance.below(MINUTE_MS.unsigned_abs())).unwrap_or_default())
}

fn drawn(
    route: &'static Route,
    client: Client,
    at: Moment,
    conditions: &Conditions,
    chance: &mut Chance,
) -> Request {
    let slowness = conditions.slowness(at, route.template);
    let status = match client {
        Client::HealthCheck => 200,
        Client::Customer | Client::Crawler => {
            let not_found = if client == Client::Crawler {
                NOT_FOUND_BY_CRAWLERS_SHARE
            } else {
                NOT_FOUND_SHARE
            };
            let not_found = if route.template == "/product/{id}" { not_found } else { 0.0 };
            chance.pick(&[
                (200, 1.0 - ERROR_SHARE - not_found),
                (404, not_found),
                (500, ERROR_SHARE * 0.5),
                (502, ERROR_SHARE * 0.3),
                (503, ERROR_SHARE * 0.2),
            ])
        }
    };
    let is_refused = conditions.is_closed(at) && client != Client::HealthCheck;
    Request {
        client,
        method: "GET",
        route,
        product: Product::drawn(chance),
        term: Term::drawn(chance).words,
        status: if is_refused { 503 } else { status },
        bytes: whole(
            chance.log_normal(route.bytes, if client == Client::HealthCheck { 0.0 } else { 0.2 }),
        ),
        took_ms: whole(chance.log_normal(route.median_ms, TIME_SPREAD) * slowness).max(1),
        address: address(client, chance),
        agent: match client {
            Client::Customer => chance.one_of(&agents::BROWSERS),
            Client::Crawler => chance.pick(&agents::CRAWLERS),
            Client::HealthCheck => agents::HEALTH_CHECK,
        },
    }
}

pub(crate) fn address(client: Client, chance: &mut Chance) -> Address {
    let mut part = |from: u8, to: u8| {
        from + u8::try_from(chance.below(u64::from(to - from) + 1)).unwrap_or_default()
    };
    Address(match client {
        Client::Customer => [198, part(18, 19), part(0, 255), part(1, 254)],
        Client::Crawler => [203, 0, 113, part(1, 40)],
        Client::HealthCheck => [10, 0, 0, part(5, 6)],
    })
}
