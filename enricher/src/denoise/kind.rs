//! Kinds of events that some shops do not want: files that pages bring along, debug lines, orders of testers.

use event::{Dataset, Field};

use crate::asset;
use crate::counters::Rule;
use crate::draft::{Draft, Personal};
use crate::redact::names::plain;
use crate::settings::{Fate, NoiseSettings};

/// Knows events by what they are.
#[derive(Debug)]
pub(super) struct Kind {
    /// Static files are kept whose number is below it; all of them, when there is none.
    assets_below: Option<u64>,
    debug: Fate,
    test_orders: Fate,
    dataset: Dataset,
}

impl Kind {
    /// Returns nothing when all kinds are kept.
    pub(super) fn new(noise: &NoiseSettings, dataset: Dataset) -> Option<Self> {
        let NoiseSettings { static_assets, debug, test_orders, .. } = *noise;
        let keeps = [debug, test_orders].iter().all(|&fate| fate == Fate::Keep);
        if keeps && static_assets.is_none() {
            return None;
        }
        Some(Self { assets_below: static_assets, debug, test_orders, dataset })
    }

    /// Returns the rule by which an event is dropped.
    pub(super) fn rule(&self, draft: &Draft) -> Option<Rule> {
        if self.assets_below.is_some_and(|limit| is_asset(draft) && number(draft) >= limit) {
            return Some(Rule::StaticAsset);
        }
        if self.debug == Fate::Drop
            && matches!(draft.event.document.text(Field::LogLevel), Some("debug" | "trace"))
        {
            return Some(Rule::Debug);
        }
        let dataset = draft.event.dataset.unwrap_or(self.dataset);
        let is_business =
            matches!(dataset, Dataset::Order | Dataset::Payment | Dataset::Fulfilment);
        (self.test_orders == Fate::Drop && is_business && is_test(draft)).then_some(Rule::TestOrder)
    }
}

/// Tells whether a request was for a file that pages bring along. One that failed tells of a fault, and is none.
fn is_asset(draft: &Draft) -> bool {
    let document = &draft.event.document;
    let went_well = document
        .long(Field::HttpResponseStatusCode)
        .is_some_and(|status| (200..400).contains(&status));
    let path = document.text(Field::UrlOriginal).and_then(|target| target.split(['?', '#']).next());
    draft.is_request && went_well && path.is_some_and(asset::is_asset)
}

/// Returns a number that an event always has, evenly spread over all numbers.
fn number(draft: &Draft) -> u64 {
    xxhash_rust::xxh3::xxh3_64(draft.event.id.to_string().as_bytes())
}

/// Keys that say of an order that it is a test, small and without `_` and `-`.
const TEST_KEYS: [&str; 4] = ["test", "istest", "testorder", "sandbox"];
/// Domains that nobody owns (RFC 2606).
const TEST_DOMAINS: [&str; 3] = ["example.com", "example.net", "example.org"];
const TEST_ENDINGS: [&str; 3] = [".test", ".example", ".invalid"];

/// Tells whether an order is a tester's: it says so, or its customer's mail goes to nobody.
fn is_test(draft: &Draft) -> bool {
    let says_so = draft.extras.iter().any(|extra| {
        let key = draft.read(extra.key);
        let last = plain(key.rsplit('.').next().unwrap_or(key));
        let text = draft.read(extra.text);
        let is_true = text == "1" || text.eq_ignore_ascii_case("true");
        let is_false = text == "0" || text.eq_ignore_ascii_case("false");
        (is_true && TEST_KEYS.contains(&last.as_str())) || (is_false && last == "livemode")
    });
    says_so
        || draft
            .sensitive
            .iter()
            .any(|value| value.personal == Personal::Email && is_nobodys(draft.read(value.text)))
}

fn is_nobodys(mail: &str) -> bool {
    let Some((_, domain)) = mail.trim_ascii().rsplit_once('@') else { return false };
    let domain = domain.to_ascii_lowercase();
    TEST_DOMAINS.contains(&domain.as_str())
        || TEST_ENDINGS.iter().any(|ending| domain.ends_with(ending))
}
