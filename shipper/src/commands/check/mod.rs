//! `shipper check`: the configuration, and with `--connect` what the cluster says to it.

mod connect;
mod limits;

use std::path::Path;

use runtime::Exit;
use runtime::settings::{Finding, Findings, Settings, Severity};

use crate::settings::{Input, Shipper};
use crate::watch::scan;

use limits::{Limits, Needs};

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
        for (place, input) in shipper.inputs.iter().enumerate() {
            let found = scan(&[&input.globs], &shipper.state_dir);
            let key = format!("inputs[{place}].paths");
            for (path, error) in &found.failed {
                let message = format!("cannot be looked at: {}: {error}", path.display());
                findings.push(Finding::warning(settings.origin(&key), key.clone(), message));
            }
            for file in &found.files {
                if let Err(error) = crate::watch::open(&file.path) {
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

    /// Holds what the inputs need against what the operating system allows.
    pub fn hold_against_system(&mut self, settings: &Settings, shipper: &Shipper) {
        let globs: Vec<_> = shipper.inputs.iter().map(|input| &input.globs).collect();
        let found = scan(&globs, &shipper.state_dir);
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
