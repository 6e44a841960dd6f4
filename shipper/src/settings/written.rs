//! What two configurations differ in, so that a reload changes no more than was changed.

use std::collections::BTreeMap;

use runtime::settings::Settings;

/// Keys and values as they were written, wherever that was: comments, order and files do not count.
type Block = BTreeMap<String, String>;

/// Blocks that a running shipper takes over; every other one is read at a start only.
const TAKEN: [&str; 4] = ["cluster", "bulk", "read", "inputs"];

/// What was written in a configuration, block by block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    blocks: BTreeMap<String, Block>,
    inputs: Vec<Block>,
}

impl Written {
    /// Returns what was written in these settings.
    pub fn of(settings: &Settings) -> Self {
        let mut written = Self { blocks: BTreeMap::new(), inputs: Vec::new() };
        for effective in settings.effective() {
            let key = effective.key;
            if let Some((place, rest)) = place_of_input(&key) {
                while written.inputs.len() <= place {
                    written.inputs.push(Block::new());
                }
                if let Some(input) = written.inputs.get_mut(place) {
                    input.insert(rest.to_owned(), effective.value);
                }
                continue;
            }
            let end = key.find(['.', '[']).unwrap_or(key.len());
            let (block, rest) = key.split_at(end);
            let block = written.blocks.entry(block.to_owned()).or_default();
            block.insert(rest.to_owned(), effective.value);
        }
        written
    }

    /// Returns what was written of the input at a place in the list.
    pub fn input(&self, place: usize) -> Option<&BTreeMap<String, String>> {
        self.inputs.get(place)
    }

    /// Tells whether a block holds the same in both.
    pub fn same(&self, other: &Self, block: &str) -> Same {
        if self.blocks.get(block) == other.blocks.get(block) { Same::Yes } else { Same::No }
    }

    /// Returns the blocks that differ and are read at a start only.
    pub fn needs_restart(&self, other: &Self) -> Vec<String> {
        let names = self.blocks.keys().chain(other.blocks.keys());
        let mut names: Vec<String> = names
            .filter(|name| !TAKEN.contains(&name.as_str()) && self.same(other, name) == Same::No)
            .cloned()
            .collect();
        names.sort();
        names.dedup();
        names
    }
}

/// Whether two blocks hold the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Same {
    /// They do.
    Yes,
    /// They do not.
    No,
}

/// Splits `inputs[3].paths[0]` into the place and the rest.
fn place_of_input(key: &str) -> Option<(usize, &str)> {
    let (place, rest) = key.strip_prefix("inputs[")?.split_once(']')?;
    Some((place.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Written {
        Written::of(&Settings::of_text("shipper.yml", text).unwrap())
    }

    const BASE: &str = "cluster: { addresses: [\"http://a\"] }\nstore: { id: s }\ninputs:\n  - { id: a, paths: [/a] }\n  - { id: b, paths: [/b] }\n";

    #[test]
    fn comments_and_order_make_no_difference() {
        let other = "# a comment\nstore: { id: s }\ninputs:\n  - { paths: [/a], id: a }\n  - { id: b, paths: [/b] }\ncluster:\n  addresses:\n    - \"http://a\"\n";
        assert_eq!(written(BASE), written(other));
    }

    #[test]
    fn a_changed_block_is_told_from_the_others() {
        let (one, other) = (written(BASE), written(&BASE.replace("http://a", "http://b")));
        assert_eq!(one.same(&other, "cluster"), Same::No);
        assert_eq!(one.same(&other, "store"), Same::Yes);
        assert_eq!(one.same(&other, "bulk"), Same::Yes);
        assert!(one.needs_restart(&other).is_empty());
    }

    #[test]
    fn inputs_are_compared_one_by_one() {
        let (one, other) = (written(BASE), written(&BASE.replace("/b", "/c")));
        assert_eq!(one.input(0), other.input(0));
        assert_ne!(one.input(1), other.input(1));
        assert_eq!(one.input(2), None);
        assert!(one.needs_restart(&other).is_empty());
    }

    #[test]
    fn what_is_read_at_a_start_only_is_named() {
        let other = written(&format!("{BASE}state_dir: /x\nlogs: {{ level: debug }}\n"));
        assert_eq!(written(BASE).needs_restart(&other), ["logs", "state_dir"]);
        let shop = written(&BASE.replace("id: s }", "id: other }"));
        assert_eq!(written(BASE).needs_restart(&shop), ["store"]);
    }
}
