//! The programs of the workspace, built when a test wants them.

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use dev::Target;
use serde_json::Value;

/// Name and place of each program that the build of this run made.
static BUILT: OnceLock<Built> = OnceLock::new();

#[derive(Debug)]
struct Built {
    programs: BTreeMap<String, PathBuf>,
    messages: String,
}

/// Returns the root of the workspace.
pub fn workspace() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("the harness lies two folders below the root")
}

/// Returns the program of this name, as built from the sources of now in the profile of the test.
///
/// `cargo test` builds no binaries of other packages. All are built at once, since the features of shared crates, and
/// with them what must be compiled, depend on what is built together. Cargo sees what is fresh and holds a lock while
/// it builds, so that several test processes may ask at the same time.
pub fn binary(name: &str) -> PathBuf {
    let built = BUILT.get_or_init(build);
    let program = built.programs.get(name);
    program.unwrap_or_else(|| panic!("the build made no {name}:\n{}", built.messages)).clone()
}

fn build() -> Built {
    let target = Target::find().unwrap_or_else(|error| panic!("{error}"));
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        // A program that does not compile fails the tests that want it, and only those.
        .args([
            "build",
            "--workspace",
            "--bins",
            "--keep-going",
            "--message-format",
            "json-render-diagnostics",
        ])
        .args(["--profile", target.profile_name()])
        .arg("--target-dir")
        .arg(&target.root)
        .current_dir(workspace())
        .stdin(Stdio::null());
    // With a test among the targets, crates have the features that `cargo test --workspace` gave them; without one, cargo
    // would build most of the world a second time.
    if target.profile_name() == "dev" {
        command.args(["--test", "arrows"]);
    }
    if let Some(platform) = target.platform() {
        command.args(["--target", platform]);
    }
    // What the outer cargo told this test about its package would make the inner one build crates again that look at it.
    for (variable, _) in env::vars_os() {
        if variable.to_str().is_some_and(describes_the_package) {
            command.env_remove(variable);
        }
    }
    let output = command.output().unwrap_or_else(|error| panic!("cannot run cargo: {error}"));
    let artifacts = String::from_utf8_lossy(&output.stdout);
    let programs = artifacts.lines().filter_map(program_in).collect();
    Built { programs, messages: String::from_utf8_lossy(&output.stderr).into_owned() }
}

/// Reads the name and the place of a program out of one message of the build.
fn program_in(message: &str) -> Option<(String, PathBuf)> {
    let message: Value = serde_json::from_str(message).ok()?;
    let place = message["executable"].as_str()?;
    Some((message["target"]["name"].as_str()?.to_owned(), place.into()))
}

fn describes_the_package(variable: &str) -> bool {
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"].iter().any(|start| variable.starts_with(start))
        || matches!(
            variable,
            "CARGO_CRATE_NAME" | "CARGO_PRIMARY_PACKAGE" | "CARGO_TARGET_TMPDIR" | "OUT_DIR"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_of_the_workspace_holds_its_manifest() {
        let manifest = std::fs::read_to_string(workspace().join("Cargo.toml")).unwrap();
        assert!(manifest.contains("[workspace]"));
    }

    #[test]
    fn programs_are_read_out_of_the_messages_of_a_build() {
        let built = r#"{"reason":"compiler-artifact","target":{"name":"shipper","kind":["bin"]},"executable":"/t/shipper"}"#;
        assert_eq!(program_in(built), Some(("shipper".to_owned(), "/t/shipper".into())));
        let library = r#"{"reason":"compiler-artifact","target":{"name":"event","kind":["lib"]},"executable":null}"#;
        assert_eq!(program_in(library), None);
        assert_eq!(program_in(r#"{"reason":"build-finished","success":true}"#), None);
    }

    #[test]
    fn a_choice_of_the_person_who_builds_is_kept() {
        assert!(describes_the_package("CARGO_PKG_NAME"));
        assert!(!describes_the_package("CARGO_HOME"));
        assert!(!describes_the_package("CARGO_INCREMENTAL"));
    }
}
