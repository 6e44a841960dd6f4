//! Lines that lie on disk before anybody reads them: a block of some thousands, again and again.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Result, ensure};
use jiff::Timestamp;

use crate::flow::{appending, line, stamp};

/// Lines of a block; a compressor's window is much smaller, so that repetition beyond it changes nothing.
const BLOCK: u32 = 10_000;

/// Appends so many lines to the file of this number; returns their bytes.
///
/// Files differ from their first line on: equal ones would be taken for copies of one file, and be read once.
pub(crate) fn lines(path: &PathBuf, file: u32, count: u64) -> Result<u64> {
    let block = block(file);
    let mut out = appending(path)?;
    let mut bytes = 0;
    for _ in 0..count / u64::from(BLOCK) {
        out.write_all(block.as_bytes())?;
        bytes += block.len() as u64;
    }
    let rest = usize::try_from(count % u64::from(BLOCK))?;
    let rest: String = block.split_inclusive('\n').take(rest).collect();
    out.write_all(rest.as_bytes())?;
    Ok(bytes + rest.len() as u64)
}

/// Appends whole blocks until the file has at least so many bytes; returns its lines.
pub(crate) fn bytes(path: &PathBuf, wanted: u64) -> Result<u64> {
    let folder = path.parent().unwrap_or(path);
    let space = rustix::fs::statvfs(folder)?;
    let free = space.f_bavail * space.f_frsize;
    let gib = |bytes: u64| bytes as f64 / f64::from(1 << 30);
    ensure!(
        free > wanted + wanted / 10,
        "{} has {:.1} GiB left and {:.1} GiB are wanted; set TMPDIR to another disk or use --scale",
        folder.display(),
        gib(free),
        gib(wanted)
    );
    let block = block(0);
    let blocks = wanted.div_ceil(block.len() as u64);
    let mut file = appending(path)?;
    for _ in 0..blocks {
        file.write_all(block.as_bytes())?;
    }
    Ok(blocks * u64::from(BLOCK))
}

fn block(file: u32) -> String {
    let stamp = stamp(Timestamp::now());
    let first = file * BLOCK;
    (first..first + BLOCK).map(|number| line(number, &stamp)).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_backlog_has_as_many_lines_or_bytes_as_were_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        let written = lines(&path, 1, 25_001).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!((text.lines().count(), text.len() as u64), (25_001, written));
        assert!(text.ends_with('\n'));
        assert!(!text.starts_with(&block(0)), "no two files begin alike");
        let other = folder.path().join("b.log");
        let count = bytes(&other, 3_000_000).unwrap();
        assert!(fs::metadata(&other).unwrap().len() >= 3_000_000);
        assert_eq!(fs::read_to_string(&other).unwrap().lines().count() as u64, count);
    }
}
