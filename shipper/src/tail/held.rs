//! Deleted files that are held open until they are read: they take room on disk that nobody sees.

use std::time::Duration;

/// A deleted file that is held open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Held<K> {
    /// The file.
    pub(crate) file: K,
    /// Since when no name leads to it.
    pub(crate) since: Duration,
    /// The room that it takes.
    pub(crate) bytes: u64,
}

/// How much is held, against what may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    /// Little enough.
    Fine,
    /// Four fifths of the limit or more.
    High,
}

/// Says which of the held files are given up, the oldest first, and how many bytes are held without them.
pub(crate) fn judge<K: Copy>(mut held: Vec<Held<K>>, limit: u64) -> (Vec<K>, u64, Level) {
    held.sort_by_key(|held| held.since);
    let mut bytes: u64 = held.iter().map(|held| held.bytes).sum();
    let mut given_up = Vec::new();
    for oldest in held {
        if bytes <= limit {
            break;
        }
        bytes -= oldest.bytes;
        given_up.push(oldest.file);
    }
    let level = if bytes >= limit / 5 * 4 { Level::High } else { Level::Fine };
    (given_up, bytes, level)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(file: char, since: u64, bytes: u64) -> Held<char> {
        Held { file, since: Duration::from_secs(since), bytes }
    }

    #[test]
    fn the_oldest_are_given_up_until_the_rest_is_within_the_limit() {
        let files = || vec![held('b', 2, 30), held('a', 1, 40), held('c', 3, 50)];
        assert_eq!(judge(files(), 1_000), (vec![], 120, Level::Fine));
        assert_eq!(judge(files(), 150), (vec![], 120, Level::High));
        assert_eq!(judge(files(), 110), (vec!['a'], 80, Level::Fine));
        assert_eq!(judge(files(), 60), (vec!['a', 'b'], 50, Level::High));
        assert_eq!(judge(files(), 10), (vec!['a', 'b', 'c'], 0, Level::Fine));
        assert_eq!(judge::<char>(Vec::new(), 10), (vec![], 0, Level::Fine));
    }
}
