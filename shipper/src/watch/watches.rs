//! The watches on folders. Where one cannot be set, the scan still finds everything, only later.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::{ErrorKind, RecommendedWatcher, RecursiveMode, Watcher};
use runtime::{Clock, SystemClock};

use crate::identity::Place;

use super::{Announces, Bell, FoundFolder, announces};

/// Watches each folder by itself: so we know which are watched and since when, a folder that took the place of another
/// is noticed, and our own state is left out. A recursive watch would know none of that.
#[derive(Debug)]
pub struct Watches {
    watcher: Result<RecommendedWatcher, String>,
    folders: HashMap<PathBuf, Watch>,
}

#[derive(Debug)]
struct Watch {
    place: Place,
    input: usize,
    /// Scans that found the folder since the watch was set.
    scans: u64,
    trouble: Option<String>,
}

/// A folder whose changes are not, or not all, announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unwatched {
    /// The input that looks there.
    pub input: usize,
    /// The folder.
    pub folder: PathBuf,
    /// Why, as text for people.
    pub why: String,
}

/// What a change of watches came to.
#[derive(Debug, Default)]
pub struct Followed {
    /// Folders that are watched from now on; what came into them before is found only by one more scan.
    pub added: usize,
    /// Folders that are in trouble and were not before.
    pub unwatched: Vec<Unwatched>,
}

/// Lets notifications gather in the kernel: waking for each of many thousand a second would cost more than reading the
/// lines that they are about.
#[derive(Debug)]
struct Lull {
    /// The kernel's queue fills in the time of the system, whatever clock the reader has.
    clock: SystemClock,
    woken: Option<Duration>,
    events: u32,
}

/// How long notifications gather.
const LULL: Duration = Duration::from_millis(10);
/// Events are taken for so long before the next lull ...
const AWAKE: Duration = Duration::from_micros(100);
/// ... unless more than so many were: then they wait in the kernel's queue already, and it must not run full.
const MANY: u32 = 64;

impl Lull {
    /// Rests, unless there may be more events in the queue.
    fn after_event(&mut self) {
        self.events += 1;
        let now = self.clock.monotonic();
        let is_over = self.woken.is_none_or(|woken| now.saturating_sub(woken) >= AWAKE);
        if !is_over {
            return;
        }
        if self.events < MANY {
            self.clock.pause(LULL);
        }
        (self.woken, self.events) = (Some(self.clock.monotonic()), 0);
    }
}

impl Watches {
    /// Starts watching nothing yet.
    pub fn new(bell: &Bell) -> Self {
        let bell = bell.clone();
        let mut lull = Lull { clock: SystemClock::new(), woken: None, events: 0 };
        let watcher = notify::recommended_watcher(move |event| {
            bell.tell(event);
            lull.after_event();
        });
        Self { watcher: watcher.map_err(|error| no_watcher(&error)), folders: HashMap::new() }
    }

    /// Watches the folders that a scan found; folders that it did not find any more are let go.
    ///
    /// A scan that did not look at all inputs adds folders and lets none go.
    pub fn follow(&mut self, found: &[FoundFolder], extent: Extent) -> Followed {
        let mut followed = Followed::default();
        if extent == Extent::All {
            let there: HashMap<&Path, Place> =
                found.iter().map(|folder| (folder.path.as_path(), folder.place)).collect();
            let gone = |(path, watch): (&PathBuf, &Watch)| {
                (there.get(path.as_path()) != Some(&watch.place)).then(|| path.clone())
            };
            let gone: Vec<PathBuf> = self.folders.iter().filter_map(gone).collect();
            for path in gone {
                self.let_go(&path);
            }
        }
        for folder in found {
            match self.folders.get_mut(&folder.path) {
                Some(watch) if watch.place == folder.place => {
                    watch.scans += 1;
                    continue;
                }
                // Another folder stands there now.
                Some(_) => self.let_go(&folder.path),
                None => {}
            }
            let trouble = self.set(&folder.path);
            match &trouble {
                None => followed.added += 1,
                Some(why) => followed.unwatched.push(Unwatched {
                    input: folder.input,
                    folder: folder.path.clone(),
                    why: why.clone(),
                }),
            }
            let (place, input) = (folder.place, folder.input);
            self.folders.insert(folder.path.clone(), Watch { place, input, scans: 0, trouble });
        }
        followed
    }

    /// Forgets a folder that was moved away or removed: the kernel's watch went with it.
    pub fn forget(&mut self, folder: &Path) {
        if self.folders.contains_key(folder) {
            self.let_go(folder);
        }
    }

    /// Tells whether a folder was watched already when the scan before the last one looked, so that what the last one
    /// found new in it should have been announced.
    pub fn was_watched(&self, folder: &Path) -> bool {
        let watch = self.folders.get(folder);
        watch.is_some_and(|watch| watch.trouble.is_none() && watch.scans > 0)
    }

    /// Tells whether an input looks at a folder whose changes are not all announced.
    pub fn is_troubled(&self, input: usize) -> bool {
        self.folders.values().any(|watch| watch.input == input && watch.trouble.is_some())
    }

    fn let_go(&mut self, folder: &Path) {
        self.folders.remove(folder);
        if let Ok(watcher) = &mut self.watcher {
            // Where the kernel took the watch away already, there is nothing to be done.
            watcher.unwatch(folder).ok();
        }
    }

    fn set(&mut self, folder: &Path) -> Option<String> {
        let watcher = match &mut self.watcher {
            Ok(watcher) => watcher,
            Err(why) => return Some(why.clone()),
        };
        // Where it is of use it wakes us, and where it says nothing it does no harm.
        let set = watcher.watch(folder, RecursiveMode::NonRecursive);
        match (set, announces(folder)) {
            (Err(error), _) => Some(no_watch(&error)),
            (Ok(()), Announces::Some(kind)) => {
                Some(format!("{kind} file systems do not announce all changes"))
            }
            (Ok(()), Announces::All) => None,
        }
    }
}

/// Whether a scan looked at all inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// It did.
    All,
    /// Only at some.
    Some,
}

/// What inotify calls "no space left on device" and "too many open files" are limits of its own; said as they come, they
/// send people to look at their disks.
fn no_watch(error: &notify::Error) -> String {
    let is_limit = matches!(error.kind, ErrorKind::MaxFilesWatch);
    if is_limit { watch_limit() } else { error.to_string() }
}

/// Says that the user's watches are used up, and what to do.
pub fn watch_limit() -> String {
    "the limit fs.inotify.max_user_watches is used up; raise it, for example by `sysctl -w fs.inotify.max_user_watches=524288`"
        .to_owned()
}

fn no_watcher(error: &notify::Error) -> String {
    let is_limit =
        matches!(&error.kind, ErrorKind::Io(cause) if cause.raw_os_error() == Some(TOO_MANY_FILES));
    if is_limit {
        "the limit fs.inotify.max_user_instances or the one of open files is used up; raise it, for example by `sysctl -w fs.inotify.max_user_instances=1024`"
            .to_owned()
    } else {
        error.to_string()
    }
}

const TOO_MANY_FILES: i32 = rustix::io::Errno::MFILE.raw_os_error();

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::Names;
    use std::fs;
    use std::io::Write;
    use std::os::unix::fs::MetadataExt;

    const LIMIT: Duration = Duration::from_secs(20);

    fn found(folder: &Path) -> FoundFolder {
        let place = fs::metadata(folder).unwrap();
        FoundFolder { input: 0, path: folder.to_owned(), place: (place.dev(), place.ino()) }
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test writes its input")]
    fn new_names_and_new_bytes_are_news_and_reading_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let bell = Bell::default();
        let mut watches = Watches::new(&bell);
        assert_eq!(watches.follow(&[found(folder.path())], Extent::All).added, 1);
        let path = folder.path().join("a.log");
        let mut file = fs::File::create(&path).unwrap();
        assert_eq!(bell.wait(Duration::ZERO, LIMIT).names, Names::Changed);
        file.write_all(b"line\n").unwrap();
        assert!(bell.wait(Duration::ZERO, LIMIT).changed.contains(&path));
        drop(file);
        fs::read(&path).unwrap();
        let news = bell.wait(Duration::ZERO, Duration::from_millis(50));
        assert!(news.changed.is_empty() && news.names == Names::Unchanged, "{news:?}");
    }

    /// D2
    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test writes its input")]
    fn a_folder_that_took_the_place_of_another_is_watched_anew() {
        let root = tempfile::tempdir().unwrap();
        let (folder, aside) = (root.path().join("logs"), root.path().join("old"));
        fs::create_dir(&folder).unwrap();
        let bell = Bell::default();
        let mut watches = Watches::new(&bell);
        watches.follow(&[found(&folder)], Extent::All);
        fs::rename(&folder, &aside).unwrap();
        fs::create_dir(&folder).unwrap();
        assert_eq!(watches.follow(&[found(&folder)], Extent::All).added, 1);
        assert_eq!(watches.follow(&[found(&folder)], Extent::All).added, 0);
        bell.wait(Duration::ZERO, LIMIT);
        fs::write(folder.join("a.log"), "x\n").unwrap();
        assert_eq!(bell.wait(Duration::ZERO, LIMIT).names, Names::Changed);
    }

    #[test]
    fn a_change_should_be_announced_only_where_the_watch_is_older_than_the_scan_before() {
        let folder = tempfile::tempdir().unwrap();
        let bell = Bell::default();
        let mut watches = Watches::new(&bell);
        watches.follow(&[found(folder.path())], Extent::All);
        assert!(!watches.was_watched(folder.path()), "it may have come before the watch");
        watches.follow(&[found(folder.path())], Extent::All);
        assert!(watches.was_watched(folder.path()));
        watches.forget(folder.path());
        assert!(!watches.was_watched(folder.path()));
    }

    /// D5
    #[test]
    fn limits_of_inotify_are_named_and_not_called_a_full_disk() {
        let text = no_watch(&notify::Error::new(ErrorKind::MaxFilesWatch));
        assert!(text.contains("fs.inotify.max_user_watches"), "{text}");
        assert!(!text.contains("space"), "{text}");
        let text = no_watcher(&notify::Error::io(rustix::io::Errno::MFILE.into()));
        assert!(text.contains("fs.inotify.max_user_instances"), "{text}");
    }
}
