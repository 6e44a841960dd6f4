use super::*;

const LIMITS: ClientLimits = ClientLimits {
    window_seconds: 300,
    pages_without_asset: 10,
    pages_per_minute: 20,
    failures: 5,
};

/// A log in the making.
struct Log(Clients);

impl Log {
    /// A log in which others have asked for many assets.
    fn new() -> Self {
        let mut log = Self(Clients::new(LIMITS));
        for n in 0..ENOUGH {
            log.get(&format!("198.51.100.{}", n % 100), "/style.css", 200, 0);
        }
        log
    }

    fn get(&mut self, address: &str, path: &str, status: i64, seconds: i64) -> Option<Behaviour> {
        self.ask(Claims::Browser, address, path, (status, seconds))
    }

    fn ask(
        &mut self,
        claims: Claims,
        address: &str,
        path: &str,
        (status, seconds): (i64, i64),
    ) -> Option<Behaviour> {
        let mut document = Document::new();
        document.set_text(Field::SourceAddress, address);
        document.set_text(Field::UserAgentOriginal, "Mozilla/5.0 Firefox/130.0");
        document.set_text(Field::UrlPath, path);
        document.set_static(Field::HttpRequestMethod, "GET");
        document.set_long(Field::HttpResponseStatusCode, status);
        self.0.judge(&document, claims, Timestamp::from_second(seconds).unwrap())
    }

    /// Returns the place of the first of so many requests that is judged, and how.
    fn first(
        &mut self,
        count: i64,
        every: i64,
        path: &str,
        status: i64,
    ) -> Option<(i64, Behaviour)> {
        (1..=count).find_map(|n| Some((n, self.get("203.0.113.7", path, status, n * every)?)))
    }
}

#[test]
fn a_browser_without_a_single_asset_is_a_bot_from_the_page_beyond_the_limit() {
    assert_eq!(Log::new().first(20, 10, "/product/1", 200), Some((11, Behaviour::NoAssets)));
}

#[test]
fn one_asset_makes_a_person_and_so_does_a_slow_hand() {
    let mut log = Log::new();
    log.get("203.0.113.7", "/a/Logo.PNG", 200, 0);
    assert_eq!(log.first(30, 10, "/product/1", 200), None);
    assert_eq!(Log::new().first(30, 40, "/product/1", 200), None);
}

#[test]
fn where_others_deliver_the_assets_their_lack_says_nothing() {
    let mut log = Log(Clients::new(LIMITS));
    for n in 0..2 * ENOUGH {
        log.get(&format!("198.51.100.{}", n % 100), "/", 200, 0);
    }
    assert_eq!(log.first(30, 10, "/product/1", 200), None);
}

#[test]
fn what_claims_no_browser_and_what_programs_ask_needs_no_assets() {
    let mut log = Log::new();
    for n in 0..30 {
        assert_eq!(log.ask(Claims::Nothing, "203.0.113.7", "/product/1", (200, n * 10)), None);
    }
    assert_eq!(Log::new().first(30, 10, "/api/cart", 200), None);
}

#[test]
fn too_many_pages_a_minute_are_a_bots_with_assets_or_without() {
    let mut log = Log::new();
    log.get("203.0.113.7", "/logo.png", 200, 0);
    assert_eq!(log.first(40, 1, "/product/1", 200), Some((21, Behaviour::Rate)));
    let mut log = Log::new();
    log.get("203.0.113.7", "/logo.png", 200, 0);
    assert_eq!(log.first(40, 4, "/product/1", 200), None);
}

#[test]
fn who_mostly_finds_nothing_is_a_bot() {
    let mut log = Log::new();
    log.get("203.0.113.7", "/logo.png", 200, 0);
    assert_eq!(log.first(10, 10, "/wp-login.php", 404), Some((6, Behaviour::Failures)));
    let mut log = Log::new();
    log.get("203.0.113.7", "/logo.png", 200, 0);
    for n in 0..18 {
        let status = if n % 3 == 0 { 404 } else { 200 };
        assert_eq!(log.get("203.0.113.7", "/product/1", status, n * 10), None);
    }
}

#[test]
fn a_verdict_ends_after_a_quiet_window_and_not_before() {
    let mut log = Log::new();
    assert_eq!(log.first(11, 1, "/product/1", 200), Some((11, Behaviour::NoAssets)));
    assert_eq!(log.get("203.0.113.7", "/logo.png", 200, 11 + 299), Some(Behaviour::NoAssets));
    assert_eq!(log.get("203.0.113.8", "/product/1", 200, 11 + 299), None, "another client");
    assert_eq!(log.get("203.0.113.7", "/product/1", 200, 11 + 299 + 300), None);
}

#[test]
fn the_clients_seen_longest_ago_are_forgotten_first() {
    let mut log = Log::new();
    assert!(log.first(11, 1, "/product/1", 200).is_some());
    let flood = |log: &mut Log, from: u32, count: u32| {
        for n in from..from + count {
            let address = std::net::Ipv4Addr::from(n).to_string();
            log.get(&address, "/", 200, 20 + i64::from(n >> 10));
        }
    };
    flood(&mut log, 0, 60_000);
    assert_eq!(log.get("203.0.113.7", "/", 200, 100), Some(Behaviour::NoAssets));
    flood(&mut log, 60_000, 10_000);
    assert_eq!(log.get("203.0.113.7", "/", 200, 101), Some(Behaviour::NoAssets));
    assert_eq!(log.get("198.51.100.7", "/", 200, 101), None);
    flood(&mut log, 100_000, 200_000);
    assert!(log.0.known.len() <= MOST_CLIENTS);
    assert_eq!(log.get("203.0.113.7", "/", 200, 350), None, "forgotten");
}

#[test]
fn all_limits_at_zero_keep_nothing_of_anybody() {
    let off = ClientLimits { pages_without_asset: 0, pages_per_minute: 0, failures: 0, ..LIMITS };
    let mut log = Log(Clients::new(off));
    assert_eq!(log.first(100, 1, "/product/1", 404), None);
    assert!(log.0.known.is_empty());
}
