//! Order events of 1 KiB: what a shop with talkative programs writes, each with a natural key of its own.

use std::fmt::Write;

use jiff::{SignedDuration, Timestamp};
use shop::{Kind, Line, LogFile};

/// The line feed included.
const LENGTH: usize = 1 << 10;
const WORDS: [&str; 48] = [
    "parcel",
    "winter",
    "jacket",
    "blue",
    "deliver",
    "behind",
    "garden",
    "gate",
    "please",
    "ring",
    "twice",
    "gift",
    "birthday",
    "ribbon",
    "green",
    "large",
    "size",
    "return",
    "earlier",
    "order",
    "leave",
    "neighbour",
    "second",
    "floor",
    "left",
    "door",
    "office",
    "morning",
    "afternoon",
    "friday",
    "express",
    "fragile",
    "glass",
    "handle",
    "with",
    "care",
    "thank",
    "you",
    "regular",
    "customer",
    "since",
    "summer",
    "coupon",
    "newsletter",
    "shoes",
    "scarf",
    "wool",
    "cotton",
];
const CHANNELS: [&str; 4] = ["web", "app", "marketplace", "miniprogram"];
const STATUSES: [&str; 4] = ["paid", "processing", "shipped", "completed"];

/// Returns the event of this number. It has no producer's id: action, order, status and time of change are its key.
pub(super) fn event(number: u64, begin: Timestamp) -> Line {
    let mut chance = number;
    let mut draw = |below: u64| {
        chance = mixed(chance.wrapping_add(0x9e37_79b9_7f4a_7c15));
        chance % below
    };
    let at = begin + SignedDuration::from_millis(i64::try_from(number).unwrap_or_default() * 40);
    let (items, shipping) = (1_000 + draw(90_000), 100 * draw(9));
    let money = |minor: u64| format!("{}.{:02}", minor / 100, minor % 100);
    let mut text = String::with_capacity(LENGTH);
    // Writing to a string does not fail.
    write!(
        text,
        r#"{{"time":"{at}","modified_at":"{at}","action":"order.confirmed","provider":"shopify","service":"checkout","service_version":"4.12.{}","host":"shop-{}","channel":"{}","outcome":"success","currency":"EUR","customer":{{"id":"c-{}","type":"returning"}},"order":{{"id":"o-{number}","status":"{}","amount":"{}","items":"{}","tax":"0.00","shipping":"{}","discount":"0.00","item_count":{},"sku_count":{}}},"campaign_name":"spring-{}","wishes":""#,
        draw(9),
        draw(3),
        pick(&CHANNELS, draw(4)),
        draw(400_000),
        pick(&STATUSES, draw(4)),
        money(items + shipping),
        money(items),
        money(shipping),
        1 + draw(5),
        1 + draw(3),
        draw(40),
    )
    .ok();
    let end = "\"}";
    let room = LENGTH - 1 - end.len();
    while text.len() < room {
        text.push_str(pick(&WORDS, draw(48)));
        text.push(' ');
    }
    text.truncate(room);
    text.push_str(end);
    Line {
        file: LogFile::Order,
        host: None,
        written_at: at,
        happened_at: at,
        kind: Kind::Prompt,
        text: text.into_bytes(),
    }
}

fn pick<'a>(from: &[&'a str], place: u64) -> &'a str {
    usize::try_from(place).ok().and_then(|place| from.get(place)).copied().unwrap_or_default()
}

/// The finaliser of SplitMix64: every bit of the number reaches every bit of the result.
fn mixed(mut bits: u64) -> u64 {
    bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ bits >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_a_json_object_of_one_kibibyte_and_no_two_are_equal() {
        let begin = "2025-01-06T00:00:00Z".parse().unwrap();
        let [one, two] = [7, 8].map(|number| event(number, begin).text);
        for text in [&one, &two] {
            assert_eq!(text.len() + 1, 1_024);
            let value: serde_json::Value = serde_json::from_slice(text).unwrap();
            assert_eq!(value["action"], "order.confirmed");
            assert!(value["id"].is_null());
        }
        assert_ne!(one, two);
    }
}
