//! `shipper check`: the configuration, and with `--connect` what the cluster says to it.

mod connect;
mod limits;
mod room;

use std::collections::HashMap;
use std::path::Path;

use runtime::Exit;
use runtime::settings::{Finding, Findings, Settings, Severity};

use crate::commands::audit::checkpoint;
use crate::identity::Place;
use crate::settings::{Input, Shipper};
use crate::watch::{FoundFile, Own, scan};

use limits::{Limits, Needs};
use room::Room;

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
        let mut checked = Self { findings, exit: Exit::Done };
        checked.look_at_room(settings, shipper);
        checked.look_at_state(settings, shipper);
        checked
    }

    /// A state that `run` would refuse is told before it does. One that cannot be looked at is another user's.
    fn look_at_state(&mut self, settings: &Settings, shipper: &Shipper) {
        let Err(error) = checkpoint(&shipper.state_dir) else { return };
        let message =
            format!("{} holds a state that `run` refuses: {error}", shipper.state_dir.display());
        let hint = "bring back a copy of checkpoint.json, or use the version that wrote it";
        let finding = Finding::error(settings.origin("state_dir"), "state_dir", message);
        self.findings.push(finding.hint(hint));
        self.exit = Exit::Configuration;
    }

    /// Where the checkpoint finds no room, everything is sent again after a crash.
    fn look_at_room(&mut self, settings: &Settings, shipper: &Shipper) {
        let Some(room) = Room::of(&shipper.state_dir).filter(Room::is_short) else { return };
        let message = format!("{} has no room for a state: {room}", shipper.state_dir.display());
        let hint = "make room on that file system, or name another folder";
        let finding = Finding::error(settings.origin("state_dir"), "state_dir", message);
        self.findings.push(finding.hint(hint));
        self.exit = Exit::Io;
    }

    /// Holds what the inputs need against what the operating system allows.
    pub fn hold_against_system(&mut self, settings: &Settings, shipper: &Shipper) {
        let globs: Vec<_> = shipper.inputs.iter().map(|input| &input.globs).enumerate().collect();
        let found = scan(&globs, &Own::folder(&shipper.state_dir));
        let needs = Needs::of(found.files.iter().map(|file| file.path.as_path()));
        for (message, hint) in Limits::of_system().short_of(needs) {
            let origin = settings.origin("inputs");
            self.findings.push(Finding::warning(origin, "inputs", message).hint(hint));
        }
    }

    /// Returns how many findings stop the program.
    pub fn errors(&self) -> usize {
        self.findings.count(Severity::Error)
    }
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
