//! Cases on disk: one YAML file, or a pair `NAME.in` and `NAME.expected.json` for lines that are no text.
//!
//! A line that was joined of several is a text over several lines in YAML; in `NAME.in` the byte 0x1e ends each but its last.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use super::Error;

/// Sample lines and what is expected of them.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its name: that of its file.
    pub name: String,
    /// The file of its lines.
    pub path: PathBuf,
    /// The input whose settings hold, where the case names one.
    pub input: Option<String>,
    pub(super) lines: Vec<u8>,
    pub(super) expected: Value,
    form: Form,
}

/// A line break within a line that was joined.
const JOINED_BREAK: &str = "\u{1e}\n";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Yaml,
    Pair,
}

/// A case as it stands in a YAML file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCase {
    /// The input whose settings hold; the only one when absent.
    #[serde(default)]
    input: Option<String>,
    /// The lines, one by one; a text over several lines is one that was joined.
    lines: Vec<String>,
    /// The documents that come out, or `dropped: RULE`.
    #[serde(default)]
    expect: Vec<Value>,
}

/// Returns the cases of a folder in name order, or the one in a file.
pub fn find(path: &Path) -> Result<Vec<Case>, Error> {
    let failed = |source| Error::Read { path: path.to_owned(), source };
    if fs::metadata(path).map_err(failed)?.is_file() {
        return Ok(vec![read(path)?]);
    }
    let mut paths = Vec::new();
    for entry in fs::read_dir(path).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let is = |name: &str| path.extension().is_some_and(|extension| extension == name);
        // `NAME.yml` beside `NAME.in` holds settings of that case.
        if is("in") || (is("yml") && !path.with_extension("in").is_file()) {
            paths.push(path);
        }
    }
    if paths.is_empty() {
        return Err(Error::NoCase { path: path.to_owned() });
    }
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> Result<Case, Error> {
    let failed = |source| Error::Read { path: path.to_owned(), source };
    let bytes = fs::read(path).map_err(failed)?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let path = path.to_owned();
    if path.extension().is_some_and(|extension| extension == "in") {
        // A case that was never updated expects nothing yet, so everything differs.
        let expected = fs::read_to_string(path.with_extension("expected.json")).unwrap_or_default();
        let expected = serde_json::from_str(&expected).unwrap_or_default();
        return Ok(Case { name, path, input: None, lines: bytes, expected, form: Form::Pair });
    }
    let not_a_case = |reason: String| Error::NotACase { path: path.clone(), reason };
    let text = String::from_utf8(bytes).map_err(|error| not_a_case(error.to_string()))?;
    let raw: RawCase = serde_saphyr::from_str(&text)
        .map_err(|error| not_a_case(runtime::plain(&error.to_string()).into_owned()))?;
    let lines = raw.lines.iter().map(|line| line.replace('\n', JOINED_BREAK) + "\n");
    let lines: String = lines.collect();
    let (input, expected) = (raw.input, Value::from(raw.expect));
    Ok(Case { name, path, input, lines: lines.into_bytes(), expected, form: Form::Yaml })
}

impl Case {
    /// Writes what is expected from now on.
    pub(super) fn update(&self, got: &Value) -> Result<(), Error> {
        let (path, text) = match self.form {
            Form::Pair => {
                (self.path.with_extension("expected.json"), format!("{}\n", pretty(got, "")))
            }
            Form::Yaml => (self.path.clone(), self.yaml(got)),
        };
        runtime::DurableFile::replace(&runtime::RealDisk, &path, text.as_bytes())
            .map_err(|error| Error::Write { path: path.clone(), source: error.into() })
    }

    /// Returns the case as YAML. JSON is YAML, so texts and documents are written as JSON.
    fn yaml(&self, got: &Value) -> String {
        let input = self.input.as_deref().map(|input| format!("input: {}\n", Value::from(input)));
        let lines = String::from_utf8_lossy(&self.lines).replace(JOINED_BREAK, "\u{1e}");
        let lines = lines.split_terminator('\n').map(|line| line.replace('\u{1e}', "\n"));
        let lines = lines.map(|line| format!("  - {}\n", Value::from(line)));
        let documents = got.as_array().into_iter().flatten();
        let documents = documents.map(|document| format!("  - {}\n", pretty(document, "    ")));
        let head = input.into_iter().chain(["lines:\n".to_owned()]);
        head.chain(lines).chain(["expect:\n".to_owned()]).chain(documents).collect()
    }
}

/// Returns a value over several lines, of which all but the first are indented.
fn pretty(value: &Value, indent: &str) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string());
    text.replace('\n', &format!("\n{indent}"))
}
