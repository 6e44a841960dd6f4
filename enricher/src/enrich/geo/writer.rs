//! Writes databases of MaxMind's format for tests: a tree over the bits of addresses, records, and what the file says of itself.

use serde_json::{Map, Value, json};

/// A database in the making: records by network, as `address/bits`.
pub(crate) struct Writer {
    pub(crate) kind: &'static str,
    pub(crate) ip_version: u16,
    pub(crate) record_size: u16,
}

/// What stands at one side of a node.
#[derive(Clone, Copy)]
enum Side {
    Nothing,
    Node(usize),
    Record(usize),
}

impl Writer {
    pub(crate) fn write(&self, records: &[(&str, Value)]) -> Vec<u8> {
        let mut nodes = vec![[Side::Nothing; 2]];
        let mut contents = Vec::new();
        for (network, record) in records {
            let (address, length) = network.split_once('/').unwrap();
            let bits = self.bits(address, length.parse().unwrap());
            let (last, way) = bits.split_last().unwrap();
            let mut at = 0;
            for &bit in way {
                at = if let Side::Node(next) = nodes[at][bit] {
                    next
                } else {
                    nodes.push([Side::Nothing; 2]);
                    nodes[at][bit] = Side::Node(nodes.len() - 1);
                    nodes.len() - 1
                };
            }
            nodes[at][*last] = Side::Record(contents.len());
            value(record, &mut contents);
        }
        let count = nodes.len();
        let mut bytes = Vec::new();
        for sides in &nodes {
            let [left, right] = sides.map(|side| match side {
                Side::Nothing => count,
                Side::Node(node) => node,
                Side::Record(offset) => count + 16 + offset,
            });
            self.node(left as u64, right as u64, &mut bytes);
        }
        bytes.extend([0; 16]);
        bytes.extend(contents);
        bytes.extend(b"\xab\xcd\xefMaxMind.com");
        let about = json!({
            "binary_format_major_version": 2, "binary_format_minor_version": 0, "build_epoch": 1_767_000_000,
            "database_type": self.kind, "description": {"en": "test"}, "ip_version": self.ip_version,
            "languages": ["en"], "node_count": count, "record_size": self.record_size,
        });
        value(&about, &mut bytes);
        bytes
    }

    /// Returns the bits of a network; one of IPv4 lies at `::/96` of a tree of IPv6.
    fn bits(&self, address: &str, length: usize) -> Vec<usize> {
        let of = |octets: &[u8]| -> Vec<usize> {
            let bit = |at: usize| usize::from(octets[at / 8] >> (7 - at % 8) & 1);
            (0..length).map(bit).collect()
        };
        match address.parse().unwrap() {
            std::net::IpAddr::V4(v4) if self.ip_version == 6 => {
                [vec![0; 96], of(&v4.octets())].concat()
            }
            std::net::IpAddr::V4(v4) => of(&v4.octets()),
            std::net::IpAddr::V6(v6) => of(&v6.octets()),
        }
    }

    fn node(&self, left: u64, right: u64, bytes: &mut Vec<u8>) {
        let [left, right] = [left, right].map(u64::to_be_bytes);
        match self.record_size {
            24 => bytes.extend([&left[5..], &right[5..]].concat()),
            // The highest four bits of both share the byte in the middle.
            28 => {
                bytes.extend(&left[5..]);
                bytes.push(left[4] << 4 | right[4]);
                bytes.extend(&right[5..]);
            }
            _ => bytes.extend([&left[4..], &right[4..]].concat()),
        }
    }
}

/// Writes a value: maps, lists, texts, floats, and whole numbers.
fn value(value: &Value, bytes: &mut Vec<u8>) {
    match value {
        Value::Object(members) => map(members, bytes),
        Value::Array(items) => {
            head(11, items.len(), bytes);
            for item in items {
                self::value(item, bytes);
            }
        }
        Value::String(text) => {
            head(2, text.len(), bytes);
            bytes.extend(text.as_bytes());
        }
        Value::Number(number) if number.is_f64() => {
            head(3, 8, bytes);
            bytes.extend(number.as_f64().unwrap().to_be_bytes());
        }
        Value::Number(number) => {
            let number = number.as_u64().unwrap().to_be_bytes();
            head(6, 4, bytes);
            bytes.extend(&number[4..]);
        }
        Value::Null | Value::Bool(_) => unreachable!("no database of ours holds them"),
    }
}

fn map(members: &Map<String, Value>, bytes: &mut Vec<u8>) {
    head(7, members.len(), bytes);
    for (key, member) in members {
        head(2, key.len(), bytes);
        bytes.extend(key.as_bytes());
        // The format knows numbers of several sizes, and readers want each as it is specified.
        match (key.as_str(), member.as_u64()) {
            ("autonomous_system_number" | "node_count", _) | (_, None) => value(member, bytes),
            ("build_epoch", Some(number)) => {
                head(9, 8, bytes);
                bytes.extend(number.to_be_bytes());
            }
            (_, Some(number)) => {
                head(5, 2, bytes);
                bytes.extend(u16::try_from(number).unwrap().to_be_bytes());
            }
        }
    }
}

/// Writes the type and length of a value; types beyond 7 have a byte of their own.
fn head(kind: u8, length: usize, bytes: &mut Vec<u8>) {
    let (short, more) = if length < 29 { (length, None) } else { (29, Some(length - 29)) };
    let first = if kind > 7 { 0 } else { kind << 5 };
    bytes.push(first | u8::try_from(short).unwrap());
    if kind > 7 {
        bytes.push(kind - 7);
    }
    bytes.extend(more.map(|more| u8::try_from(more).unwrap()));
}
