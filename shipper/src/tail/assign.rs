//! A changed configuration reaches the reader: inputs come, go and change while files are read.
//!
//! A tail of an input that was not changed is not touched. One of a changed input starts over on its own descriptor, behind
//! the last line that was sent, so that nothing is lost even if its file has no name any more. One whose input is gone is
//! let go; what was sent of it is still acknowledged.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use enricher::Pipeline;

use crate::settings::{Input, Reading};
use crate::watch::Names;

use super::Tail;
use super::reader::{Reader, Source};

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

impl Reader {
    /// Takes what is to be read from now on.
    pub(super) fn assign(&mut self, assignment: Assignment) {
        let Assignment { reading, inputs } = assignment;
        let numbers: Vec<(usize, String)> =
            inputs.iter().map(|assigned| (assigned.number, assigned.input.id.clone())).collect();
        self.reading = reading;
        self.discovery
            .assign(inputs.iter().map(|assigned| (assigned.number, &*assigned.input)), reading);
        let heirs = self.heirs(&numbers);
        for Assigned { number, input, pipeline } in inputs {
            self.sources.entry(number).or_insert_with(|| Source::new(&input, pipeline));
        }
        self.sources.retain(|number, _| numbers.iter().any(|(kept, _)| kept == number));
        let tails = std::mem::take(&mut self.tails);
        self.tails = tails.into_iter().filter_map(|tail| self.keep(tail, &heirs)).collect();
        self.index();
        self.wanted = Names::Changed;
        self.next_scan = Duration::ZERO;
    }

    /// Returns for each input that is not read any more the number of the one that has its name now.
    fn heirs(&self, numbers: &[(usize, String)]) -> HashMap<usize, Option<usize>> {
        let retired = self
            .sources
            .iter()
            .filter(|(number, _)| !numbers.iter().any(|(kept, _)| kept == *number));
        let heir =
            |id: &str| numbers.iter().find(|(_, name)| name == id).map(|(number, _)| *number);
        retired.map(|(&number, source)| (number, heir(source.id()))).collect()
    }

    fn keep(&self, tail: Tail, heirs: &HashMap<usize, Option<usize>>) -> Option<Tail> {
        let heir = match heirs.get(&tail.input) {
            None => return Some(tail),
            Some(None) => return None,
            Some(Some(heir)) => *heir,
        };
        let start = self.around.state.registry().sent(tail.id)?;
        match tail.reopen(heir, start, self.reading.max_line) {
            Ok(tail) => tail,
            // A scan finds it again by its name, and recognises it.
            Err(error) => {
                tracing::warn!(event.code = "file_unreadable", path = %tail.path_text, %error,
                    "cannot read a file on with its changed input; the next scan tries again");
                None
            }
        }
    }
}
