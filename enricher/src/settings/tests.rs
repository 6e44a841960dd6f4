use super::*;

fn faults(raw: &RawPipeline) -> Vec<String> {
    let mut faults = Vec::new();
    assert_eq!(
        PipelineSettings::check(raw, "inputs[0]", &mut faults).is_none(),
        !faults.is_empty()
    );
    faults.into_iter().map(|fault| format!("{}: {}", fault.key, fault.message)).collect()
}

fn traffic() -> RawPipeline {
    RawPipeline { dataset: "traffic".to_owned(), ..RawPipeline::default() }
}

#[test]
fn a_dataset_is_named_short_or_in_full() {
    assert!(faults(&traffic()).is_empty());
    assert!(faults(&RawPipeline { dataset: "store.order".to_owned(), ..traffic() }).is_empty());
}

#[test]
fn the_streams_of_the_detector_are_closed_to_inputs() {
    for name in ["alert", "series", "store.alert", "", "orders"] {
        let raw = RawPipeline { dataset: name.to_owned(), ..traffic() };
        assert_eq!(faults(&raw), ["inputs[0].dataset: which is no dataset of inputs"]);
    }
}

#[test]
fn every_fault_is_named_at_once() {
    let raw = RawPipeline {
        timezone: Some("Mars/Olympus".to_owned()),
        mapping: [("a".to_owned(), "no.such.field".to_owned())].into(),
        routes: vec!["product".to_owned()],
        trusted_proxies: Some(vec!["10.0.0.0/99".to_owned()]),
        ..traffic()
    };
    assert_eq!(
        faults(&raw),
        [
            "inputs[0].timezone: which is no time zone",
            "inputs[0].mapping.a: which is no field",
            "inputs[0].routes[0]: which is no template of a route",
            "inputs[0].trusted_proxies[0]: which is no address or network",
        ]
    );
}

#[test]
fn a_shop_is_checked_with_its_key() {
    let mut faults = Vec::new();
    let store = RawStore {
        id: "a shop".to_owned(),
        namespace: Some("a-b".to_owned()),
        currency: Some("XXL".to_owned()),
        geo: vec!["/nowhere/city.mmdb".into()],
        clients: RawClients { window: runtime::unit::Span::seconds(5), ..RawClients::default() },
        ..RawStore::default()
    };
    let redact =
        RawRedact { key_file: Some("/nowhere/pseudonym.key".into()), ..RawRedact::default() };
    assert!(StoreSettings::check(&store, &redact, &mut faults).is_none());
    let keys: Vec<&str> = faults.iter().map(|fault| fault.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "store.id",
            "store.namespace",
            "store.currency",
            "store.geo[0]",
            "store.clients.window",
            "redact.key_file"
        ]
    );
}
