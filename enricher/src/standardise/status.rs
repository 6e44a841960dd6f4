//! Statuses of platforms, carriers and payment providers under one set of names.
//!
//! The names of a platform hold for that platform; what has our own name already keeps it. A backward move is not judged
//! here, because events arrive out of order.

/// Returns the canonical status of an order.
pub(crate) fn order(provider: &str, raw: &str) -> Option<&'static str> {
    if provider == "taobao" || provider == "tmall" {
        return taobao(raw);
    }
    let small = raw.to_ascii_lowercase();
    match provider {
        "shopify" => shopify(&small),
        "woocommerce" => woocommerce(&small),
        "magento" => magento(&small),
        _ => None,
    }
    .or_else(|| ORDER.iter().copied().find(|name| *name == small))
    .or_else(|| shared(raw.rsplit('/').next().unwrap_or(raw)))
}

const ORDER: &[&str] = &[
    "placed",
    "payment_due",
    "paid",
    "processing",
    "part_shipped",
    "shipped",
    "delivered",
    "completed",
    "cancelled",
    "part_refunded",
    "refunded",
    "returned",
    "problem",
];

fn taobao(raw: &str) -> Option<&'static str> {
    Some(match raw {
        "WAIT_BUYER_PAY" | "PAY_PENDING" => "payment_due",
        "TRADE_NO_CREATE_PAY" => "placed",
        "WAIT_SELLER_SEND_GOODS" => "paid",
        "SELLER_CONSIGNED_PART" => "part_shipped",
        "WAIT_BUYER_CONFIRM_GOODS" => "shipped",
        "TRADE_BUYER_SIGNED" => "delivered",
        "TRADE_FINISHED" => "completed",
        // Closed before it was paid; closed after it was paid.
        "TRADE_CLOSED_BY_TAOBAO" => "cancelled",
        "TRADE_CLOSED" => "refunded",
        _ => return None,
    })
}

fn shopify(small: &str) -> Option<&'static str> {
    Some(match small {
        "pending" => "payment_due",
        "authorized" => "placed",
        "paid" | "partially_paid" => "paid",
        "unfulfilled" | "open" => "processing",
        "partial" => "part_shipped",
        "fulfilled" => "shipped",
        "delivered" => "delivered",
        "closed" => "completed",
        "cancelled" | "voided" | "expired" => "cancelled",
        "partially_refunded" => "part_refunded",
        "refunded" => "refunded",
        _ => return None,
    })
}

fn woocommerce(small: &str) -> Option<&'static str> {
    Some(match small.strip_prefix("wc-").unwrap_or(small) {
        "pending" | "on-hold" => "payment_due",
        "processing" => "processing",
        "completed" => "completed",
        "cancelled" | "failed" => "cancelled",
        "refunded" => "refunded",
        _ => return None,
    })
}

fn magento(small: &str) -> Option<&'static str> {
    Some(match small {
        "pending" => "placed",
        "pending_payment" => "payment_due",
        "processing" => "processing",
        "complete" => "completed",
        "canceled" => "cancelled",
        "closed" => "refunded",
        "holded" | "payment_review" | "fraud" => "problem",
        _ => return None,
    })
}

/// Names of schema.org, and those of a marketplace's export.
fn shared(name: &str) -> Option<&'static str> {
    Some(match name {
        "OrderPaymentDue" => "payment_due",
        "OrderProcessing" => "processing",
        "OrderInTransit" => "shipped",
        "OrderDelivered" => "delivered",
        "OrderCancelled" | "canceled" => "cancelled",
        "OrderReturned" => "returned",
        "OrderProblem" | "unavailable" => "problem",
        "created" => "placed",
        "approved" | "invoiced" => "paid",
        _ => return None,
    })
}

/// Returns the canonical status of a payment.
pub(crate) fn payment(raw: &str) -> Option<&'static str> {
    Some(match raw.to_ascii_lowercase().as_str() {
        "authorised" | "authorized" => "authorised",
        "captured" | "paid" | "success" | "succeeded" | "completed" | "trade_success"
        | "trade_finished" => "captured",
        "failed" | "failure" | "declined" | "error" | "payerror" => "failed",
        "timeout" | "timed_out" | "expired" => "timeout",
        "reversed" | "voided" | "refunded" => "reversed",
        _ => return None,
    })
}

/// Returns the canonical reason why a payment failed.
pub(crate) fn failure_code(raw: &str) -> Option<&'static str> {
    Some(match raw.to_ascii_lowercase().as_str() {
        "declined" | "card_declined" | "do_not_honor" | "generic_decline" => "declined",
        "insufficient_funds" | "notenough" => "insufficient_funds",
        "3ds_failed" | "authentication_required" | "authentication_failed" => "3ds_failed",
        "risk_rejected" | "fraudulent" | "blocked" => "risk_rejected",
        "gateway_error" | "processing_error" | "systemerror" | "system_error" => "gateway_error",
        "timeout" | "timed_out" => "timeout",
        "invalid_card" | "incorrect_number" | "expired_card" | "incorrect_cvc" => "invalid_card",
        "duplicate" | "duplicate_transaction" | "orderpaid" => "duplicate",
        "user_cancelled" | "user_canceled" | "cancelled" | "userpaying" => "user_cancelled",
        _ => return None,
    })
}

/// Returns the canonical status of a shipment; numbers are those of Kuaidi100.
pub(crate) fn shipment(raw: &str) -> Option<&'static str> {
    Some(match raw.to_ascii_lowercase().as_str() {
        "created" | "pending" | "label_created" => "created",
        "picked" => "picked",
        "packed" | "ready" => "packed",
        "dispatched" | "shipped" | "1" => "dispatched",
        "in_transit" | "transit" | "0" | "7" => "in_transit",
        "out_for_delivery" | "5" => "out_for_delivery",
        "delivered" | "signed" | "3" => "delivered",
        "exception" | "failure" | "2" | "14" => "exception",
        "returned" | "4" | "6" => "returned",
        "customs" | "10" | "11" | "12" | "13" => "customs",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(provider: &str, raw: &str, want: Option<&str>) {
        assert_eq!(order(provider, raw), want, "{provider} {raw}");
    }

    #[test]
    fn closed_means_two_things_at_taobao() {
        check("taobao", "TRADE_CLOSED", Some("refunded"));
        check("taobao", "TRADE_CLOSED_BY_TAOBAO", Some("cancelled"));
        check("taobao", "SELLER_CONSIGNED_PART", Some("part_shipped"));
        check("taobao", "trade_closed", None);
    }

    #[test]
    fn a_word_means_what_its_platform_means() {
        check("shopify", "pending", Some("payment_due"));
        check("magento", "pending", Some("placed"));
        check("magento", "closed", Some("refunded"));
        check("shopify", "closed", Some("completed"));
        check("woocommerce", "wc-on-hold", Some("payment_due"));
    }

    #[test]
    fn our_own_names_and_those_of_schema_org_need_no_platform() {
        for &name in ORDER {
            check("", name, Some(name));
        }
        check("", "https://schema.org/OrderInTransit", Some("shipped"));
        check("", "whatever", None);
    }

    #[test]
    fn carriers_write_numbers() {
        assert_eq!(shipment("3"), Some("delivered"));
        assert_eq!(shipment("14"), Some("exception"));
        assert_eq!(shipment("99"), None);
    }

    #[test]
    fn payments_have_five_ends() {
        assert_eq!(payment("TRADE_SUCCESS"), Some("captured"));
        assert_eq!(payment("authorized"), Some("authorised"));
        assert_eq!(failure_code("card_declined"), Some("declined"));
        assert_eq!(failure_code("E4711"), None);
    }
}
