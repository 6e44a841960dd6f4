//! Finds the few known files that a file on disk may be, among a hundred thousand.

use std::collections::{BTreeMap, HashMap};

use event::FileId;

use crate::identity::{Node, Print};

/// Files by inode, and by the print of their heads.
///
/// The device is no part of the key, because a reboot may number it anew.
#[derive(Debug, Default)]
pub(super) struct Index {
    by_inode: HashMap<u64, Vec<FileId>>,
    /// First by length: a head of 300 bytes is found in a file only by hashing the file's first 300 bytes.
    by_head: BTreeMap<u32, HashMap<u64, Vec<FileId>>>,
}

impl Index {
    /// Enters a node under which a file, or a copy of it, stands.
    pub(super) fn add_node(&mut self, id: FileId, node: &Node) {
        let here = self.by_inode.entry(node.inode).or_default();
        if !here.contains(&id) {
            here.push(id);
        }
    }

    /// Takes a node of a file away.
    pub(super) fn remove_node(&mut self, id: FileId, node: &Node) {
        if let Some(here) = self.by_inode.get_mut(&node.inode) {
            here.retain(|&other| other != id);
            if here.is_empty() {
                self.by_inode.remove(&node.inode);
            }
        }
    }

    /// Enters the head of a file.
    pub(super) fn add_head(&mut self, id: FileId, head: Print) {
        self.by_head.entry(head.length).or_default().entry(head.hash).or_default().push(id);
    }

    /// Takes the head of a file away.
    pub(super) fn remove_head(&mut self, id: FileId, head: Print) {
        let Some(heads) = self.by_head.get_mut(&head.length) else { return };
        if let Some(alike) = heads.get_mut(&head.hash) {
            alike.retain(|&other| other != id);
            if alike.is_empty() {
                heads.remove(&head.hash);
            }
        }
        if heads.is_empty() {
            self.by_head.remove(&head.length);
        }
    }

    /// Returns the files that have, had or have a copy under this inode, on whatever device.
    pub(super) fn at(&self, node: &Node) -> &[FileId] {
        self.by_inode.get(&node.inode).map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns the files whose heads of at least so many bytes are the first bytes of this one.
    pub(super) fn like<'a>(
        &'a self,
        head: &'a [u8],
        least: u32,
    ) -> impl Iterator<Item = FileId> + 'a {
        let longest = u32::try_from(head.len()).unwrap_or(u32::MAX);
        let lengths = (least <= longest).then(|| self.by_head.range(least..=longest));
        lengths.into_iter().flatten().flat_map(|(&length, heads)| {
            let print = Print::of(head.get(..length as usize).unwrap_or_default());
            heads.get(&print.hash).into_iter().flatten().copied()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: FileId = FileId::from_bytes([1; 16]);
    const TWO: FileId = FileId::from_bytes([2; 16]);

    fn node(device: u64, inode: u64) -> Node {
        Node { device, inode, born_ns: None }
    }

    #[test]
    fn a_node_leads_to_its_files_whatever_the_device_is_called() {
        let mut index = Index::default();
        index.add_node(ONE, &node(1, 7));
        index.add_node(ONE, &node(1, 7));
        index.add_node(TWO, &node(2, 7));
        assert_eq!(index.at(&node(9, 7)), [ONE, TWO]);
        index.remove_node(ONE, &node(1, 7));
        assert_eq!(index.at(&node(1, 7)), [TWO]);
        index.remove_node(TWO, &node(2, 7));
        assert_eq!(index.by_inode.len(), 0, "nothing is left behind");
    }

    #[test]
    fn a_head_leads_to_the_files_that_begin_like_it_and_are_not_longer() {
        let mut index = Index::default();
        index.add_head(ONE, Print::of(b"abc"));
        index.add_head(TWO, Print::of(b"abcdef"));
        let like = |head: &[u8], least| index.like(head, least).collect::<Vec<_>>();
        assert_eq!(like(b"abcdefg", 1), [ONE, TWO]);
        assert_eq!(like(b"abcd", 1), [ONE]);
        assert_eq!(like(b"abcdefg", 4), [TWO]);
        assert_eq!(like(b"abx", 1), []);
        assert_eq!(like(b"ab", 3), []);
        index.remove_head(ONE, Print::of(b"abc"));
        index.remove_head(TWO, Print::of(b"abcdef"));
        assert_eq!(index.by_head.len(), 0, "nothing is left behind");
    }
}
