//! The document of one event: fields of the dictionary and their values, without a heap object per value.
//!
//! All text of a document lies in one buffer that is used again for the next line; a field is found by its number. That
//! is what lets one core clean hundreds of thousands of lines a second: see `benches/document.rs`, where the same
//! document as a tree of JSON values is measured beside it.

mod sink;
mod writer;

use std::fmt;

use jiff::Timestamp;

use crate::dictionary::Field;
use sink::Sink;
use writer::{EXTRA, Writer};

/// A value read from a document.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// Text.
    Text(&'a str),
    /// A whole number.
    Long(i64),
    /// A number.
    Double(f64),
    /// True or false.
    Boolean(bool),
    /// An instant, in milliseconds since the epoch.
    Millis(i64),
    /// A list or object, as JSON.
    Json(&'a str),
}

#[derive(Debug, Clone, Copy)]
enum Slot {
    Absent,
    Text { start: u32, end: u32 },
    Static(&'static str),
    Long(i64),
    Double(f64),
    Boolean(bool),
    Millis(i64),
    Json { start: u32, end: u32 },
}

const FIELDS: usize = Field::ALL.len();
/// Words of 64 bits in which each field has one bit.
const WORDS: usize = FIELDS.div_ceil(64);
/// Bytes of JSON around a value: its name, quotes, its share of objects. Only a guess for the room to be made.
const AROUND_VALUE: usize = 28;

/// The place of a value among the slots: narrow, since a small table is quickly emptied.
type Place = u16;
const _: () = assert!(FIELDS < Place::MAX as usize, "a place must be able to count all fields");

/// Fields and values of one event.
#[derive(Clone)]
pub struct Document {
    /// All text, one value behind the other. A replaced value stays until `clear`.
    text: String,
    /// Values in the order in which they came.
    slots: Vec<Slot>,
    /// Per field the place in `slots`, counted from 1; 0 where the field is absent. On the heap, because events are moved
    /// from hand to hand several times a line.
    places: Box<[Place; FIELDS]>,
    /// A bit for each field that is there: a document has some thirty of the dictionary's many fields, and writing it
    /// walks over those only.
    present: [u64; WORDS],
    /// Members of `store.extra`, as the inside of a JSON object.
    extra: String,
}

impl Default for Document {
    fn default() -> Self {
        Self {
            text: String::new(),
            slots: Vec::new(),
            places: Box::new([0; FIELDS]),
            present: [0; WORDS],
            extra: String::new(),
        }
    }
}

impl Document {
    /// Returns an empty document.
    pub fn new() -> Self {
        Self::default()
    }

    /// Removes all fields and keeps the buffers.
    pub fn clear(&mut self) {
        self.text.clear();
        self.slots.clear();
        self.places.fill(0);
        self.present.fill(0);
        self.extra.clear();
    }

    fn put(&mut self, field: Field, slot: Slot) {
        let at = field as usize;
        self.present[at / 64] |= 1 << (at % 64);
        let place = &mut self.places[at];
        if *place == 0 {
            self.slots.push(slot);
            // One slot a field at most, also when it was removed and is set again.
            *place = Place::try_from(self.slots.len()).unwrap_or(Place::MAX);
        } else {
            self.slots[usize::from(*place) - 1] = slot;
        }
    }

    fn slot(&self, field: Field) -> Slot {
        match self.places[field as usize] {
            0 => Slot::Absent,
            place => self.slots[usize::from(place) - 1],
        }
    }

    /// Appends text to the buffer. Offsets are 32 bits: limits on lines keep a document far below 4 GiB.
    fn append(&mut self, text: &str) -> (u32, u32) {
        let start = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        self.text.push_str(text);
        (start, u32::try_from(self.text.len()).unwrap_or(u32::MAX))
    }

    fn read(&self, start: u32, end: u32) -> &str {
        self.text.get(start as usize..end as usize).unwrap_or_default()
    }

    /// Sets a field to text.
    pub fn set_text(&mut self, field: Field, text: &str) {
        let (start, end) = self.append(text);
        self.put(field, Slot::Text { start, end });
    }

    /// Sets a field to text that the program itself holds.
    pub fn set_static(&mut self, field: Field, text: &'static str) {
        self.put(field, Slot::Static(text));
    }

    /// Sets a field to text that is formatted in place.
    pub fn set_format(&mut self, field: Field, arguments: fmt::Arguments<'_>) {
        let start = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        // Writing to a `String` cannot fail; a `Display` that fails leaves what it wrote.
        fmt::Write::write_fmt(&mut self.text, arguments).unwrap_or_default();
        let end = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        self.put(field, Slot::Text { start, end });
    }

    /// Sets a field to a whole number.
    pub fn set_long(&mut self, field: Field, number: i64) {
        self.put(field, Slot::Long(number));
    }

    /// Sets a field to a number. NaN and infinities are written as null.
    pub fn set_double(&mut self, field: Field, number: f64) {
        self.put(field, Slot::Double(number));
    }

    /// Sets a field to true or false.
    #[expect(
        clippy::fn_params_excessive_bools,
        reason = "the truth is the value, it switches nothing"
    )]
    pub fn set_boolean(&mut self, field: Field, truth: bool) {
        self.put(field, Slot::Boolean(truth));
    }

    /// Sets a field to an instant; what is finer than a millisecond is cut off.
    pub fn set_time(&mut self, field: Field, time: Timestamp) {
        self.put(field, Slot::Millis(time.as_millisecond()));
    }

    /// Sets a field to a list of texts.
    pub fn set_list(&mut self, field: Field, values: &[&str]) {
        let json = serde_json::to_string(values).unwrap_or_default();
        let (start, end) = self.append(&json);
        self.put(field, Slot::Json { start, end });
    }

    /// Adds one text to a list, unless it is there already.
    pub fn push(&mut self, field: Field, value: &str) {
        let mut values: Vec<String> = match self.get(field) {
            Some(Value::Json(list)) => serde_json::from_str(list).unwrap_or_default(),
            Some(Value::Text(one)) => vec![one.to_owned()],
            _ => Vec::new(),
        };
        if !values.iter().any(|known| known == value) {
            values.push(value.to_owned());
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            self.set_list(field, &values);
        }
    }

    /// Sets a field to a list or an object.
    pub fn set_json(&mut self, field: Field, json: &serde_json::value::RawValue) {
        let (start, end) = self.append(json.get());
        self.put(field, Slot::Json { start, end });
    }

    /// Adds a member to `store.extra`, which holds what the dictionary does not know.
    pub fn add_extra(&mut self, key: &str, json: &serde_json::value::RawValue) {
        if !self.extra.is_empty() {
            self.extra.push(',');
        }
        self.extra.push_str(&serde_json::to_string(key).unwrap_or_default());
        self.extra.push(':');
        self.extra.push_str(json.get());
    }

    /// Returns the members of `store.extra` as the inside of a JSON object.
    pub fn extra(&self) -> &str {
        &self.extra
    }

    /// Replaces the members of `store.extra`; redaction does so.
    pub fn replace_extra(&mut self, members: String) {
        self.extra = members;
    }

    /// Removes a field and tells whether it was there.
    pub fn remove(&mut self, field: Field) -> bool {
        let was_there = self.has(field);
        if was_there {
            self.put(field, Slot::Absent);
            self.present[field as usize / 64] &= !(1 << (field as usize % 64));
        }
        was_there
    }

    /// Returns the value of a field.
    pub fn get(&self, field: Field) -> Option<Value<'_>> {
        match self.slot(field) {
            Slot::Absent => None,
            Slot::Text { start, end } => Some(Value::Text(self.read(start, end))),
            Slot::Static(text) => Some(Value::Text(text)),
            Slot::Long(number) => Some(Value::Long(number)),
            Slot::Double(number) => Some(Value::Double(number)),
            Slot::Boolean(truth) => Some(Value::Boolean(truth)),
            Slot::Millis(millis) => Some(Value::Millis(millis)),
            Slot::Json { start, end } => Some(Value::Json(self.read(start, end))),
        }
    }

    /// Returns the text of a field, if it is text.
    pub fn text(&self, field: Field) -> Option<&str> {
        match self.get(field) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// Returns the whole number of a field, if it is one.
    pub fn long(&self, field: Field) -> Option<i64> {
        if let Slot::Long(number) = self.slot(field) { Some(number) } else { None }
    }

    /// Tells whether the field has a value.
    pub fn has(&self, field: Field) -> bool {
        self.present[field as usize / 64] >> (field as usize % 64) & 1 == 1
    }

    /// Returns all fields with their values, in the order of the dictionary; `store.extra` is not among them.
    pub fn fields(&self) -> impl Iterator<Item = (Field, Value<'_>)> {
        ones(self.present).filter_map(|at| Some((Field::ALL[at], self.get(Field::ALL[at])?)))
    }

    /// Appends the document as one JSON object: nested, without spaces, in the order of the dictionary.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        let room = self.text.len() + self.extra.len() + self.slots.len() * AROUND_VALUE;
        let mut writer = Writer::new(Sink::new(out, room));
        let mut present = self.present;
        if !self.extra.is_empty() {
            present[EXTRA / 64] |= 1 << (EXTRA % 64);
        }
        for at in ones(present) {
            let sink = writer.key(at);
            match self.places[at] {
                0 => {
                    sink.byte(b'{');
                    sink.bytes(self.extra.as_bytes());
                    sink.byte(b'}');
                }
                place => self.write_value(self.slots[usize::from(place) - 1], sink),
            }
        }
        writer.finish();
    }

    fn write_value(&self, slot: Slot, sink: &mut Sink<'_>) {
        match slot {
            Slot::Text { start, end } => sink.text(self.read(start, end)),
            Slot::Static(text) => sink.text(text),
            Slot::Long(number) => sink.bytes(itoa::Buffer::new().format(number).as_bytes()),
            Slot::Double(number) if number.is_finite() => {
                sink.bytes(ryu::Buffer::new().format_finite(number).as_bytes());
            }
            Slot::Absent | Slot::Double(_) => sink.bytes(b"null"),
            Slot::Boolean(truth) => sink.bytes(if truth { b"true" } else { b"false" }),
            Slot::Millis(millis) => sink.millis(millis),
            Slot::Json { start, end } => sink.bytes(self.read(start, end).as_bytes()),
        }
    }

    /// Returns the document as JSON text.
    pub fn to_json(&self) -> String {
        let mut out = Vec::new();
        self.write_json(&mut out);
        String::from_utf8_lossy(&out).into_owned()
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_json())
    }
}

/// Returns the places of the bits that are set, in order.
fn ones(words: [u64; WORDS]) -> impl Iterator<Item = usize> {
    words.into_iter().enumerate().flat_map(|(at, word)| {
        std::iter::successors(Some(word), |word| Some(word & word.wrapping_sub(1)))
            .take_while(|word| *word != 0)
            .map(move |word| at * 64 + word.trailing_zeros() as usize)
    })
}

#[cfg(test)]
mod tests;
