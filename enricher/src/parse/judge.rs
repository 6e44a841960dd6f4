//! What the rules of a schema look at, as it stands in one event.

use super::json::Leaf;
use crate::draft::Written;
use crate::schema::{Happened, Rules};

/// Values at the paths of rules.
#[derive(Debug, Default)]
pub(super) struct Judge {
    values: Vec<Option<Seen>>,
}

/// A value that was seen.
#[derive(Debug, Clone)]
struct Seen {
    text: String,
    written: Written,
}

impl Judge {
    /// Begins an event.
    pub(super) fn begin(&mut self, rules: &Rules) {
        self.values.clear();
        self.values.resize(rules.paths().len(), None);
    }

    /// Notes a value, if a rule looks at its path; returns the number of the path then.
    pub(super) fn see(&mut self, rules: &Rules, path: &str, leaf: &Leaf<'_>) -> Option<usize> {
        let place = rules.paths().iter().position(|known| known == path)?;
        let written = if matches!(leaf, Leaf::Number(_)) { Written::Number } else { Written::Text };
        let seen = leaf.text().map(|text| Seen { text: text.to_owned(), written });
        *self.values.get_mut(place)? = seen;
        Some(place)
    }

    /// Returns what the rules say.
    pub(super) fn verdict<'r>(&self, rules: &'r Rules) -> Option<&'r Happened> {
        rules.judge(|path| self.text(path))
    }

    /// Returns the value at a path by its number.
    pub(super) fn text(&self, place: usize) -> Option<&str> {
        self.values.get(place)?.as_ref().map(|seen| seen.text.as_str())
    }

    /// Takes the value at a path by its number, for `look` to see it as it stood.
    pub(super) fn take(&mut self, place: usize, look: impl FnOnce(&Leaf<'_>)) {
        let Some(seen) = self.values.get_mut(place).and_then(Option::take) else { return };
        match seen.written {
            Written::Number => look(&Leaf::Number(&seen.text)),
            Written::Text => look(&Leaf::Text(seen.text.as_str().into())),
        }
    }
}
