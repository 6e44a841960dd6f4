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

#[test]
fn what_the_docs_show_of_formats_of_ones_own_is_what_the_cases_try() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = std::fs::read_to_string(root.join("../docs/formats.md")).unwrap();
    for name in ["regex", "grok", "dissect", "delimited", "delimited_header", "key_value"] {
        let read = |ending: &str| {
            let file = root.join("cases").join(format!("own_{name}.{ending}"));
            std::fs::read_to_string(file).unwrap()
        };
        let settings = read("yml");
        let input = settings.split_once("input:\n").map(|(_, input)| input).unwrap();
        assert!(docs.contains(&format!("```yaml\ninput:\n{input}```\n")), "{name}: settings");
        let shown = docs.split("```text\n").filter_map(|block| block.split_once("```"));
        let lines = read("in");
        assert!(shown.into_iter().any(|(block, _)| lines.starts_with(block)), "{name}: lines");
    }
}
