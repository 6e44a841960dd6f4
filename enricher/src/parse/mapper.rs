//! From keys and values of a line to fields of its draft, by the names of the native form or by a schema of others.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::Arc;

use event::Field;
use serde_json::value::RawValue;

use super::form;
use super::json::{self, Leaf};
use super::keys::{Found, Inherits, Keys, Target, Vocabulary};
use super::tell::{is_no_id, tell};
use crate::counters::{Failure, Rule};
use crate::draft::{Draft, Form, Stamp};
use crate::schema::{Inside, Rest, Rules, Schema, Verdict};
use crate::settings::{PipelineSettings, RawKey};

/// Texts of a line that are read as objects or forms, those within others included: a key may stand in a line many times.
const MOST_INSIDE: u32 = 8;
/// Members of a list that become events of their own.
const MOST_PARTS: usize = 1_000;

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
}

/// Events that the members of a list are.
#[derive(Debug)]
struct Parts {
    keys: Keys,
    /// What each of them gets from the line.
    base: Box<Draft>,
    /// The list as it stood in the line.
    list: String,
    /// What happened with each of them.
    action: String,
    members: VecDeque<String>,
    given: u16,
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
        let with_list = schema.as_ref().filter(|schema| schema.each.is_some());
        let parts = with_list.map(|schema| Parts {
            keys: Keys::new(&input.mapping, Vocabulary::Members(Arc::clone(schema))),
            base: Box::new(Draft::new()),
            list: String::new(),
            action: String::new(),
            members: VecDeque::new(),
            given: 0,
        });
        let vocabulary = schema.clone().map_or(names, Vocabulary::Lines);
        Self {
            keys: Keys::new(&input.mapping, vocabulary),
            path: String::new(),
            row: input.key.clone(),
            action: input.action.clone(),
            judge: Judge::default(),
            parts,
            schema,
            inside: 0,
        }
    }

    /// Begins a line.
    pub(super) fn begin(&mut self, draft: &Draft) {
        self.inside = 0;
        if let Some(schema) = &self.schema {
            self.judge.begin(&schema.rules);
        }
        if let Some(parts) = &mut self.parts {
            parts.base.begin(&draft.event.origin, draft.event.time);
            parts.base.stamp = Stamp::Missing;
            parts.list.clear();
            parts.members.clear();
            parts.given = 0;
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

    /// Reads one pair of a key and a text.
    pub(super) fn pair(&mut self, key: &str, text: Cow<'_, str>, draft: &mut Draft) {
        self.tell(key, &Leaf::Text(text), draft);
    }

    /// Puts one value where it belongs.
    fn tell(&mut self, path: &str, leaf: &Leaf<'_>, draft: &mut Draft) {
        if let Some(row) = &self.row {
            note_key(row, path, leaf, draft);
            if let Some(parts) = &mut self.parts {
                note_key(row, path, leaf, &mut parts.base);
            }
        }
        if let Some(schema) = self.schema.clone() {
            return self.by_schema(&schema, path, leaf, draft);
        }
        tell(self.find(path).target, path, leaf, draft);
    }

    fn find(&mut self, path: &str) -> Found {
        let mut found = self.keys.find(path);
        // What a platform calls `id` names the row, not the event: two states of one order would get one id, and the
        // second would be taken for a duplicate.
        if found.target == Target::Id && self.row.is_some() {
            found.target = Target::Extra;
        }
        found
    }

    fn by_schema(&mut self, schema: &Schema, path: &str, leaf: &Leaf<'_>, draft: &mut Draft) {
        if let (Some(inside), Leaf::Text(text)) = (schema.inside.get(path), leaf)
            && self.inside < MOST_INSIDE
            && self.read_inside(*inside, text, draft) == Ok(())
        {
            return;
        }
        if let (Some(each), Some(parts)) = (&schema.each, &mut self.parts)
            && let Leaf::List(list, _) = leaf
            && each.list == path
        {
            return parts.list.push_str(list);
        }
        self.judge.see(&schema.rules, path, leaf);
        let found = self.find(path);
        let leaf = &schema.translated(found.values, leaf);
        if found.inherits == Inherits::Yes
            && let Some(parts) = &mut self.parts
        {
            tell(found.target, path, leaf, &mut parts.base);
        }
        tell(found.target, path, leaf, draft);
    }

    /// Reads an object or a form that stands within a text, as if it stood in its place.
    fn read_inside(
        &mut self,
        inside: Inside,
        text: &str,
        draft: &mut Draft,
    ) -> Result<(), Failure> {
        self.inside += 1;
        match inside {
            Inside::Json => self.json(text, draft),
            Inside::Form => self.form(text, draft),
        }
    }

    /// Ends a line: says what happened.
    pub(super) fn end(&mut self, draft: &mut Draft) {
        if let Some(schema) = &self.schema {
            let each = match self.judge.verdict(&schema.rules) {
                None => None,
                Some(Verdict::Drop) => {
                    draft.drop = Some(Rule::NotWanted);
                    None
                }
                Some(Verdict::Action { action, each }) => {
                    happened(action, draft);
                    each.as_deref()
                }
            };
            provider(schema, draft);
            if let (Some(list), Some(parts)) = (&schema.each, &mut self.parts)
                && !parts.list.is_empty()
            {
                let is_left = match (each, schema.rest) {
                    // What is wanted and cannot be had member by member stays whole, and that is told.
                    (Some(action), _) if parts.take(action) == Taken::No => {
                        draft.partial();
                        true
                    }
                    (Some(_), _) | (None, Rest::Drop) => false,
                    (None, Rest::Keep) => true,
                };
                if is_left {
                    draft.add_extra(&list.list, &parts.list, Form::Text);
                }
            }
        }
        let document = &mut draft.event.document;
        if let Some(action) = &self.action
            && !document.has(Field::EventAction)
        {
            document.set_text(Field::EventAction, action);
        }
    }

    /// Puts the next event of the line into the draft.
    pub(super) fn more(&mut self, draft: &mut Draft) -> More {
        let (Some(schema), Some(parts)) = (&self.schema, &mut self.parts) else {
            return More::None;
        };
        let Some(member) = parts.members.pop_front() else { return More::None };
        parts.given += 1;
        draft.begin_part(&parts.base, parts.given);
        let keys = &mut parts.keys;
        let read = json::walk(&member, &mut self.path, &mut |path, leaf| {
            let found = keys.find(path);
            tell(found.target, path, &schema.translated(found.values, &leaf), draft);
        });
        match read {
            Ok(()) => {
                happened(&parts.action, draft);
                provider(schema, draft);
            }
            Err(failure) => draft.fail(failure, &member),
        }
        More::Event
    }
}

/// Whether the members of a list become events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taken {
    Yes,
    No,
}

impl Parts {
    /// Takes the members of the list, if they can be read and are not too many: this happened with each.
    fn take(&mut self, action: &str) -> Taken {
        let Ok(members) = serde_json::from_str::<Vec<&RawValue>>(&self.list) else {
            return Taken::No;
        };
        if members.len() > MOST_PARTS {
            return Taken::No;
        }
        action.clone_into(&mut self.action);
        self.members = members.into_iter().map(|member| member.get().to_owned()).collect();
        Taken::Yes
    }
}

fn happened(action: &str, draft: &mut Draft) {
    draft.event.document.set_text(Field::EventAction, action);
}

fn provider(schema: &Schema, draft: &mut Draft) {
    let document = &mut draft.event.document;
    if let Some(provider) = &schema.provider
        && !document.has(Field::EventProvider)
    {
        document.set_text(Field::EventProvider, provider);
    }
}

/// What rules look at, as it stands in one event.
#[derive(Debug, Default)]
struct Judge {
    values: Vec<Option<String>>,
}

impl Judge {
    fn begin(&mut self, rules: &Rules) {
        self.values.clear();
        self.values.resize(rules.paths().len(), None);
    }

    fn see(&mut self, rules: &Rules, path: &str, leaf: &Leaf<'_>) {
        for (known, value) in rules.paths().iter().zip(&mut self.values) {
            if known == path {
                *value = leaf.text().map(str::to_owned);
            }
        }
    }

    fn verdict<'r>(&self, rules: &'r Rules) -> Option<&'r Verdict> {
        rules.judge(|path| self.values.get(path)?.as_deref())
    }
}

/// Notes the parts of a row's natural key.
fn note_key(row: &RawKey, path: &str, leaf: &Leaf<'_>, draft: &mut Draft) {
    let text = match leaf {
        Leaf::Number(text) => text,
        Leaf::Text(text) => text.as_ref(),
        Leaf::Null | Leaf::NotANumber | Leaf::Truth(_) | Leaf::List(..) => return,
    };
    if path == row.id && !is_no_id(text) {
        draft.row_id = draft.note(text);
    }
    if row.modified.as_deref() == Some(path) {
        draft.row_modified = draft.note(text);
    }
}
