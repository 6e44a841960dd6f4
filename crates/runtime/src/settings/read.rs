//! The merged tree read into `Raw*` types, everything that is wrong at once.

use serde::de::DeserializeOwned;

use super::{Finding, Findings, Renamed, fault::Kind, node::Node, reader::Reader};

/// Reads the tree. serde stops at its first error, so what was found is taken out and the rest is read again: a person
/// sees all that is wrong at once.
pub(super) fn read<T: DeserializeOwned>(root: &Node, renamed: &[Renamed]) -> Result<T, Findings> {
    const MOST_FINDINGS: usize = 50;
    let mut findings = Findings::default();
    let mut removed: Vec<String> = Vec::new();
    let mut tree = root.clone();
    for turn in 0..=MOST_FINDINGS {
        let fault = match T::deserialize(Reader { node: &tree }) {
            Ok(value) => {
                findings.refuse()?;
                return Ok(value);
            }
            Err(fault) => fault,
        };
        if turn == MOST_FINDINGS {
            findings.push(and_more(root));
            break;
        }
        let key = fault.key();
        let missing = matches!(fault.kind, Kind::Missing(_));
        // Without a key that it needs, a block cannot be read: it is taken out whole.
        let culprit = if missing { fault.path.clone() } else { key.clone() };
        // What is wrong only because something was taken out says nothing new.
        if !removed.iter().any(|gone| is_around(&key, gone)) {
            findings.push(fault.finding(root, renamed));
        }
        if missing && culprit.is_empty() {
            break;
        }
        // What cannot be named cannot be taken out: a key that is an empty text.
        if culprit.is_empty() || tree.find(&culprit).is_none() {
            findings.push(and_more(root));
            break;
        }
        tree.remove(&culprit);
        removed.push(culprit);
    }
    Err(findings)
}

/// Says that there may be more: nothing that is wrong is passed over in silence.
fn and_more(root: &Node) -> Finding {
    let message = "may hold more that is wrong than is told here";
    let more = Finding::error(root.origin.clone(), "", message);
    more.hint("put the rest right, then check again")
}

/// Returns whether a key is another one or a block around it.
fn is_around(outer: &str, key: &str) -> bool {
    key.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}
