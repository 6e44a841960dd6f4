//! The order of the dictionary, what holds for all of its fields, and the page that is made of it.

use super::*;

#[test]
fn rows_stand_in_the_order_of_their_paths() {
    for pair in Field::ALL.windows(2) {
        assert!(
            pair[0].path().split('.').lt(pair[1].path().split('.')),
            "{} must stand after {}",
            pair[0],
            pair[1]
        );
    }
}

#[test]
fn no_field_is_the_parent_of_another() {
    for pair in Field::ALL.windows(2) {
        let parent = format!("{}.", pair[0].path());
        assert!(!pair[1].path().starts_with(&parent), "{} holds {}", pair[0], pair[1]);
    }
}

#[test]
fn every_field_is_found_by_its_path() {
    for &field in Field::ALL {
        assert_eq!(Field::from_path(field.path()), Some(field));
    }
    assert_eq!(Field::from_path("store.order"), None);
    assert_eq!(Field::from_path("store.order.id.x"), None);
}

#[test]
fn money_is_a_whole_number_and_ids_are_keywords() {
    for &field in Field::ALL {
        let entry = field.entry();
        if entry.path.ends_with("_minor") {
            assert_eq!((entry.kind, entry.unit), (Kind::Long, Unit::MinorUnits), "{field}");
        }
        if entry.path.split('.').next_back() == Some("id") {
            assert_eq!(entry.kind, Kind::Keyword, "{field}");
        }
    }
}

/// The sections of the page, in order, each with what it is about.
const SECTIONS: [(Area, &str, &str); 5] = [
    (
        Area::Ecs,
        "Fields of ECS 8.11",
        "Every document may hold them. Other keys of these roots are kept in the document and not indexed.",
    ),
    (
        Area::Store,
        "Events: `store.*`",
        "Unknown keys of an event go to `store.extra`; any other unknown name under `store` is refused by the mapping.",
    ),
    (Area::Alert, "Alerts: `store.alert.*`", "Written by the detector only."),
    (Area::Series, "Computed series: `store.series.*`", "Written by the detector only."),
    (
        Area::State,
        "State: groups, outbox, silences, what a rule has learned",
        "Of the detector; in indices of their own, beside the state of alerts.",
    ),
];

fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::None => "",
        Unit::Nanoseconds => "ns",
        Unit::Milliseconds => "ms",
        Unit::Microseconds => "µs",
        Unit::Bytes => "bytes",
        Unit::MinorUnits => "minor units of `store.currency`",
        Unit::MicroUnits => "millionths of `store.currency`",
        Unit::Pieces => "pieces",
    }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Keyword => "keyword",
        Kind::ConstantKeyword => "constant_keyword",
        Kind::Wildcard => "wildcard",
        Kind::MatchOnlyText => "match_only_text",
        Kind::Long => "long",
        Kind::Integer => "integer",
        Kind::Short => "short",
        Kind::Byte => "byte",
        Kind::Double => "double",
        Kind::Float => "float",
        Kind::Boolean => "boolean",
        Kind::Date => "date",
        Kind::Ip => "ip",
        Kind::GeoPoint => "geo_point",
        Kind::Flattened => "flattened",
        Kind::Labels => "object of keywords",
        Kind::StoredText => "text, not indexed",
        Kind::StoredObject => "object, not indexed",
    }
}

fn page() -> String {
    let section = |(area, title, about): &(Area, &str, &str)| {
        let fields = Field::ALL.iter().filter(|field| field.area() == *area);
        let rows: String = fields.map(|field| row(field.entry())).collect();
        format!("\n## {title}\n\n{about}\n\n{HEAD}{rows}")
    };
    let sections: String = SECTIONS.iter().map(section).collect();
    format!(
        "# Fields\n\nEvery field that a document of Storewatch may hold: {} of them. This page, the index templates and the names in the\n\
         programs come from one table, `crates/event/src/dictionary.rs`; `UPDATE_EXPECT=1 cargo test -p event` writes it anew.\n{sections}",
        Field::ALL.len()
    )
}

const HEAD: &str = "| Field | Type | Unit | Meaning or values |\n|---|---|---|---|\n";

fn row(entry: &Entry) -> String {
    let Entry { path, note, .. } = entry;
    format!("| `{path}` | {} | {} | {note} |\n", kind(entry.kind), unit(entry.unit))
}

#[test]
fn the_page_of_fields_is_the_dictionary() {
    expect_test::expect_file!["../../../../docs/fields.md"].assert_eq(&page());
}
