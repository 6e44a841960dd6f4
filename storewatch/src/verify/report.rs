//! What was found, for people and programs.

use std::io::{self, Write};

use runtime::{Exit, plain};
use serde::Serialize;

use super::doubles::Double;
use super::gaps::{Certainty, Gap};
use super::told::Told;

/// Doubles that are printed one by one.
const NAMED: usize = 20;

/// What was found.
#[derive(Debug, Serialize)]
pub(super) struct Verified {
    summaries: usize,
    files: usize,
    documents: u64,
    /// Duplicates whose document may stand under another line: one that is missing could hide behind them.
    keyed: u64,
    unrecorded_bytes: u64,
    lost_bytes: u64,
    missing: u64,
    gaps: Vec<Gap>,
    doubles: Vec<Double>,
}

impl Verified {
    pub(super) fn new(told: &[Told], gaps: Vec<Gap>, doubles: Vec<Double>) -> Self {
        let mut files: Vec<(&str, u64)> =
            told.iter().map(|told| (told.file.as_str(), told.lost_bytes)).collect();
        // Each summary tells the loss of its whole file: the last word counts once.
        files.sort_unstable_by(|one, two| one.0.cmp(two.0).then(two.1.cmp(&one.1)));
        files.dedup_by_key(|(file, _)| *file);
        let sum = |pick: fn(&Told) -> u64| told.iter().map(pick).sum();
        Self {
            summaries: told.len(),
            files: files.len(),
            documents: sum(|told| told.documents),
            keyed: sum(|told| told.keyed),
            unrecorded_bytes: sum(|told| told.unrecorded_bytes),
            lost_bytes: files.iter().map(|(_, lost)| lost).sum(),
            missing: gaps.iter().map(|gap| gap.missing).sum(),
            gaps,
            doubles,
        }
    }

    pub(super) fn exit(&self) -> Exit {
        if self.gaps.is_empty() && self.doubles.is_empty() { Exit::Done } else { Exit::Difference }
    }

    pub(super) fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        self.gaps.iter().try_for_each(|gap| print_gap(gap, out))?;
        self.doubles.iter().take(NAMED).try_for_each(|double| print_double(double, out))?;
        if self.doubles.len() > NAMED {
            writeln!(out, "DOUBLE  {} more; --json names them all", self.doubles.len() - NAMED)?;
        }
        if self.lost_bytes > 0 {
            writeln!(
                out,
                "lost    {} bytes were gone before a shipper read them; nothing can bring them back",
                self.lost_bytes
            )?;
        }
        if self.unrecorded_bytes > 0 {
            writeln!(
                out,
                "unknown {} bytes were acknowledged before there was a ledger; their documents were not counted",
                self.unrecorded_bytes
            )?;
        }
        if self.keyed > 0 {
            writeln!(
                out,
                "unsure  {} duplicates have keys of their own: as many missing documents could hide behind them",
                self.keyed
            )?;
        }
        if self.summaries == 0 {
            return writeln!(
                out,
                "nothing was compared: no shipper told anything in this time; see --since, and `storewatch doctor` for heartbeats"
            );
        }
        let verdict = if self.exit() == Exit::Done {
            "all of them are stored, each once".to_owned()
        } else {
            format!("{} missing, {} doubled", self.missing, self.doubles.len())
        };
        writeln!(
            out,
            "{} documents of {} files, told by {} summaries: {verdict}",
            self.documents, self.files, self.summaries
        )
    }
}

fn print_gap(gap: &Gap, out: &mut dyn Write) -> io::Result<()> {
    let Gap { host, path, file, stream, start, end, missing, places, certainty } = gap;
    writeln!(
        out,
        "MISSING {missing} documents of {stream}: {} on {} ({file}), bytes {start} to {end}",
        plain(path),
        plain(host)
    )?;
    let what = match certainty {
        Certainty::Exact => "missing",
        Certainty::Among => "no document (missing, or dropped by a rule)",
    };
    for place in places {
        writeln!(out, "        bytes {} to {}: {what}", place.start, place.end)?;
    }
    // Only what is missing: a line that is replayed after a rollover would stand twice.
    write!(out, "        mend it on {}: shipper replay '{}'", plain(host), plain(path))?;
    if places.is_empty() {
        return writeln!(out, " --bytes {start}-{end}");
    }
    for place in places {
        write!(out, " --bytes {}-{}", place.start, place.end)?;
    }
    writeln!(out)
}

fn print_double(double: &Double, out: &mut dyn Write) -> io::Result<()> {
    let Double { stream, id, times, copies } = double;
    writeln!(out, "DOUBLE  {id} of {stream} stands {times} times")?;
    for copy in copies {
        let (index, path) = (&copy.index, plain(&copy.path));
        writeln!(out, "        {index}: {path}, bytes {} to {}", copy.start, copy.end)?;
    }
    match copies.last() {
        Some(last) if copies.len() > 1 => {
            writeln!(out, "        mend it: DELETE /{}/_doc/{id}", last.index)
        }
        Some(_) | None => Ok(()),
    }
}
