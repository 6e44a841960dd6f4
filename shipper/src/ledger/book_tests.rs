use super::*;
use crate::ledger::{Count, Exception, Filtered, Load, audit};
use event::Dataset;

const ID: FileId = FileId::from_bytes([1; 16]);

fn now() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

fn at(offset: u64) -> ByteOffset {
    ByteOffset::new(offset)
}

fn hours(hours: i64) -> Timestamp {
    now() + SignedDuration::from_hours(hours)
}

/// Lays ten lines of ten bytes, the third of them filtered and the fifth a dead letter.
fn lay(ledger: &mut Ledger, start: u64) {
    let span = |line: u64, lines: u64| at(start + line * 10)..at(start + (line + lines) * 10);
    let mut filtered = Vec::new();
    Filtered::append(&mut filtered, &span(2, 1), "health_path");
    let exceptions =
        vec![Exception { span: span(4, 1), events: 1, outcome: Outcome::DeadLettered }];
    let stretch = Stretch {
        span: span(0, 10),
        load: Load { events: 9, filtered },
        keyed_duplicates: 0,
        exceptions,
    };
    ledger.lay(ID, Datasets::only(Dataset::App), &stretch);
}

fn opened() -> Ledger {
    let mut ledger = Ledger::default();
    ledger.open(ID, "/a.log", ByteOffset::ZERO, now());
    ledger
}

/// Returns the ledger as a later start finds it on the disk.
fn again(pages: &[Vec<Page>]) -> Ledger {
    let mut ledger = Ledger::default();
    for page in pages.iter().flatten() {
        let text = serde_json::to_string(page).unwrap();
        ledger.read(serde_json::from_str(&text).unwrap());
    }
    ledger
}

fn settled(pages: &[Vec<Page>], committed: u64) -> Account {
    let mut ledger = again(pages);
    ledger.settle([(ID, "/a.log", at(committed))].into_iter(), now());
    let account = ledger.account(ID).unwrap().clone();
    assert_eq!(audit(&account, at(committed)), []);
    assert_eq!(account.end(), at(committed));
    account
}

fn ranges(account: &Account) -> String {
    let tiles = account.tiling().iter();
    let tiles = tiles.map(|(span, outcome)| format!("{}..{} {outcome}", span.start, span.end));
    tiles.collect::<Vec<_>>().join(", ")
}

#[test]
fn every_byte_and_every_event_is_in_one_class() {
    let mut ledger = opened();
    lay(&mut ledger, 0);
    let account = ledger.account(ID).unwrap();
    assert_eq!(
        ranges(account),
        "0..20 stored, 20..30 filtered/health_path, 30..40 stored, 40..50 dead_lettered, 50..100 stored"
    );
    let totals = account.totals();
    assert_eq!(totals.stored, Count { bytes: 80, events: 8 });
    assert_eq!(totals.all(), Count { bytes: 100, events: 10 });
    assert_eq!(audit(account, at(100)), []);
    assert_eq!(audit(account, at(101)).len(), 1, "the checkpoint knows more");
}

#[test]
fn what_was_written_is_read_and_cut_back_to_the_place_of_either_checkpoint() {
    let mut ledger = opened();
    let mut pages = Vec::new();
    for start in [0, 100, 200] {
        lay(&mut ledger, start);
        pages.extend(ledger.pages(Wanted::Changes));
        ledger.written();
    }
    let whole = ledger.account(ID).unwrap();
    assert_eq!(ranges(&settled(&pages, 300)), ranges(whole));
    let back = settled(&pages, 200);
    assert_eq!(back.totals().all(), Count { bytes: 200, events: 20 });
    assert_eq!(back.totals().unrecorded, Count::default());
    // A new segment holds both places too.
    ledger.seen(ID, "/a.log.1");
    let all = ledger.pages(Wanted::All);
    assert_eq!(settled(&all, 200).totals().all(), Count { bytes: 200, events: 20 });
    assert_eq!(ranges(&settled(&all, 300)), ranges(ledger.account(ID).unwrap()));
}

#[test]
fn what_nobody_wrote_down_is_unrecorded_and_not_guessed() {
    let mut ledger = opened();
    lay(&mut ledger, 0);
    let pages = ledger.pages(Wanted::All);
    let ahead = settled(&pages, 150);
    assert!(ranges(&ahead).ends_with("50..100 stored, 100..150 unrecorded"));
    assert_eq!(ahead.totals().stored.events, 8);
    // The sums of a place in the middle are not known.
    assert_eq!(ranges(&settled(&pages, 50)), "0..50 unrecorded");
    assert_eq!(ranges(&settled(&[], 50)), "0..50 unrecorded");
}

#[test]
fn bytes_before_the_wanted_start_are_filtered() {
    let mut ledger = Ledger::default();
    ledger.open(ID, "/a.log", at(40), now());
    lay(&mut ledger, 40);
    let account = ledger.account(ID).unwrap();
    assert!(ranges(account).starts_with("0..40 filtered/start_at, 40..60 stored"));
    assert_eq!(audit(account, at(140)), []);
}

#[test]
fn lost_bytes_stand_behind_what_was_read_and_a_copy_takes_them_back() {
    let mut ledger = opened();
    lay(&mut ledger, 0);
    ledger.lose(ID, &(at(100)..at(250)), "truncated");
    let pages = ledger.pages(Wanted::All);
    let account = settled(&pages, 100);
    assert_eq!(account.lost_bytes(), 150);
    ledger.written();
    lay(&mut ledger, 100);
    assert_eq!(ledger.account(ID).unwrap().lost_bytes(), 50);
    lay(&mut ledger, 200);
    assert_eq!(ledger.account(ID).unwrap().lost(), None);
}

#[test]
fn an_account_stays_seven_days_after_its_file_is_gone() {
    let mut ledger = opened();
    lay(&mut ledger, 0);
    ledger.expire(hours(10_000), |_| Known::No);
    assert!(ledger.account(ID).is_some(), "its file is there");
    ledger.gone(ID, now());
    ledger.expire(hours(7 * 24 - 1), |_| Known::No);
    assert!(ledger.account(ID).is_some());
    ledger.expire(hours(7 * 24), |_| Known::Yes);
    assert!(ledger.account(ID).is_some(), "the checkpoint still knows it");
    ledger.expire(hours(7 * 24), |_| Known::No);
    assert!(ledger.account(ID).is_none());
}

#[test]
fn a_summary_tells_what_is_on_disk_once() {
    let mut ledger = opened();
    lay(&mut ledger, 0);
    assert_eq!(ledger.summaries(Timestamp::MAX), [], "it is not on disk");
    ledger.pages(Wanted::Changes);
    ledger.written();
    assert_eq!(ledger.summaries(now() - SignedDuration::from_mins(5)), [], "it is not yet time");
    lay(&mut ledger, 100);
    let summaries = ledger.summaries(now());
    let summary = &summaries[0];
    assert_eq!((summary.from, summary.to.offset), (at(0), at(100)));
    assert_eq!((summary.counts.documents(), summary.counts.dead_lettered.events), (8, 1));
    assert_eq!(summary.steps.iter().map(|step| step.documents).sum::<u64>(), 8);
    ledger.told(summary, now());
    assert_eq!(ledger.summaries(now()), []);
    ledger.pages(Wanted::Changes);
    ledger.written();
    let summaries = ledger.summaries(now());
    assert_eq!((summaries[0].from, summaries[0].to.offset), (at(100), at(200)));
    // A file that ended is told at once, and so is a loss.
    ledger.told(&summaries[0], hours(1));
    ledger.gone(ID, hours(1));
    assert_eq!(ledger.summaries(now()), []);
    ledger.lose(ID, &(at(200)..at(210)), "truncated");
    let summaries = ledger.summaries(now());
    assert_eq!((summaries[0].lost_bytes, summaries[0].from), (10, at(200)));
    ledger.told(&summaries[0], hours(1));
    assert_eq!(ledger.summaries(now()), []);
}

// A page as the first release wrote it. It must be read for ever.
const FIRST: &str = r#"{"file":"AQEBAQEBAQEBAQEBAQEBAQ","path":"/a.log","dataset":"app","from":0,"to":100,"tiles":[[20,"stored"],[30,"filtered/health_path"],[100,"stored"]],"totals":{"stored":{"bytes":90,"events":9},"filtered":{"health_path":{"bytes":10,"events":1}}},"told":{"place":{"offset":0,"totals":{}},"lost_bytes":0}}"#;

#[test]
fn the_first_format_is_read_and_written_as_it_was() {
    let page: Page = serde_json::from_str(FIRST).unwrap();
    assert_eq!(serde_json::to_string(&page).unwrap(), FIRST);
    let account = settled(&[vec![page]], 100);
    assert_eq!(ranges(&account), "0..20 stored, 20..30 filtered/health_path, 30..100 stored");
}

/// A save may fail behind its ledger and ahead of its checkpoint, and the checkpoint stand on disk nevertheless.
#[test]
fn a_page_written_again_from_an_earlier_place_leaves_the_places_between() {
    let mut ledger = opened();
    let first = ledger.pages(Wanted::All);
    ledger.written();
    lay(&mut ledger, 0);
    let second = ledger.pages(Wanted::Changes);
    ledger.not_written();
    lay(&mut ledger, 100);
    let third = ledger.pages(Wanted::Changes);
    assert_eq!(third[0][0].from, at(0), "what was not written is written again");
    let pages = [first, second, third].concat();
    let account = settled(&pages, 100);
    assert_eq!(
        ranges(&account),
        "0..20 stored, 20..30 filtered/health_path, 30..40 stored, 40..50 dead_lettered, 50..100 stored"
    );
}

#[test]
fn a_page_that_tells_otherwise_takes_the_places_between_away() {
    let mut ledger = opened();
    lay(&mut ledger, 0);
    let first = ledger.pages(Wanted::All);
    let mut again = opened();
    let stretch = Stretch {
        span: at(0)..at(200),
        load: Load { events: 20, filtered: Vec::new() },
        keyed_duplicates: 0,
        exceptions: vec![Exception {
            span: at(0)..at(200),
            events: 20,
            outcome: Outcome::Duplicate,
        }],
    };
    again.lay(ID, Datasets::only(Dataset::App), &stretch);
    let pages = [first, again.pages(Wanted::Changes)].concat();
    let account = settled(&pages, 100);
    assert_eq!(ranges(&account), "0..100 unrecorded");
}
