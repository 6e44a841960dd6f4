//! Reads the golden vectors: fixtures of our own series, and the whole files where the reference lies.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;

/// A table of numbers with named columns; an empty field is none.
pub(in crate::model) struct Table {
    names: Vec<String>,
    rows: Vec<Vec<Option<f64>>>,
}

impl Table {
    fn read(path: &Path) -> Self {
        let file = std::fs::File::open(path).unwrap();
        let mut text = String::new();
        GzDecoder::new(file).read_to_string(&mut text).unwrap();
        let mut lines = text.lines();
        let names = lines.next().unwrap().split(',').map(str::to_owned).collect();
        let rows = lines.map(|line| line.split(',').map(|field| field.parse().ok()).collect());
        Self { names, rows: rows.collect() }
    }

    pub(in crate::model) fn column(&self, name: &str) -> impl Iterator<Item = Option<f64>> + '_ {
        let place = self.names.iter().position(|own| own == name).unwrap();
        self.rows.iter().map(move |row| row[place])
    }

    pub(in crate::model) fn has(&self, name: &str) -> bool {
        self.names.iter().any(|own| own == name)
    }
}

/// The first 6,000 rows of one of our own series.
pub(in crate::model) fn fixture(name: &str) -> Table {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/golden");
    Table::read(&folder.join(format!("{name}.csv.gz")))
}

/// The folder of the whole golden files, where it exists; otherwise says that the test is skipped.
#[expect(clippy::disallowed_methods, reason = "a test asks where the reference lies")]
pub(in crate::model) fn reference() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/reference");
    let root = std::env::var("STOREWATCH_REFERENCE").map_or(beside, PathBuf::from);
    let folder = root.join("detection/golden");
    if folder.is_dir() {
        return Some(folder);
    }
    // Written past the test's captured output: a skip is said aloud.
    let said = writeln!(
        std::io::stderr(),
        "SKIPPED golden files of the reference: there is no {}; set STOREWATCH_REFERENCE",
        folder.display()
    );
    drop(said);
    None
}

/// Reads one whole golden file.
pub(in crate::model) fn whole(folder: &Path, file: &str) -> Table {
    Table::read(&folder.join(file))
}
