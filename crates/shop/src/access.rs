//! The access log: nginx combined, with the time of the request and of the upstream behind it.

use jiff::tz::TimeZone;

use crate::chance::mix;
use crate::json::Object;
use crate::moment::Moment;
use crate::visit::{Address, Client, Request};

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Returns the line of a request.
pub(crate) fn line(request: &Request, at: Moment, zone: &TimeZone) -> Vec<u8> {
    let referrer = referrer(request);
    let upstream_ms = (request.took_ms - 1).max(1);
    format!(
        "{} - - [{}] \"{} {} HTTP/1.1\" {} {} \"{referrer}\" \"{}\" rt={}.{:03} urt={}.{:03}",
        address(request.address),
        stamp(at, zone),
        request.method,
        path(request),
        request.status,
        request.bytes,
        request.agent,
        request.took_ms / 1_000,
        request.took_ms % 1_000,
        upstream_ms / 1_000,
        upstream_ms % 1_000,
    )
    .into_bytes()
}

/// Returns the line of a request in the JSON format of the second host. `number` becomes the id of the request.
pub(crate) fn json_line(request: &Request, at: Moment, number: u64) -> Vec<u8> {
    let upstream_ms = (request.took_ms - 1).max(1);
    let seconds = |ms: i64| format!("{}.{:03}", ms / 1_000, ms % 1_000);
    let mut object = Object::new();
    object.text("time_iso8601", &at.text()).text("remote_addr", &address(request.address));
    object.text("request", &format!("{} {} HTTP/1.1", request.method, path(request)));
    object.number("status", request.status.into()).number("body_bytes_sent", request.bytes);
    object.text("http_referer", referrer(request)).text("http_user_agent", request.agent);
    object.text("request_time", &seconds(request.took_ms));
    object.text("upstream_response_time", &seconds(upstream_ms));
    object.text("request_id", &format!("{:016x}{:016x}", mix(number), mix(!number)));
    object.finish()
}

fn referrer(request: &Request) -> &'static str {
    match request.client {
        Client::Customer => "https://shop.example/",
        Client::Crawler | Client::HealthCheck => "-",
    }
}

/// Writes an address.
pub(crate) fn address(address: Address) -> String {
    let [a, b, c, d] = address.0;
    format!("{a}.{b}.{c}.{d}")
}

fn path(request: &Request) -> String {
    let template = request.route.template;
    match template.strip_suffix("{id}") {
        Some(head) => format!("{head}{}", request.product.number()),
        None if template == "/search" => format!("{template}?q={}", request.term.replace(' ', "+")),
        None => template.to_owned(),
    }
}

fn stamp(at: Moment, zone: &TimeZone) -> String {
    let local = at.timestamp().to_zoned(zone.clone());
    let month = MONTHS[usize::from(local.month().unsigned_abs()).saturating_sub(1) % MONTHS.len()];
    let ahead = local.offset().seconds();
    let sign = if ahead < 0 { '-' } else { '+' };
    let ahead_minutes = ahead.unsigned_abs() / 60;
    format!(
        "{:02}/{month}/{:04}:{:02}:{:02}:{:02} {sign}{:02}{:02}",
        local.day(),
        local.year(),
        local.hour(),
        local.minute(),
        local.second(),
        ahead_minutes / 60,
        ahead_minutes % 60,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::Offset;

    #[test]
    fn the_stamp_is_local_time_with_its_distance_from_utc() {
        let at = Moment::of("2026-03-02T23:04:05.678Z".parse().unwrap());
        let check = |offset, expected: &str| {
            assert_eq!(stamp(at, &TimeZone::fixed(offset)), expected);
        };
        check(Offset::constant(0), "02/Mar/2026:23:04:05 +0000");
        check(Offset::constant(2), "03/Mar/2026:01:04:05 +0200");
        check(Offset::from_seconds(-12_600).unwrap(), "02/Mar/2026:19:34:05 -0330");
    }
}
