//! What one file's lines came to: the tiles of all that is acknowledged, their sums, and what was told to the cluster.

use std::collections::VecDeque;

use event::{ByteOffset, Datasets, FileId, Span};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::outcome::{Cause, Outcome};
use super::page::Page;
use super::steps::{Step, Steps};
use super::stretch::Stretch;
use super::tiling::Tiling;
use super::totals::{Count, Totals};

/// Places with their sums that are kept: what is being written, the checkpoint last written, and the one before it, which
/// is read when the last one is damaged.
const PLACES: usize = 3;

/// The sums of a file up to a place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The place.
    pub offset: ByteOffset,
    /// The sums of all bytes before it.
    pub totals: Totals,
}

/// Bytes that were gone before they were read. They stand behind everything that is acknowledged: a file that lost bytes is
/// never read on, unless a copy brings them after all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Loss {
    /// The bytes.
    pub span: Span,
    /// Why they are lost.
    pub reason: Cause,
}

/// One file's part of the ledger.
#[derive(Debug, Clone, Default)]
pub struct Account {
    pub(super) path: String,
    pub(super) datasets: Option<Datasets>,
    pub(super) tiling: Tiling,
    pub(super) totals: Totals,
    pub(super) lost: Option<Loss>,
    /// Places that are on disk, oldest first.
    pub(super) places: VecDeque<Place>,
    /// How far summaries were sent.
    pub(super) told: Told,
    pub(super) told_at: Option<Timestamp>,
    pub(super) steps: Steps,
    pub(super) gone: Option<Timestamp>,
    pub(super) standing: Standing,
    /// Number of the save that wrote it last.
    pub(super) saved: u64,
}

/// Whether an account says more than what is on disk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Standing {
    #[default]
    Written,
    Changed,
}

/// What the summaries of a file have told so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// How far they reach.
    pub place: Place,
    /// Bytes that they called lost.
    pub lost_bytes: u64,
}

impl Account {
    /// Returns the path of the file when it was last seen.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns what the file's events are about, once a line of it was read.
    pub fn datasets(&self) -> Option<Datasets> {
        self.datasets
    }

    /// Returns the place up to which there are tiles.
    pub fn end(&self) -> ByteOffset {
        self.tiling.end()
    }

    /// Returns the tiles.
    pub fn tiling(&self) -> &Tiling {
        &self.tiling
    }

    /// Returns the sums of all tiles.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Returns what was lost behind the last tile.
    pub fn lost(&self) -> Option<&Loss> {
        self.lost.as_ref()
    }

    /// Returns since when the file is gone.
    pub fn gone(&self) -> Option<Timestamp> {
        self.gone
    }

    /// Lays bytes about which nothing is known but that they are acknowledged.
    pub(super) fn lay_unrecorded(&mut self, end: ByteOffset) {
        self.lay_uncounted(end, &Outcome::Unrecorded);
    }

    /// Lays bytes whose lines nobody counted.
    pub(super) fn lay_uncounted(&mut self, end: ByteOffset, outcome: &Outcome) {
        if end > self.end() {
            let bytes = end - self.end();
            self.totals.add(outcome, Count { bytes, events: 0 });
            self.tiling.lay(end, outcome);
            self.steps.add(end, 0);
        }
    }

    /// Lays a stretch that joins what is laid already.
    pub(super) fn lay(&mut self, stretch: &Stretch) {
        debug_assert_eq!(stretch.span.start, self.end(), "a stretch joins the one before it");
        let (tiling, totals) = (&mut self.tiling, &mut self.totals);
        let mut at = stretch.span.start;
        stretch.tiles(&mut |end, outcome| {
            totals.add(outcome, Count { bytes: end - at, events: 0 });
            tiling.lay(end, outcome);
            at = end;
        });
        let before = totals.documents();
        let counted = |events| Count { bytes: 0, events };
        totals.add(&Outcome::Stored, counted(stretch.stored()));
        for exception in &stretch.exceptions {
            totals.add(&exception.outcome, counted(exception.events));
        }
        for drop in &stretch.load.filtered {
            totals.add(&Outcome::Filtered(drop.rule.clone()), counted(drop.lines));
        }
        totals.keyed_duplicates += stretch.keyed_duplicates;
        let documents = totals.documents() - before;
        self.steps.add(stretch.span.end, documents);
        self.shorten_loss();
    }

    /// Notes bytes that were gone before they were read.
    pub(super) fn lose(&mut self, span: &Span, reason: &'static str) {
        if span.start < span.end {
            self.lost = Some(Loss { span: span.clone(), reason: Cause::of(reason) });
            self.shorten_loss();
        }
    }

    /// A copy brought what was thought to be lost.
    fn shorten_loss(&mut self) {
        let end = self.tiling.end();
        self.lost = self.lost.take().filter(|loss| loss.span.end > end);
        if let Some(loss) = &mut self.lost {
            loss.span.start = loss.span.start.max(end);
        }
    }

    /// Brings the account in step with the place that the checkpoint says is acknowledged.
    ///
    /// Behind it lines are read and counted again, so what stands there goes. Before it nothing is read again: where the
    /// sums of that very place are not on disk, the bytes since the last place before it are unrecorded.
    pub(super) fn settle_at(&mut self, committed: ByteOffset) {
        if self.end() > committed {
            let place = self.places.iter().rev().find(|place| place.offset <= committed);
            let place = place.cloned().unwrap_or_default();
            self.tiling.cut(place.offset);
            self.totals = place.totals;
            self.places.retain(|place| place.offset <= committed);
        }
        self.lay_unrecorded(committed);
        if self.told.place.offset > self.end() {
            // Summaries may overlap: each is true by itself.
            self.told.place = Place { offset: self.end(), totals: self.totals.clone() };
        }
        self.steps = Steps::from(self.told.place.offset);
        let untold = self.totals.since(&self.told.place.totals);
        self.steps.add(self.end(), untold.documents());
    }

    /// Returns how many bytes were lost.
    pub fn lost_bytes(&self) -> u64 {
        self.lost.as_ref().map_or(0, |loss| loss.span.end - loss.span.start)
    }

    /// Returns what is on disk and was not told yet, if there is anything.
    pub(super) fn untold(&self) -> Option<(&Place, Totals, Vec<Step>)> {
        let to = self.places.back().filter(|to| to.offset >= self.told.place.offset)?;
        if to.offset == self.told.place.offset && self.lost_bytes() == self.told.lost_bytes {
            return None;
        }
        let counts = to.totals.since(&self.told.place.totals);
        let steps = self.steps.up_to(to.offset, counts.documents());
        Some((to, counts, steps))
    }

    /// Notes that the cluster has the summary up to a place.
    pub(super) fn is_told(&mut self, to: Place, lost_bytes: u64, now: Timestamp) {
        let documents = to.totals.since(&self.told.place.totals).documents();
        self.steps.forget(to.offset, documents);
        self.told = Told { place: to, lost_bytes };
        self.told_at = Some(now);
    }

    /// Returns what is to be written: everything behind the last place on disk.
    pub(super) fn page(&self, file: FileId) -> Page {
        let from = self.places.back().map_or(ByteOffset::ZERO, |place| place.offset);
        self.page_from(file, from, &self.totals)
    }

    /// Returns everything that is on disk, as pages of a fresh segment.
    pub(super) fn pages(&self, file: FileId) -> Vec<Page> {
        let mut from = ByteOffset::ZERO;
        let mut pages = Vec::new();
        for place in &self.places {
            let mut page = self.page_from(file, from, &place.totals);
            page.to = place.offset;
            page.tiles.retain(|tile| tile.0 < place.offset);
            if place.offset > from
                && let Some(outcome) = self.tiling.before(place.offset)
            {
                page.tiles.push((place.offset, outcome.clone()));
            }
            pages.push(page);
            from = place.offset;
        }
        pages.push(self.page_from(file, from, &self.totals));
        pages
    }

    fn page_from(&self, file: FileId, from: ByteOffset, totals: &Totals) -> Page {
        let tiles = self.tiling.behind(from).iter();
        Page {
            file,
            path: self.path.clone(),
            dataset: self.datasets.map(|datasets| datasets.own()),
            also: self.datasets.iter().flat_map(Datasets::others).collect(),
            from,
            to: self.end(),
            tiles: tiles.map(|tile| (tile.end, tile.outcome.clone())).collect(),
            totals: totals.clone(),
            lost: self.lost.clone(),
            told: self.told.clone(),
            gone: self.gone,
        }
    }

    /// Forgets all places but the last: checkpoints that stop at an earlier one are gone.
    pub(super) fn keep_last_place(&mut self) {
        while self.places.len() > 1 {
            self.places.pop_front();
        }
    }

    /// Notes that what `page` gave is on disk.
    pub(super) fn is_written(&mut self, to: &Place) {
        if self.places.back().is_none_or(|last| last.offset < to.offset) {
            self.places.push_back(to.clone());
            while self.places.len() > PLACES {
                self.places.pop_front();
            }
        }
    }

    /// Takes a page that was read from disk.
    pub(super) fn read(&mut self, page: Page) {
        if page.from < self.end() {
            // It was written after a restart from an earlier place, or after a save that failed half way: a checkpoint may
            // stand at a place in between, whose sums hold as long as both say the same up to there.
            let tiling = &self.tiling;
            let holds = |place: ByteOffset| {
                place <= page.from
                    || (place <= page.to && tiling.says(page.from, place, &page.tiles))
            };
            self.places.retain(|place| holds(place.offset));
            self.tiling.cut(page.from);
        }
        // A page between was lost with its segment.
        self.tiling.lay(page.from, &Outcome::Unrecorded);
        for (end, outcome) in &page.tiles {
            self.tiling.lay(*end, outcome);
        }
        self.totals = page.totals.clone();
        self.datasets = page.datasets().or(self.datasets);
        self.path = page.path;
        self.lost = page.lost;
        self.told = page.told;
        self.gone = page.gone;
        self.is_written(&Place { offset: page.to, totals: page.totals });
    }
}
