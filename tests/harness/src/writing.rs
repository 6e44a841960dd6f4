//! Shops that log while everything else goes wrong: files that grow at their own pace and are rotated.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use crate::desk::Desk;

/// Lines that are appended at once.
const BATCH: u32 = 100;

/// Files that are written side by side and rotated by renaming.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Writing {
    /// How many files are written, each by a thread of its own.
    pub files: u32,
    /// Lines of each file, over all its rotations: a multiple of a hundred.
    pub lines: u32,
    /// A file is renamed after so many lines: a multiple of a hundred.
    pub rotate_every: u32,
    /// Rotated files of each that are kept; older ones are replaced.
    pub kept: u32,
    /// All of it takes this long, whatever the machine's speed.
    pub over: Duration,
}

impl Writing {
    /// Returns how many lines are written in all: those of [`crate::desk::line`] from 0.
    pub fn all(&self) -> u32 {
        self.files * self.lines
    }

    /// Writes all of it.
    pub fn write(&self, desk: &Desk) {
        thread::scope(|scope| {
            for file in 0..self.files {
                scope.spawn(move || self.write_file(desk, file));
            }
        });
    }

    fn write_file(&self, desk: &Desk, file: u32) {
        let began = Instant::now();
        let name = format!("f{file}.log");
        for first in (0..self.lines).step_by(BATCH as usize) {
            let numbers = first..first + BATCH;
            desk.lines(&name, numbers.map(|number| number * self.files + file));
            let written = first + BATCH;
            if written.is_multiple_of(self.rotate_every) {
                self.rotate(desk, &name);
            }
            let due = self.over.mul_f64(f64::from(written) / f64::from(self.lines));
            thread::sleep(due.saturating_sub(began.elapsed()));
        }
    }

    fn rotate(&self, desk: &Desk, name: &str) {
        for age in (1..self.kept).rev() {
            let from = format!("{name}.{age}");
            if fs::symlink_metadata(desk.log(&from)).is_ok() {
                desk.rename(&from, &format!("{name}.{}", age + 1));
            }
        }
        desk.rename(name, &format!("{name}.1"));
    }
}
