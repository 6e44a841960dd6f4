//! Real logs and series, which lie outside the repository.

use std::env;
use std::io::{self, Write};
use std::path::PathBuf;

use crate::binaries::workspace;

/// Returns the folder of real input, or none, and then says in one line that the test is skipped.
///
/// It is the folder in `STOREWATCH_DATA`, or else `../shared/data` beside the workspace.
pub fn data_folder(test: &str) -> Option<PathBuf> {
    let named = env::var_os("STOREWATCH_DATA").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| workspace().join("../shared/data"));
    if folder.is_dir() {
        return Some(folder);
    }
    // Past the test's captured output: a test that did nothing must not look like one that passed.
    let line = format!("skipped {test}: no real input in {} (STOREWATCH_DATA)", folder.display());
    writeln!(io::stderr(), "{line}").ok();
    None
}
