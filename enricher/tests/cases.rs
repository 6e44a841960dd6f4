//! The golden cases of this folder, through the program itself. `UPDATE_EXPECT=1` writes them anew.

use std::path::Path;
use std::process::Command;

#[test]
fn every_golden_case_comes_out_as_expected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let mut command = Command::new(env!("CARGO_BIN_EXE_enricher"));
    command.arg("test").arg(&folder);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        command.arg("--update");
    }
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("cases, 0 different"), "{text}");
}
