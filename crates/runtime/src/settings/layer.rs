//! Layers: later ones win, key by key.

use super::{
    Finding, Findings, Flag, Origin, Sources,
    node::{Entry, Node, Value, join},
};

/// Lays `upper` over `lower`.
pub(super) fn merge(lower: &mut Node, upper: Node, append: &[&str]) {
    merge_at("", lower, upper, append);
}

fn merge_at(key: &str, lower: &mut Node, upper: Node, append: &[&str]) {
    match (&mut lower.value, upper.value) {
        (Value::Map(entries), Value::Map(more)) => {
            for entry in more {
                match entries.iter_mut().find(|known| known.key == entry.key) {
                    Some(known) => {
                        merge_at(&join(key, &entry.key), &mut known.node, entry.node, append);
                        known.origin = entry.origin;
                    }
                    None => entries.push(entry),
                }
            }
            // The block was opened in more than one place; the last is where a reader of the error looks first.
            lower.origin = upper.origin;
        }
        (Value::List(items), Value::List(more)) if append.contains(&key) => items.extend(more),
        (_, value) => *lower = Node { origin: upper.origin, value },
    }
}

/// Lays `STOREWATCH_<PROGRAM>__KEY__KEY` over the tree.
pub(super) fn environment(root: &mut Node, sources: &Sources, findings: &mut Findings) {
    let program = sources.program.to_uppercase().replace('-', "_");
    let prefix = format!("STOREWATCH_{program}__");
    for (name, value) in sources.environment.iter() {
        let Some(key) = name.strip_prefix(&prefix) else { continue };
        let path: Vec<String> = key.split("__").map(str::to_lowercase).collect();
        let origin = Origin::Environment(name.to_owned());
        if path.iter().any(String::is_empty) {
            let message = "does not name a key: it has an empty part between two __";
            findings.push(Finding::error(origin, "", message));
            continue;
        }
        set(root, &path, Node::scalar(origin, value));
    }
}

/// Lays the flags over the tree.
pub(super) fn flags(root: &mut Node, flags: &[Flag], findings: &mut Findings) {
    for flag in flags {
        let path: Vec<String> = flag.key.split('.').map(str::to_owned).collect();
        let origin = Origin::Flag(flag.name);
        if path.iter().any(String::is_empty) {
            findings.push(Finding::error(origin, flag.key, "is not a key"));
            continue;
        }
        set(root, &path, Node::scalar(origin, &flag.value));
    }
}

/// Sets one value; a number in the path is a place in a list that is there.
fn set(node: &mut Node, path: &[String], value: Node) {
    let Some((first, rest)) = path.split_first() else {
        *node = value;
        return;
    };
    if let Value::List(items) = &mut node.value
        && let Ok(place) = first.parse::<usize>()
        && let Some(item) = items.get_mut(place)
    {
        return set(item, rest, value);
    }
    let entries = match &mut node.value {
        Value::Map(entries) => entries,
        Value::Null | Value::Scalar(_) | Value::List(_) => {
            // A block stands where none was: reading it against its type tells whether that makes sense.
            *node = Node { origin: value.origin.clone(), value: Value::Map(Vec::new()) };
            match &mut node.value {
                Value::Map(entries) => entries,
                Value::Null | Value::Scalar(_) | Value::List(_) => return,
            }
        }
    };
    let place = entries.iter().position(|entry| entry.key == *first).unwrap_or_else(|| {
        let origin = value.origin.clone();
        let node = Node { origin: origin.clone(), value: Value::Map(Vec::new()) };
        entries.push(Entry { key: first.clone(), origin, node });
        entries.len() - 1
    });
    set(&mut entries[place].node, rest, value);
}
