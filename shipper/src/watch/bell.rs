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
    shared: Arc<(Mutex<State>, Condvar)>,
}

/// What waits for the reader, and what it waits for.
#[derive(Debug, Default)]
struct State {
    news: News,
    hears: Hears,
}

/// What wakes the reader.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Hears {
    /// Anything but that files grew.
    #[default]
    Urgent,
    /// Anything.
    All,
}

impl State {
    /// Tells whether the reader is to wake.
    fn wakes(&self) -> bool {
        match self.hears {
            Hears::Urgent => self.news.is_urgent(),
            Hears::All => !self.news.is_quiet(),
        }
    }
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
    /// Tells whether nothing happened.
    pub fn is_quiet(&self) -> bool {
        self.changed.is_empty() && !self.is_urgent()
    }

    /// Tells whether more happened than that files grew.
    fn is_urgent(&self) -> bool {
        self.rung || self.names == Names::Changed || self.lost.is_some()
    }
}

impl Bell {
    fn state(&self) -> MutexGuard<'_, State> {
        // News are only added and taken whole, so a panic elsewhere leaves nothing half done.
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the reader without news: there is room again, or a signal came.
    pub fn ring(&self) {
        self.state().news.rung = true;
        self.shared.1.notify_one();
    }

    /// Waits until there is news or the time is over, and takes the news. That files grew is heard only after a rest, so
    /// that a lot of them is read at once.
    pub fn wait(&self, rest: Duration, longest: Duration) -> News {
        let mut state = self.state();
        if !rest.is_zero() {
            state = self.sleep(state, Hears::Urgent, rest.min(longest));
            if rest > longest && !state.news.is_urgent() {
                return News::default();
            }
        }
        state = self.sleep(state, Hears::All, longest.saturating_sub(rest));
        mem::take(&mut state.news)
    }

    fn sleep<'a>(
        &self,
        mut state: MutexGuard<'a, State>,
        hears: Hears,
        longest: Duration,
    ) -> MutexGuard<'a, State> {
        state.hears = hears;
        let waited = self.shared.1.wait_timeout_while(state, longest, |state| !state.wakes());
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.hears = Hears::Urgent;
        state
    }

    /// Takes what the watcher says.
    pub(super) fn tell(&self, event: notify::Result<notify::Event>) {
        let mut state = self.state();
        let news = &mut state.news;
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
        let wakes = state.wakes();
        drop(state);
        if wakes {
            self.shared.1.notify_one();
        }
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
        assert!(bell.wait(Duration::ZERO, LIMIT).rung);
        assert!(!bell.wait(Duration::ZERO, Duration::ZERO).rung);
    }

    #[test]
    fn growth_is_heard_after_the_rest_and_all_else_at_once() {
        let bell = Bell::default();
        let changed = || Event::new(EventKind::Modify(ModifyKind::Any)).add_path("/a".into());
        bell.tell(Ok(changed()));
        assert!(bell.wait(LIMIT, Duration::ZERO).is_quiet(), "it rests");
        let news = bell.wait(Duration::from_millis(1), LIMIT);
        assert_eq!(news.changed.len(), 1, "it waited in the bell");
        bell.tell(Ok(changed()));
        bell.ring();
        let news = bell.wait(LIMIT, LIMIT);
        assert!(news.rung && news.changed.len() == 1, "{news:?}");
        bell.tell(Ok(Event::new(EventKind::Create(notify::event::CreateKind::File))));
        assert_eq!(bell.wait(LIMIT, LIMIT).names, Names::Changed);
    }

    /// D5
    #[test]
    fn an_overflow_of_the_queue_and_a_used_up_limit_are_told_apart() {
        let bell = Bell::default();
        bell.tell(Ok(Event::new(EventKind::Other).set_flag(Flag::Rescan)));
        let news = bell.wait(Duration::ZERO, LIMIT);
        assert_eq!((news.lost, news.names), (Some(Lost::Overflow), Names::Changed));
        bell.tell(Err(Error::new(ErrorKind::MaxFilesWatch)));
        let news = bell.wait(Duration::ZERO, LIMIT);
        assert_eq!((news.lost, news.names), (Some(Lost::WatchLimit), Names::Changed));
    }

    #[test]
    fn a_folder_that_was_moved_away_is_told_by_name() {
        let bell = Bell::default();
        let moved = EventKind::Modify(ModifyKind::Name(RenameMode::From));
        bell.tell(Ok(Event::new(moved).add_path("/logs/old".into())));
        let news = bell.wait(Duration::ZERO, LIMIT);
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
        let news = bell.wait(Duration::ZERO, LIMIT);
        assert_eq!((news.changed.len(), news.names, news.lost), (0, Names::Changed, None));
    }
}
