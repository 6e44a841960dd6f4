//! The columns of files that name them themselves.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use event::FileId;

/// Files whose headers are remembered; of more, those that were met first are forgotten.
const MOST_FILES: usize = 1_024;

/// Names of columns.
pub(super) type Names = Arc<[String]>;

/// The columns of each file of an input.
#[derive(Debug, Default)]
pub(super) struct Headers {
    files: HashMap<FileId, Names>,
    /// The files in the order in which they were met.
    order: VecDeque<FileId>,
    /// The header that was learned last: most files of an input have the same.
    last: Option<Names>,
}

impl Headers {
    /// Learns the columns of a file.
    pub(super) fn learn(&mut self, file: FileId, names: &[String]) {
        let known = self.last.take().filter(|known| **known == *names);
        let names = known.unwrap_or_else(|| names.into());
        self.last = Some(Arc::clone(&names));
        if self.files.insert(file, names).is_none() {
            self.order.push_back(file);
        }
        if self.order.len() > MOST_FILES
            && let Some(oldest) = self.order.pop_front()
        {
            self.files.remove(&oldest);
        }
    }

    /// Returns the columns of a file, if they were met.
    pub(super) fn find(&self, file: FileId) -> Option<Names> {
        self.files.get(&file).map(Arc::clone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_kept_by_file_and_not_without_end() {
        let mut headers = Headers::default();
        let file = |n: u16| {
            let mut bytes = [0; 16];
            bytes[..2].copy_from_slice(&n.to_le_bytes());
            FileId::from_bytes(bytes)
        };
        headers.learn(file(0), &["a".to_owned()]);
        headers.learn(file(1), &["b".to_owned()]);
        headers.learn(file(1), &["c".to_owned()]);
        assert_eq!(headers.find(file(0)).as_deref(), Some(&["a".to_owned()][..]));
        assert_eq!(headers.find(file(1)).as_deref(), Some(&["c".to_owned()][..]));
        for n in 2..=1_024 {
            headers.learn(file(n), &["d".to_owned()]);
        }
        assert_eq!((headers.files.len(), headers.order.len()), (MOST_FILES, MOST_FILES));
        assert_eq!(headers.find(file(0)), None);
        assert!(headers.find(file(1)).is_some() && headers.find(file(1_024)).is_some());
    }
}
