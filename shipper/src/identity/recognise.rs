//! The recognition table: which known file is this, and may its offset be trusted.

use std::io;

use event::FileId;

use crate::acknowledge::Mark;

use super::{Node, Print};

/// What is known of a file from before.
#[derive(Debug, Clone)]
pub struct Known {
    /// Its id.
    pub id: FileId,
    /// What the file system calls it; `None` once its bytes were cut away in place.
    pub node: Option<Node>,
    /// Print of its first bytes, at most 1,024.
    pub head: Print,
    /// The places up to which it was sent or acknowledged lately, newest first.
    pub marks: Vec<Mark>,
    /// Files that were seen to hold the same bytes.
    pub copies: Vec<Node>,
}

/// What a file on disk turns out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recognised {
    /// A known file, perhaps under a new name.
    Same(FileId),
    /// A known file whose device has another number since a reboot.
    Moved(FileId),
    /// A known file whose bytes are gone: cut in place, or cut and grown again.
    Truncated(FileId),
    /// A copy of a known file.
    CopyOf(FileId),
    /// It begins like a known file and is shorter: a copy that is still being made, or another file. Time will tell.
    Suspect,
    /// A file never seen.
    New,
}

/// Below this many bytes two files may well be equal by chance: a copy is then taken for a file of its own.
pub const LEAST_COPY: u32 = 64;

/// Whether a node is on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDisk {
    /// It is.
    Yes,
    /// It is not.
    No,
}

/// Recognises a file by its node, size and head; `before` reads the bytes that a mark is about, `on_disk` tells whether
/// a node that the file might have been is still there as another file.
pub fn recognise(
    (node, size, head): (&Node, u64, &[u8]),
    known: &[Known],
    before: &mut dyn FnMut(&Mark) -> io::Result<Vec<u8>>,
    on_disk: &dyn Fn(&Node) -> OnDisk,
) -> io::Result<Recognised> {
    if let Some(same) = known.iter().find(|known| known.node.is_some_and(|known| known.is(node))) {
        let Some(mark) = same.marks.first() else { return Ok(Recognised::Same(same.id)) };
        let intact =
            size >= mark.offset.get() && same.head.fits(head) && mark.before.fits(&before(mark)?);
        return Ok(if intact { Recognised::Same(same.id) } else { Recognised::Truncated(same.id) });
    }
    // Devices are numbered in the order in which they are found, so a reboot may number them anew. Everything else must
    // be as it was, and the old number must not lead to a file that is still there.
    for moved in
        known.iter().filter(|known| known.node.is_some_and(|known| known.is_but_for_device(node)))
    {
        let Some(mark) = moved.marks.first() else { continue };
        let intact = moved.head != Print::EMPTY
            && size >= mark.offset.get()
            && moved.head.fits(head)
            && moved.node.is_none_or(|old| on_disk(&old) == OnDisk::No)
            && mark.before.fits(&before(mark)?);
        if intact {
            return Ok(Recognised::Moved(moved.id));
        }
    }
    if let Some(original) = known.iter().find(|known| known.copies.iter().any(|copy| copy.is(node)))
    {
        return Ok(Recognised::CopyOf(original.id));
    }
    let mut suspect = Recognised::New;
    for original in known {
        if original.head.length < LEAST_COPY || !original.head.fits(head) {
            continue;
        }
        // A writer may go on between copy and truncation, so our place may lie behind the end of the copy: then one of
        // the places before it tells.
        let mark = original.marks.iter().find(|mark| mark.offset.get() <= size);
        let Some(mark) = mark.filter(|mark| mark.offset.get() >= u64::from(LEAST_COPY)) else {
            suspect = Recognised::Suspect;
            continue;
        };
        if mark.before.fits(&before(mark)?) {
            return Ok(Recognised::CopyOf(original.id));
        }
    }
    Ok(suspect)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{HEAD_BYTES, MARKER_BYTES};
    use event::ByteOffset;

    const LOG: &[u8] =
        b"one line of a log, which is long enough to be no chance at all\nand another line\n";
    const ID: FileId = FileId::from_bytes([1; 16]);

    fn node(inode: u64, born_ns: u64) -> Node {
        Node { device: 1, inode, born_ns: Some(born_ns) }
    }

    fn mark(bytes: &[u8], at: usize) -> Mark {
        let before = Print::of(&bytes[at.saturating_sub(MARKER_BYTES)..at]);
        Mark { offset: ByteOffset::new(at as u64), before }
    }

    fn known(bytes: &[u8], read: &[usize]) -> Known {
        Known {
            id: ID,
            node: Some(node(10, 5)),
            head: Print::of(&bytes[..bytes.len().min(HEAD_BYTES)]),
            marks: read.iter().map(|&at| mark(bytes, at)).collect(),
            copies: Vec::new(),
        }
    }

    fn check(found: Node, bytes: &[u8], known: Known, want: Recognised) {
        let head = &bytes[..bytes.len().min(HEAD_BYTES)];
        let got = recognise(
            (&found, bytes.len() as u64, head),
            &[known],
            &mut |mark| {
                let end = usize::try_from(mark.offset.get()).unwrap();
                Ok(bytes[end - mark.before.length as usize..end].to_vec())
            },
            &|_| OnDisk::No,
        );
        assert_eq!(got.unwrap(), want);
    }

    fn grown(more: &str) -> Vec<u8> {
        [LOG, more.as_bytes()].concat()
    }

    /// I1
    #[test]
    fn a_renamed_file_is_the_same_whatever_it_is_called() {
        check(node(10, 5), LOG, known(LOG, &[LOG.len()]), Recognised::Same(ID));
        check(node(10, 5), &grown("more\n"), known(LOG, &[20]), Recognised::Same(ID));
    }

    fn check_after_a_reboot(found: Node, bytes: &[u8], old: OnDisk, want: Recognised) {
        let before = known(LOG, &[LOG.len()]);
        let got = recognise(
            (&found, bytes.len() as u64, bytes),
            &[before],
            &mut |mark| {
                let end = usize::try_from(mark.offset.get()).unwrap();
                Ok(bytes[end - mark.before.length as usize..end].to_vec())
            },
            &|_| old,
        );
        assert_eq!(got.unwrap(), want);
    }

    #[test]
    fn a_file_whose_device_is_numbered_anew_after_a_reboot_is_the_same() {
        let elsewhere = |inode, born_ns| Node { device: 2, ..node(inode, born_ns) };
        check_after_a_reboot(elsewhere(10, 5), LOG, OnDisk::No, Recognised::Moved(ID));
        check_after_a_reboot(elsewhere(10, 5), &grown("more\n"), OnDisk::No, Recognised::Moved(ID));
        // Anything else that differs makes it another file; with equal content, a copy.
        check_after_a_reboot(elsewhere(10, 6), LOG, OnDisk::No, Recognised::CopyOf(ID));
        check_after_a_reboot(elsewhere(10, 5), LOG, OnDisk::Yes, Recognised::CopyOf(ID));
        check_after_a_reboot(elsewhere(10, 5), &[b'y'; 300], OnDisk::No, Recognised::New);
        check_after_a_reboot(elsewhere(10, 5), &LOG[..70], OnDisk::No, Recognised::New);
    }

    /// I4
    #[test]
    fn a_file_created_again_with_the_same_inode_is_new() {
        check(node(10, 6), b"another\n", known(LOG, &[LOG.len()]), Recognised::New);
    }

    /// I5
    #[test]
    fn a_file_shorter_than_our_place_was_truncated() {
        check(node(10, 5), b"one", known(LOG, &[LOG.len()]), Recognised::Truncated(ID));
        check(node(10, 5), b"", known(LOG, &[LOG.len()]), Recognised::Truncated(ID));
    }

    /// I7
    #[test]
    fn a_file_that_grew_again_past_our_place_was_truncated() {
        let other = [&LOG[..70], &[b'x'; 200][..]].concat();
        check(node(10, 5), &other, known(LOG, &[LOG.len()]), Recognised::Truncated(ID));
        check(node(10, 5), &[b'y'; 300], known(LOG, &[0]), Recognised::Truncated(ID));
    }

    #[test]
    fn a_copy_is_known_by_head_and_marker() {
        check(node(11, 9), &grown("unread\n"), known(LOG, &[LOG.len()]), Recognised::CopyOf(ID));
    }

    /// I6
    #[test]
    fn a_copy_that_ends_before_our_place_is_known_by_an_earlier_place() {
        let read = grown("written after the copy was made\n");
        check(node(11, 9), LOG, known(&read, &[read.len(), 70]), Recognised::New);
        let mut of = known(&read, &[read.len(), 70]);
        of.head = Print::of(&LOG[..64]);
        check(node(11, 9), LOG, of, Recognised::CopyOf(ID));
    }

    #[test]
    fn a_copy_that_is_still_being_made_is_a_suspect() {
        let long = [&[b'='; 1_100][..], LOG].concat();
        check(node(11, 9), &long[..1_050], known(&long, &[long.len()]), Recognised::Suspect);
    }

    #[test]
    fn a_copy_that_was_seen_before_stays_a_copy() {
        let mut of = known(LOG, &[LOG.len()]);
        of.copies.push(node(11, 9));
        check(node(11, 9), b"one", of, Recognised::CopyOf(ID));
    }

    /// I9
    #[test]
    fn two_files_with_one_head_are_two_files() {
        let other = [&LOG[..63], b"with another second line\n"].concat();
        let mut first = known(LOG, &[LOG.len()]);
        first.head = Print::of(&LOG[..63]);
        check(node(11, 9), &other, first, Recognised::New);
        let long = [&[b'='; 1_100][..], LOG].concat();
        let other = [&[b'='; 1_100][..], &[b'x'; 200][..]].concat();
        check(node(11, 9), &other, known(&long, &[long.len()]), Recognised::New);
    }

    #[test]
    fn two_short_files_that_look_alike_are_two_files() {
        check(node(11, 9), b"start\n", known(b"start\n", &[6]), Recognised::New);
    }
}
