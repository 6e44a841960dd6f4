//! Writes a whole history at once, and counts what it wrote.

use std::collections::BTreeMap;
use std::sync::mpsc::{self, SyncSender};
use std::thread;

use jiff::Timestamp;
use serde::Serialize;

use crate::config::ShopConfig;
use crate::events::Shop;
use crate::folder::{Folder, FolderError};
use crate::line::{Kind, Line, LogFile};
use crate::plan::Plan;

/// What was written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Written {
    /// All lines.
    pub lines: u64,
    /// Lines of each file.
    pub lines_by_file: BTreeMap<LogFile, u64>,
    /// Files of each log, rotated ones included.
    pub files: BTreeMap<LogFile, u32>,
    /// Bytes, line feeds included.
    pub bytes: u64,
    /// Lines that tell something for the first time.
    pub events: u64,
    /// Lines among them that were written late.
    pub late: u64,
    /// Lines that repeat an earlier one.
    pub duplicates: u64,
    /// Lines that are torn.
    pub malformed: u64,
    /// Lines of a form that their parser does not know.
    pub drifted: u64,
}

impl Written {
    /// Counts a line.
    pub fn count(&mut self, line: &Line) {
        self.lines += 1;
        *self.lines_by_file.entry(line.file).or_default() += 1;
        self.bytes += line.text.len() as u64 + 1;
        match line.kind {
            Kind::Prompt => self.events += 1,
            Kind::Late => {
                self.events += 1;
                self.late += 1;
            }
            Kind::Duplicate => self.duplicates += 1,
            Kind::Malformed => self.malformed += 1,
            Kind::Drifted => self.drifted += 1,
        }
    }
}

/// Writes all lines of a plan into a folder. `progress` is told now and then to which moment writing has come.
///
/// A thread of its own makes the lines, so that making and writing take two cores; their order is that of [`Shop::events`].
pub fn write_history(
    config: &ShopConfig,
    plan: &Plan,
    folder: &mut Folder,
    progress: &mut dyn FnMut(Timestamp),
) -> Result<Written, FolderError> {
    let mut written = Written::default();
    thread::scope(|scope| {
        let (sender, receiver) = mpsc::sync_channel(BATCHES_AHEAD);
        scope.spawn(move || make(config, plan, &sender));
        for batch in receiver {
            for line in &batch {
                folder.append(line)?;
                written.count(line);
            }
            if let Some(last) = batch.last() {
                progress(last.written_at);
            }
        }
        folder.flush()
    })?;
    written.files = folder.files();
    Ok(written)
}

/// Lines that go from one thread to the other at once.
const LINES_A_BATCH: usize = 1_024;
/// Batches that may wait to be written: some 5 MB of lines.
const BATCHES_AHEAD: usize = 16;

/// Makes the lines of a plan until nobody takes them any more.
fn make(config: &ShopConfig, plan: &Plan, sender: &SyncSender<Vec<Line>>) {
    let mut events = Shop::new(config.clone()).events(plan);
    loop {
        let batch: Vec<Line> = events.by_ref().take(LINES_A_BATCH).collect();
        if batch.is_empty() || sender.send(batch).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::{Existing, Rotation};
    use jiff::SignedDuration;
    use std::fs;
    use std::path::Path;

    fn write(path: &Path, seed: u64) -> Written {
        let from = "2026-03-02T12:00:00Z".parse().unwrap();
        let plan = Plan::new(from, from + SignedDuration::from_mins(30));
        let rotation = Rotation::AtBytes(65_536);
        let mut folder = Folder::open(path, Existing::Refused, rotation).unwrap();
        write_history(&ShopConfig::small(seed), &plan, &mut folder, &mut |_| ()).unwrap()
    }

    fn contents(path: &Path) -> BTreeMap<String, Vec<u8>> {
        let entries = fs::read_dir(path).unwrap().map(Result::unwrap);
        let content = |entry: fs::DirEntry| {
            (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())
        };
        entries.map(content).collect()
    }

    #[test]
    fn the_count_is_that_of_the_files_on_disk() {
        let temporary = tempfile::tempdir().unwrap();
        let written = write(temporary.path(), 1);
        let contents = contents(temporary.path());
        let feeds = |content: &Vec<u8>| content.split(|&byte| byte == b'\n').count() as u64 - 1;
        assert_eq!(written.lines, contents.values().map(feeds).sum::<u64>());
        assert_eq!(
            written.bytes,
            contents.values().map(|content| content.len() as u64).sum::<u64>()
        );
        assert_eq!(u64::from(written.files.values().sum::<u32>()), contents.len() as u64);
        assert_eq!(written.lines, written.events + written.duplicates + written.malformed);
        assert!(contents.contains_key("access.log.1"), "half an hour rotates the busiest log");
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes_and_another_does_not() {
        let folders = [1, 1, 2].map(|seed| {
            let temporary = tempfile::tempdir().unwrap();
            write(temporary.path(), seed);
            contents(temporary.path())
        });
        assert_eq!(folders[0], folders[1]);
        assert_ne!(folders[0], folders[2]);
    }
}
