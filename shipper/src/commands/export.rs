//! `shipper export-config`: every value that holds, and where it comes from. Secrets are hidden.

use std::io::{self, Write};

use runtime::settings::{Effective, Origin, Settings};
use runtime::unit::ByteSize;
use serde::Serialize;
use serde_json::Value;

use super::say;
use super::status::Style;
use crate::settings::{ADMIN, RawBulk, RawDeadLetters, RawRead, default_state_dir};

/// Prints the values with their origins, in the order of their keys.
pub fn export(settings: &Settings, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let values = values(settings);
    match style {
        Style::Json => {
            serde_json::to_writer_pretty(&mut *out, &values)?;
            writeln!(out)
        }
        Style::Lines => values.iter().try_for_each(|value| {
            say(out, &format!("{} = {}  # {}", value.key, value.value, value.origin))
        }),
    }
}

/// Returns what was written, and the defaults of blocks that every shipper has where nothing was.
fn values(settings: &Settings) -> Vec<Effective> {
    let mut values = settings.effective();
    for (key, value) in defaults() {
        if !settings.has(&key) {
            values.push(Effective { key, value, origin: Origin::Default });
        }
    }
    // Places in a list count as numbers: 10 stands behind 9.
    values.sort_by(|one, two| natural(&one.key).cmp(&natural(&two.key)));
    values
}

fn natural(key: &str) -> Vec<(usize, &str)> {
    key.split(['.', '[', ']']).map(|part| (part.parse().unwrap_or_default(), part)).collect()
}

fn defaults() -> Vec<(String, String)> {
    let mut all = Vec::new();
    block("bulk", &RawBulk::default(), &mut all);
    block("dead_letters", &RawDeadLetters::default(), &mut all);
    block("read", &RawRead::default(), &mut all);
    let limit = runtime::unit::Span::of(elastic::Cluster::TIME_LIMIT);
    all.push(("cluster.time_limit".to_owned(), limit.to_string()));
    let (ip, port) = ADMIN;
    let address = std::net::SocketAddr::from((ip, port));
    all.push(("admin.address".to_owned(), address.to_string()));
    all.push(("state_dir".to_owned(), default_state_dir().display().to_string()));
    all
}

fn block(name: &str, raw: &impl Serialize, all: &mut Vec<(String, String)>) {
    let value = serde_json::to_value(raw).unwrap_or_default();
    for (key, value) in value.as_object().into_iter().flatten() {
        let text = match value {
            Value::Null => continue,
            // As a person would write it: `5MiB`, not the number of bytes.
            Value::String(text) => match text.parse::<ByteSize>() {
                Ok(size) => size.to_string().replace(' ', ""),
                Err(_) => text.clone(),
            },
            Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                value.to_string()
            }
        };
        all.push((format!("{name}.{key}"), text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use runtime::settings::Environment;

    #[test]
    fn every_value_has_its_origin_and_secrets_are_hidden() {
        let text = "cluster: { addresses: [\"http://a\"], api_key: \"${KEY}\" }\nstore: { id: s }\nbulk: { max_wait: 2s }\n";
        let environment = Environment::from_iter([("KEY", "hunter2")]);
        let settings = Settings::of_text_with("shipper.yml", text, environment).unwrap();
        let mut out = Vec::new();
        export(&settings, Style::Lines, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        for line in [
            "bulk.max_wait = 2s  # shipper.yml:3",
            "bulk.max_documents = 2000  # default",
            "bulk.max_bytes = 5MiB  # default",
            "cluster.addresses[0] = http://a  # shipper.yml:1",
            "cluster.api_key = (hidden)  # shipper.yml:1",
            "cluster.time_limit = 1m  # default",
            "admin.address = 127.0.0.1:8630  # default",
            "state_dir = /var/lib/storewatch-shipper  # default",
        ] {
            assert!(text.lines().any(|known| known == line), "{line} is missing in\n{text}");
        }
        assert!(!text.contains("hunter2"));
        let mut json = Vec::new();
        export(&settings, Style::Json, &mut json).unwrap();
        let json: Value = serde_json::from_slice(&json).unwrap();
        assert_eq!(json[0]["key"], "admin.address");
        assert_eq!(json[0]["origin"], "default");
    }

    #[test]
    fn places_in_a_list_are_numbers() {
        let mut keys = ["inputs[10].id", "inputs[9].id", "bulk.max_wait"];
        keys.sort_by(|one, two| natural(one).cmp(&natural(two)));
        assert_eq!(keys, ["bulk.max_wait", "inputs[9].id", "inputs[10].id"]);
    }
}
