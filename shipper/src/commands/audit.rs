//! `shipper audit`: what became of every byte that was acknowledged, and whether the books agree.
//!
//! It reads the state directory and asks nobody, so it works without a cluster and while a shipper runs.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use event::{ByteOffset, Dataset, FileId};
use runtime::{DurableFile, Exit, Failure, Reading, RealDisk};
use serde::Serialize;

use crate::checkpoint::{Checkpoint, FileState};
use crate::identity::Node;
use crate::ledger::{self, Account, Count, Totals};
use crate::state::{CHECKPOINT, LEDGER};

use super::say;

/// What is printed of each file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Sums by class.
    Sums,
    /// Every range too.
    Ranges,
}

/// The books of all files that were asked for.
#[derive(Debug, Serialize)]
pub struct Audit {
    files: Vec<Row>,
}

/// The books of one file.
#[derive(Debug, Serialize)]
struct Row {
    path: String,
    file: FileId,
    #[serde(skip_serializing_if = "Option::is_none")]
    dataset: Option<Dataset>,
    acknowledged_bytes: u64,
    /// Bytes on disk behind them: in flight or not read yet. Unknown where the file is not where it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pending_bytes: Option<u64>,
    lost_bytes: u64,
    classes: BTreeMap<String, Class>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ranges: Vec<Range>,
    faults: Vec<String>,
}

#[derive(Debug, Clone, Copy, Serialize)]
struct Class {
    bytes: u64,
    events: u64,
}

#[derive(Debug, Serialize)]
struct Range {
    start: u64,
    end: u64,
    outcome: String,
}

impl Audit {
    /// Reads the books of a state directory; of one file where its path or id is given.
    pub fn read(state_dir: &Path, only: Option<&str>, detail: Detail) -> anyhow::Result<Self> {
        // The ledger is written before its checkpoint and read behind it: what it lacks then, it lacks for good.
        let known = checkpoint(state_dir)?.map(|read| read.files).unwrap_or_default();
        let books = ledger::Store::peek(&state_dir.join(LEDGER))?;
        let nothing = Account::default();
        let mut rows = Vec::new();
        for state in &known {
            let account = books.account(state.id).unwrap_or(&nothing);
            rows.push(row(state.id, &state.path, account, Some(state), detail));
        }
        for (id, account) in books.accounts() {
            if !known.iter().any(|state| state.id == id) {
                rows.push(row(id, account.path(), account, None, detail));
            }
        }
        if let Some(only) = only {
            rows.retain(|row| row.path == only || row.file.to_string() == only);
            if rows.is_empty() {
                let message = format!(
                    "no file of this path or id stands in the ledger: {only}; paths are absolute, as the shipper saw them last"
                );
                return Err(Failure::new(Exit::Difference, message).into());
            }
        }
        rows.sort_by(|one, two| one.path.cmp(&two.path).then(one.file.cmp(&two.file)));
        Ok(Self { files: rows })
    }

    /// Prints the books for people.
    pub fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        for row in &self.files {
            say(out, &format!("{} ({})", row.path, row.file))?;
            let pending = match row.pending_bytes {
                Some(0) => String::new(),
                Some(bytes) => format!(", {bytes} in flight or not read yet"),
                None => ", the file is not there any more".to_owned(),
            };
            say(out, &format!("    {} bytes acknowledged{pending}", row.acknowledged_bytes))?;
            for (class, Class { bytes, events }) in &row.classes {
                say(out, &format!("    {class:<28} {events:>12} events {bytes:>15} bytes"))?;
            }
            if row.lost_bytes > 0 {
                say(
                    out,
                    &format!("    {} bytes LOST: gone before they were read", row.lost_bytes),
                )?;
            }
            for Range { start, end, outcome } in &row.ranges {
                say(out, &format!("    {start:>15} to {end:>15} {outcome}"))?;
            }
            for fault in &row.faults {
                say(out, &format!("    FAULT {fault}"))?;
            }
        }
        let (files, faults) = (self.files.len(), self.faults());
        let verdict =
            if faults == 0 { "every byte is accounted for" } else { "the books do not agree" };
        let s = |count| if count == 1 { "" } else { "s" };
        let counts = format!("{files} file{}, {faults} fault{}", s(files), s(faults));
        say(out, &format!("{counts}: {verdict}"))
    }

    /// Prints the books as JSON.
    pub fn print_json(&self, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, self)?;
        writeln!(out)
    }

    /// Returns how the program ends: 65 where the books do not agree.
    pub fn exit(&self) -> Exit {
        if self.faults() == 0 { Exit::Done } else { Exit::Difference }
    }

    fn faults(&self) -> usize {
        self.files.iter().map(|row| row.faults.len()).sum()
    }
}

/// Reads the checkpoint of a state directory without taking it over.
pub(in crate::commands) fn checkpoint(state_dir: &Path) -> anyhow::Result<Option<Checkpoint>> {
    let path = state_dir.join(CHECKPOINT);
    match DurableFile::new(Arc::new(RealDisk), &path).read(Checkpoint::decode) {
        Reading::Current(read) | Reading::Previous(read, _) => Ok(Some(read)),
        Reading::Absent => Ok(None),
        Reading::Unreadable(reason) => Err(Failure::new(
            Exit::Configuration,
            format!("the checkpoint cannot be trusted ({reason})"),
        )
        .into()),
    }
}

fn row(
    file: FileId,
    path: &str,
    account: &Account,
    state: Option<&FileState>,
    detail: Detail,
) -> Row {
    let committed = state.map_or(account.end(), |state| state.committed.offset);
    let faults = ledger::audit(account, committed).iter().map(ToString::to_string).collect();
    let range = |span: event::Span, outcome: &ledger::Outcome| Range {
        start: span.start.get(),
        end: span.end.get(),
        outcome: outcome.to_string(),
    };
    let mut ranges = Vec::new();
    if detail == Detail::Ranges {
        ranges.extend(account.tiling().iter().map(|(span, outcome)| range(span, outcome)));
        let lost = account.lost();
        ranges.extend(
            lost.map(|loss| range(loss.span.clone(), &ledger::Outcome::Lost(loss.reason.clone()))),
        );
    }
    Row {
        path: path.to_owned(),
        file,
        dataset: account.datasets().map(|datasets| datasets.own()),
        acknowledged_bytes: account.end().max(committed).get(),
        pending_bytes: state.and_then(|state| pending(state, account.end())),
        lost_bytes: account.lost_bytes(),
        classes: classes(account.totals()),
        ranges,
        faults,
    }
}

fn pending(state: &FileState, end: ByteOffset) -> Option<u64> {
    let metadata = fs::metadata(&state.path).ok()?;
    Node::of(&metadata).is(&state.node).then(|| metadata.len().saturating_sub(end.get()))
}

fn classes(totals: &Totals) -> BTreeMap<String, Class> {
    let plain = [
        ("stored", totals.stored),
        ("duplicate", totals.duplicate),
        ("redirected", totals.redirected),
        ("dead_lettered", totals.dead_lettered),
        ("unrecorded", totals.unrecorded),
    ];
    let plain = plain.into_iter().map(|(class, count)| (class.to_owned(), count));
    let rules = totals.filtered.iter();
    let rules = rules.map(|(rule, &count)| (format!("filtered/{}", rule.as_str()), count));
    let counted = plain.chain(rules).filter(|(_, count)| *count != Count::default());
    counted.map(|(class, Count { bytes, events })| (class, Class { bytes, events })).collect()
}
