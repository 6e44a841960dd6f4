//! `shipper test`: sample lines against golden cases, and a file through this configuration and an older one.

use std::io::Write;
use std::path::Path;

use enricher::golden::{self, Act, Compared, Under, Went};

use crate::settings::{Input, Shipper};
use crate::watch::Matched;

/// Why nothing was tested.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No input is named, and several could be meant.
    #[error("{what} names no input of the configuration; there are {known}")]
    NoInput {
        /// What should name it.
        what: String,
        /// The inputs.
        known: String,
    },
    /// A case or a file cannot be used.
    #[error(transparent)]
    Golden(#[from] golden::Error),
}

/// Runs the cases of a folder or file and prints how each went. Returns how many went otherwise.
pub fn cases(
    shipper: &Shipper,
    path: &Path,
    act: Act,
    out: &mut dyn Write,
) -> Result<usize, Error> {
    let cases = golden::find(path)?;
    let mut different = 0;
    for case in &cases {
        let input = named(shipper, case.input.as_deref(), &case.name)?;
        let went = golden::run(case, under(shipper, input), act, out)?;
        different += usize::from(went == Went::Otherwise);
    }
    writeln!(out, "{} cases, {different} different", cases.len()).map_err(golden::Error::from)?;
    Ok(different)
}

/// Reads a file under an older configuration and under this one, and prints where the events differ.
pub fn against(
    (old, new): (&Shipper, &Shipper),
    file: &Path,
    id: Option<&str>,
    out: &mut dyn Write,
) -> Result<Compared, Error> {
    let input = of_file(new, file, id)?;
    let before = old.inputs.iter().find(|known| known.id == input.id);
    let before = before.map_or_else(|| of_file(old, file, id), Ok)?;
    let compared = golden::against(under(old, before), under(new, input), file, out)?;
    let Compared { lines, different } = compared;
    writeln!(out, "{lines} lines, {different} different").map_err(golden::Error::from)?;
    Ok(compared)
}

fn under<'a>(shipper: &'a Shipper, input: &'a Input) -> Under<'a> {
    Under { store: &shipper.store, input: &input.pipeline }
}

/// Returns the input of this name, or the only one where nothing is named.
fn named<'a>(shipper: &'a Shipper, id: Option<&str>, what: &str) -> Result<&'a Input, Error> {
    let found = match (id, shipper.inputs.as_slice()) {
        (Some(id), inputs) => inputs.iter().find(|input| input.id == id),
        (None, [only]) => Some(only),
        (None, _) => None,
    };
    found.ok_or_else(|| {
        let known: Vec<&str> = shipper.inputs.iter().map(|input| input.id.as_str()).collect();
        Error::NoInput { what: what.to_owned(), known: known.join(", ") }
    })
}

/// Returns the input that reads this file, unless one is named.
fn of_file<'a>(shipper: &'a Shipper, file: &Path, id: Option<&str>) -> Result<&'a Input, Error> {
    let path = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let reads = |input: &&Input| input.globs.matches(&path) == Matched::Yes;
    match (id, shipper.inputs.iter().find(reads)) {
        (None, Some(input)) => Ok(input),
        (id, _) => named(shipper, id, &file.display().to_string()),
    }
}
