//! What each incident ought to bring about: the rules that must speak, and what a good explanation names.

use crate::scenario::Scenario;

/// What is expected of one who judges an incident.
#[derive(Debug)]
pub(super) struct Expected {
    /// Fields whose values are the struck dimension, in the order of its parts.
    pub(super) struck: &'static [&'static str],
    /// Rules that must speak: of each group at least one.
    pub(super) owed: &'static [&'static [&'static str]],
    /// Rules that may speak too.
    pub(super) may: &'static [&'static str],
    /// What an explanation names besides the struck dimension.
    pub(super) also: &'static [(&'static str, &'static str)],
}

/// Returns what is expected of one who judges this incident.
pub(super) const fn expected(scenario: Scenario) -> Expected {
    match scenario {
        Scenario::S1 => Expected {
            struck: &["store.payment.provider"],
            owed: &[&["payment-failures"]],
            may: &["order-rate", "order-silence"],
            also: &[("store.payment.failure_code", "gateway_error")],
        },
        Scenario::S2 => Expected {
            struck: &["service.version"],
            owed: &[&["order-rate", "order-silence"]],
            may: &["order-value", "refunds", "checkout-funnel", "missing-end"],
            also: &[],
        },
        Scenario::S3 => Expected {
            struck: &["store.payment.provider"],
            owed: &[&["payment-lag"], &["paid-unconfirmed"]],
            may: &["order-rate"],
            also: &[("event.action", "payment.notified")],
        },
        Scenario::S4 => Expected {
            struck: &["store.product.sku"],
            owed: &[&["days-of-cover", "stock-outs"], &["refunds"]],
            may: &["order-rate", "order-value", "oversell"],
            also: &[("event.reason", "out_of_stock")],
        },
        Scenario::S5 => Expected {
            struck: &["store.inventory.warehouse"],
            owed: &[&["stock-sync-lag"], &["oversell"]],
            may: &["refunds", "stock-loss"],
            also: &[("store.inventory.reason", "sync")],
        },
        Scenario::S6 => Expected {
            struck: &["store.shipment.warehouse"],
            owed: &[&["dispatch-lag"], &["backlog-age"]],
            may: &["carrier-delay", "lost-scans"],
            also: &[],
        },
        Scenario::S7 => Expected {
            struck: &["store.shipment.carrier", "store.shipment.region"],
            owed: &[&["lost-scans"], &["carrier-delay"]],
            may: &[],
            also: &[],
        },
        Scenario::S8 => Expected {
            struck: &["store.product.sku"],
            owed: &[&["complaints"], &["refunds"]],
            may: &[],
            also: &[("store.ticket.category", "quality")],
        },
        Scenario::S9 => Expected {
            struck: &["store.ad.campaign_id"],
            owed: &[&["click-fraud"], &["ad-rates"]],
            may: &["ad-waste"],
            also: &[("source.ip", "192.0.2.0")],
        },
        Scenario::S10 => Expected {
            struck: &["store.ad.network"],
            owed: &[&["ad-waste", "ad-rates"]],
            may: &[],
            also: &[],
        },
        Scenario::S11 => Expected {
            struck: &["source.ip"],
            owed: &[&["login-failures"], &["scraping"]],
            may: &[],
            also: &[],
        },
        Scenario::S12 => Expected {
            struck: &["event.reason"],
            owed: &[&["order-value"], &["order-rate"]],
            may: &["new-template"],
            also: &[("event.action", "price.changed")],
        },
        Scenario::S13 => Expected {
            struck: &["store.coupon.campaign"],
            owed: &[&["coupon-abuse", "order-value"]],
            may: &["order-rate"],
            also: &[("store.customer.type", "new")],
        },
        Scenario::S14 => Expected {
            struck: &["store.route"],
            owed: &[&["http-5xx"], &["latency"]],
            may: &["order-rate"],
            also: &[("service.name", "orders")],
        },
        Scenario::S15 => Expected {
            struck: &["store.product.category"],
            owed: &[&["empty-searches"]],
            may: &["checkout-funnel"],
            also: &[],
        },
        Scenario::S16 => Expected {
            struck: &["service.version"],
            owed: &[&["duplicate-orders"]],
            may: &["order-rate", "refunds"],
            also: &[("store.channel", "app")],
        },
        Scenario::S17 => {
            Expected { struck: &["host.name"], owed: &[&["source-silence"]], may: &[], also: &[] }
        }
        Scenario::S18 => Expected {
            struck: &["host.name"],
            owed: &[&["clock-skew"]],
            may: &["source-silence"],
            also: &[],
        },
        Scenario::S19 => Expected {
            struck: &["store.pipeline.parser"],
            owed: &[&["parse-failures"]],
            may: &["http-5xx", "latency", "new-template"],
            also: &[],
        },
        Scenario::S20 => Expected {
            struck: &["store.poll.api"],
            owed: &[&["poll-health"], &["stock-sync-lag"]],
            may: &[],
            also: &[("store.poll.status", "failed")],
        },
    }
}
