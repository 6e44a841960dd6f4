//! The names of fields around their values: objects are opened and closed as paths go by.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::sink::Sink;
use crate::dictionary::Field;

/// The place of `store.extra`, whose members the document keeps apart.
pub(super) const EXTRA: usize = Field::StoreExtra as usize;

/// Bytes of an opening that are copied at once, however long it is.
const WIDTH: usize = 48;

/// How the name of a field is written, whatever objects are open before it.
struct Key {
    /// The objects that it lies in, from the root, each by its number.
    parents: Vec<u16>,
    /// What opens the objects from the first, second, .. on, and the name: `"http":{"request":{"method":`.
    opening: Vec<Opening>,
}

/// A text that is copied in one step where it fits.
struct Opening {
    padded: [u8; WIDTH],
    text: Box<[u8]>,
}

impl Opening {
    fn new(text: Vec<u8>) -> Self {
        let mut padded = [b' '; WIDTH];
        let shown = text.len().min(WIDTH);
        padded[..shown].copy_from_slice(&text[..shown]);
        Self { padded, text: text.into() }
    }
}

static KEYS: LazyLock<Vec<Key>> = LazyLock::new(|| {
    let mut numbers: BTreeMap<Vec<&'static str>, u16> = BTreeMap::new();
    let key = |field: &Field| {
        let path: Vec<&'static str> = field.path().split('.').collect();
        let depth = path.len() - 1;
        let parents = (1..=depth).map(|length| {
            let next = u16::try_from(numbers.len()).unwrap_or(u16::MAX);
            *numbers.entry(path[..length].to_vec()).or_insert(next)
        });
        let parents = parents.collect();
        let opening = (0..=depth).map(|from| {
            let objects = path[from..depth].iter().map(|name| format!("\"{name}\":{{"));
            let text = objects.collect::<String>() + &format!("\"{}\":", path[depth]);
            Opening::new(text.into_bytes())
        });
        Key { parents, opening: opening.collect() }
    };
    Field::ALL.iter().map(key).collect()
});

/// Opens and closes objects as the paths go by.
pub(super) struct Writer<'a> {
    sink: Sink<'a>,
    open: &'static [u16],
    first: First,
}

/// Whether a member is the first of its object.
#[derive(Clone, Copy, PartialEq, Eq)]
enum First {
    Yes,
    No,
}

impl<'a> Writer<'a> {
    /// Opens the outermost object.
    pub(super) fn new(mut sink: Sink<'a>) -> Self {
        sink.byte(b'{');
        Self { sink, open: &[], first: First::Yes }
    }

    /// Writes the name of the field at this place of the dictionary; its value is to follow.
    pub(super) fn key(&mut self, at: usize) -> &mut Sink<'a> {
        let key = &KEYS[at];
        let shared = self.open.iter().zip(&key.parents).take_while(|(a, b)| a == b).count();
        self.close(self.open.len() - shared);
        if self.first == First::No {
            self.sink.byte(b',');
        }
        self.first = First::No;
        let opening = &key.opening[shared];
        if opening.text.len() <= WIDTH {
            self.sink.padded(&opening.padded, opening.text.len());
        } else {
            self.sink.bytes(&opening.text);
        }
        self.open = &key.parents;
        &mut self.sink
    }

    fn close(&mut self, objects: usize) {
        for _ in 0..objects {
            self.sink.byte(b'}');
        }
    }

    /// Closes all objects.
    pub(super) fn finish(mut self) {
        self.close(self.open.len() + 1);
        self.sink.finish();
    }
}
