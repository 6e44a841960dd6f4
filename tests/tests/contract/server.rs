//! The probe.

use elastic::{Capability, Flavour, Release};
use harness::{block_on, client, opensearch, shared};

#[test]
fn elasticsearch_without_a_root_route_is_known() {
    let server = block_on(client(shared(harness::Flavour::Elasticsearch)).server()).unwrap();
    assert_eq!(server.flavour, Flavour::Elasticsearch);
    assert_eq!(server.release, Some(Release { major: 8, minor: 19, patch: 9 }));
    assert!(server.can(Capability::ApiKeys) && server.can(Capability::Lifecycle));
    assert!(!server.can(Capability::DataStreams) && !server.can(Capability::LifecyclePolicies));
    assert!(server.has_processor("set_security_user") && !server.has_processor("grok"));
}

#[test]
fn opensearch_is_known() {
    let server = block_on(client(opensearch()).server()).unwrap();
    assert_eq!(server.flavour, Flavour::OpenSearch);
    assert_eq!(server.to_string(), "OpenSearch 2.19.1");
    assert!(server.can(Capability::DataStreams) && server.has_processor("grok"));
    assert!(!server.can(Capability::ApiKeys) && !server.can(Capability::Lifecycle));
    assert!(!server.can(Capability::RandomSampler));
}
