//! API keys with the least rights each program needs.

use event::{Dataset, Namespace, Stream};
use serde_json::{Value, json};

use crate::assets::state_indices;
use crate::stand_in::{Lacks, Offer};

/// A program that gets a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyHolder {
    /// May add events; cannot read, change or delete one, nor write an alert.
    Shipper,
    /// Reads events, writes alerts and series, keeps its state.
    Detector,
    /// Compares the shipper's ledger with what is stored.
    Verify,
}

impl KeyHolder {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Shipper, Self::Detector, Self::Verify];

    /// Returns the name of the program.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Shipper => "shipper",
            Self::Detector => "detector",
            Self::Verify => "verify",
        }
    }

    /// Returns the name of its key in the cluster.
    pub fn key_name(self, namespace: &Namespace) -> String {
        format!("storewatch-{}-{namespace}", self.as_str())
    }

    /// Returns the cluster privileges it needs.
    pub fn cluster_privileges(self) -> &'static [&'static str] {
        match self {
            Self::Shipper | Self::Verify => &[],
            Self::Detector => &["monitor"],
        }
    }

    /// Returns what it may do to which indices, as Elasticsearch's role descriptors say it.
    ///
    /// Where streams cannot be made beforehand, the first document makes them, and that takes `auto_configure`.
    pub fn index_privileges(self, namespace: &Namespace, lacks: &Lacks) -> Vec<Value> {
        let stream = |dataset| Stream { dataset, namespace: namespace.clone() }.to_string();
        let mut create = vec!["create_doc"];
        if lacks.data_stream_api == Offer::Missing {
            create.push("auto_configure");
        }
        match self {
            Self::Shipper => {
                let names: Vec<String> = Dataset::ALL
                    .into_iter()
                    .filter(|dataset| dataset.is_shippable())
                    .map(stream)
                    .collect();
                vec![json!({"names": names, "privileges": create})]
            }
            Self::Detector => vec![
                json!({
                    "names": [format!("logs-store.*-{namespace}"), format!("metrics-store.*-{namespace}")],
                    "privileges": ["read", "view_index_metadata"],
                }),
                json!({
                    "names": [stream(Dataset::Alert), stream(Dataset::Pipeline), stream(Dataset::Series)],
                    "privileges": create,
                }),
                json!({
                    "names": state_indices(namespace),
                    "privileges": ["read", "index", "delete", "maintenance"],
                }),
            ],
            Self::Verify => {
                vec![
                    json!({"names": [format!("logs-store.*-{namespace}")], "privileges": ["read"]}),
                ]
            }
        }
    }

    /// Returns the body of `POST _security/api_key`.
    pub fn request(self, namespace: &Namespace, lacks: &Lacks) -> Value {
        json!({
            "name": self.key_name(namespace),
            "expiration": format!("{KEY_DAYS}d"),
            "role_descriptors": {
                format!("storewatch_{}", self.as_str()): {
                    "cluster": self.cluster_privileges(),
                    "indices": self.index_privileges(namespace, lacks),
                }
            },
            "metadata": {"managed_by": "storewatch", "version": env!("CARGO_PKG_VERSION")},
        })
    }
}

/// How long a key lasts, in days.
pub const KEY_DAYS: u32 = 90;

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn a_shipper_may_only_create_and_only_in_named_streams() {
        let lacks = Lacks::default();
        let privileges = KeyHolder::Shipper.index_privileges(&Namespace::default(), &lacks);
        expect![[r#"[{"names":["logs-store.order-default","logs-store.payment-default","logs-store.fulfilment-default","logs-store.inventory-default","logs-store.support-default","logs-store.ad-default","logs-store.traffic-default","logs-store.app-default","logs-store.pipeline-default","metrics-store.poll-default"],"privileges":["create_doc"]}]"#]]
            .assert_eq(&Value::from(privileges).to_string());
        assert!(KeyHolder::Shipper.cluster_privileges().is_empty());
    }

    #[test]
    fn where_streams_cannot_be_made_beforehand_the_key_may_make_them() {
        let lacks = Lacks { data_stream_api: Offer::Missing, ..Lacks::default() };
        let privileges = KeyHolder::Shipper.index_privileges(&Namespace::default(), &lacks);
        assert_eq!(privileges[0]["privileges"], json!(["create_doc", "auto_configure"]));
    }

    #[test]
    fn no_key_reaches_another_namespace() {
        let namespace: Namespace = "staging".parse().unwrap();
        for holder in KeyHolder::ALL {
            for rights in holder.index_privileges(&namespace, &Lacks::default()) {
                for name in rights["names"].as_array().unwrap() {
                    assert!(name.as_str().unwrap().ends_with("-staging"), "{name}");
                }
            }
        }
    }
}
