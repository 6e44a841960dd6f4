use super::*;
use crate::settings::{RawPipeline, RawRedact, RawStore};
use event::{ByteOffset, FileId, Origin};

fn enrich(fill: impl FnOnce(&mut Draft)) -> Draft {
    enrich_in(&RawStore { id: "shop-1".to_owned(), ..RawStore::default() }, fill)
}

fn enrich_in(store: &RawStore, fill: impl FnOnce(&mut Draft)) -> Draft {
    let store = StoreSettings::check(store, &RawRedact::default(), &mut Vec::new()).unwrap();
    let raw = RawPipeline { dataset: "traffic".to_owned(), ..RawPipeline::default() };
    let input = PipelineSettings::check(&raw, "", &mut Vec::new()).unwrap();
    let context = Context { host_name: "web-1".to_owned(), ..Context::default() };
    let mut draft = Draft::new();
    let read_at: jiff::Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
    let span = ByteOffset::new(10)..ByteOffset::new(20);
    draft.begin(&Origin { file: FileId::from_bytes([7; 16]), span, part: 0 }, read_at);
    fill(&mut draft);
    let mut counters = crate::Counters::default();
    let mut pass = Pass { read_at, path: "/a.log", taken_at: None, counters: &mut counters };
    Enrich::new(&store, &input, &context).process(&mut draft, &mut pass);
    draft
}

fn text(draft: &Draft, field: Field) -> Option<&str> {
    draft.event.document.text(field)
}

#[test]
fn every_document_has_its_envelope() {
    let draft = enrich(|_| {});
    let document = &draft.event.document;
    for field in [
        Field::Timestamp,
        Field::EcsVersion,
        Field::EventCreated,
        Field::EventId,
        Field::EventKind,
        Field::EventDataset,
        Field::EventModule,
        Field::DataStreamType,
        Field::DataStreamDataset,
        Field::DataStreamNamespace,
        Field::HostName,
        Field::LogFilePath,
        Field::StoreId,
        Field::StoreOriginFileId,
        Field::StoreOriginOffset,
        Field::StoreOriginEnd,
        Field::StorePipelineParser,
        Field::StorePipelineParseStatus,
        Field::StorePipelineKeyKind,
    ] {
        assert!(document.has(field), "{field}");
    }
    assert_eq!(text(&draft, Field::EventId), Some(draft.event.id.to_string().as_str()));
}

#[test]
fn an_event_names_its_own_host_better_than_we_do() {
    let draft = enrich(|draft| draft.event.document.set_text(Field::HostName, "db-7"));
    assert_eq!(text(&draft, Field::HostName), Some("db-7"));
}

#[test]
fn a_url_is_taken_apart() {
    let of = |target: &str| {
        let draft = enrich(|draft| draft.event.document.set_text(Field::UrlOriginal, target));
        [Field::UrlDomain, Field::UrlPath, Field::UrlQuery]
            .map(|field| text(&draft, field).unwrap_or("-").to_owned())
            .join(" ")
    };
    assert_eq!(of("/a/b?c=d#e"), "- /a/b c=d");
    assert_eq!(of("http://shop.example:8080"), "shop.example / -");
    assert_eq!(of("https://shop.example/x?u=http://y"), "shop.example /x u=http://y");
    assert_eq!(of("*"), "- * -");
    assert_eq!(of("/r?u=http://y/z"), "- /r u=http://y/z");
}

#[test]
fn an_address_leaves_as_its_network() {
    let draft = enrich(|draft| draft.event.document.set_text(Field::SourceAddress, "203.0.113.77"));
    assert_eq!(text(&draft, Field::SourceIp), Some("203.0.113.0"));
    assert_eq!(text(&draft, Field::SourceAddress), Some("203.0.113.0"));
    let draft = enrich(|draft| draft.event.document.set_text(Field::SourceIp, "2001:db8:1:2::3"));
    assert_eq!(text(&draft, Field::SourceIp), Some("2001:db8:1::"));
}

#[test]
fn a_client_is_located_by_its_whole_address_before_it_is_cut() {
    let database = geo::writer::Writer { kind: "Country", ip_version: 4, record_size: 24 };
    let country = |code: &str| serde_json::json!({"country": {"iso_code": code}});
    let bytes =
        database.write(&[("203.0.113.0/26", country("FR")), ("203.0.113.64/26", country("AT"))]);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::io::Write::write_all(&mut file.as_file(), &bytes).unwrap();
    let store = RawStore {
        id: "shop-1".to_owned(),
        geo: vec![file.path().to_owned()],
        ..RawStore::default()
    };
    let draft = enrich_in(&store, |draft| {
        draft.event.document.set_text(Field::SourceAddress, "203.0.113.77");
    });
    assert_eq!(text(&draft, Field::SourceGeoCountryIsoCode), Some("AT"));
    assert_eq!(text(&draft, Field::SourceIp), Some("203.0.113.0"));
}

#[test]
fn only_who_poses_as_a_person_is_judged_by_what_it_does() {
    let clients = crate::settings::RawClients { pages_per_minute: 2, ..Default::default() };
    let raw = RawStore { id: "shop-1".to_owned(), clients, ..RawStore::default() };
    let store = StoreSettings::check(&raw, &RawRedact::default(), &mut Vec::new()).unwrap();
    let raw = RawPipeline { dataset: "traffic".to_owned(), ..RawPipeline::default() };
    let input = PipelineSettings::check(&raw, "", &mut Vec::new()).unwrap();
    let classes = |agent: &str, told: Option<&str>| {
        let mut enrich = Enrich::new(&store, &input, &Context::default());
        let mut counters = crate::Counters::default();
        let mut class = || {
            let mut draft = Draft::new();
            draft.is_request = true;
            let document = &mut draft.event.document;
            document.set_text(Field::SourceAddress, "203.0.113.7");
            document.set_text(Field::UrlOriginal, "/");
            document.set_text(Field::UserAgentOriginal, agent);
            if let Some(told) = told {
                document.set_text(Field::StoreClientClass, told);
            }
            let read_at = jiff::Timestamp::UNIX_EPOCH;
            let mut pass =
                Pass { read_at, path: "/a.log", taken_at: None, counters: &mut counters };
            enrich.process(&mut draft, &mut pass);
            text(&draft, Field::StoreClientClass).unwrap_or_default().to_owned()
        };
        [class(), class(), class()].join(" ")
    };
    assert_eq!(classes("Mozilla/5.0 Firefox/130.0", None), "human human bad_bot");
    assert_eq!(classes("okhttp/4.0", None), "unknown unknown bad_bot");
    assert_eq!(classes("Googlebot/2.1", None), "good_bot good_bot good_bot");
    assert_eq!(classes("Pingdom", None), "monitor monitor monitor");
    assert_eq!(
        classes("Mozilla/5.0 Firefox/130.0", Some("internal")),
        "internal internal internal"
    );
}

#[test]
fn a_told_outcome_comes_before_that_of_the_action() {
    let draft = enrich(|draft| {
        draft.event.document.set_text(Field::EventAction, "payment.completed");
        draft.event.document.set_text(Field::EventOutcome, "FAILED");
    });
    assert_eq!(text(&draft, Field::EventOutcome), Some("failure"));
    assert_eq!(text(&draft, Field::EventType), Some("end"));
}
