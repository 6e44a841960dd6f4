//! An event in the making: its document so far, and what is known of it but has no field yet.

use std::ops::Range;

use event::{Event, Field, FileId, Origin};
use jiff::Timestamp;

use crate::counters::{Failure, Rule};

/// How much of a line was read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum ParseStatus {
    #[default]
    Ok,
    Partial,
    Failed(Failure),
}

/// Remarks that a document carries about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flag {
    TzAssumed,
    AmountMismatch,
    BadUtf8,
    ClockClamped,
    KeyConflict,
}

impl Flag {
    pub(crate) const ALL: [Self; 5] = [
        Self::TzAssumed,
        Self::AmountMismatch,
        Self::BadUtf8,
        Self::ClockClamped,
        Self::KeyConflict,
    ];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::TzAssumed => "tz_assumed",
            Self::AmountMismatch => "amount_mismatch",
            Self::BadUtf8 => "bad_utf8",
            Self::ClockClamped => "clock_clamped",
            Self::KeyConflict => "key_conflict",
        }
    }
}

/// When the line says it happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Stamp {
    /// The line does not say; its format has no place for it.
    #[default]
    Absent,
    /// The line should say and does not.
    Missing,
    /// An instant.
    At(Timestamp),
    /// Text that the time step reads, in the draft's notes.
    Text(Note),
}

/// A piece of text in the draft's notes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Note {
    start: usize,
    end: usize,
}

impl Note {
    pub(crate) const fn is_empty(self) -> bool {
        self.start == self.end
    }

    fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

/// A date that waits for the zone of its input.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Date {
    pub(crate) field: Field,
    pub(crate) key: Note,
    pub(crate) text: Note,
}

/// How an amount was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    /// As text: what it says is meant.
    Text,
    /// As a number of JSON, behind which a binary float may stand.
    Number,
}

/// An amount that waits for its currency.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Money {
    pub(crate) field: Field,
    pub(crate) key: Note,
    pub(crate) text: Note,
    pub(crate) written: Written,
}

/// Who or what a value points at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Personal {
    /// Gets a pseudonym as it is.
    Id,
    /// Gets a pseudonym, written small.
    Email,
    /// Gets a pseudonym, without separators.
    Phone,
    /// Is dropped: names, addresses, notes.
    Dropped,
    /// Is dropped: passwords, tokens, signatures.
    Secret,
    /// Is dropped: numbers of cards.
    Card,
}

/// A value that no sink may see as it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sensitive {
    pub(crate) personal: Personal,
    /// Where its pseudonym goes; without a field, to `store.extra` under its key.
    pub(crate) field: Option<Field>,
    pub(crate) key: Note,
    pub(crate) text: Note,
}

/// A value for `store.extra`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extra {
    pub(crate) key: Note,
    pub(crate) text: Note,
    pub(crate) form: Form,
}

/// What the text of an extra value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Text, not yet escaped.
    Text,
    /// Valid JSON that is taken as it is: a number, a truth, a list of those and of texts.
    Json,
}

/// Bytes of a key of `store.extra` and of a label, at most: with its value it is one term, and the cluster refuses a document
/// with a term of more than 32,766 bytes.
const LONGEST_KEY: usize = 256;

/// Cuts a text at the end of a character.
pub(crate) fn cut(text: &str, most_bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(most_bytes)).unwrap_or_default()
}

/// What tells the members of a list apart that have one version.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum PartKey {
    /// Their place in it.
    #[default]
    Place,
    /// Each has a version of its own.
    Version,
}

/// An event in the making. Its buffers are used again for the next line.
#[derive(Debug, Clone)]
pub struct Draft {
    pub(crate) event: Event,
    pub(crate) status: ParseStatus,
    pub(crate) stamp: Stamp,
    pub(crate) producer_id: Note,
    pub(crate) version: Note,
    pub(crate) part_key: PartKey,
    /// What names a polled row, and its last change: its natural key.
    pub(crate) row_id: Note,
    pub(crate) row_modified: Note,
    pub(crate) dates: Vec<Date>,
    pub(crate) money: Vec<Money>,
    pub(crate) sensitive: Vec<Sensitive>,
    pub(crate) extras: Vec<Extra>,
    pub(crate) labels: Vec<Extra>,
    /// The message of an access line is made of its request, not read from it.
    pub(crate) is_request: bool,
    /// The rule by which its parser does not want it.
    pub(crate) drop: Option<Rule>,
    notes: String,
    flags: [bool; Flag::ALL.len()],
}

impl Draft {
    pub(crate) fn new() -> Self {
        let nowhere = event::ByteOffset::ZERO..event::ByteOffset::ZERO;
        let origin = Origin { file: FileId::from_bytes([0; 16]), span: nowhere, part: 0 };
        Self {
            event: Event::new(origin, Timestamp::UNIX_EPOCH),
            status: ParseStatus::Ok,
            stamp: Stamp::Absent,
            producer_id: Note::default(),
            version: Note::default(),
            part_key: PartKey::Place,
            row_id: Note::default(),
            row_modified: Note::default(),
            dates: Vec::new(),
            money: Vec::new(),
            sensitive: Vec::new(),
            extras: Vec::new(),
            labels: Vec::new(),
            is_request: false,
            drop: None,
            notes: String::new(),
            flags: [false; Flag::ALL.len()],
        }
    }

    /// Empties the draft for the next line.
    pub(crate) fn begin(&mut self, origin: &Origin, read_at: Timestamp) {
        let mut document = std::mem::take(&mut self.event.document);
        document.clear();
        self.event = Event { document, ..Event::new(origin.clone(), read_at) };
        self.flags = [false; Flag::ALL.len()];
        self.forget();
    }

    /// Begins another event of the same line, with what all of them have.
    ///
    /// Where ids were given for the line, each part gets one of its own.
    pub(crate) fn begin_part(&mut self, base: &Self, part: u16) {
        self.clone_from(base);
        let origin = Origin { part, ..base.event.origin.clone() };
        let document = std::mem::take(&mut self.event.document);
        self.event = Event { document, ..Event::new(origin, base.event.time) };
        self.number_ids(part);
    }

    /// Makes ids that were given for a whole line those of one of its parts.
    pub(crate) fn number_ids(&mut self, part: u16) {
        let of_part = |draft: &mut Self, note: Note| {
            let id = draft.read(note);
            // No id of anybody's own ends like this.
            if id.is_empty() { note } else { draft.note(&format!("{id}\u{1f}{part}")) }
        };
        self.producer_id = of_part(self, self.producer_id);
        self.row_id = of_part(self, self.row_id);
    }

    /// Forgets what a parser found, but for flags: the line turned out to be something else.
    pub(crate) fn forget(&mut self) {
        self.event.document.clear();
        self.status = ParseStatus::Ok;
        self.stamp = Stamp::Absent;
        self.producer_id = Note::default();
        self.version = Note::default();
        self.part_key = PartKey::Place;
        self.row_id = Note::default();
        self.row_modified = Note::default();
        self.dates.clear();
        self.money.clear();
        self.sensitive.clear();
        self.extras.clear();
        self.labels.clear();
        self.is_request = false;
        self.drop = None;
        self.notes.clear();
    }

    /// Keeps a line that cannot be parsed, whole.
    pub(crate) fn fail(&mut self, failure: Failure, line: &str) {
        self.forget();
        self.status = ParseStatus::Failed(failure);
        self.event.document.set_text(Field::Message, line);
    }

    /// Marks a line as read in part, unless it failed.
    pub(crate) fn partial(&mut self) {
        if self.status == ParseStatus::Ok {
            self.status = ParseStatus::Partial;
        }
    }

    pub(crate) fn flag(&mut self, flag: Flag) {
        self.flags[flag as usize] = true;
    }

    pub(crate) fn flags(&self) -> impl Iterator<Item = Flag> {
        Flag::ALL.into_iter().filter(|&flag| self.flags[flag as usize])
    }

    pub(crate) fn note(&mut self, text: &str) -> Note {
        let start = self.notes.len();
        self.notes.push_str(text);
        Note { start, end: self.notes.len() }
    }

    pub(crate) fn read(&self, note: Note) -> &str {
        self.notes.get(note.range()).unwrap_or_default()
    }

    /// Adds a value to `store.extra`; of two with one key the last counts.
    pub(crate) fn add_extra(&mut self, key: &str, text: &str, form: Form) {
        let key = self.short_key(key);
        let text = self.note(text);
        let notes = &self.notes;
        let known = |extra: &&mut Extra| notes.get(extra.key.range()) == Some(key);
        if let Some(extra) = self.extras.iter_mut().find(known) {
            (extra.text, extra.form) = (text, form);
        } else {
            let key = self.note(key);
            self.extras.push(Extra { key, text, form });
        }
    }

    /// Adds a label.
    pub(crate) fn add_label(&mut self, name: &str, text: &str, form: Form) {
        let key = self.short_key(name);
        let (key, text) = (self.note(key), self.note(text));
        self.labels.push(Extra { key, text, form });
    }

    /// Cuts a key that is too long for the cluster; one that is empty gets a name.
    fn short_key<'k>(&mut self, key: &'k str) -> &'k str {
        if key.len() > LONGEST_KEY {
            self.partial();
        }
        if key.is_empty() { "_" } else { cut(key, LONGEST_KEY) }
    }

    /// Takes a value back that was meant for `store.extra`.
    pub(crate) fn take_extra(&mut self, key: &str) -> Option<String> {
        let place = self.extras.iter().position(|extra| self.read(extra.key) == key)?;
        let extra = self.extras.remove(place);
        Some(self.read(extra.text).to_owned())
    }

    /// Puts a value aside that no sink may see as it is.
    pub(crate) fn add_sensitive(
        &mut self,
        personal: Personal,
        field: Option<Field>,
        key: &str,
        text: &str,
    ) {
        let key = self.note(key);
        let text = self.note(text);
        self.sensitive.push(Sensitive { personal, field, key, text });
    }
}
