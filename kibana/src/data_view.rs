//! Data views: the patterns that boards and searches read, with links and units on their fields.

use std::collections::BTreeMap;

use event::Field;
use event::dictionary::{Kind, Unit};
use serde_json::{Value, json};

use crate::object::{ObjectType, SavedObject, attributes};

/// A data view of ours. Each has an id of its own, so links to Discover stay valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DataView {
    /// All shop events.
    Events,
    /// Orders and payments.
    Orders,
    /// Picking, packing, shipments.
    Fulfilment,
    /// Stock.
    Inventory,
    /// Advertising.
    Ads,
    /// Customer service.
    Support,
    /// Requests, logins, application logs.
    Traffic,
    /// Alerts, one document per transition.
    Alerts,
    /// Alerts, one document per episode.
    AlertsState,
    /// Computed series.
    Series,
    /// Polls of platforms.
    Poll,
    /// Our own health.
    Pipeline,
}

impl DataView {
    /// All data views.
    pub const ALL: [Self; 12] = [
        Self::Events,
        Self::Orders,
        Self::Fulfilment,
        Self::Inventory,
        Self::Ads,
        Self::Support,
        Self::Traffic,
        Self::Alerts,
        Self::AlertsState,
        Self::Series,
        Self::Poll,
        Self::Pipeline,
    ];

    /// Returns its id.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Events => "storewatch-events",
            Self::Orders => "storewatch-orders",
            Self::Fulfilment => "storewatch-fulfilment",
            Self::Inventory => "storewatch-inventory",
            Self::Ads => "storewatch-ads",
            Self::Support => "storewatch-support",
            Self::Traffic => "storewatch-traffic",
            Self::Alerts => "storewatch-alerts",
            Self::AlertsState => "storewatch-alerts-state",
            Self::Series => "storewatch-series",
            Self::Poll => "storewatch-poll",
            Self::Pipeline => "storewatch-pipeline",
        }
    }

    /// Returns the indices it reads.
    pub const fn pattern(self) -> &'static str {
        match self {
            Self::Events => "logs-store.*-*,-logs-store.alert-*,-logs-store.pipeline-*",
            Self::Orders => "logs-store.order-*,logs-store.payment-*",
            Self::Fulfilment => "logs-store.fulfilment-*",
            Self::Inventory => "logs-store.inventory-*",
            Self::Ads => "logs-store.ad-*",
            Self::Support => "logs-store.support-*",
            Self::Traffic => "logs-store.traffic-*,logs-store.app-*",
            Self::Alerts => "logs-store.alert-*",
            // The namespace stands behind the name of a state index.
            Self::AlertsState => "storewatch-alerts-state-*",
            Self::Series => "metrics-store.series-*",
            Self::Poll => "metrics-store.poll-*",
            Self::Pipeline => "logs-store.pipeline-*",
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Events => "[Storewatch] Events",
            Self::Orders => "[Storewatch] Orders and payments",
            Self::Fulfilment => "[Storewatch] Fulfilment",
            Self::Inventory => "[Storewatch] Inventory",
            Self::Ads => "[Storewatch] Advertising",
            Self::Support => "[Storewatch] Customer service",
            Self::Traffic => "[Storewatch] Traffic and application logs",
            Self::Alerts => "[Storewatch] Alerts",
            Self::AlertsState => "[Storewatch] Alert episodes",
            Self::Series => "[Storewatch] Series",
            Self::Poll => "[Storewatch] Polls",
            Self::Pipeline => "[Storewatch] Pipeline health",
        }
    }

    /// Returns the data view with this id.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.id() == id)
    }

    /// Returns it as a saved object. An absent stream is no error: it may come later.
    pub fn to_object(self) -> SavedObject {
        SavedObject {
            object_type: ObjectType::IndexPattern,
            id: self.id().to_owned(),
            attributes: attributes(json!({
                "title": self.pattern(),
                "name": self.name(),
                "timeFieldName": "@timestamp",
                "allowNoIndex": true,
                "fields": "[]",
                "fieldFormatMap": formats().to_string(),
                "fieldAttrs": "{}",
                "runtimeFieldMap": "{}",
                "sourceFilters": "[]",
            })),
            references: Vec::new(),
        }
    }
}

/// Returns how Kibana shows values: links that open Discover filtered by the value, durations, bytes.
fn formats() -> Value {
    let mut formats = BTreeMap::new();
    for (field, view) in [
        (Field::TraceId, DataView::Events),
        (Field::StoreOrderId, DataView::Events),
        (Field::StoreProductSku, DataView::Events),
    ] {
        let template = format!(
            "/app/discover#/?_a=(index:'{}',query:(language:kuery,query:'{}:%22{{{{value}}}}%22'))",
            view.id(),
            field.path()
        );
        formats.insert(field.path(), json!({"id": "url", "params": {"urlTemplate": template}}));
    }
    for field in [Field::EventUrl, Field::EventReference, Field::RuleReference] {
        formats.insert(field.path(), json!({"id": "url"}));
    }
    for &field in Field::ALL {
        let input = match field.entry().unit {
            Unit::Nanoseconds => "nanoseconds",
            Unit::Microseconds => "microseconds",
            Unit::Milliseconds => "milliseconds",
            Unit::Bytes if field.entry().kind == Kind::Long => {
                formats.insert(field.path(), json!({"id": "bytes"}));
                continue;
            }
            Unit::Bytes | Unit::None | Unit::MinorUnits | Unit::MicroUnits | Unit::Pieces => {
                continue;
            }
        };
        let params = json!({"inputFormat": input, "outputFormat": "humanizePrecise", "outputPrecision": 1, "useShortSuffix": true});
        formats.insert(field.path(), json!({"id": "duration", "params": params}));
    }
    json!(formats)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_ours_and_patterns_reach_only_our_indices() {
        for view in DataView::ALL {
            assert!(view.id().starts_with("storewatch-"));
            for part in view.pattern().split(',') {
                let part = part.trim_start_matches('-');
                assert!(
                    ["logs-store.", "metrics-store.", "storewatch-"]
                        .iter()
                        .any(|ours| part.starts_with(ours))
                );
            }
            assert_eq!(DataView::from_id(view.id()), Some(view));
        }
    }

    #[test]
    fn durations_are_shown_in_their_own_unit() {
        let formats = formats();
        assert_eq!(formats["event.duration"]["params"]["inputFormat"], "nanoseconds");
        assert_eq!(formats["store.order.age_ms"]["params"]["inputFormat"], "milliseconds");
        assert_eq!(formats["trace.id"]["id"], "url");
    }
}
