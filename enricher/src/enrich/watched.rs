//! A file that is read whole, and again when it has changed.

use std::fmt::{self, Debug, Display};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use jiff::{SignedDuration, Timestamp};

/// How often the file is looked at, by the time of the lines that are read.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_secs(10);

/// What was read out of a file; all pipelines share it.
pub(crate) struct Watched<T, E> {
    path: PathBuf,
    /// What the file is, for those who read the log.
    what: &'static str,
    read: fn(&Path) -> Result<T, E>,
    state: Mutex<State<T>>,
}

struct State<T> {
    content: Arc<T>,
    /// Length and time of the last change of the file that was read, or that could not be.
    seen: Option<(u64, SystemTime)>,
    looked_at: Timestamp,
}

impl<T, E> Debug for Watched<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watched")
            .field("what", &self.what)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl<T, E: Display> Watched<T, E> {
    /// Reads a file for the first time.
    pub(crate) fn open(
        what: &'static str,
        path: &Path,
        read: fn(&Path) -> Result<T, E>,
    ) -> Result<Self, E> {
        // Looked at before it is read: what is written meanwhile is seen at the next look.
        let seen = look(path);
        let content = Arc::new(read(path)?);
        let state = State { content, seen, looked_at: Timestamp::UNIX_EPOCH };
        Ok(Self { path: path.to_owned(), what, read, state: Mutex::new(state) })
    }

    /// Returns what the file says. It is looked at again when lines of a later time are read.
    pub(super) fn at(&self, now: Timestamp) -> Arc<T> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if now.duration_since(state.looked_at).abs() >= LOOK_AGAIN {
            state.looked_at = now;
            self.look_again(&mut state);
        }
        Arc::clone(&state.content)
    }

    /// Reads the file again if it has changed. One that cannot be used is told once, and all stays as it was.
    fn look_again(&self, state: &mut State<T>) {
        let now = look(&self.path);
        if now == state.seen {
            return;
        }
        state.seen = now;
        let (what, path) = (self.what, self.path.display());
        match (self.read)(&self.path) {
            Ok(content) => {
                tracing::info!(event.code = "watched_read", what, %path, "a file has changed and was read again");
                state.content = Arc::new(content);
            }
            Err(error) => {
                tracing::warn!(event.code = "watched_failed", what, %path, %error,
                    "a changed file cannot be used; what was read before it stays");
            }
        }
    }
}

fn look(path: &Path) -> Option<(u64, SystemTime)> {
    let file = fs::metadata(path).ok()?;
    Some((file.len(), file.modified().ok()?))
}

/// Tells whether a file has more bytes than it may have.
pub(super) fn is_longer(path: &Path, most_bytes: u64) -> io::Result<bool> {
    Ok(fs::metadata(path)?.len() > most_bytes)
}
