//! The accounts of all files.

use std::collections::HashMap;

use event::{ByteOffset, Datasets, FileId, Span};
use jiff::{SignedDuration, Timestamp};

use super::account::{Account, Place, Standing};
use super::outcome::{Cause, Outcome};
use super::page::Page;
use super::stretch::Stretch;
use super::summary::Summary;

/// An account is kept so long after its file is gone.
const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);
/// After so many saves no checkpoint on disk stops at an earlier place of a file that did not change.
const SAVES: u64 = 3;
/// Bytes before the place where reading was to start.
const NOT_WANTED: Outcome = Outcome::Filtered(Cause::of("start_at"));

/// The accounts of all files.
#[derive(Debug, Default)]
pub struct Ledger {
    accounts: HashMap<FileId, Account>,
    /// Accounts that say more than what is on disk.
    changed: Vec<FileId>,
    /// What is being written: these places count once it is.
    underway: Vec<(FileId, Place)>,
    saves: u64,
}

/// What is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// What changed since the last time.
    Changes,
    /// Everything: a new segment begins.
    All,
}

impl Ledger {
    /// Returns the account of a file.
    pub fn account(&self, id: FileId) -> Option<&Account> {
        self.accounts.get(&id)
    }

    /// Returns all accounts.
    pub fn accounts(&self) -> impl Iterator<Item = (FileId, &Account)> {
        self.accounts.iter().map(|(&id, account)| (id, account))
    }

    /// Opens the account of a file that is read from a place on.
    pub fn open(&mut self, id: FileId, path: &str, start: ByteOffset, now: Timestamp) {
        let account = self.change(id);
        account.told_at = Some(now);
        account.gone = None;
        path.clone_into(&mut account.path);
        if account.end() > start {
            // The ledger knew the file before a crash, and the checkpoint did not yet: all of it is read again.
            account.settle_at(start);
        }
        account.lay_uncounted(start, &NOT_WANTED);
    }

    /// Lays a stretch of a file.
    pub fn lay(&mut self, id: FileId, datasets: Datasets, stretch: &Stretch) {
        let account = self.change(id);
        account.datasets = Some(datasets);
        account.lay(stretch);
    }

    /// Notes bytes that were gone before they were read.
    pub fn lose(&mut self, id: FileId, span: &Span, reason: &'static str) {
        self.change(id).lose(span, reason);
    }

    /// Notes where a file is now.
    pub fn seen(&mut self, id: FileId, path: &str) {
        let account = self.change(id);
        account.gone = None;
        path.clone_into(&mut account.path);
    }

    /// Notes that a file is gone.
    pub fn gone(&mut self, id: FileId, since: Timestamp) {
        self.change(id).gone.get_or_insert(since);
    }

    fn change(&mut self, id: FileId) -> &mut Account {
        let account = self.accounts.entry(id).or_default();
        if account.standing == Standing::Written {
            account.standing = Standing::Changed;
            self.changed.push(id);
        }
        account
    }

    /// Brings all accounts in step with the checkpoint: how far each file is acknowledged, and its path.
    pub fn settle<'a>(
        &mut self,
        files: impl Iterator<Item = (FileId, &'a str, ByteOffset)>,
        now: Timestamp,
    ) {
        for account in self.accounts.values_mut() {
            // Those that the checkpoint knows are seen below.
            account.gone.get_or_insert(now);
        }
        for (id, path, committed) in files {
            let account = self.change(id);
            account.told_at = Some(now);
            account.gone = None;
            path.clone_into(&mut account.path);
            account.settle_at(committed);
        }
    }

    /// Forgets files that are gone for long.
    pub fn expire(&mut self, now: Timestamp, is_known: impl Fn(FileId) -> Known) {
        self.accounts.retain(|&id, account| {
            let is_old = account.gone.is_some_and(|since| now.duration_since(since) >= KEPT);
            !is_old || is_known(id) == Known::Yes
        });
    }

    /// Returns what is to be written: the pages of one file after another.
    pub fn pages(&mut self, wanted: Wanted) -> Vec<Vec<Page>> {
        let changed = std::mem::take(&mut self.changed);
        let mut ids = match wanted {
            Wanted::Changes => changed,
            Wanted::All => self.accounts.keys().copied().collect(),
        };
        ids.sort_unstable();
        self.underway.clear();
        self.saves += 1;
        let mut pages = Vec::with_capacity(ids.len());
        for id in ids {
            let Some(account) = self.accounts.get_mut(&id) else { continue };
            if account.standing == Standing::Written && account.saved + SAVES < self.saves {
                account.keep_last_place();
            }
            if account.standing == Standing::Changed {
                account.saved = self.saves;
            }
            account.standing = Standing::Written;
            match wanted {
                Wanted::Changes => pages.push(vec![account.page(id)]),
                Wanted::All => pages.push(account.pages(id)),
            }
            let totals = account.totals().clone();
            self.underway.push((id, Place { offset: account.end(), totals }));
        }
        pages
    }

    /// Notes that what `pages` gave is on disk, and the checkpoint with it.
    pub fn written(&mut self) {
        for (id, place) in std::mem::take(&mut self.underway) {
            if let Some(account) = self.accounts.get_mut(&id) {
                account.is_written(&place);
            }
        }
    }

    /// Notes that it is not: the next time it is written again.
    pub fn not_written(&mut self) {
        for (id, _) in std::mem::take(&mut self.underway) {
            self.change(id);
        }
    }

    /// Takes a page that was read from disk.
    pub fn read(&mut self, page: Page) {
        self.accounts.entry(page.file).or_default().read(page);
    }

    /// Returns what is to be told: what files are gone have come to, and what others have since `before`.
    pub fn summaries(&self, before: Timestamp) -> Vec<Summary> {
        let due = |account: &Account| {
            account.gone.is_some() || account.told_at.is_none_or(|told| told <= before)
        };
        let accounts = self.accounts.iter().filter(|(_, account)| due(account));
        let mut summaries: Vec<Summary> = accounts
            .filter_map(|(&file, account)| {
                let (to, counts, steps) = account.untold()?;
                Some(Summary {
                    file,
                    path: account.path.clone(),
                    datasets: account.datasets?,
                    from: account.told.place.offset,
                    to: to.clone(),
                    counts,
                    lost_bytes: account.lost_bytes(),
                    steps,
                })
            })
            .collect();
        summaries.sort_by_key(|summary| summary.file);
        summaries
    }

    /// Notes that the cluster has a summary.
    pub fn told(&mut self, summary: &Summary, now: Timestamp) {
        if self.accounts.contains_key(&summary.file) {
            self.change(summary.file).is_told(summary.to.clone(), summary.lost_bytes, now);
        }
    }
}

/// Whether the checkpoint still knows a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// It does.
    Yes,
    /// It does not.
    No,
}

#[cfg(test)]
#[path = "book_tests.rs"]
mod tests;
