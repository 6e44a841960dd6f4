//! Statuses of platforms, carriers and payment providers under one set of names.
//!
//! The names of a platform hold for that platform; what has our own name already keeps it. A backward move is not judged
//! here, because events arrive out of order.

/// Returns the canonical status of an order, of which an event says what happened.
pub(crate) fn order(provider: &str, raw: &str, action: &str) -> Option<&'static str> {
    match provider {
        "taobao" | "tmall" => return taobao(raw),
        "alipay" => return alipay(raw, action),
        "wechat_pay" => return wechat_pay(raw),
        _ => {}
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
        "WAIT_BUYER_PAY" | "PAY_PENDING" | "WAIT_PRE_AUTH_CONFIRM" => "payment_due",
        "TRADE_NO_CREATE_PAY" => "placed",
        // The second is paid and may not be sent yet: a group that is not complete.
        "WAIT_SELLER_SEND_GOODS" | "PAID_FORBID_CONSIGN" => "paid",
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

/// A trade that is closed was never paid, or was paid back: what happened tells which. Money can still go back from one
/// with TRADE_SUCCESS, and not any more from one with TRADE_FINISHED.
fn alipay(raw: &str, action: &str) -> Option<&'static str> {
    Some(match (raw, action) {
        ("WAIT_BUYER_PAY", _) => "payment_due",
        ("TRADE_SUCCESS", "refund.completed") => "part_refunded",
        ("TRADE_SUCCESS", _) => "paid",
        ("TRADE_FINISHED", _) => "completed",
        ("TRADE_CLOSED", "refund.completed") => "refunded",
        ("TRADE_CLOSED", "payment.timeout" | "order.cancelled") => "cancelled",
        _ => return None,
    })
}

fn wechat_pay(raw: &str) -> Option<&'static str> {
    Some(match raw {
        "SUCCESS" => "paid",
        "NOTPAY" | "USERPAYING" | "ACCEPT" => "payment_due",
        "CLOSED" | "REVOKED" | "PAYERROR" => "cancelled",
        // All of it or a part: the trade does not say.
        "REFUND" => "part_refunded",
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
        "OrderInTransit" | "OrderPickupAvailable" => "shipped",
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
        "declined" | "card_declined" | "do_not_honor" | "generic_decline" | "call_issuer"
        | "pick_up_card" => "declined",
        "insufficient_funds" | "notenough" => "insufficient_funds",
        "3ds_failed" | "authentication_required" | "authentication_failed" => "3ds_failed",
        "risk_rejected" | "fraudulent" | "blocked" => "risk_rejected",
        "gateway_error" | "processing_error" | "systemerror" | "system_error" => "gateway_error",
        "timeout" | "timed_out" => "timeout",
        "invalid_card"
        | "incorrect_number"
        | "expired_card"
        | "incorrect_cvc"
        | "invalid_number"
        | "invalid_expiry_date"
        | "invalid_cvc" => "invalid_card",
        "duplicate" | "duplicate_transaction" | "orderpaid" => "duplicate",
        "user_cancelled" | "user_canceled" | "cancelled" | "userpaying" => "user_cancelled",
        _ => return None,
    })
}

/// Words of Kuaidi100 for what its numbers mean.
fn chinese(raw: &str) -> Option<&'static str> {
    Some(match raw {
        "已下单" | "待揽收" => "created",
        "揽收" | "已揽收" => "dispatched",
        "在途" | "到达派件城市" | "干线" | "转递" | "转投" => "in_transit",
        "派件" | "投柜或驿站" => "out_for_delivery",
        "签收" | "本人签收" | "派件异常后签收" | "代签" | "投柜或站签收" => {
            "delivered"
        }
        "疑难"
        | "超时未签收"
        | "超时未更新"
        | "拒收"
        | "拒签"
        | "派件异常"
        | "柜或驿站超时未取"
        | "无法联系"
        | "超区"
        | "滞留"
        | "破损"
        | "销单" => "exception",
        "退签" | "已销单" | "退回" => "returned",
        "清关" | "待清关" | "清关中" | "已清关" | "清关异常" => "customs",
        _ => return None,
    })
}

/// Returns the canonical status of a shipment; numbers and Chinese words are those of Kuaidi100.
pub(crate) fn shipment(raw: &str) -> Option<&'static str> {
    Some(match raw.to_ascii_lowercase().as_str() {
        "created" | "pending" | "open" | "label_created" | "label_printed" | "label_purchased"
        | "confirmed" | "notfound" | "inforeceived" | "101" | "102" => "created",
        "picked" => "picked",
        "packed" | "ready" => "packed",
        "dispatched" | "shipped" | "carrier_picked_up" | "1" | "103" => "dispatched",
        "in_transit" | "transit" | "0" | "7" | "1001" | "1002" | "1003" => "in_transit",
        // For 51Tracking a parcel that can be picked up is out for delivery.
        "out_for_delivery" | "pickup" | "ready_for_pickup" | "5" | "501" => "out_for_delivery",
        "delivered" | "signed" | "3" | "301" | "302" | "303" | "304" => "delivered",
        "exception" | "failure" | "attempted_delivery" | "delayed" | "undelivered" | "expired"
        | "abort" | "2" | "14" | "201" | "202" | "203" | "204" | "205" | "206" | "207" | "208"
        | "209" | "210" => "exception",
        // Signed for by its sender, and on its way back.
        "returned" | "4" | "401" | "6" => "returned",
        "customs" | "8" | "10" | "11" | "12" | "13" => "customs",
        _ => return chinese(raw),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(provider: &str, raw: &str, want: Option<&str>) {
        assert_eq!(order(provider, raw, "order.changed"), want, "{provider} {raw}");
    }

    #[test]
    fn what_happened_tells_why_a_trade_of_alipay_is_closed() {
        let check = |raw, action, want| assert_eq!(order("alipay", raw, action), want, "{raw}");
        check("TRADE_CLOSED", "payment.timeout", Some("cancelled"));
        check("TRADE_CLOSED", "refund.completed", Some("refunded"));
        check("TRADE_CLOSED", "order.changed", None);
        check("TRADE_SUCCESS", "payment.completed", Some("paid"));
        check("TRADE_SUCCESS", "refund.completed", Some("part_refunded"));
        check("TRADE_FINISHED", "payment.completed", Some("completed"));
        check("WAIT_BUYER_PAY", "payment.attempted", Some("payment_due"));
        check("paid", "payment.completed", None);
    }

    #[test]
    fn a_status_of_each_platform_has_its_name() {
        for (provider, raw, want) in [
            ("taobao", "WAIT_BUYER_PAY", "payment_due"),
            ("taobao", "TRADE_NO_CREATE_PAY", "placed"),
            ("taobao", "PAY_PENDING", "payment_due"),
            ("taobao", "WAIT_SELLER_SEND_GOODS", "paid"),
            ("taobao", "PAID_FORBID_CONSIGN", "paid"),
            ("taobao", "WAIT_BUYER_CONFIRM_GOODS", "shipped"),
            ("taobao", "TRADE_BUYER_SIGNED", "delivered"),
            ("tmall", "TRADE_FINISHED", "completed"),
            ("shopify", "authorized", "placed"),
            ("shopify", "partially_refunded", "part_refunded"),
            ("shopify", "voided", "cancelled"),
            ("shopify", "partial", "part_shipped"),
            ("woocommerce", "failed", "cancelled"),
            ("magento", "pending_payment", "payment_due"),
            ("magento", "complete", "completed"),
            ("magento", "canceled", "cancelled"),
            ("magento", "holded", "problem"),
            ("magento", "payment_review", "problem"),
            ("magento", "fraud", "problem"),
            ("olist", "created", "placed"),
            ("olist", "approved", "paid"),
            ("olist", "invoiced", "paid"),
            ("olist", "processing", "processing"),
            ("olist", "canceled", "cancelled"),
            ("olist", "unavailable", "problem"),
            ("wechat_pay", "SUCCESS", "paid"),
            ("wechat_pay", "NOTPAY", "payment_due"),
            ("wechat_pay", "REVOKED", "cancelled"),
            ("wechat_pay", "REFUND", "part_refunded"),
            ("schema_org", "OrderPaymentDue", "payment_due"),
            ("schema_org", "https://schema.org/OrderProcessing", "processing"),
            ("schema_org", "http://schema.org/OrderDelivered", "delivered"),
            ("schema_org", "OrderPickupAvailable", "shipped"),
            ("schema_org", "https://schema.org/OrderCancelled", "cancelled"),
            ("schema_org", "https://schema.org/OrderReturned", "returned"),
            ("schema_org", "https://schema.org/OrderProblem", "problem"),
        ] {
            check(provider, raw, Some(want));
        }
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
        for (raw, want) in [
            ("0", "in_transit"),
            ("1", "dispatched"),
            ("2", "exception"),
            ("3", "delivered"),
            ("4", "returned"),
            ("5", "out_for_delivery"),
            ("6", "returned"),
            ("7", "in_transit"),
            ("8", "customs"),
            ("10", "customs"),
            ("13", "customs"),
            ("14", "exception"),
            ("102", "created"),
            ("103", "dispatched"),
            ("205", "exception"),
            ("304", "delivered"),
            ("401", "returned"),
            ("1001", "in_transit"),
            ("签收", "delivered"),
            ("退签", "returned"),
            ("拒签", "exception"),
            ("pickup", "out_for_delivery"),
            ("picked", "picked"),
            ("InfoReceived", "created"),
            ("undelivered", "exception"),
            ("attempted_delivery", "exception"),
        ] {
            assert_eq!(shipment(raw), Some(want), "{raw}");
        }
        for raw in ["99", "9", "", "305", "-1"] {
            assert_eq!(shipment(raw), None, "{raw}");
        }
    }

    #[test]
    fn payments_have_five_ends() {
        assert_eq!(payment("TRADE_SUCCESS"), Some("captured"));
        assert_eq!(payment("authorized"), Some("authorised"));
        assert_eq!(failure_code("card_declined"), Some("declined"));
        assert_eq!(failure_code("E4711"), None);
    }
}
