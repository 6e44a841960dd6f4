//! Wakes the reader: files changed, room came free, it is time to stop.

use std::collections::HashSet;
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use notify::event::ModifyKind;
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};

/// More changed paths than this at once are no news any more: everything is looked at.
const PATHS: usize = 4_096;

/// Where news for the reader waits. Clones are the same place.
#[derive(Debug, Clone, Default)]
pub struct Bell {
    shared: Arc<(Mutex<News>, Condvar)>,
}

/// What happened since the reader last asked.
#[derive(Debug, Default)]
pub struct News {
    /// Files whose content changed.
    pub changed: HashSet<PathBuf>,
    /// Whether names came, went or changed, or more changed than was noted.
    pub names: Names,
    rung: bool,
}

/// Whether names in the watched folders changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Names {
    /// None that we know of.
    #[default]
    Unchanged,
    /// Some did: a scan tells which.
    Changed,
}

impl Bell {
    fn news(&self) -> MutexGuard<'_, News> {
        // News are only added and taken whole, so a panic elsewhere leaves nothing half done.
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the reader without news: there is room again, or a signal came.
    pub fn ring(&self) {
        self.news().rung = true;
        self.shared.1.notify_one();
    }

    /// Waits until there is news or the time is over, and takes the news.
    pub fn wait(&self, longest: Duration) -> News {
        let news = self.news();
        let quiet = |news: &mut News| {
            !news.rung && news.changed.is_empty() && news.names == Names::Unchanged
        };
        let waited = self.shared.1.wait_timeout_while(news, longest, quiet);
        let (mut news, _) = waited.unwrap_or_else(PoisonError::into_inner);
        mem::take(&mut *news)
    }

    fn tell(&self, event: notify::Result<notify::Event>) {
        let mut news = self.news();
        match event {
            // A lost event means that anything may have happened.
            Err(_) => news.names = Names::Changed,
            Ok(event) if event.need_rescan() => news.names = Names::Changed,
            Ok(event) => match event.kind {
                EventKind::Modify(ModifyKind::Data(_) | ModifyKind::Any) => {
                    news.changed.extend(event.paths);
                    if news.changed.len() > PATHS {
                        news.changed.clear();
                        news.names = Names::Changed;
                    }
                }
                EventKind::Create(_)
                | EventKind::Remove(_)
                | EventKind::Modify(ModifyKind::Name(_)) => {
                    news.names = Names::Changed;
                }
                // Our own opening and reading must not wake us.
                EventKind::Access(_)
                | EventKind::Modify(ModifyKind::Metadata(_) | ModifyKind::Other)
                | EventKind::Any
                | EventKind::Other => return,
            },
        }
        drop(news);
        self.shared.1.notify_one();
    }
}

/// The watches on the roots. Where one cannot be set, the scan still finds everything, only later.
#[derive(Debug)]
pub struct Watches {
    watcher: Option<RecommendedWatcher>,
    watched: HashSet<PathBuf>,
}

impl Watches {
    /// Starts watching nothing yet.
    pub fn new(bell: &Bell) -> Self {
        let bell = bell.clone();
        let watcher = notify::recommended_watcher(move |event| bell.tell(event)).ok();
        Self { watcher, watched: HashSet::new() }
    }

    /// Watches the folders that are there and not watched yet; returns those that cannot be watched, with the reason.
    pub fn watch<'a>(
        &mut self,
        roots: impl Iterator<Item = (&'a Path, RecursiveMode)>,
    ) -> Vec<(PathBuf, notify::Error)> {
        let mut failed = Vec::new();
        let Some(watcher) = &mut self.watcher else { return failed };
        for (folder, mode) in roots {
            if self.watched.contains(folder) || !folder.is_dir() {
                continue;
            }
            match watcher.watch(folder, mode) {
                Ok(()) => {
                    self.watched.insert(folder.to_owned());
                }
                Err(error) => failed.push((folder.to_owned(), error)),
            }
        }
        failed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::io::Write;

    const LIMIT: Duration = Duration::from_secs(20);

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test writes its input")]
    fn new_names_and_new_bytes_are_news_and_reading_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let bell = Bell::default();
        let mut watches = Watches::new(&bell);
        let root = [(folder.path(), RecursiveMode::NonRecursive)];
        assert!(watches.watch(root.into_iter()).is_empty());
        let path = folder.path().join("a.log");
        let mut file = fs::File::create(&path).unwrap();
        assert_eq!(bell.wait(LIMIT).names, Names::Changed);
        file.write_all(b"line\n").unwrap();
        assert!(bell.wait(LIMIT).changed.contains(&path));
        drop(file);
        fs::read(&path).unwrap();
        let news = bell.wait(Duration::from_millis(50));
        assert!(news.changed.is_empty() && news.names == Names::Unchanged, "{news:?}");
    }

    #[test]
    fn a_bell_that_was_rung_before_the_wait_is_heard_once() {
        let bell = Bell::default();
        bell.ring();
        assert!(bell.wait(LIMIT).rung);
        assert!(!bell.wait(Duration::ZERO).rung);
    }
}
