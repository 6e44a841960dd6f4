//! The programs of the workspace, built when a test wants them.

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use dev::Target;

static BUILT: Mutex<BTreeMap<String, PathBuf>> = Mutex::new(BTreeMap::new());

/// Returns the root of the workspace.
pub fn workspace() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("the harness lies two folders below the root")
}

/// Returns the program of this name, as built from the sources of now in the profile of the test.
///
/// `cargo test` builds no binaries of other packages. Cargo itself sees what is fresh and holds a lock while it builds,
/// so that test processes may ask for the same program at the same time.
pub fn binary(name: &str) -> PathBuf {
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(path) = built.get(name) {
        return path.clone();
    }
    let target = Target::find().unwrap_or_else(|error| panic!("{error}"));
    build(name, &target);
    let path = target.profile.join(name);
    assert!(path.is_file(), "the build made no {}", path.display());
    built.insert(name.to_owned(), path.clone());
    path
}

fn build(name: &str, target: &Target) {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(["build", "--quiet", "--package", name, "--bin", name])
        .args(["--profile", target.profile_name()])
        .arg("--target-dir")
        .arg(&target.root)
        .current_dir(workspace())
        .stdin(Stdio::null());
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
    let messages = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cannot build {name}:\n{messages}");
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
    fn a_choice_of_the_person_who_builds_is_kept() {
        assert!(describes_the_package("CARGO_PKG_NAME"));
        assert!(!describes_the_package("CARGO_HOME"));
        assert!(!describes_the_package("CARGO_INCREMENTAL"));
    }
}
