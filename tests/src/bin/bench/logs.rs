//! Logs of the simulated shop, so many lines of the kind that is wanted.

mod kibibyte;

use std::path::Path;

use anyhow::{Result, ensure};
use jiff::{SignedDuration, Timestamp};
use shop::{Existing, Folder, Line, LogFile, Plan, Rotation, Shop, ShopConfig, Written};

/// Files are renamed at this size, as those of a shop are.
const ROTATE: Rotation = Rotation::AtBytes(64 * 1024 * 1024);
/// A Monday long past: the same lines come out whenever this is run.
const BEGIN: Timestamp = Timestamp::constant(1_736_121_600, 0);
/// Lines are made only as far as they are wanted.
const DAYS: i64 = 400;

/// Which lines are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lines {
    /// Requests.
    Access,
    /// NDJSON events of the business and its programs.
    Business,
    /// All, as they come.
    Mixed,
    /// NDJSON order events of 1 KiB each, with natural keys.
    Kibibyte,
}

impl Lines {
    fn wants(self, file: LogFile) -> bool {
        match self {
            Self::Access => file == LogFile::Access,
            Self::Business => file != LogFile::Access,
            Self::Mixed => true,
            Self::Kibibyte => file == LogFile::Order,
        }
    }

    /// Returns the files that hold such lines.
    pub(crate) fn files(self) -> impl Iterator<Item = LogFile> {
        LogFile::CORE.into_iter().filter(move |file| self.wants(*file))
    }
}

/// Writes the first so many lines of this kind that the shop of the demo logs; no line is made twice.
pub(crate) fn write(folder: &Path, lines: Lines, count: u64) -> Result<Written> {
    let plan = Plan::new(BEGIN, BEGIN + SignedDuration::from_hours(24 * DAYS));
    let mut folder = Folder::open(folder, Existing::Refused, ROTATE)?;
    let mut written = Written::default();
    let mut append = |line: &Line| {
        written.count(line);
        folder.append(line)
    };
    if lines == Lines::Kibibyte {
        (0..count).try_for_each(|number| append(&kibibyte::event(number, BEGIN)))?;
    } else {
        let wanted = Shop::new(ShopConfig::small(1)).events(&plan);
        let mut wanted = wanted.filter(|line| lines.wants(line.file)).take(usize::try_from(count)?);
        wanted.try_for_each(|line| append(&line))?;
    }
    folder.flush()?;
    written.files = folder.files();
    ensure!(written.lines == count, "{DAYS} days have {} lines only", written.lines);
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_lines_of_the_kind_that_is_wanted_are_written() {
        for lines in [Lines::Access, Lines::Business, Lines::Mixed, Lines::Kibibyte] {
            let folder = tempfile::tempdir().unwrap();
            let written = write(folder.path(), lines, 500).unwrap();
            assert_eq!(written.lines, 500);
            let access = written.lines_by_file.get(&LogFile::Access).copied().unwrap_or_default();
            match lines {
                Lines::Access => assert_eq!(access, 500),
                Lines::Business | Lines::Kibibyte => assert_eq!(access, 0),
                Lines::Mixed => assert!((1..500).contains(&access)),
            }
        }
    }
}
