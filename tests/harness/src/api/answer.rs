//! What the API says to a request.

use serde_json::{Value, json};

use super::http::Request;
use super::shop::{Row, Shop};
use super::{Act, Date, State};

/// A reply.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
    /// The body is sent up to here, and the connection is cut.
    pub(super) cut_at: Option<usize>,
}

impl Reply {
    fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: b"{}".to_vec(), cut_at: None }
    }

    fn json(body: &Value) -> Self {
        Self { body: body.to_string().into_bytes(), ..Self::empty(200) }
    }
}

/// Answers a request; `address` is the server's own.
pub(super) fn answer(state: &mut State, request: &Request, act: Act, address: &str) -> Reply {
    let token = state.token.as_ref().map(|token| format!("Bearer {token}"));
    let is_known = token.is_none() || request.headers.get("authorization") == token.as_ref();
    let mut reply = match act {
        Act::Status(status) => Reply::empty(status),
        Act::Later(seconds) => {
            let headers = vec![("retry-after", seconds.to_string())];
            Reply { headers, ..Reply::empty(429) }
        }
        Act::Redirect(target) => Reply { headers: vec![("location", target)], ..Reply::empty(302) },
        _ if !is_known => Reply::empty(401),
        Act::Garble => Reply { body: b"<html>busy</html>".to_vec(), ..Reply::empty(200) },
        Act::Cut => {
            let whole = served(&state.shop, request, address);
            Reply { cut_at: Some(whole.body.len() / 2), ..whole }
        }
        Act::Pad(bytes) => {
            let mut reply = served(&state.shop, request, address);
            reply.body.extend(std::iter::repeat_n(b' ', bytes));
            reply
        }
        Act::Serve | Act::Late(_) => served(&state.shop, request, address),
    };
    if state.date == Date::Present {
        let seconds = i64::try_from(state.shop.present()).unwrap_or_default();
        let now = jiff::Timestamp::from_second(seconds).unwrap_or_default();
        let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&now);
        reply.headers.extend(date.ok().map(|date| ("date", date)));
    }
    if let Some(left) = &mut state.quota_left {
        reply.headers.push(("x-left", left.to_string()));
        *left = left.saturating_sub(1);
    }
    if let Some(mut between) = state.between.take() {
        between(&mut state.shop, request);
        state.between = Some(between);
    }
    reply
}

fn served(shop: &Shop, request: &Request, address: &str) -> Reply {
    match request.path.as_str() {
        "/orders" => orders(shop, request),
        "/feed" => feed(shop, request),
        "/linked" => linked(shop, request, address),
        _ => Reply::empty(404),
    }
}

fn page(rows: &[Row], at: u64, limit: u64) -> Vec<Value> {
    let skip = usize::try_from(at * limit).unwrap_or(usize::MAX);
    let take = usize::try_from(limit).unwrap_or(usize::MAX);
    rows.iter().skip(skip).take(take).map(Row::json).collect()
}

fn orders(shop: &Shop, request: &Request) -> Reply {
    let from = request.number("from").unwrap_or(0);
    let to = request.number("to").unwrap_or(u64::MAX);
    let mut rows = shop.window(from, to);
    if request.parameters.get("order").is_some_and(|order| order == "newest") {
        rows.reverse();
    }
    let limit = request.number("limit").unwrap_or(100);
    let at = request.number("page").map_or(0, |page| page.saturating_sub(1));
    let at = request.number("offset").map_or(at, |offset| offset / limit);
    Reply::json(&json!({ "orders": page(&rows, at, limit), "total": rows.len() }))
}

fn feed(shop: &Shop, request: &Request) -> Reply {
    let at = request.number("cursor").unwrap_or(0);
    let start = usize::try_from(at).unwrap_or(usize::MAX);
    let all = shop.feed();
    let rows: Vec<Value> = all.iter().skip(start).take(10).map(Row::json).collect();
    let next = at + rows.len() as u64;
    let more = next < all.len() as u64;
    Reply::json(&json!({ "events": rows, "next": next.to_string(), "more": more }))
}

fn linked(shop: &Shop, request: &Request, address: &str) -> Reply {
    let at = request.number("page").unwrap_or(0);
    let rows = shop.window(0, u64::MAX);
    let mut reply = Reply::json(&json!({ "orders": page(&rows, at, 10) }));
    if (at + 1) * 10 < rows.len() as u64 {
        let next = format!("<http://{address}/linked?page={}>; rel=\"next\"", at + 1);
        reply.headers.push(("link", next));
    }
    reply
}
