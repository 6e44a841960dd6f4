//! From keys and values of a line to fields of its draft, by the names of the native form or by a schema of others.

use std::borrow::Cow;
use std::sync::Arc;

use event::{Field, Origin};
use jiff::Timestamp;

use super::form;
use super::inside;
use super::json::{self, Leaf};
use super::judge::Judge;
use super::keys::{Found, Inherits, Keys, Target, Vocabulary};
use super::parts::{Noted, Parts};
use super::row;
use super::split::{self, Lines};
use super::tell::{is_no_id, tell};
use crate::counters::{Failure, Rule};
use crate::draft::{Draft, PartKey, Stamp};
use crate::schema::{Happened, Inside, Schema};
use crate::settings::{PipelineSettings, RawKey};
use crate::time::stamp;

/// Values of a line that are read as objects or forms, those within others included: a key may stand in a line many times.
const MOST_INSIDE: u32 = 8;

/// Stands between the values of an id that is made of several; none of them holds it.
const BETWEEN: char = '\u{1f}';

/// Maps the keys of an input.
#[derive(Debug)]
pub(crate) struct Mapper {
    keys: Keys,
    path: String,
    row: Option<RawKey>,
    action: Option<String>,
    schema: Option<Arc<Schema>>,
    judge: Judge,
    parts: Option<Parts>,
    inside: u32,
    /// Where the line stood, and when it was read.
    start: Option<(Origin, Timestamp)>,
    /// Lines within the line that wait, the last first.
    waiting: Vec<String>,
    /// Events of the line behind its first.
    given: u16,
    named: Named,
}

/// Whose the id of a line within a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    /// Its own.
    Itself,
    /// That of all lines of its line, or it has none.
    Together,
}

/// Whether a line has one more event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum More {
    /// It is in the draft.
    Event,
    /// There was none left.
    None,
}

impl Mapper {
    /// Maps by the schema of an input, or by the names of the native form.
    pub(super) fn new(input: &PipelineSettings) -> Self {
        Self::with(input, Vocabulary::Native)
    }

    /// Maps by the schema of an input, or by these names.
    pub(super) fn with(input: &PipelineSettings, names: Vocabulary) -> Self {
        let schema = input.schema.clone();
        let vocabulary = schema.clone().map_or(names, Vocabulary::Lines);
        Self {
            keys: Keys::new(&input.mapping, vocabulary),
            path: String::new(),
            row: input.key.clone(),
            action: input.action.clone(),
            judge: Judge::default(),
            parts: Parts::new(input),
            schema,
            inside: 0,
            start: None,
            waiting: Vec::new(),
            given: 0,
            named: Named::Together,
        }
    }

    /// Begins a line.
    pub(super) fn begin(&mut self, draft: &mut Draft) {
        self.waiting.clear();
        self.given = 0;
        self.begin_object(draft);
    }

    fn begin_object(&mut self, draft: &mut Draft) {
        self.inside = 0;
        self.named = Named::Together;
        if let Some(parts) = &mut self.parts {
            parts.begin(draft);
        }
        if let Some(schema) = self.schema.clone() {
            self.judge.begin(&schema.rules);
            for (ours, value) in &schema.set {
                self.constant(&schema, ours, value, draft);
            }
        }
    }

    /// Reads the object of a line, or the first of those that its lists hold.
    pub(super) fn object(&mut self, text: &str, draft: &mut Draft) -> Result<(), Failure> {
        let Some(schema) = self.schema.clone().filter(|schema| !schema.split.is_empty()) else {
            return self.json(text, draft);
        };
        match split::lines(text, &schema.split) {
            Lines::TooMany => {
                draft.partial();
                self.json(text, draft)
            }
            Lines::These(lines) => {
                self.start = Some((draft.event.origin.clone(), draft.event.time));
                let mut lines = lines.into_iter();
                let first = lines.next().unwrap_or_default();
                self.waiting.extend(lines.map(String::from).rev());
                self.json(&first, draft)
            }
        }
    }

    /// Reads a JSON object.
    pub(super) fn json(&mut self, text: &str, draft: &mut Draft) -> Result<(), Failure> {
        let mut path = std::mem::take(&mut self.path);
        let read = json::walk(text, &mut path, &mut |path, leaf| self.tell(path, &leaf, draft));
        self.path = path;
        read
    }

    /// Reads a form.
    pub(super) fn form(&mut self, text: &str, draft: &mut Draft) -> Result<(), Failure> {
        form::pairs(text, &mut |key, value| self.tell(key, &Leaf::Text(value.into()), draft))
    }

    /// Tells whether a key says when it happened.
    pub(super) fn is_time(&mut self, path: &str) -> bool {
        self.find(path).target == Target::Time
    }

    /// Reads one pair of a key and a text.
    pub(super) fn pair(&mut self, key: &str, text: Cow<'_, str>, draft: &mut Draft) {
        self.tell(key, &Leaf::Text(text), draft);
    }

    /// Puts one value where it belongs.
    pub(super) fn tell(&mut self, path: &str, leaf: &Leaf<'_>, draft: &mut Draft) {
        if let Some(row) = &self.row {
            row::note(row, path, leaf, draft);
            if let Some(parts) = &mut self.parts {
                row::note(row, path, leaf, &mut parts.base);
            }
        }
        if let Some(schema) = self.schema.clone() {
            return self.by_schema(&schema, path, leaf, draft);
        }
        tell(self.find(path).target, path, leaf, draft);
    }

    fn find(&mut self, path: &str) -> Found {
        let found = self.keys.find(path);
        self.of_row(found)
    }

    /// What a platform calls `id` names the row, not the event: two states of one order would get one id, and the second
    /// would be taken for a duplicate.
    fn of_row(&self, found: Found) -> Found {
        let is_id_of_row = found.target == Target::Id && self.row.is_some();
        if is_id_of_row { Found { target: Target::Extra, ..found } } else { found }
    }

    fn by_schema(&mut self, schema: &Schema, path: &str, leaf: &Leaf<'_>, draft: &mut Draft) {
        let is_of_member = schema.is_of_member(path);
        let path = schema.in_place(path);
        let place = self.judge.see(&schema.rules, path, leaf);
        if is_of_member && place.is_some_and(|place| schema.id.contains(&place)) {
            self.named = Named::Itself;
        }
        if let Some(inside) = schema.inside.get(path)
            && self.inside < MOST_INSIDE
            && self.read_inside(schema, *inside, path, leaf, draft) == Ok(())
        {
            return;
        }
        if let (Some(parts), Leaf::List(list, _)) = (&mut self.parts, leaf)
            && let Some(which) =
                schema.each.iter().position(|each| each.lists.iter().any(|known| known == path))
            && parts.note(which, path, list) == Noted::Yes
        {
            return;
        }
        // What it means is known at the end only.
        if place.is_some_and(|place| schema.rules.gives_meaning(place))
            && !schema.keys.contains_key(path)
        {
            return;
        }
        let found = self.find(path);
        if is_of_member && found.target == Target::Id {
            self.named = Named::Itself;
        }
        self.put(schema, found, path, leaf, draft);
    }

    fn put(
        &mut self,
        schema: &Schema,
        found: Found,
        path: &str,
        leaf: &Leaf<'_>,
        draft: &mut Draft,
    ) {
        let leaf = &schema.translated(found.values, leaf);
        if found.inherits == Inherits::Yes
            && let Some(parts) = &mut self.parts
        {
            tell(found.target, path, leaf, &mut parts.base);
        }
        tell(found.target, path, leaf, draft);
    }

    /// Puts what the schema says where the line does not.
    fn constant(&mut self, schema: &Schema, ours: &str, value: &str, draft: &mut Draft) {
        let found = self.keys.named(ours);
        self.put(schema, found, ours, &Leaf::Text(value.into()), draft);
    }

    /// Reads what a value holds, as if it stood in its place.
    fn read_inside(
        &mut self,
        schema: &Schema,
        inside: Inside,
        path: &str,
        leaf: &Leaf<'_>,
        draft: &mut Draft,
    ) -> Result<(), Failure> {
        self.inside += 1;
        let read = match (inside, leaf) {
            (Inside::Json, Leaf::Text(text)) => return self.json(text, draft),
            (Inside::Form, Leaf::Text(text)) => return self.form(text, draft),
            (Inside::Single, Leaf::List(list, _)) => self.single(schema, path, list, draft),
            (Inside::Pairs, Leaf::List(list, _)) => inside::pairs(path, list).map(|pairs| {
                for (name, value) in pairs {
                    self.by_schema(schema, &name, &value, draft);
                }
            }),
            (Inside::Json | Inside::Form | Inside::Single | Inside::Pairs, _) => {
                return Err(Failure::NotAnObject);
            }
        };
        if read.is_err() {
            draft.partial();
        }
        read
    }

    /// Reads the one member of a list under the list's name.
    fn single(
        &mut self,
        schema: &Schema,
        path: &str,
        list: &str,
        draft: &mut Draft,
    ) -> Result<(), Failure> {
        let Some(member) = inside::single(list)? else { return Ok(()) };
        json::walk(member, &mut String::new(), &mut |key, leaf| {
            self.by_schema(schema, &format!("{path}.{key}"), &leaf, draft);
        })
    }

    /// Ends a line: says what happened.
    pub(super) fn end(&mut self, draft: &mut Draft) {
        if let Some(schema) = self.schema.clone() {
            self.end_by_schema(&schema, draft);
        }
        let document = &mut draft.event.document;
        if let Some(action) = &self.action
            && !document.has(Field::EventAction)
        {
            document.set_text(Field::EventAction, action);
        }
    }

    fn end_by_schema(&mut self, schema: &Schema, draft: &mut Draft) {
        let happened = self.judge.verdict(&schema.rules);
        self.id_of_many(schema, draft);
        self.meanings(schema, happened, draft);
        if let Some(happened) = happened {
            if happened.keys.iter().any(|(_, ours)| ours == "version") {
                let version = draft.read(draft.version).to_owned();
                row::changed(&version, draft);
                if let Some(parts) = &mut self.parts {
                    row::changed(&version, &mut parts.base);
                }
            }
            match &happened.action {
                Some(action) => draft.event.document.set_text(Field::EventAction, action),
                None => draft.drop = Some(Rule::NotWanted),
            }
            for (ours, value) in &happened.set {
                self.constant(schema, ours, value, draft);
            }
        }
        provider(schema, draft);
        time_of_version(draft);
        if let Some(parts) = &mut self.parts {
            if let (Stamp::Missing, Stamp::Text(note)) = (parts.base.stamp, draft.stamp)
                && schema.inherits("time")
            {
                parts.base.stamp = Stamp::Text(parts.base.note(draft.read(note)));
            }
            let each = happened.and_then(|happened| happened.each.as_deref());
            parts.end(each, schema.rest, self.given, draft);
        }
    }

    /// Makes an id of several values; where one of them lacks, there is none.
    fn id_of_many(&mut self, schema: &Schema, draft: &mut Draft) {
        if schema.id.is_empty() {
            return;
        }
        let mut id = String::new();
        for place in &schema.id {
            let Some(text) = self.judge.text(*place).filter(|text| !is_no_id(text)) else { return };
            if !id.is_empty() {
                id.push(BETWEEN);
            }
            id.push_str(text);
        }
        draft.producer_id = draft.note(&id);
        if let Some(parts) = self.parts.as_mut().filter(|_| schema.inherits("id")) {
            parts.base.producer_id = parts.base.note(&id);
        }
    }

    /// Puts values whose meaning depends on what happened.
    fn meanings(&mut self, schema: &Schema, happened: Option<&Happened>, draft: &mut Draft) {
        for (place, path) in schema.rules.paths().iter().enumerate() {
            let keys = happened.map_or(&[][..], |happened| &happened.keys);
            let found = match keys.iter().find(|(known, _)| *known == place) {
                Some((_, ours)) => {
                    let found = self.keys.named(ours);
                    self.of_row(found)
                }
                None if schema.rules.gives_meaning(place) && !schema.keys.contains_key(path) => {
                    self.find(path)
                }
                None => continue,
            };
            let mut judge = std::mem::take(&mut self.judge);
            judge.take(place, |leaf| self.put(schema, found, path, leaf, draft));
            self.judge = judge;
        }
    }

    /// Puts the next event of the line into the draft.
    pub(super) fn more(&mut self, draft: &mut Draft) -> More {
        if let (Some(schema), Some(parts)) = (self.schema.clone(), &mut self.parts)
            && let Some(member) = parts.next()
        {
            self.given += 1;
            parts.put(&schema, &member, self.given, &mut self.path, draft);
            return More::Event;
        }
        let (Some(line), Some((origin, read_at))) = (self.waiting.pop(), &self.start) else {
            return More::None;
        };
        self.given += 1;
        draft.begin(&Origin { part: self.given, ..origin.clone() }, *read_at);
        draft.stamp = Stamp::Missing;
        self.begin_object(draft);
        match self.json(&line, draft) {
            Ok(()) => self.end(draft),
            Err(failure) => draft.fail(failure, &line),
        }
        if self.named == Named::Together {
            draft.number_ids(self.given);
        }
        draft.part_key = PartKey::Version;
        More::Event
    }
}

pub(super) fn provider(schema: &Schema, draft: &mut Draft) {
    let document = &mut draft.event.document;
    if let Some(provider) = &schema.provider
        && !document.has(Field::EventProvider)
    {
        document.set_text(Field::EventProvider, provider);
    }
}

/// Where nothing says when it happened, the time of the last change does.
pub(super) fn time_of_version(draft: &mut Draft) {
    if draft.stamp == Stamp::Missing && stamp::is_stamp(draft.read(draft.version)) {
        draft.stamp = Stamp::Text(draft.version);
    }
}
