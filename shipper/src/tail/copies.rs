//! Whether a file is a copy of another one, or only begins like it.
//!
//! Logs may begin with one long head and go on differently. While such a file holds no more than the head it looks like a
//! copy of each of them; were it taken for one for good, it would never be read.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::time::Duration;

use event::{ByteOffset, FileId};

use crate::acknowledge::Mark;
use crate::identity::{LEAST_COPY, Node, Place, read_at};

use super::content::read_before;

/// Copies that were seen while their originals were nowhere any more.
#[derive(Debug, Default)]
pub(crate) struct Copies {
    seen: HashMap<Place, Seen>,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    of: FileId,
    size: u64,
    last_grown: Duration,
}

/// Whether a file that looks like a copy is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Likeness {
    /// The file holds what the original holds, as far as can be told.
    Copy,
    /// It holds something else.
    Other,
}

impl Copies {
    /// Judges a copy of so many bytes whose original is nowhere. It was complete before that went, and is not written on.
    pub(crate) fn of_orphan(
        &mut self,
        (of, node, size): (FileId, &Node, u64),
        settle_time: Duration,
        now: Duration,
    ) -> Likeness {
        let fresh = Seen { of, size, last_grown: now };
        let seen = self.seen.entry(node.place()).or_insert(fresh);
        if seen.of != of {
            *seen = fresh;
        }
        if size <= seen.size {
            return Likeness::Copy;
        }
        let was_quiet = now.saturating_sub(seen.last_grown) >= settle_time;
        if was_quiet {
            self.seen.remove(&node.place());
            return Likeness::Other;
        }
        *seen = fresh;
        Likeness::Copy
    }
}

/// Judges a copy by its original, which is there: what ends the one must stand at that place in the other.
pub(crate) fn compare(
    (copy, size): (&File, u64),
    (original, original_size): (&File, u64),
    mark: &Mark,
) -> io::Result<Likeness> {
    let is_intact =
        original_size >= mark.offset.get() && mark.before.fits(&read_before(original, mark)?);
    if !is_intact {
        // It was cut: what stands in it now says nothing about the copy that was made before.
        return Ok(Likeness::Copy);
    }
    let length = size.min(LEAST_COPY.into());
    let from = ByteOffset::new(size - length);
    let end = |file| read_at(file, from, usize::try_from(length).unwrap_or_default());
    let is_same = original_size >= size && end(copy)? == end(original)?;
    Ok(if is_same { Likeness::Copy } else { Likeness::Other })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Print;
    use std::io::Write;

    const NODE: Node = Node { device: 1, inode: 2, born_ns: None };
    const FILE: FileId = FileId::from_bytes([1; 16]);

    #[test]
    fn a_copy_that_is_written_on_after_it_was_quiet_is_none() {
        let (mut copies, wait) = (Copies::default(), Duration::from_secs(5));
        let mut judge =
            |size, at| copies.of_orphan((FILE, &NODE, size), wait, Duration::from_secs(at));
        assert_eq!(judge(100, 0), Likeness::Copy);
        assert_eq!(judge(150, 4), Likeness::Copy, "it may still be made");
        assert_eq!(judge(150, 60), Likeness::Copy);
        assert_eq!(judge(151, 61), Likeness::Other);
    }

    fn file(text: &str) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    }

    fn check(copy: &str, original: &str, want: Likeness) {
        let head = "one head of many files, which is long enough to tell most files apart\n";
        let mark = Mark {
            offset: ByteOffset::new(head.len() as u64),
            before: Print::of(&head.as_bytes()[head.len() - 64..]),
        };
        let copy = format!("{head}{copy}");
        let (copied, there) = (file(&copy), file(original));
        let sizes = (copy.len() as u64, original.len() as u64);
        let got = compare((&copied, sizes.0), (&there, sizes.1), &mark).unwrap();
        assert_eq!(got, want, "{copy:?} {original:?}");
    }

    /// I9
    #[test]
    fn i9_a_file_that_goes_on_otherwise_than_the_one_it_begins_like_is_no_copy() {
        let head = "one head of many files, which is long enough to tell most files apart\n";
        check("", head, Likeness::Copy);
        check("a line\n", head, Likeness::Other);
        check("a line\n", &format!("{head}its own\nand more\n"), Likeness::Other);
        check("a line\n", &format!("{head}a line\nand more\n"), Likeness::Copy);
        // It was cut since, and says nothing any more.
        check("a line\n", "new\n", Likeness::Copy);
    }
}
