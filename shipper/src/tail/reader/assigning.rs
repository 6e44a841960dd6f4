//! A changed configuration reaches the reader: inputs come, go and change while files are read.
//!
//! A file of an input that was not changed is not touched. One of a changed input starts over on its own descriptor, behind
//! the last line that was sent, so that nothing is lost even if its file has no name any more. One whose input is gone is
//! let go; what was sent of it is still acknowledged.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use enricher::Pipeline;

use crate::settings::{Input, Reading};
use crate::watch::{Names, Rhythm};

use super::super::catalogue::{Slot, Standing};
use super::super::lag::Rate;
use super::{Reader, Source, opening};

/// All that is to be read from now on.
#[derive(Debug)]
pub struct Assignment {
    /// How to read.
    pub reading: Reading,
    /// The inputs, in the order of the configuration.
    pub inputs: Vec<Assigned>,
}

/// One input with its number and a pipeline, which is used if the number is new.
#[derive(Debug)]
pub struct Assigned {
    /// Its number.
    pub number: usize,
    /// Its settings.
    pub input: Arc<Input>,
    /// What makes events of its lines.
    pub pipeline: Pipeline,
}

/// Where the files of an input go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heir {
    /// The input is the same, and stands here now.
    Same(usize),
    /// The input was changed, and stands here now.
    Changed(usize),
    /// The input is gone.
    None,
}

impl Reader {
    /// Takes what is to be read from now on.
    pub(super) fn assign(&mut self, assignment: Assignment) {
        let Assignment { reading, inputs } = assignment;
        let heirs = self.heirs(&inputs);
        let waiting: Vec<Slot> = self.lines.room.iter_mut().flat_map(std::mem::take).collect();
        for &slot in &waiting {
            self.leave_line(slot);
        }
        let old = std::mem::take(&mut self.sources).into_iter();
        let mut old: HashMap<usize, Source> = old.map(|source| (source.number, source)).collect();
        let source = |assigned: Assigned| {
            let Assigned { number, input, pipeline } = assigned;
            old.remove(&number).unwrap_or_else(|| Source::new(number, &input, pipeline))
        };
        self.sources = inputs.into_iter().map(source).collect();
        let count = self.sources.len();
        self.lines.room = vec![Vec::new(); count];
        self.rates = vec![Rate::default(); count];
        self.rhythm = Rhythm::new(reading.scan_interval, count);
        self.open_limit = opening::limit(reading.max_open_files);
        self.reading = reading;
        let slots: Vec<(Slot, Heir)> = self
            .catalogue
            .iter()
            .map(|(slot, item)| (slot, heirs.get(item.input).copied().unwrap_or(Heir::None)))
            .collect();
        for (slot, heir) in slots {
            match heir {
                Heir::Same(input) => self.hand_over(slot, input),
                Heir::Changed(input) => {
                    self.hand_over(slot, input);
                    self.start_over(slot);
                }
                Heir::None => drop(self.drop_item(slot)),
            }
        }
        self.show_shedding();
        for slot in waiting {
            self.wake(slot);
        }
        self.wanted = Names::Changed;
        self.earliest_scan = Duration::ZERO;
    }

    fn heirs(&self, inputs: &[Assigned]) -> Vec<Heir> {
        let heir = |source: &Source| {
            let same = inputs.iter().position(|new| new.number == source.number);
            let named = || inputs.iter().position(|new| new.input.id == source.id);
            same.map(Heir::Same).or_else(|| named().map(Heir::Changed)).unwrap_or(Heir::None)
        };
        self.sources.iter().map(heir).collect()
    }

    fn hand_over(&mut self, slot: Slot, input: usize) {
        let Some(item) = self.catalogue.get_mut(slot) else { return };
        item.input = input;
        if let Standing::Open(open) = &mut item.standing {
            open.tail.input = input;
        }
    }

    /// Reads a file on under other settings.
    fn start_over(&mut self, slot: Slot) {
        let Some(item) = self.catalogue.get_mut(slot) else { return };
        let (input, nameless) = (item.input, !item.has_name());
        match &mut item.standing {
            // Each is opened or looked into under the new settings anyway.
            Standing::Fresh | Standing::Unsaved(_) | Standing::Closed { .. } => {}
            // What one input could not use may be what another one wants.
            Standing::Passed { .. } => item.standing = Standing::Fresh,
            Standing::Open(open) => {
                let (id, registry) = (open.tail.id, self.around.state.registry());
                let sent = registry.sent(id);
                let seals = sent.map(|start| registry.seals(id, start)).unwrap_or_default();
                drop(registry);
                let Some(source) = self.sources.get(input) else { return };
                let making = (&source.making, self.reading.max_line);
                let again = sent.map(|start| open.tail.reopen(input, start, making));
                match again {
                    Some(Ok(Some(tail))) => {
                        open.tail = tail;
                        open.tail.heed(seals);
                        if nameless {
                            open.tail.now_at(None, self.around.clock.monotonic());
                        }
                    }
                    Some(Ok(None)) | None => {}
                    Some(Err(error)) => {
                        tracing::warn!(event.code = "file_unreadable", path = %open.tail.path_text, %error,
                            "cannot read a file on with its changed input; its old settings hold for it");
                    }
                }
            }
        }
        self.wake(slot);
    }
}
