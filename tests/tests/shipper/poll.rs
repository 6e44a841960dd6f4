//! The poller against a scripted API: whatever the API, the cluster or a SIGKILL does, each state of each row is stored
//! once.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use harness::api::{Act, Api, Date, Row};
use harness::scripted::{Act as Bulk, Document};
use harness::{eventually, workspace};
use serde_json::Value;

use crate::desk::{Desk, LIMIT, ask};

const ORDERS: &str = "logs-store.order-default";
const POLLS: &str = "metrics-store.poll-default";

/// Numbered pages of ten rows, newest change first, in windows.
const NEWEST_FIRST: &str =
    "url: \"URL/orders?from={from}&to={to}&page={page}&limit={limit}&order=newest\"
    order: newest_first
    paging: { page: { limit: 10, total: total } }
    records: orders[*]
    window: { overlap: 5s, longest: 1h, lookback: 2h }";

/// A feed that hands out cursors.
const FEED: &str = "url: \"URL/feed?cursor={cursor}\"
    paging: { cursor: { next: next, more: more } }
    records: events";

/// Pages that name the next one in a header.
const LINKED: &str = "url: \"URL/linked\"
    paging: link
    records: orders";

fn desk(api: &Api, how: &str) -> Desk {
    let mut desk = Desk::new();
    desk.more = format!(
        "polls:
  - id: orders
    dataset: order
    provider: myshop
    action: order.changed
    mapping: {{ id: order.id, updated_at: version }}
    key: {{ id: id, modified: updated_at }}
    time_format: epoch_s
    every: 1s
    {}\n",
        how.replace("URL", &api.url())
    );
    desk
}

/// Returns how often each state of each row was stored.
fn states(desk: &Desk) -> BTreeMap<(String, u64), usize> {
    let mut states = BTreeMap::new();
    for document in desk.server.documents(ORDERS) {
        let document = document.value();
        let id = document["store"]["order"]["id"].as_str().unwrap().to_owned();
        let rev = document["store"]["extra"]["rev"].as_u64().unwrap();
        *states.entry((id, rev)).or_default() += 1;
    }
    states
}

fn has_all(desk: &Desk, rows: &[Row]) -> bool {
    let states = states(desk);
    rows.iter().all(|row| states.contains_key(&(row.id.clone(), row.rev)))
}

/// Checks that each row is stored as it is now, and no state of any row twice.
#[track_caller]
fn holds(desk: &Desk, rows: &[Row]) {
    let states = states(desk);
    let lost: Vec<&Row> =
        rows.iter().filter(|row| !states.contains_key(&(row.id.clone(), row.rev))).collect();
    let doubled: Vec<_> = states.iter().filter(|(_, count)| **count > 1).collect();
    assert!(lost.is_empty() && doubled.is_empty(), "lost {lost:?}, doubled {doubled:?}");
}

fn reports(desk: &Desk) -> Vec<Value> {
    desk.server.documents(POLLS).iter().map(Document::value).collect()
}

#[test]
fn a_window_arrives_once_and_a_document_tells_of_the_poll() {
    let api = Api::start();
    api.shop(|shop| shop.fill(25, 600));
    api.quota(90);
    let mut desk = desk(&api, NEWEST_FIRST);
    desk.more.push_str("    quota: { remaining: x-left }\n");
    desk.ship_once();
    let rows = api.shop(|shop| shop.rows());
    holds(&desk, &rows);
    let first = desk.server.documents(ORDERS)[0].value();
    assert_eq!(first["event"]["action"], "order.changed");
    assert_eq!(first["store"]["pipeline"]["key_kind"], "natural");
    // The lookback of two hours is longer than a window: two passes, of which the first saw nothing.
    let reports = reports(&desk);
    let poll = |at: usize, key: &str| reports[at]["store"]["poll"][key].clone();
    assert_eq!(reports.len(), 3, "{reports:?}");
    assert_eq!((poll(0, "rows"), poll(0, "status")), (0.into(), "finished".into()));
    let sum = |key: &str| (0..3).map(|at| poll(at, key).as_u64().unwrap()).sum::<u64>();
    assert_eq!(sum("new_rows"), 25, "{reports:?}");
    assert!(poll(2, "quota_left").as_u64().is_some_and(|left| left < 90), "{reports:?}");
    assert!(poll(2, "lag_ms").as_u64().is_some_and(|lag| lag >= 10_000), "{reports:?}");
    assert_eq!(poll(2, "api"), "orders");
    assert_eq!(reports[2]["event"]["action"], "poll.finished");
}

#[test]
fn a_second_run_asks_from_its_mark_and_what_it_sees_again_is_no_second_event() {
    let api = Api::start();
    api.shop(|shop| shop.fill(30, 20));
    let desk = desk(&api, &NEWEST_FIRST.replace("overlap: 5s", "overlap: 1m"));
    desk.ship_once();
    let asked = api.requests().len();
    api.shop(|shop| shop.change("o00003"));
    let ended = desk.shipper(&["run", "--until-idle", "--json"]).run(LIMIT);
    let counts: Value =
        ended.output.lines().find_map(|line| serde_json::from_str(line).ok()).unwrap();
    let rows = api.shop(|shop| shop.rows());
    holds(&desk, &rows);
    assert_eq!(states(&desk).len(), 31, "the change is an event of its own");
    let from = api.requests()[asked].number("from").unwrap();
    assert!(from > rows.iter().map(|row| row.modified).max().unwrap() - 300, "from {from}");
    assert!(counts["duplicates"].as_u64().unwrap() >= 20, "{counts}");
    assert_eq!(desk.server.counts().duplicates, 0, "their keys are known, so they are not sent");
}

#[test]
fn rows_that_move_between_pages_while_they_are_read_are_not_missed() {
    let api = Api::start();
    api.shop(|shop| shop.fill(95, 600));
    // Behind each of the first replies, a row that was read leaves the window: all behind it move up by one.
    let mut next = 0;
    api.between(move |shop, request| {
        if request.number("page").is_some() && next < 30 {
            shop.change(&format!("o{:05}", next * 3));
            next += 1;
        }
    });
    let desk = desk(&api, NEWEST_FIRST);
    let shipper = desk.start();
    eventually(LIMIT, || has_all(&desk, &api.shop(|shop| shop.rows())));
    shipper.terminate(LIMIT);
    holds(&desk, &api.shop(|shop| shop.rows()));
    let pages: Vec<u64> =
        api.requests().iter().filter_map(|request| request.number("page")).collect();
    let back = pages.windows(3).any(|three| three == [3, 2, 1]);
    assert!(back, "pages are read from the last one back: {pages:?}");
}

#[test]
fn cut_and_garbled_replies_and_busy_servers_are_asked_again() {
    let api = Api::start();
    api.shop(|shop| shop.fill(35, 600));
    api.script([Act::Cut, Act::Garble, Act::Serve, Act::Status(503), Act::Later(1), Act::Cut]);
    let desk = desk(&api, NEWEST_FIRST);
    desk.ship_once();
    assert_eq!(api.acts_left(), 0);
    holds(&desk, &api.shop(|shop| shop.rows()));
}

#[test]
fn a_storm_of_errors_is_told_and_outlived_and_files_do_not_wait_for_it() {
    let api = Api::start();
    api.shop(|shop| shop.fill(5, 600));
    api.script(vec![Act::Status(500); 6]);
    let desk = desk(&api, NEWEST_FIRST);
    desk.lines("a.log", 0..500);
    let shipper = desk.start();
    eventually(LIMIT, || desk.server.stored(crate::desk::STREAM) == 500);
    eventually(LIMIT, || has_all(&desk, &api.shop(|shop| shop.rows())));
    eventually(LIMIT, || {
        let told = reports(&desk);
        told.iter().any(|report| report["event"]["reason"] == "server_error")
    });
    let metrics = ask(&shipper, "/metrics");
    let failed = "shipper_polls_total{source=\"orders\",outcome=\"server_error\"}";
    assert!(metrics.contains(failed), "{metrics}");
    shipper.terminate(LIMIT);
    holds(&desk, &api.shop(|shop| shop.rows()));
}

#[test]
fn an_expired_token_holds_the_poll_is_told_and_a_renewed_one_is_found() {
    let api = Api::start();
    api.shop(|shop| shop.fill(12, 600));
    api.only("new");
    let mut desk = desk(&api, NEWEST_FIRST);
    let token = desk.path("token");
    fs::write(&token, "old\n").unwrap();
    let auth = format!("    auth: {{ bearer: {{ token_file: {} }} }}\n", token.display());
    desk.more.push_str(&auth);
    desk.lines("a.log", 0..100);
    let shipper = desk.start();
    eventually(LIMIT, || ask(&shipper, "/readyz").contains("orders: the API answers 401"));
    eventually(LIMIT, || desk.server.stored(crate::desk::STREAM) == 100);
    fs::write(&token, "new\n").unwrap();
    eventually(LIMIT, || has_all(&desk, &api.shop(|shop| shop.rows())));
    eventually(LIMIT, || !ask(&shipper, "/readyz").contains("401"));
    let log = shipper.terminate(LIMIT).errors;
    assert!(!log.contains("Bearer") && !log.contains("\"old\""), "{log}");
    holds(&desk, &api.shop(|shop| shop.rows()));
}

#[test]
fn a_shipper_that_is_killed_while_it_polls_loses_and_doubles_nothing() {
    let api = Api::start();
    api.shop(|shop| shop.fill(300, 600));
    let mut seed = 7_u32;
    let mut added = 0;
    api.between(move |shop, _| {
        // Rows come while windows are read, too.
        if added < 200 {
            shop.add(&format!("n{added:05}"));
            added += 1;
        }
    });
    let how = format!("{NEWEST_FIRST}\n    rate_limit: {{ requests: 20, per: 100ms }}");
    let desk = desk(&api, &how);
    for _ in 0..8 {
        let shipper = desk.start();
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        std::thread::sleep(Duration::from_millis(150 + u64::from(seed >> 23)));
        shipper.kill();
    }
    let shipper = desk.start();
    eventually(LIMIT, || api.shop(|shop| shop.rows()).len() == 500);
    eventually(LIMIT, || has_all(&desk, &api.shop(|shop| shop.rows())));
    assert_eq!(shipper.terminate(LIMIT).code, Some(0));
    holds(&desk, &api.shop(|shop| shop.rows()));
}

#[test]
fn a_full_spool_stops_polling_and_goes_on_when_the_cluster_takes_rows_again() {
    let api = Api::start();
    api.shop(|shop| shop.fill(20_000, 600));
    let how = NEWEST_FIRST.replace("limit: 10", "limit: 1000");
    let mut desk = desk(&api, &how);
    desk.more.push_str("spool: { max_bytes: 1MiB }\n");
    desk.server.rule(|_| Bulk::Status(503));
    let shipper = desk.start();
    eventually(LIMIT, || ask(&shipper, "/readyz").contains("the spools are full"));
    let asked = api.requests().len();
    let bytes = ask(&shipper, "/metrics");
    let bytes = bytes.lines().find_map(|line| line.strip_prefix("shipper_spool_bytes "));
    let bytes: u64 = bytes.unwrap().trim().parse().unwrap();
    assert!((500_000..=1 << 20).contains(&bytes), "{bytes} bytes");
    desk.server.serve();
    eventually(LIMIT, || desk.server.stored(ORDERS) == 20_000);
    assert!(api.requests().len() > asked);
    eventually(LIMIT, || !ask(&shipper, "/readyz").contains("the spools are full"));
    assert_eq!(shipper.terminate(LIMIT).code, Some(0));
    holds(&desk, &api.shop(|shop| shop.rows()));
}

#[test]
fn what_is_in_the_spool_outlives_a_kill_although_the_api_forgets_it() {
    let api = Api::start();
    api.shop(|shop| shop.fill(40, 600));
    let desk = desk(&api, NEWEST_FIRST);
    desk.server.rule(|_| Bulk::Status(503));
    let shipper = desk.start();
    let mark = desk.path("state/spool/orders/state.json");
    let is_past = || {
        let text = fs::read_to_string(&mark).unwrap_or_default();
        let value: Value = serde_json::from_str(&text).unwrap_or_default();
        // 40 rows of 64 bytes, each with length and checksum.
        value["synced"].as_u64().unwrap_or(0) >= 40 * 72
    };
    eventually(LIMIT, is_past);
    shipper.kill();
    let rows = api.shop(|shop| shop.rows());
    api.shop(|shop| *shop = harness::api::Shop::default());
    desk.server.serve();
    desk.ship_once();
    holds(&desk, &rows);
}

#[test]
fn a_feed_goes_on_at_its_cursor_after_a_restart() {
    let api = Api::start();
    api.shop(|shop| shop.fill(25, 600));
    let desk = desk(&api, FEED);
    desk.ship_once();
    let asked = api.requests().len();
    api.shop(|shop| shop.change("o00001"));
    desk.ship_once();
    assert_eq!(states(&desk).len(), 26);
    assert_eq!(api.requests()[asked].number("cursor"), Some(25));
    holds(&desk, &api.shop(|shop| shop.rows()));
}

#[test]
fn the_link_header_leads_from_page_to_page() {
    let api = Api::start();
    api.shop(|shop| shop.fill(45, 600));
    let desk = desk(&api, LINKED);
    desk.ship_once();
    assert_eq!(api.requests().len(), 5);
    holds(&desk, &api.shop(|shop| shop.rows()));
}

#[test]
fn a_redirect_to_another_host_is_not_followed() {
    let (api, other) = (Api::start(), Api::start());
    api.shop(|shop| shop.fill(5, 600));
    api.script([Act::Redirect(format!("{}/orders", other.url()))]);
    let desk = desk(&api, NEWEST_FIRST);
    let shipper = desk.start();
    eventually(LIMIT, || has_all(&desk, &api.shop(|shop| shop.rows())));
    shipper.terminate(LIMIT);
    assert_eq!(other.requests().len(), 0);
    assert!(reports(&desk).iter().any(|report| report["event"]["reason"] == "redirected"));
}

/// T8
#[test]
fn t8_a_clock_of_ours_that_is_a_day_wrong_skips_no_row_of_the_first_window() {
    const DAY: i64 = 86_400;
    for ahead in [DAY, -DAY] {
        let api = Api::start();
        api.ahead(ahead);
        api.shop(|shop| shop.fill(25, 3_600));
        let desk = desk(&api, NEWEST_FIRST);
        let shipper = desk.start();
        eventually(LIMIT, || has_all(&desk, &api.shop(|shop| shop.rows())));
        api.shop(|shop| shop.add("late"));
        eventually(LIMIT, || has_all(&desk, &api.shop(|shop| shop.rows())));
        shipper.terminate(LIMIT);
        holds(&desk, &api.shop(|shop| shop.rows()));
    }
}

#[test]
fn a_reply_that_does_not_come_in_time_is_asked_for_again() {
    let api = Api::start();
    api.shop(|shop| shop.fill(5, 600));
    api.script([Act::Late(Duration::from_secs(4))]);
    let mut desk = desk(&api, NEWEST_FIRST);
    desk.more.push_str("    time_limit: 1s\n");
    desk.ship_once();
    holds(&desk, &api.shop(|shop| shop.rows()));
    assert!(api.requests().len() > 3, "{:?}", api.requests().len());
}

#[test]
fn a_proxy_on_the_way_is_used() {
    let api = Api::start();
    api.shop(|shop| shop.fill(5, 600));
    let mut desk = desk(&api, NEWEST_FIRST);
    desk.more = desk.more.replace(&api.url(), "http://127.0.0.2:9");
    let proxy = format!("    proxy_url: \"{}\"\n", api.url());
    desk.more.push_str(&proxy);
    desk.ship_once();
    holds(&desk, &api.shop(|shop| shop.rows()));
    let meant = api
        .requests()
        .into_iter()
        .all(|request| request.proxied_to.as_deref() == Some("127.0.0.2:9"));
    assert!(meant, "{:?}", api.requests());
}

#[test]
fn a_reply_longer_than_it_may_be_is_refused_and_a_server_without_date_is_polled_too() {
    let api = Api::start();
    api.date(Date::Absent);
    api.shop(|shop| shop.fill(5, 600));
    api.script([Act::Pad(1 << 20)]);
    let mut desk = desk(&api, NEWEST_FIRST);
    desk.more.push_str("    max_body: 64KiB\n");
    desk.ship_once();
    assert!(reports(&desk).iter().any(|report| report["event"]["reason"] == "too_long"));
    holds(&desk, &api.shop(|shop| shop.rows()));
}

#[test]
fn the_examples_of_the_guide_pass_the_check() {
    let guide = fs::read_to_string(workspace().join("docs/polls.md")).unwrap();
    let examples: Vec<&str> = guide
        .split("```yaml\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .filter(|text| text.starts_with("polls:"))
        .collect();
    assert_eq!(examples.len(), 2);
    for example in examples {
        let mut desk = Desk::new();
        desk.more = example.to_owned();
        let checked = desk
            .shipper(&["check"])
            .env("TAOBAO_SECRET", "s")
            .env("TAOBAO_SESSION", "t")
            .env("SHOP_TOKEN", "u")
            .run(LIMIT);
        assert_eq!(checked.code, Some(0), "{}{}\n{example}", checked.output, checked.errors);
    }
}
