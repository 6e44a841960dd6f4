use std::fs;
use std::io::Write as _;

use serde_json::json;

use super::writer::Writer;
use super::*;

const CITY: Writer = Writer { kind: "GeoLite2-City", ip_version: 6, record_size: 28 };
const ASN: Writer = Writer { kind: "GeoLite2-ASN", ip_version: 6, record_size: 24 };

fn munich() -> serde_json::Value {
    json!({
        "city": {"names": {"en": "Munich"}}, "postal": {"code": "80331"},
        "country": {"iso_code": "DE", "names": {"en": "Germany"}},
        "subdivisions": [{"iso_code": "BY"}, {"iso_code": "M"}],
        "location": {"latitude": 48.1374, "longitude": 11.5755, "time_zone": "Europe/Berlin", "accuracy_radius": 20},
    })
}

fn owner() -> serde_json::Value {
    json!({"autonomous_system_number": 64500, "autonomous_system_organization": "Example Net"})
}

fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn geo(files: &[&tempfile::NamedTempFile]) -> Geo {
    let databases: Vec<_> = files.iter().map(|file| open(file.path()).unwrap()).collect();
    Geo::new(&databases.into()).unwrap()
}

fn located(geo: &mut Geo, address: &str, seconds: i64) -> String {
    let mut document = Document::new();
    document.set_text(Field::SourceAddress, address);
    let now = Timestamp::from_second(seconds).unwrap();
    geo.locate(&mut document, now, &mut Counters::default());
    document.remove(Field::SourceAddress);
    document.to_json()
}

const IN_MUNICH: &str = r#"{"source":{"geo":{"country_iso_code":"DE","location":"48.1,11.6","region_iso_code":"DE-BY"}}}"#;

#[test]
fn a_client_is_found_in_trees_of_all_sizes_and_its_city_is_not_told() {
    for (ip_version, record_size) in [(4, 24), (4, 28), (4, 32), (6, 24), (6, 28), (6, 32)] {
        let writer = Writer { ip_version, record_size, ..CITY };
        let file = file(&writer.write(&[("81.2.69.0/24", munich()), ("9.0.0.0/8", owner())]));
        let mut geo = geo(&[&file]);
        for address in ["81.2.69.142", "81.2.69.142:443", "::ffff:81.2.69.142"] {
            assert_eq!(
                located(&mut geo, address, 0),
                IN_MUNICH,
                "{address} {ip_version} {record_size}"
            );
        }
        for address in ["81.2.70.1", "2001:db8::1", "shop.example", ""] {
            assert_eq!(located(&mut geo, address, 0), "{}", "{address} {ip_version} {record_size}");
        }
    }
}

#[test]
fn places_and_networks_stand_in_files_of_their_own() {
    let city = file(&CITY.write(&[("2001:db8::/32", munich())]));
    let asn = file(&ASN.write(&[("2001:db8::/32", owner()), ("203.0.113.0/24", owner())]));
    let mut geo = geo(&[&asn, &city]);
    let network = r#""as":{"number":64500,"organization":{"name":"Example Net"}}"#;
    let want = IN_MUNICH.replace(r#""geo""#, &format!(r#"{network},"geo""#));
    assert_eq!(located(&mut geo, "2001:db8::7", 0), want);
    assert_eq!(located(&mut geo, "203.0.113.7", 0), format!(r#"{{"source":{{{network}}}}}"#));
}

#[test]
fn addresses_of_ones_own_are_nowhere_whatever_a_database_says() {
    let file = file(&CITY.write(&[
        ("0.0.0.0/1", munich()),
        ("128.0.0.0/1", munich()),
        ("fc00::/7", munich()),
    ]));
    let mut geo = geo(&[&file]);
    for address in
        ["10.1.2.3", "192.168.0.1", "127.0.0.1", "169.254.1.1", "0.0.0.0", "fd00::1", "::1"]
    {
        assert_eq!(located(&mut geo, address, 0), "{}", "{address}");
    }
    assert_eq!(located(&mut geo, "8.8.8.8", 0), IN_MUNICH);
}

#[test]
fn what_an_event_says_of_its_place_stays_and_the_rest_is_counted() {
    let file = file(&CITY.write(&[("81.2.69.0/24", munich())]));
    let mut geo = geo(&[&file]);
    let mut counters = Counters::default();
    for (address, country) in [("81.2.69.1", Some("FR")), ("81.2.69.1", None), ("9.9.9.9", None)] {
        let mut document = Document::new();
        document.set_text(Field::SourceIp, address);
        if let Some(country) = country {
            document.set_text(Field::SourceGeoCountryIsoCode, country);
        }
        geo.locate(&mut document, Timestamp::UNIX_EPOCH, &mut counters);
        let want = country.or((address == "81.2.69.1").then_some("DE"));
        assert_eq!(document.text(Field::SourceGeoCountryIsoCode), want);
    }
    assert_eq!((counters.located, counters.not_located), (1, 1));
}

#[test]
fn a_place_lies_on_a_grid() {
    let coarse = |latitude, longitude| {
        Location { latitude: Some(latitude), longitude: Some(longitude) }.coarse().to_string()
    };
    assert_eq!(coarse(-33.8688, 151.2093), "-33.9,151.2");
    assert_eq!(coarse(-0.04, 0.0), "0.0,0.0");
    assert_eq!(coarse(91.0, 0.0), "");
    assert_eq!(coarse(f64::NAN, 0.0), "");
    assert_eq!(&*Location { latitude: Some(1.0), longitude: None }.coarse(), "");
}

#[test]
fn a_database_that_changed_is_read_again_and_half_of_one_changes_nothing() {
    let old = CITY.write(&[("81.2.69.0/24", munich())]);
    let new = CITY.write(&[("81.2.69.0/24", json!({"country": {"iso_code": "AT"}}))]);
    let file = file(&old);
    let mut geo = geo(&[&file]);
    let austria = r#"{"source":{"geo":{"country_iso_code":"AT"}}}"#;
    assert_eq!(located(&mut geo, "81.2.69.1", 0), IN_MUNICH);
    fs::OpenOptions::new()
        .write(true)
        .truncate(true)
        .open(file.path())
        .unwrap()
        .write_all(&new[..200])
        .unwrap();
    assert_eq!(located(&mut geo, "81.2.69.1", 20), IN_MUNICH);
    fs::OpenOptions::new()
        .write(true)
        .truncate(true)
        .open(file.path())
        .unwrap()
        .write_all(&new)
        .unwrap();
    assert_eq!(located(&mut geo, "81.2.69.1", 29), IN_MUNICH, "looked at a moment ago");
    assert_eq!(located(&mut geo, "81.2.69.1", 30), austria);
}

#[test]
fn what_is_wrong_with_a_database_is_told() {
    let refusal = |bytes: &[u8]| open(file(bytes).path()).unwrap_err().to_string();
    assert!(refusal(b"").starts_with("it is no database of MaxMind's format ("));
    assert!(refusal(b"network,country\n").starts_with("it is no database"));
    let whole = CITY.write(&[("81.2.69.0/24", munich())]);
    assert!(refusal(&whole[whole.len() - 300..]).starts_with("it is no database"));
    let other = Writer { kind: "GeoIP2-Connection-Type", ..CITY }.write(&[]);
    assert_eq!(
        refusal(&other),
        "it is a database of the type \"GeoIP2-Connection-Type\", which holds neither places nor networks"
    );
    assert!(open(Path::new("/nowhere/at/all")).is_err());
}

#[test]
fn damaged_records_are_as_good_as_none() {
    let whole = CITY.write(&[("81.2.69.0/24", munich())]);
    let end = whole.windows(3).position(|bytes| bytes == b"\xab\xcd\xef").unwrap();
    let start = end - 250;
    for at in start..end {
        for byte in [0, 0x5f, 0xff] {
            let mut bytes = whole.clone();
            bytes[at] = byte;
            let mut geo = geo(&[&file(&bytes)]);
            // What is said may be wrong; that something is said, or nothing, is enough.
            located(&mut geo, "81.2.69.1", 0);
        }
    }
}
