//! What an action means in the words of ECS.

/// Returns `event.type` of an action.
pub(crate) fn kind(action: &str) -> &'static str {
    match action.rsplit('.').next().unwrap_or_default() {
        "item_added" | "submitted" | "created" | "line" | "posted" | "filed" => "creation",
        "item_removed" => "deletion",
        "started" | "opened" | "requested" | "attempted" | "succeeded" => "start",
        "finished" | "completed" | "closed" | "ended" | "delivered" => "end",
        "failed" | "timeout" | "error" | "exception" => "error",
        "rejected" => "denied",
        "viewed" | "performed" | "request" | "impression" | "clicked" => "access",
        "confirmed" | "held" | "cancelled" | "applied" | "authorised" | "dispatched"
        | "out_for_delivery" | "returned" | "replied" | "escalated" | "changed" | "reserved"
        | "released" | "depleted" | "replenished" | "adjusted" | "published" | "unpublished"
        | "budget_changed" | "paused" | "resumed" | "step" => "change",
        _ => "info",
    }
}

/// Returns `event.outcome` of an action that names its own end.
pub(crate) fn outcome(action: &str) -> Option<&'static str> {
    match action.rsplit('.').next().unwrap_or_default() {
        "failed" | "timeout" | "error" | "exception" | "rejected" => Some("failure"),
        "submitted" | "confirmed" | "completed" | "authorised" | "succeeded" | "applied"
        | "dispatched" | "delivered" | "finished" => Some("success"),
        _ => None,
    }
}

/// Returns `event.category` of an action, where ECS has one.
pub(crate) fn category(action: &str) -> Option<&'static str> {
    match action {
        "http.request" | "page.viewed" => Some("web"),
        "login.succeeded" | "login.failed" => Some("authentication"),
        _ => None,
    }
}

/// Returns our word for an outcome.
pub(crate) fn outcome_word(text: &str) -> Option<&'static str> {
    Some(match text.to_ascii_lowercase().as_str() {
        "success" | "succeeded" | "ok" | "true" => "success",
        "failure" | "failed" | "fail" | "error" | "false" => "failure",
        "unknown" => "unknown",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_have_a_type_and_most_ends_an_outcome() {
        let check = |action, want| assert_eq!((kind(action), outcome(action)), want, "{action}");
        check("order.submitted", ("creation", Some("success")));
        check("payment.failed", ("error", Some("failure")));
        check("payment.attempted", ("start", None));
        check("shipment.delivered", ("end", Some("success")));
        check("coupon.rejected", ("denied", Some("failure")));
        check("stock.snapshot", ("info", None));
        check("", ("info", None));
    }

    #[test]
    fn only_logins_and_requests_have_a_category() {
        assert_eq!(category("login.failed"), Some("authentication"));
        assert_eq!(category("order.submitted"), None);
    }
}
