//! The logs: real files, and beside them what the test knows to stand in each.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use runtime::{Clock, ManualClock};

use super::body::{Body, Kind, Whereabouts, is_open, node_of};
use super::line::{LENGTHS, Line};
use super::step::{Ends, Heads, Log, Place};

/// The logs.
#[derive(Debug)]
pub(super) struct Disk {
    root: tempfile::TempDir,
    clock: ManualClock,
    heads: Heads,
    pub(super) lines: Vec<Line>,
    pub(super) bodies: Vec<Body>,
    at: HashMap<Place, usize>,
    /// Beginnings of lines in files that were renamed or went: they may leave as lines. By text: story and start.
    pub(super) ends: HashMap<Vec<u8>, (usize, u64)>,
    stories: usize,
    stamps: u64,
    moved_away: usize,
}

impl Disk {
    pub(super) fn new(clock: &ManualClock, heads: Heads) -> Self {
        let memory = Path::new("/dev/shm");
        let root = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        let root = root.unwrap();
        fs::create_dir(root.path().join("logs")).unwrap();
        fs::create_dir(root.path().join("away")).unwrap();
        Self {
            root,
            clock: clock.clone(),
            heads,
            lines: Vec::new(),
            bodies: Vec::new(),
            at: HashMap::new(),
            ends: HashMap::new(),
            stories: 0,
            stamps: 0,
            moved_away: 0,
        }
    }

    pub(super) fn root(&self) -> &Path {
        self.root.path()
    }

    pub(super) fn path(&self, Place(log, depth): Place) -> PathBuf {
        let name = match log {
            Log::A => "a.log",
            Log::B => "b.log",
        };
        let name = if depth == 0 { name.to_owned() } else { format!("{name}.{depth}") };
        self.root.path().join("logs").join(name)
    }

    pub(super) fn body(&self, place: Place) -> Option<&Body> {
        self.at.get(&place).map(|&body| &self.bodies[body])
    }

    /// Returns the paths of all files that have a watched name.
    pub(super) fn paths(&self) -> HashSet<PathBuf> {
        self.at.keys().map(|&place| self.path(place)).collect()
    }

    /// Returns the lines that can still be read.
    pub(super) fn standing(&self) -> HashSet<usize> {
        let there = self.bodies.iter().filter(|body| body.whereabouts != Whereabouts::Gone);
        there.flat_map(|body| body.lines.iter().copied()).collect()
    }

    /// Returns the line at the end of a file that is not complete yet.
    fn begun(&self, body: usize) -> Option<usize> {
        let last = self.bodies[body].lines.last().copied();
        last.filter(|&line| !self.lines[line].is_whole())
    }

    /// Tells whether a file ends in the middle of a line.
    pub(super) fn is_begun(&self, place: Place) -> bool {
        self.at.get(&place).is_some_and(|&body| self.begun(body).is_some())
    }

    /// Appends lines, and creates the file if there is none.
    pub(super) fn write(&mut self, place: Place, lengths: &[usize], ends: Ends) {
        let body = self.at.get(&place).copied().unwrap_or_else(|| self.create(place));
        let mut text = Vec::new();
        if let Some(line) = self.begun(body) {
            text.extend_from_slice(self.lines[line].complete());
        }
        for &length in lengths {
            self.add_line(body, LENGTHS[length], Ends::Whole, &mut text);
        }
        if ends == Ends::Begun {
            self.add_line(body, LENGTHS[2], Ends::Begun, &mut text);
        }
        self.append(&self.path(place), &text);
        let body = &mut self.bodies[body];
        body.length += text.len() as u64;
        body.regrown.iter_mut().for_each(|regrown| *regrown += text.len() as u64);
    }

    fn add_line(&mut self, body: usize, length: usize, ends: Ends, out: &mut Vec<u8>) {
        if length == 0 {
            return out.push(b'\n');
        }
        let number = self.lines.len();
        let start = self.bodies[body].length + out.len() as u64;
        let line = Line::new(number, length, (self.bodies[body].story, start), ends);
        out.extend_from_slice(line.written());
        self.lines.push(line);
        self.bodies[body].lines.push(number);
    }

    fn create(&mut self, place: Place) -> usize {
        let story = self.next_story();
        if self.heads == Heads::Own {
            self.append(&self.path(place), b"");
            return self.enter(place, Kind::Written, (story, 0, Vec::new()));
        }
        let line = Line::head(story);
        self.append(&self.path(place), line.written());
        let told = (story, line.end(), vec![self.lines.len()]);
        self.lines.push(line);
        self.enter(place, Kind::Written, told)
    }

    fn enter(
        &mut self,
        place: Place,
        kind: Kind,
        (story, length, lines): (usize, u64, Vec<usize>),
    ) -> usize {
        let node = node_of(&fs::metadata(self.path(place)).unwrap());
        let whereabouts = Whereabouts::Named;
        self.bodies.push(Body {
            node,
            story,
            length,
            lines,
            kind,
            whereabouts,
            seen: 0,
            regrown: None,
        });
        self.at.insert(place, self.bodies.len() - 1);
        self.bodies.len() - 1
    }

    fn next_story(&mut self) -> usize {
        self.stories += 1;
        self.stories
    }

    fn append(&self, path: &Path, text: &[u8]) {
        let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
        file.write_all(text).unwrap();
        self.stamp(&file);
    }

    /// The case runs faster than the kernel's ticks, so two writes might carry one time: they get the times of its clock.
    fn stamp(&self, file: &File) {
        let nanoseconds = self.clock.now().as_nanosecond();
        let nanoseconds = u64::try_from(nanoseconds).unwrap() + self.stamps;
        let time = SystemTime::UNIX_EPOCH + std::time::Duration::from_nanos(nanoseconds);
        file.set_modified(time).unwrap();
    }

    /// Says that something happens, so that no two changes carry one time.
    pub(super) fn tick(&mut self) {
        self.stamps += 1;
    }

    /// Moves the chain of a log on by one; its last place must be free.
    pub(super) fn rotate(&mut self, log: Log) {
        self.rotate_behind(log);
        self.rename(Place(log, 0), Place(log, 1));
    }

    /// Moves the chain behind the live log on by one; its last place must be free.
    pub(super) fn rotate_behind(&mut self, log: Log) {
        self.rename(Place(log, 1), Place(log, 2));
    }

    fn rename(&mut self, from: Place, to: Place) {
        let Some(body) = self.at.remove(&from) else { return };
        assert!(!self.at.contains_key(&to), "the way is free");
        fs::rename(self.path(from), self.path(to)).unwrap();
        self.at.insert(to, body);
        self.leave_name(body);
    }

    /// Notes that a scan has looked at everything that has a watched name. Returns how many bytes stand in files that
    /// were cut before it, and of which it cannot tell whether they were there before the cut.
    pub(super) fn note_scan(&mut self) -> u64 {
        let mut regrown = 0;
        for &body in self.at.values() {
            let body = &mut self.bodies[body];
            body.seen = body.length;
            regrown += body.regrown.take().unwrap_or(0);
        }
        regrown
    }

    /// The last line of a file that lost its name may leave incomplete.
    fn leave_name(&mut self, body: usize) {
        if let Some(line) = self.begun(body) {
            let line = &self.lines[line];
            self.ends.insert(line.written().to_vec(), (line.story, line.start));
        }
    }

    /// Takes a file away from its watched name.
    pub(super) fn remove(&mut self, place: Place, how: Removal) -> Option<usize> {
        let body = self.at.remove(&place)?;
        match how {
            Removal::Deleted => fs::remove_file(self.path(place)).unwrap(),
            Removal::MovedAway => {
                self.moved_away += 1;
                let to = self.root.path().join("away").join(self.moved_away.to_string());
                fs::rename(self.path(place), to).unwrap();
            }
        }
        self.leave_name(body);
        // What was written into a cut file before the cut was noticed has no id: it goes with the name.
        let is_held = is_open(self.bodies[body].node) && self.bodies[body].regrown.is_none();
        self.bodies[body].whereabouts = match (is_held, how) {
            (false, _) => Whereabouts::Gone,
            (true, Removal::Deleted) => Whereabouts::Held,
            (true, Removal::MovedAway) => Whereabouts::HeldElsewhere,
        };
        Some(body)
    }

    /// Cuts a file to nothing; returns what it was.
    pub(super) fn truncate(&mut self, place: Place) -> Option<Body> {
        let body = *self.at.get(&place)?;
        let file = OpenOptions::new().write(true).open(self.path(place)).unwrap();
        file.set_len(0).unwrap();
        self.stamp(&file);
        let story = self.next_story();
        let kind = Kind::Written;
        let (node, whereabouts) = (self.bodies[body].node, Whereabouts::Named);
        let fresh = Body {
            node,
            story,
            length: 0,
            lines: Vec::new(),
            kind,
            whereabouts,
            seen: 0,
            regrown: Some(0),
        };
        Some(std::mem::replace(&mut self.bodies[body], fresh))
    }

    /// Copies a live log to the first place of its chain, which is free.
    pub(super) fn copy(&mut self, log: Log) {
        let (from, to) = (Place(log, 0), Place(log, 1));
        let text = fs::read(self.path(from)).unwrap();
        self.append(&self.path(to), &text);
        let body = &self.bodies[self.at[&from]];
        let told = (body.story, body.length, body.lines.clone());
        self.enter(to, Kind::Copied, told);
    }
}

/// How a file leaves its watched name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Removal {
    Deleted,
    MovedAway,
}
