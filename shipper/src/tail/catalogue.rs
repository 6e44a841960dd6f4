//! All files that scans found, each in a slot of its own: which is read, which rests, which waits to be looked into.

mod item;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::identity::{Node, OnDisk, Place, Stamp};
use crate::watch::{Extent, FoundFile, Scan};

pub(crate) use item::{Announced, Item, Line, Open, Passed, Peak, Sight, Standing};

use item::Name;

/// Names one file in the catalogue for as long as it is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Slot {
    at: u32,
    /// Slots are used again; a name of an earlier file in it leads nowhere.
    life: u32,
}

/// What a scan changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Difference {
    /// It is new.
    New,
    /// It stands otherwise than before.
    Changed {
        /// How it stood.
        before: Stamp,
        /// Whether that was announced.
        announced: Announced,
    },
    /// It has another name.
    Renamed,
    /// No name leads to it any more.
    Vanished,
}

/// All files that were found and are there, or are held open.
#[derive(Debug, Default)]
pub(crate) struct Catalogue {
    items: Vec<(u32, Option<Item>)>,
    free: Vec<u32>,
    by_place: HashMap<Place, Slot>,
    by_path: HashMap<Arc<Path>, Slot>,
    round: u64,
}

impl Catalogue {
    /// Returns an empty catalogue.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Returns a file.
    pub(crate) fn get(&self, slot: Slot) -> Option<&Item> {
        let (life, item) = self.items.get(slot.at as usize)?;
        item.as_ref().filter(|_| *life == slot.life)
    }

    /// Returns a file.
    pub(crate) fn get_mut(&mut self, slot: Slot) -> Option<&mut Item> {
        let (life, item) = self.items.get_mut(slot.at as usize)?;
        item.as_mut().filter(|_| *life == slot.life)
    }

    /// Returns the file that is being read in a slot.
    pub(crate) fn open_mut(&mut self, slot: Slot) -> Option<&mut Open> {
        self.get_mut(slot).and_then(Item::open_mut)
    }

    /// Returns all files.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Slot, &Item)> {
        let slot = |at: usize, life| Slot { at: u32::try_from(at).unwrap_or(u32::MAX), life };
        self.items
            .iter()
            .enumerate()
            .filter_map(move |(at, (life, item))| Some((slot(at, *life), item.as_ref()?)))
    }

    /// Returns the file to which a path leads.
    pub(crate) fn at_path(&self, path: &Path) -> Option<Slot> {
        self.by_path.get(path).copied()
    }

    /// Tells whether a node is there.
    pub(crate) fn on_disk(&self, node: &Node) -> OnDisk {
        let item = self.by_place.get(&node.place()).and_then(|&slot| self.get(slot));
        if item.is_some_and(|item| item.node.is(node)) { OnDisk::Yes } else { OnDisk::No }
    }

    /// Notes that new bytes of a file were announced.
    pub(crate) fn announce(&mut self, slot: Slot) {
        if let Some(item) = self.get_mut(slot) {
            item.announced = Announced::Yes;
        }
    }

    /// Takes in what a scan of these inputs found, and tells what changed.
    pub(crate) fn merge(
        &mut self,
        scan: Scan,
        inputs: &[usize],
        extent: Extent,
    ) -> Vec<(Slot, Difference)> {
        self.round += 1;
        let mut changes = Vec::new();
        for found in scan.files {
            self.take_in(found, extent, &mut changes);
        }
        let failed: Vec<PathBuf> = scan.failed.into_iter().map(|(path, _)| path).collect();
        let is_unknown = |item: &Item| failed.iter().any(|folder| item.path.starts_with(folder));
        let inputs: HashSet<usize> = inputs.iter().copied().collect();
        let gone = |(slot, item): (Slot, &Item)| {
            let is_gone = item.round != self.round
                && item.name == Name::There
                && inputs.contains(&item.input)
                // A folder that could not be looked into may hold it still (beats#51766).
                && !is_unknown(item);
            is_gone.then_some(slot)
        };
        let gone: Vec<Slot> = self.iter().filter_map(gone).collect();
        for slot in gone {
            self.lose_name(slot);
            changes.push((slot, Difference::Vanished));
        }
        changes
    }

    fn take_in(&mut self, found: FoundFile, extent: Extent, changes: &mut Vec<(Slot, Difference)>) {
        let round = self.round;
        let place = found.node.place();
        let known = self.by_place.get(&place).copied();
        let Some((slot, item)) = known.and_then(|slot| Some((slot, self.get_mut(slot)?))) else {
            let slot = self.add(found);
            return changes.push((slot, Difference::New));
        };
        if !item.node.is(&found.node) {
            // The file system has given its inode to another file.
            self.lose_name(slot);
            changes.push((slot, Difference::Vanished));
            let slot = self.add(found);
            return changes.push((slot, Difference::New));
        }
        if extent == Extent::Some && found.input != item.input {
            return;
        }
        item.round = round;
        let announced = std::mem::take(&mut item.announced);
        if item.stamp != found.stamp {
            changes.push((slot, Difference::Changed { before: item.stamp, announced }));
            item.stand(found.stamp);
        }
        let has_same_name = item.path.as_os_str() == found.path.as_os_str();
        if !has_same_name || item.name == Name::Gone {
            item.name = Name::There;
            self.rename(slot, found.path, found.target);
            changes.push((slot, Difference::Renamed));
        }
    }

    fn add(&mut self, found: FoundFile) -> Slot {
        let item = Item {
            node: found.node,
            input: found.input,
            path: found.path.into(),
            target: found.target.map(Into::into),
            stamp: found.stamp,
            peak: Peak::first(found.stamp.size),
            sight: if self.round == 1 { Sight::AtStart } else { Sight::Later },
            standing: Standing::Fresh,
            line: Line::None,
            name: Name::There,
            round: self.round,
            announced: Announced::No,
        };
        let (place, paths) = (item.node.place(), item.paths());
        let at = self.free.pop().unwrap_or_else(|| {
            self.items.push((0, None));
            u32::try_from(self.items.len() - 1).unwrap_or(u32::MAX)
        });
        let mut slot = Slot { at, life: 0 };
        if let Some((life, free)) = self.items.get_mut(at as usize) {
            *free = Some(item);
            slot.life = *life;
        }
        self.by_place.insert(place, slot);
        self.by_path.extend(paths.into_iter().map(|path| (path, slot)));
        slot
    }

    fn rename(&mut self, slot: Slot, path: PathBuf, target: Option<PathBuf>) {
        self.drop_paths(slot);
        let Some(item) = self.get_mut(slot) else { return };
        (item.path, item.target) = (path.into(), target.map(Into::into));
        let paths = item.paths();
        self.by_path.extend(paths.into_iter().map(|path| (path, slot)));
    }

    /// A name that another file has taken meanwhile stays with that one.
    fn drop_paths(&mut self, slot: Slot) {
        for path in self.get(slot).map(Item::paths).unwrap_or_default() {
            if self.by_path.get(&path) == Some(&slot) {
                self.by_path.remove(&path);
            }
        }
    }

    fn lose_name(&mut self, slot: Slot) {
        self.drop_paths(slot);
        if let Some(item) = self.get_mut(slot) {
            item.name = Name::Gone;
        }
    }

    /// Takes a file out of the catalogue.
    pub(crate) fn remove(&mut self, slot: Slot) -> Option<Item> {
        self.drop_paths(slot);
        let place = self.get(slot)?.node.place();
        if self.by_place.get(&place) == Some(&slot) {
            self.by_place.remove(&place);
        }
        let (life, item) = self.items.get_mut(slot.at as usize)?;
        *life = life.wrapping_add(1);
        self.free.push(slot.at);
        item.take()
    }
}

#[cfg(test)]
impl Slot {
    pub(super) const fn test(at: u32) -> Self {
        Self { at, life: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    fn file(name: &str, inode: u64, size: u64) -> FoundFile {
        FoundFile {
            input: 0,
            path: Path::new("/logs").join(name),
            target: None,
            node: Node { device: 1, inode, born_ns: Some(inode) },
            stamp: Stamp { size, modified_ns: 0, changed_ns: 0 },
        }
    }

    fn merge(catalogue: &mut Catalogue, files: Vec<FoundFile>) -> Vec<(Slot, Difference)> {
        catalogue.merge(Scan { files, ..Scan::default() }, &[0], Extent::All)
    }

    fn kinds(changes: &[(Slot, Difference)]) -> Vec<Difference> {
        changes.iter().map(|(_, difference)| *difference).collect()
    }

    #[test]
    fn a_scan_that_finds_nothing_new_changes_nothing() {
        let mut catalogue = Catalogue::new();
        let files = || vec![file("a.log", 1, 10), file("b.log", 2, 20)];
        assert_eq!(kinds(&merge(&mut catalogue, files())), [Difference::New, Difference::New]);
        assert!(merge(&mut catalogue, files()).is_empty());
        assert_eq!(catalogue.iter().count(), 2);
    }

    /// I2
    #[test]
    fn a_chain_of_renames_moves_the_names_and_not_the_files() {
        let mut catalogue = Catalogue::new();
        let first = merge(&mut catalogue, vec![file("a.log", 1, 10), file("a.log.1", 2, 20)]);
        let (live, rotated) = (first[0].0, first[1].0);
        let files = vec![file("a.log", 3, 5), file("a.log.1", 1, 10), file("a.log.2", 2, 20)];
        let second = merge(&mut catalogue, files);
        let want = [Difference::New, Difference::Renamed, Difference::Renamed];
        assert_eq!(kinds(&second), want);
        let at = |name: &str| catalogue.at_path(&Path::new("/logs").join(name));
        assert_eq!(at("a.log.1"), Some(live));
        assert_eq!(at("a.log.2"), Some(rotated));
        assert_eq!(at("a.log"), Some(second[0].0));
    }

    /// I4
    #[test]
    fn a_file_created_again_with_the_same_inode_is_another_one() {
        let mut catalogue = Catalogue::new();
        let old = merge(&mut catalogue, vec![file("a.log", 1, 10)])[0].0;
        let mut reborn = file("a.log", 1, 10);
        reborn.node.born_ns = Some(99);
        let changes = merge(&mut catalogue, vec![reborn]);
        assert_eq!(kinds(&changes), [Difference::Vanished, Difference::New]);
        assert!(!catalogue.get(old).unwrap().has_name());
        catalogue.remove(old);
        assert_eq!(catalogue.at_path(Path::new("/logs/a.log")), Some(changes[1].0));
    }

    #[test]
    fn a_slot_that_is_used_again_is_not_taken_for_the_file_before() {
        let mut catalogue = Catalogue::new();
        let old = merge(&mut catalogue, vec![file("a.log", 1, 10)])[0].0;
        catalogue.remove(old);
        let new = merge(&mut catalogue, vec![file("b.log", 2, 10)])[0].0;
        assert_eq!((old.at, new.at), (0, 0));
        assert!(catalogue.get(old).is_none() && catalogue.get(new).is_some());
    }

    #[test]
    fn what_lies_in_a_folder_that_cannot_be_looked_into_is_not_gone() {
        let mut catalogue = Catalogue::new();
        merge(&mut catalogue, vec![file("a.log", 1, 10)]);
        let full = io::Error::other("too many open files");
        let failed = Scan { failed: vec![("/logs".into(), full)], ..Scan::default() };
        assert!(catalogue.merge(failed, &[0], Extent::All).is_empty());
        assert_eq!(kinds(&merge(&mut catalogue, Vec::new())), [Difference::Vanished]);
    }

    /// I10
    #[test]
    fn a_scan_of_one_input_takes_no_file_from_another() {
        let mut catalogue = Catalogue::new();
        merge(&mut catalogue, vec![file("a.log", 1, 10)]);
        let of_second = FoundFile { input: 1, ..file("a.log", 1, 99) };
        let scan = Scan { files: vec![of_second], ..Scan::default() };
        assert!(catalogue.merge(scan, &[1], Extent::Some).is_empty());
    }

    #[test]
    fn news_count_for_the_scan_that_follows_them() {
        let mut catalogue = Catalogue::new();
        let slot = merge(&mut catalogue, vec![file("a.log", 1, 10)])[0].0;
        catalogue.announce(slot);
        let mut grows_to = |size| kinds(&merge(&mut catalogue, vec![file("a.log", 1, size)]));
        let from = |size| file("a.log", 1, size).stamp;
        let announced = |before, announced| [Difference::Changed { before, announced }];
        assert_eq!(grows_to(20), announced(from(10), Announced::Yes));
        assert_eq!(grows_to(30), announced(from(20), Announced::No));
    }
}
