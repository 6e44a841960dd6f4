//! Events that the members of a line's list are.

use std::collections::VecDeque;
use std::sync::Arc;

use event::Field;
use serde_json::value::RawValue;

use super::json;
use super::judge::Judge;
use super::keys::{Keys, Vocabulary};
use super::mapper::{provider, time_of_version};
use super::tell::tell;
use crate::counters::Rule;
use crate::draft::{Draft, Form, PartKey, Stamp};
use crate::schema::{Happened, Rest, Schema};
use crate::settings::PipelineSettings;

/// Members of a list that become events of their own.
const MOST_PARTS: usize = 1_000;
/// Events of one line: their number has 16 bits.
const MOST_OF_LINE: usize = 60_000;

/// Members that wait to become events.
#[derive(Debug)]
pub(super) struct Parts {
    keys: Vec<Keys>,
    /// What each of them gets from the line.
    pub(super) base: Box<Draft>,
    /// What happened with each of them.
    action: String,
    judge: Judge,
    /// Lists as they stood in the line, with their paths.
    lists: Vec<(String, String)>,
    /// Which of the schema's kinds of lists they are.
    which: usize,
    members: VecDeque<String>,
}

/// Whether a list may become events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Noted {
    Yes,
    /// Another one counts.
    No,
}

/// Whether the members of a list become events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taken {
    Yes,
    No,
}

impl Parts {
    /// Returns a place for the members of a schema's list, if it has one.
    pub(super) fn new(input: &PipelineSettings) -> Option<Self> {
        let schema = input.schema.as_ref().filter(|schema| !schema.each.is_empty())?;
        let keys = |list| Keys::new(&input.mapping, Vocabulary::Members(Arc::clone(schema), list));
        Some(Self {
            keys: (0..schema.each.len()).map(keys).collect(),
            base: Box::new(Draft::new()),
            action: String::new(),
            judge: Judge::default(),
            lists: Vec::new(),
            which: 0,
            members: VecDeque::new(),
        })
    }

    /// Begins a line.
    pub(super) fn begin(&mut self, draft: &Draft) {
        self.base.begin(&draft.event.origin, draft.event.time);
        self.base.stamp = Stamp::Missing;
        self.lists.clear();
        self.members.clear();
    }

    /// Notes a list of the line. Lists of one kind go together; of several kinds the first that has members counts.
    pub(super) fn note(&mut self, which: usize, path: &str, list: &str) -> Noted {
        let is_empty = |list: &str| list.len() <= "[ ]".len();
        if self.which != which && self.lists.iter().all(|(_, list)| is_empty(list)) {
            self.which = which;
            self.lists.clear();
        }
        if self.which != which {
            return Noted::No;
        }
        // Of two keys with one name the last counts.
        self.lists.retain(|(known, _)| known != path);
        self.lists.push((path.to_owned(), list.to_owned()));
        Noted::Yes
    }

    /// Ends a line: members are events, or the lists stay values where the schema wants that.
    pub(super) fn end(&mut self, each: Option<&str>, rest: Rest, given: u16, draft: &mut Draft) {
        if self.lists.is_empty() {
            return;
        }
        let is_left = match (each, rest) {
            // What is wanted and cannot be had member by member stays whole, and that is told.
            (Some(action), _) if self.take(action, given) == Taken::No => {
                draft.partial();
                true
            }
            (Some(_), _) | (None, Rest::Drop) => false,
            (None, Rest::Keep) => true,
        };
        if is_left {
            for (path, list) in &self.lists {
                draft.add_extra(path, list, Form::Text);
            }
        }
    }

    /// Takes the members, if they can be read and are not too many: this happened with each.
    fn take(&mut self, action: &str, given: u16) -> Taken {
        let mut members = Vec::new();
        for (_, list) in &self.lists {
            let Ok(more) = serde_json::from_str::<Vec<&RawValue>>(list) else { return Taken::No };
            members.extend(more);
        }
        if members.len() > MOST_PARTS || usize::from(given) + members.len() > MOST_OF_LINE {
            return Taken::No;
        }
        action.clone_into(&mut self.action);
        self.members = members.into_iter().map(|member| member.get().to_owned()).collect();
        Taken::Yes
    }

    /// Puts a member into the draft, as one of the events of its line.
    pub(super) fn put(
        &mut self,
        schema: &Schema,
        member: &str,
        part: u16,
        path: &mut String,
        draft: &mut Draft,
    ) {
        let (Some(keys), Some(each)) = (self.keys.get_mut(self.which), schema.each.get(self.which))
        else {
            return;
        };
        draft.begin_part(&self.base, part);
        self.judge.begin(&each.rules);
        let read = json::walk(member, path, &mut |path, leaf| {
            self.judge.see(&each.rules, path, &leaf);
            let found = keys.find(path);
            tell(found.target, path, &schema.translated(found.values, &leaf), draft);
        });
        if let Err(failure) = read {
            return draft.fail(failure, member);
        }
        let action = match self.judge.verdict(&each.rules) {
            None => &self.action,
            Some(Happened { action: Some(action), .. }) => action,
            Some(Happened { action: None, .. }) => return draft.drop = Some(Rule::NotWanted),
        };
        draft.event.document.set_text(Field::EventAction, action);
        provider(schema, draft);
        time_of_version(draft);
        if draft.version != self.base.version {
            draft.part_key = PartKey::Version;
        }
    }

    /// Returns the next member.
    pub(super) fn next(&mut self) -> Option<String> {
        self.members.pop_front()
    }
}
