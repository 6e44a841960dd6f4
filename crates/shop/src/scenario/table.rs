//! What each incident and control is: its title, its usual length and place, and what it does to the figures.

use super::{Breadth, ControlProfile, Profile};

/// The incidents, in the order of their numbers.
pub(super) static INCIDENTS: [Profile; 20] = [
    Profile {
        name: "S1",
        title: "payment provider outage",
        minutes: 20,
        dimension: "northpay",
        breadth: Breadth::Core,
        describe: "60 % of the attempts at the struck payment provider fail with gateway_error. Most customers try \
                    again, so attempts rise by half; those who give up leave an order that is cancelled half an hour \
                    later. Other providers and the number of submitted orders do not change.",
    },
    Profile {
        name: "S2",
        title: "silent checkout break",
        minutes: 50,
        dimension: "v2",
        breadth: Breadth::Core,
        describe: "After a release, requests to /checkout go on and succeed, but no order.submitted follows: no \
                    payment, no stock movement, no error anywhere. The program log shows the start of the new \
                    version, and of the old one when it is rolled back.",
    },
    Profile {
        name: "S3",
        title: "payment callbacks late",
        minutes: 60,
        dimension: "northpay",
        breadth: Breadth::Whole,
        describe: "Callbacks of the struck provider come 30 minutes late, so payment.completed does too; each \
                    payment.notified is delivered five times with one id, and the queue behind it confirms orders a \
                    quarter of an hour later still. Orders, payments and revenue are what they would have been, once \
                    all has come.",
    },
    Profile {
        name: "S4",
        title: "stock-out of a hot article",
        minutes: 360,
        dimension: "SKU-0000",
        breadth: Breadth::Whole,
        describe: "Demand for one article rises while nothing is delivered: its stock falls to zero within the first \
                    third, stock.depleted tells it, and orders that hold it from then on are cancelled with \
                    out_of_stock and refunded. About a quarter more orders are placed, each for this article.",
    },
    Profile {
        name: "S5",
        title: "oversell from a frozen stock sync",
        minutes: 40,
        dimension: "W2",
        breadth: Breadth::Whole,
        describe: "sync.finished and stock.changed of the struck warehouse stop. When the sync comes back, twelve of \
                    its most popular articles turn out to be sold more often than they lay there: their available \
                    stock is negative, with reason sync, and half of the orders that hold them are cancelled with \
                    oversold.",
    },
    Profile {
        name: "S6",
        title: "slow warehouse",
        minutes: 2880,
        dimension: "W1",
        breadth: Breadth::Whole,
        describe: "Whatever waits in the struck warehouse takes three times as long from now on: pick, pack and \
                    dispatch come later, the lag at dispatch grows to three times the usual, and what is paid and not \
                    dispatched piles up. The other warehouse does not change.",
    },
    Profile {
        name: "S7",
        title: "carrier without scans in one region",
        minutes: 2160,
        dimension: "swiftline/north",
        breadth: Breadth::Whole,
        describe: "No shipment.scan of the struck carrier comes from the struck region; parcels that should arrive \
                    there meanwhile arrive two to four days later, most of them behind their promise. Other regions \
                    and carriers do not change.",
    },
    Profile {
        name: "S8",
        title: "defective batch",
        minutes: 2880,
        dimension: "SKU-0001",
        breadth: Breadth::Whole,
        describe: "Of the customers who receive the struck article, 60 % complain within hours (complaint.filed, \
                    category quality), rate it 1 or 2, and send it back with the reason defective. Nothing else about \
                    it changes.",
    },
    Profile {
        name: "S9",
        title: "click fraud",
        minutes: 120,
        dimension: "spring-sale",
        breadth: Breadth::Whole,
        describe: "The struck campaign gets five times its clicks; those that come on top are from one network of \
                    256 addresses (192.0.2.0/24) and one agent. Its cost rises with them, its conversions and the \
                    orders of the shop do not.",
    },
    Profile {
        name: "S10",
        title: "broken tracking of advertisements",
        minutes: 180,
        dimension: "socialads",
        breadth: Breadth::Whole,
        describe: "Spend and impressions of the struck network go on, but no click and no conversion of it is told \
                    any more. Orders do not change.",
    },
    Profile {
        name: "S11",
        title: "scraper and credential stuffing",
        minutes: 60,
        dimension: "198.51.100.0/24",
        breadth: Breadth::Whole,
        describe: "login.failed rises to ten times its level, from 256 addresses that also ask for every product \
                    page, one after the other, with the agent of a script. Customers and orders do not change.",
    },
    Profile {
        name: "S12",
        title: "price error",
        minutes: 45,
        dimension: "price_feed",
        breadth: Breadth::Whole,
        describe: "price.changed sets the thirty most popular articles to a hundredth of their price, with the \
                    reason price_feed; orders rise to four times their number, most of them for these articles, so \
                    the mean order value collapses. At the end the prices are set back.",
    },
    Profile {
        name: "S13",
        title: "leaked coupon",
        minutes: 180,
        dimension: "staff",
        breadth: Breadth::Whole,
        describe: "One code of the struck coupon campaign takes half off. A third more orders come, all with this \
                    code and by new customers: discounts are twenty times the usual in sum.",
    },
    Profile {
        name: "S14",
        title: "slow database",
        minutes: 50,
        dimension: "/checkout",
        breadth: Breadth::Core,
        describe: "Requests to /checkout take four times as long and about a quarter of those that would place an \
                    order end with 503 or 504; orders fall by 30 %. The service orders logs timeouts of its database.",
    },
    Profile {
        name: "S15",
        title: "stale search index",
        minutes: 120,
        dimension: "jackets",
        breadth: Breadth::Whole,
        describe: "40 % of the searches find nothing instead of 5 %: all those for the struck category, and a \
                    quarter of the others. Fewer visitors put something into a cart; those who meant to buy do so all \
                    the same.",
    },
    Profile {
        name: "S16",
        title: "orders submitted twice",
        minutes: 60,
        dimension: "v3",
        breadth: Breadth::Whole,
        describe: "Of the orders of the channel app, 30 % are submitted a second time within seconds: same customer, \
                    same basket, another order id, paid twice. Most of the second ones are cancelled within hours, \
                    with the reason duplicate. The program log shows the start of the new version.",
    },
    Profile {
        name: "S17",
        title: "silent host",
        minutes: 30,
        dimension: "shop-2",
        breadth: Breadth::Whole,
        describe: "Nothing comes from the struck host: its heartbeats are gone, its lines are written only when it \
                    ends, with the times at which they happened. Nothing happened to the shop.",
    },
    Profile {
        name: "S18",
        title: "clock ahead by eight hours",
        minutes: 60,
        dimension: "shop-2",
        breadth: Breadth::Whole,
        describe: "All stamps of the struck host are eight hours ahead, as those are that hold no zone and are read \
                    in the wrong one. What is written, and when, does not change.",
    },
    Profile {
        name: "S19",
        title: "format drift",
        minutes: 60,
        dimension: "combined",
        breadth: Breadth::Whole,
        describe: "30 % of the lines of the struck format are of a new form that its parser does not know: other \
                    separators, the time in another place. The other lines do not change.",
    },
    Profile {
        name: "S20",
        title: "stale pages of a platform",
        minutes: 90,
        dimension: "platform-stock",
        breadth: Breadth::Whole,
        describe: "Polls of the struck API read twenty times as many pages and find no new row; when the quota of \
                    the day is used up, every poll fails with quota_exhausted. The stock that is read by it \
                    (warehouse W2) gets older and older.",
    },
];

/// The controls, in the order of their numbers.
pub(super) static CONTROLS: [ControlProfile; 9] = [
    ControlProfile {
        name: "N1",
        title: "flash sale, announced",
        minutes: Some(120),
        describe: "Eight times as many customers, visits and orders; conversion stays. The calendar has an entry for \
                    it, so no rule ought to mind.",
    },
    ControlProfile {
        name: "N2",
        title: "flash sale, not announced",
        minutes: Some(120),
        describe: "As N1, but no calendar has an entry for it: one alert about the orders is right, high and \
                    harmless, and no other.",
    },
    ControlProfile {
        name: "N3",
        title: "closed at night and on Saturday",
        minutes: None,
        describe: "No customer and no order from midnight to six and on Saturday, local time; bots and health checks \
                    go on. Nothing is wrong.",
    },
    ControlProfile {
        name: "N4",
        title: "daylight-saving change",
        minutes: None,
        describe: "The span holds a change to or from daylight-saving time in the zone of the shop: the busy hours \
                    move by one in UTC, and one local hour is missing or comes twice. Nothing else happens; the zone \
                    and the span decide it.",
    },
    ControlProfile {
        name: "N5",
        title: "growth",
        minutes: None,
        describe: "Customers, visits and orders grow by 2 % a day from the start on. Ratios stay what they are.",
    },
    ControlProfile {
        name: "N6",
        title: "duplicates by restarts",
        minutes: None,
        describe: "What delivers the events is restarted about every two hours and delivers the last of them again: \
                    three times as many duplicates as usual, with the ids of their first delivery. Totals do not \
                    change.",
    },
    ControlProfile {
        name: "N7",
        title: "a file two hours late",
        minutes: Some(360),
        describe: "The lines of the shipments' log are written two hours late, with the times at which they \
                    happened. Nothing is missing in the end.",
    },
    ControlProfile {
        name: "N8",
        title: "planned maintenance",
        minutes: Some(30),
        describe: "Every request is answered with 503 and no order is placed; only a fifth of the customers try. The \
                    calendar has an entry for it, so no rule ought to mind.",
    },
    ControlProfile {
        name: "N9",
        title: "noisy debug logger",
        minutes: Some(120),
        describe: "The service catalogue logs 300 lines of level debug a minute, all of one form. No error is among \
                    them, and nothing else changes.",
    },
];
