//! Wakes the reader: files changed, room came free, it is time to stop.

use std::collections::HashSet;
use std::mem;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use notify::event::{ModifyKind, RemoveKind, RenameMode};
use notify::{ErrorKind, EventKind};

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
    /// Names that went; watches on folders went with them.
    pub left: HashSet<PathBuf>,
    /// Why some news never came.
    pub lost: Option<Lost>,
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

/// Why news never came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lost {
    /// The kernel's queue was full: anything may have happened.
    Overflow,
    /// A new folder cannot be watched, because the user's watches are used up.
    WatchLimit,
    /// Anything else, in the words of the watcher.
    Other(String),
}

impl News {
    fn is_quiet(&self) -> bool {
        !self.rung
            && self.changed.is_empty()
            && self.names == Names::Unchanged
            && self.lost.is_none()
    }
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
        let waited = self.shared.1.wait_timeout_while(news, longest, |news| news.is_quiet());
        let (mut news, _) = waited.unwrap_or_else(PoisonError::into_inner);
        mem::take(&mut *news)
    }

    /// Takes what the watcher says.
    pub(super) fn tell(&self, event: notify::Result<notify::Event>) {
        let mut news = self.news();
        match event {
            Err(error) => {
                news.names = Names::Changed;
                news.lost = Some(match error.kind {
                    ErrorKind::MaxFilesWatch => Lost::WatchLimit,
                    ErrorKind::Generic(_)
                    | ErrorKind::Io(_)
                    | ErrorKind::PathNotFound
                    | ErrorKind::WatchNotFound
                    | ErrorKind::InvalidConfig(_) => Lost::Other(error.to_string()),
                });
            }
            Ok(event) if event.need_rescan() => {
                news.names = Names::Changed;
                news.lost = Some(Lost::Overflow);
            }
            Ok(event) => match event.kind {
                EventKind::Modify(ModifyKind::Data(_) | ModifyKind::Any) => {
                    news.changed.extend(event.paths);
                    if news.changed.len() > PATHS {
                        news.changed.clear();
                        news.names = Names::Changed;
                    }
                }
                EventKind::Remove(RemoveKind::Folder | RemoveKind::Other)
                | EventKind::Modify(ModifyKind::Name(RenameMode::From)) => {
                    news.names = Names::Changed;
                    news.left.extend(event.paths);
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

#[cfg(test)]
mod tests {
    use super::*;
    use notify::event::Flag;
    use notify::{Error, Event};

    const LIMIT: Duration = Duration::from_secs(20);

    #[test]
    fn a_bell_that_was_rung_before_the_wait_is_heard_once() {
        let bell = Bell::default();
        bell.ring();
        assert!(bell.wait(LIMIT).rung);
        assert!(!bell.wait(Duration::ZERO).rung);
    }

    /// D5
    #[test]
    fn an_overflow_of_the_queue_and_a_used_up_limit_are_told_apart() {
        let bell = Bell::default();
        bell.tell(Ok(Event::new(EventKind::Other).set_flag(Flag::Rescan)));
        let news = bell.wait(LIMIT);
        assert_eq!((news.lost, news.names), (Some(Lost::Overflow), Names::Changed));
        bell.tell(Err(Error::new(ErrorKind::MaxFilesWatch)));
        let news = bell.wait(LIMIT);
        assert_eq!((news.lost, news.names), (Some(Lost::WatchLimit), Names::Changed));
    }

    #[test]
    fn a_folder_that_was_moved_away_is_told_by_name() {
        let bell = Bell::default();
        let moved = EventKind::Modify(ModifyKind::Name(RenameMode::From));
        bell.tell(Ok(Event::new(moved).add_path("/logs/old".into())));
        let news = bell.wait(LIMIT);
        assert!(news.left.contains(std::path::Path::new("/logs/old")), "{news:?}");
        assert_eq!(news.names, Names::Changed);
    }

    #[test]
    fn more_changed_files_than_can_be_noted_are_a_reason_to_look_at_all() {
        let bell = Bell::default();
        for number in 0..=PATHS {
            let changed = EventKind::Modify(ModifyKind::Any);
            bell.tell(Ok(Event::new(changed).add_path(format!("/{number}").into())));
        }
        let news = bell.wait(LIMIT);
        assert_eq!((news.changed.len(), news.names, news.lost), (0, Names::Changed, None));
    }
}
