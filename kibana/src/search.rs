//! Saved searches: where a person starts to look when something is wrong.

use event::Field;
use serde_json::json;

use crate::column::query;
use crate::data_view::DataView;
use crate::object::{ObjectType, Reference, SavedObject, attributes, id_of};
use crate::tag::Tag;

/// One saved search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Search {
    /// Key, unique among searches.
    pub key: &'static str,
    /// Title without the prefix.
    pub title: &'static str,
    /// What it finds.
    pub description: &'static str,
    /// Where it looks.
    pub view: DataView,
    /// Which documents, in KQL.
    pub kql: &'static str,
    /// Columns, left to right; the time stands before them.
    pub columns: &'static [Field],
    /// By what the histogram above is split.
    pub breakdown: Field,
}

/// All errors that programs logged.
pub const ALL_ERRORS: Search = Search {
    key: "all-errors",
    title: "All errors",
    description: "Errors of the shop's programs, failed requests and failed events, newest first.",
    view: DataView::Events,
    kql: "log.level: error or event.outcome: failure",
    columns: &[
        Field::LogLevel,
        Field::ServiceName,
        Field::EventAction,
        Field::Message,
        Field::TraceId,
    ],
    breakdown: Field::EventDataset,
};

/// Orders and payments that failed.
pub const ORDER_AND_PAYMENT_FAILURES: Search = Search {
    key: "order-and-payment-failures",
    title: "Order and payment failures",
    description: "Failed and timed-out payments, cancelled and held orders, newest first.",
    view: DataView::Orders,
    kql: "event.action: (payment.failed or payment.timeout or order.cancelled or order.held)",
    columns: &[
        Field::EventAction,
        Field::StoreOrderId,
        Field::StorePaymentProvider,
        Field::StorePaymentFailureCode,
        Field::StoreOrderAmountMinor,
        Field::StoreCurrency,
    ],
    breakdown: Field::StorePaymentFailureCode,
};

/// All alerts.
pub const ALERT_HISTORY: Search = Search {
    key: "alert-history",
    title: "Alert history",
    description: "Every transition of every alert, newest first.",
    view: DataView::Alerts,
    kql: "",
    columns: &[
        Field::EventAction,
        Field::RuleName,
        Field::StoreAlertGroupKey,
        Field::StoreAlertSeverity,
        Field::EventReason,
        Field::StoreAlertExplainTop,
        Field::EventUrl,
    ],
    breakdown: Field::RuleId,
};

/// The searches that we ship.
pub const ALL: [Search; 3] = [ALL_ERRORS, ORDER_AND_PAYMENT_FAILURES, ALERT_HISTORY];

const INDEX_REFERENCE: &str = "kibanaSavedObjectMeta.searchSourceJSON.index";

impl Search {
    /// Returns its id.
    pub fn id(&self) -> String {
        id_of(&["search", self.key])
    }

    /// Returns it as a saved object.
    pub fn to_object(&self) -> SavedObject {
        let source = json!({
            "query": query(self.kql), "filter": [], "highlightAll": true, "version": true,
            "indexRefName": INDEX_REFERENCE,
        });
        SavedObject {
            object_type: ObjectType::Search,
            id: self.id(),
            attributes: attributes(json!({
                "title": format!("[Storewatch] {}", self.title),
                "description": self.description,
                "columns": self.columns.iter().map(|field| field.path()).collect::<Vec<_>>(),
                "sort": [["@timestamp", "desc"]],
                "grid": {},
                "hideChart": false,
                "breakdownField": self.breakdown.path(),
                "isTextBasedQuery": false,
                "kibanaSavedObjectMeta": {"searchSourceJSON": source.to_string()},
            })),
            references: vec![
                Reference::new(INDEX_REFERENCE, ObjectType::IndexPattern, self.view.id()),
                Tag::All.reference(),
            ],
        }
    }
}
