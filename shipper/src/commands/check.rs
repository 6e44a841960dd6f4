//! `shipper check`: the configuration, and with `--connect` what the cluster says to it.

use std::collections::HashMap;
use std::path::Path;

use elastic::{Body, Client, Error, Method};
use runtime::Exit;
use runtime::settings::{Finding, Findings, Origin, Settings, Severity};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::identity::Place;
use crate::settings::{Input, Shipper};
use crate::watch::{FoundFile, Own, scan};

/// The privilege that a shipper needs, and those that it should not have.
const NEEDED: &str = "create_doc";
const EXCESS: [&str; 3] = ["read", "delete", "index"];

/// What was found, and how the program ends.
#[derive(Debug)]
pub struct Checked {
    /// What was found.
    pub findings: Findings,
    /// How the program ends.
    pub exit: Exit,
}

impl Checked {
    /// Returns the outcome of a configuration that is refused.
    pub fn refused(findings: Findings) -> Self {
        Self { findings, exit: Exit::Configuration }
    }

    /// Returns the outcome of a valid configuration: globs that match nothing are told.
    pub fn accepted(settings: &Settings, shipper: &Shipper) -> Self {
        let mut findings = shipper.warnings.clone();
        let mut owners: HashMap<Place, usize> = HashMap::new();
        for (place, input) in shipper.inputs.iter().enumerate() {
            let found = scan(&[(place, &input.globs)], &Own::folder(&shipper.state_dir));
            let key = format!("inputs[{place}].paths");
            for (path, error) in &found.failed {
                let message = format!("cannot be looked at: {}: {error}", path.display());
                findings.push(Finding::warning(settings.origin(&key), key.clone(), message));
            }
            let shared =
                |file: &&FoundFile| *owners.entry(file.node.place()).or_insert(place) != place;
            let shared: Vec<&FoundFile> = found.files.iter().filter(shared).collect();
            if let Some(first) = shared.first() {
                let owner = owners.get(&first.node.place()).and_then(|&at| shipper.inputs.get(at));
                let owner = owner.map_or("", |owner| owner.id.as_str());
                findings.push(two_inputs(settings, key.clone(), (owner, &input.id), &shared));
            }
            for file in &found.files {
                if let Err(error) = crate::watch::open(&file.path, input.globs.links()) {
                    let message =
                        format!("matches {}, which cannot be read: {error}", file.path.display());
                    let hint =
                        "give the shipper's user the right to read it, for example by group adm";
                    let finding = Finding::warning(settings.origin(&key), key.clone(), message);
                    findings.push(finding.hint(hint));
                }
            }
            if found.files.is_empty() {
                findings.push(no_match(settings, key, input));
            }
        }
        Self { findings, exit: Exit::Done }
    }

    /// Asks the cluster whether it is there, believes us, and lets us write.
    pub async fn connect(&mut self, settings: &Settings, shipper: &Shipper, client: &Client) {
        let origin = settings.origin("cluster");
        let streams: Vec<String> =
            shipper.inputs.iter().map(|input| input.stream.to_string()).collect();
        let mut asked = vec![NEEDED];
        asked.extend(EXCESS);
        let body = json!({ "index": [{ "names": streams, "privileges": asked }] });
        let path = "/_security/user/_has_privileges";
        match client.ask(Method::Post, path, &[], Body::json(&body)).await {
            Ok(reply) => match reply.json::<Privileges>() {
                Ok(privileges) => self.judge(&origin, &privileges),
                Err(error) => self.remark(&origin, &error.to_string()),
            },
            Err(error) if error.is_unreachable() => {
                self.fail(origin, Exit::Unreachable, chain(&error));
            }
            Err(error @ Error::Unauthorized { .. }) => {
                self.fail(origin, Exit::Permission, chain(&error));
            }
            // The key may write and ask nothing; or the server has no security.
            Err(error) => self.remark(&origin, &chain(&error)),
        }
    }

    fn judge(&mut self, origin: &Origin, privileges: &Privileges) {
        for (stream, rights) in &privileges.index {
            let has = |right: &str| rights.get(right) == Some(&Value::Bool(true));
            if !has(NEEDED) {
                let message = format!("the key may not create documents in {stream}");
                self.fail(origin.clone(), Exit::Permission, message);
            }
            let excess: Vec<&str> = EXCESS.into_iter().filter(|right| has(right)).collect();
            if !excess.is_empty() {
                let message = format!("the key may also {} in {stream}", excess.join(", "));
                let finding = Finding::warning(origin.clone(), "cluster", message);
                self.findings.push(finding.hint("use the key that `storewatch setup` makes"));
            }
        }
    }

    fn remark(&mut self, origin: &Origin, message: &str) {
        let message = format!("rights cannot be asked for: {message}");
        self.findings.push(Finding::warning(origin.clone(), "cluster", message));
    }

    fn fail(&mut self, origin: Origin, exit: Exit, message: String) {
        self.findings.push(Finding::error(origin, "cluster", message));
        self.exit = exit;
    }

    /// Returns how many findings stop the program.
    pub fn errors(&self) -> usize {
        self.findings.count(Severity::Error)
    }
}

#[derive(Debug, Deserialize)]
struct Privileges {
    #[serde(default)]
    index: serde_json::Map<String, Value>,
}

fn two_inputs(
    settings: &Settings,
    key: String,
    (owner, other): (&str, &str),
    shared: &[&FoundFile],
) -> Finding {
    let path = shared.first().map(|file| file.path.display().to_string()).unwrap_or_default();
    let more = match shared.len() {
        0 | 1 => String::new(),
        all => format!(" and {} more", all - 1),
    };
    let message = format!(
        "of input {other} match {path}{more}, which input {owner} reads: a file belongs to the first input that matches it"
    );
    let finding = Finding::warning(settings.origin(&key), key, message);
    finding.hint("make the globs differ, or add `exclude` to one of them")
}

fn no_match(settings: &Settings, key: String, input: &Input) -> Finding {
    let folders: Vec<String> =
        input.globs.roots().iter().map(|root| root.folder.display().to_string()).collect();
    let missing: Vec<&String> =
        folders.iter().filter(|folder| !Path::new(folder).is_dir()).collect();
    let message = match missing.first() {
        Some(folder) => format!("match no file: there is no folder {folder}"),
        None => format!("match no file in {}", folders.join(", ")),
    };
    Finding::warning(settings.origin(&key), key, message)
}

/// Returns an error with its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(rights: Value) -> (Vec<String>, Exit) {
        let privileges = Privileges {
            index: [("logs-store.order-default".to_owned(), rights)].into_iter().collect(),
        };
        let mut checked = Checked { findings: Findings::default(), exit: Exit::Done };
        checked.judge(&Origin::Default, &privileges);
        let messages = checked.findings.iter().map(|finding| finding.message.clone()).collect();
        (messages, checked.exit)
    }

    #[test]
    fn a_missing_right_fails_and_an_excess_one_warns() {
        assert_eq!(judged(json!({"create_doc": true, "read": false})), (vec![], Exit::Done));
        let (messages, exit) = judged(json!({"create_doc": false}));
        assert_eq!(messages, ["the key may not create documents in logs-store.order-default"]);
        assert_eq!(exit, Exit::Permission);
        let (messages, exit) = judged(json!({"create_doc": true, "read": true, "delete": true}));
        assert_eq!(messages, ["the key may also read, delete in logs-store.order-default"]);
        assert_eq!(exit, Exit::Done);
    }
}
