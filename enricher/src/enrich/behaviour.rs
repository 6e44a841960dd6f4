//! Bots that pose as people, told by what they do: pages without an asset, many pages a minute, pages that are not there.
//!
//! A client is an address and an agent. What it did is counted by the time of the lines, in the order of the files, so the same lines
//! are always judged alike. A verdict holds until the client was quiet for a window; what was said of earlier lines stays.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use event::{Document, Field};
use jiff::Timestamp;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::asset;
use crate::counters::Behaviour;
use crate::settings::ClientLimits;

/// Clients remembered; of more, those seen longest ago are forgotten, half of them at least.
const MOST_CLIENTS: usize = 65_536;
/// Requests after which what was counted of all clients is halved, so that the last ones count most.
const HALVE_AFTER: u32 = 4_096;
/// Requests that must be seen before a log is believed to hold assets or not.
const ENOUGH: u32 = 256;
/// Of so many requests one must be for an asset. Where others deliver them, a page without one says nothing.
const ASSET_IN: u32 = 10;

/// What the clients of one input did.
#[derive(Debug)]
pub(super) struct Clients {
    limits: ClientLimits,
    known: HashMap<u64, Client, BuildHasherDefault<AsItIs>>,
    /// Requests of all clients, and those for assets.
    requests: u32,
    assets: u32,
}

/// What a client did since it was last quiet for a window.
#[derive(Debug, Clone, Copy)]
struct Client {
    seen: i64,
    window: i64,
    minute: i64,
    /// Pages of this window, of this minute, and those of this window that were refused or not there.
    pages: u32,
    pages_of_minute: u32,
    failures: u32,
    assets: Assets,
    verdict: Option<Behaviour>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Assets {
    None,
    Some,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// Something that a page brings along.
    Asset,
    /// What a person looks at.
    Page,
    /// What a program asks: it brings no assets along.
    Call,
}

/// Who asks, by the agent that is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Claims {
    /// To be a browser.
    Browser,
    /// Nothing that is known.
    Nothing,
}

impl Clients {
    pub(super) fn new(limits: ClientLimits) -> Self {
        Self { limits, known: HashMap::default(), requests: 0, assets: 0 }
    }

    /// Takes note of a request and says what its client is taken for by now.
    pub(super) fn judge(
        &mut self,
        document: &Document,
        claims: Claims,
        time: Timestamp,
    ) -> Option<Behaviour> {
        if self.limits.is_off() {
            return None;
        }
        let address = document.text(Field::SourceAddress)?;
        let agent = document.text(Field::UserAgentOriginal).unwrap_or_default();
        let key = xxh3_64_with_seed(agent.as_bytes(), xxh3_64(address.as_bytes()));
        let asked = asked(
            document.text(Field::UrlPath).unwrap_or_default(),
            document.text(Field::HttpRequestMethod).unwrap_or_default(),
        );
        let status = document.long(Field::HttpResponseStatusCode);
        let assets_are_logged = self.assets_are_logged(asked);
        self.make_room();
        let (now, limits) = (time.as_second(), self.limits);
        let client = self.known.entry(key).or_insert(Client::at(now));
        client.go_on(now, limits.window_seconds);
        match asked {
            Asked::Asset => client.assets = Assets::Some,
            Asked::Page => client.pages += 1,
            Asked::Call => {}
        }
        if asked != Asked::Asset {
            client.pages_of_minute += 1;
        }
        client.failures += u32::from(matches!(status, Some(401 | 403 | 404)));
        if client.verdict.is_none() {
            client.verdict = client.verdict(limits, claims, assets_are_logged);
        }
        client.verdict
    }

    /// Counts a request and tells whether the log holds assets at all.
    fn assets_are_logged(&mut self, asked: Asked) -> AssetsLogged {
        if self.requests >= HALVE_AFTER {
            self.requests /= 2;
            self.assets /= 2;
        }
        self.requests += 1;
        self.assets += u32::from(asked == Asked::Asset);
        if self.requests >= ENOUGH && self.assets * ASSET_IN >= self.requests {
            AssetsLogged::Yes
        } else {
            AssetsLogged::No
        }
    }

    /// Forgets the clients seen longest ago when there are too many.
    fn make_room(&mut self) {
        if self.known.len() < MOST_CLIENTS {
            return;
        }
        let mut seen: Vec<i64> = self.known.values().map(|client| client.seen).collect();
        let (_, &mut middle, _) = seen.select_nth_unstable(MOST_CLIENTS / 2);
        self.known.retain(|_, client| client.seen > middle);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AssetsLogged {
    Yes,
    No,
}

impl Client {
    const fn at(now: i64) -> Self {
        Self {
            seen: now,
            window: now,
            minute: now,
            pages: 0,
            pages_of_minute: 0,
            failures: 0,
            assets: Assets::None,
            verdict: None,
        }
    }

    /// Begins a new window or minute when the old one is over, and all anew after a quiet window or a leap back in time.
    fn go_on(&mut self, now: i64, window: i64) {
        if now.abs_diff(self.seen) >= window.unsigned_abs() {
            *self = Self::at(now);
        }
        self.seen = self.seen.max(now);
        if now - self.window >= window {
            (self.window, self.pages, self.failures) = (now, 0, 0);
        }
        if now - self.minute >= 60 {
            (self.minute, self.pages_of_minute) = (now, 0);
        }
    }

    fn verdict(
        &self,
        limits: ClientLimits,
        claims: Claims,
        logged: AssetsLogged,
    ) -> Option<Behaviour> {
        let beyond = |count: u32, limit: u32| limit > 0 && count > limit;
        let brings_none =
            claims == Claims::Browser && logged == AssetsLogged::Yes && self.assets == Assets::None;
        if brings_none && beyond(self.pages, limits.pages_without_asset) {
            return Some(Behaviour::NoAssets);
        }
        if beyond(self.pages_of_minute, limits.pages_per_minute) {
            return Some(Behaviour::Rate);
        }
        let mostly_fails = self.failures.saturating_mul(2) > self.pages;
        (mostly_fails && beyond(self.failures, limits.failures)).then_some(Behaviour::Failures)
    }
}

fn asked(path: &str, method: &str) -> Asked {
    if asset::is_asset(path) {
        return Asked::Asset;
    }
    if asset::ending(path).is_some_and(|ending| ending.eq_ignore_ascii_case(b"json")) {
        return Asked::Call;
    }
    let is_call = path.starts_with("/api/") || path.starts_with("/graphql");
    if method == "GET" && !is_call { Asked::Page } else { Asked::Call }
}

/// Takes a hash for what it is.
#[derive(Debug, Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxh3_64_with_seed(bytes, self.0);
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

#[cfg(test)]
mod tests;
