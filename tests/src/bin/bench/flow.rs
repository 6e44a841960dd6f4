//! Numbered access lines that are appended to files at a rate, as programs append them: one write a line.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use harness::scripted::mark;
use jiff::Timestamp;

/// So often the lines that have become due are appended.
const TICK: Duration = Duration::from_millis(2);

/// What is appended where.
#[derive(Debug)]
pub(crate) struct Flow {
    /// Lines take turns among these files.
    pub(crate) files: Vec<PathBuf>,
    pub(crate) lines_per_second: u32,
    /// Then it ends.
    pub(crate) count: u32,
}

/// A flow that runs on a thread of its own; it ends early when this value goes.
#[derive(Debug)]
pub(crate) struct Flowing {
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<Result<u32>>>,
}

impl Flow {
    /// Starts it; `about` is told of each line just before it is appended.
    pub(crate) fn start(self, about: impl FnMut(u32, Instant) + Send + 'static) -> Result<Flowing> {
        let over = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&over);
        let thread = thread::Builder::new().name("flow".to_owned());
        let thread = thread.spawn(move || self.run(about, &flag))?;
        Ok(Flowing { over, thread: Some(thread) })
    }

    fn run(self, mut about: impl FnMut(u32, Instant), over: &AtomicBool) -> Result<u32> {
        let mut files = Vec::new();
        for path in &self.files {
            files.push(appending(path)?);
        }
        let began = Instant::now();
        let mut number = 0;
        while number < self.count && !over.load(Ordering::Relaxed) {
            let due = due(began.elapsed(), self.lines_per_second).min(self.count);
            let stamp = stamp(Timestamp::now());
            while number < due {
                let line = line(number, &stamp);
                let place = number as usize % files.len();
                about(number, Instant::now());
                files[place].write_all(line.as_bytes())?;
                number += 1;
            }
            thread::sleep(TICK);
        }
        Ok(number)
    }
}

impl Flowing {
    /// Tells whether all is appended.
    pub(crate) fn is_over(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Waits for its end; returns how many lines were appended.
    pub(crate) fn join(mut self) -> Result<u32> {
        self.end()
    }

    /// Ends it at once; returns how many lines were appended.
    pub(crate) fn stop(mut self) -> Result<u32> {
        self.over.store(true, Ordering::Relaxed);
        self.end()
    }

    fn end(&mut self) -> Result<u32> {
        let thread = self.thread.take().context("the flow has ended before")?;
        thread.join().map_err(|_| anyhow!("the flow panicked"))?
    }
}

impl Drop for Flowing {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // Whoever lets it go like this has an error of its own to tell.
            drop(thread.join());
        }
    }
}

/// Returns an access line of this number, with its line feed.
pub(crate) fn line(number: u32, stamp: &str) -> String {
    let mark = mark(number);
    format!(
        "203.0.113.{} - - [{stamp}] \"GET /product/{mark}?page={} HTTP/1.1\" 200 {} \"https://shop.example/\" \"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36\" rt=0.0{} urt=0.0{}\n",
        number % 250,
        number % 9,
        1_000 + number % 40_000,
        10 + number % 80,
        10 + number % 70,
    )
}

/// Returns a time as access logs write it.
pub(crate) fn stamp(at: Timestamp) -> String {
    at.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string()
}

/// Opens a file for appending and makes it where it is missing.
pub(crate) fn appending(path: &PathBuf) -> Result<File> {
    let opened = OpenOptions::new().create(true).append(true).open(path);
    opened.with_context(|| format!("cannot append to {}", path.display()))
}

/// Returns how many lines are due after so much time.
fn due(elapsed: Duration, lines_per_second: u32) -> u32 {
    let due = elapsed.as_micros() * u128::from(lines_per_second) / 1_000_000;
    u32::try_from(due).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use harness::scripted::marked;

    use super::*;

    #[test]
    fn lines_become_due_as_time_passes() {
        assert_eq!(due(Duration::ZERO, 10_000), 0);
        assert_eq!(due(Duration::from_millis(1_500), 10_000), 15_000);
    }

    #[test]
    fn lines_take_turns_among_files_and_carry_their_number() {
        let folder = tempfile::tempdir().unwrap();
        let files = vec![folder.path().join("a"), folder.path().join("b")];
        let flow = Flow { files: files.clone(), lines_per_second: 1_000_000, count: 100 };
        assert_eq!(flow.start(|_, _| ()).unwrap().join().unwrap(), 100);
        for (first, file) in (0..).zip(&files) {
            let text = fs::read_to_string(file).unwrap();
            let numbers: Vec<_> = text.lines().filter_map(|line| marked(line.as_bytes())).collect();
            let want: Vec<u32> = (0..100).filter(|number| number % 2 == first).collect();
            assert_eq!(numbers, want);
        }
    }

    #[test]
    fn a_time_is_written_as_access_logs_do() {
        let at = "2026-03-01T07:08:09Z".parse().unwrap();
        assert_eq!(stamp(at), "01/Mar/2026:07:08:09 +0000");
    }
}
