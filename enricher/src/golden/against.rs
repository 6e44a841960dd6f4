//! A file of lines through two configurations: where what they make of it differs.

use std::io::{BufRead, Write};
use std::path::Path;

use serde_json::Value;

use super::{Error, Reading, Under, difference};

/// What a comparison came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Compared {
    /// Lines that were read.
    pub lines: u64,
    /// Lines of which something differs.
    pub different: u64,
}

/// Reads a file under two settings and prints the fields that differ, line by line: `-` as it was, `+` as it is now.
pub fn against(
    old: Under<'_>,
    new: Under<'_>,
    path: &Path,
    out: &mut dyn Write,
) -> Result<Compared, Error> {
    let failed = |source| Error::Read { path: path.to_owned(), source };
    let mut file = std::io::BufReader::new(std::fs::File::open(path).map_err(failed)?);
    let (mut was, mut is) = (Reading::new(old), Reading::new(new));
    let mut compared = Compared::default();
    let mut line = Vec::new();
    loop {
        line.clear();
        if file.read_until(b'\n', &mut line).map_err(failed)? == 0 {
            return Ok(compared);
        }
        compared.lines += 1;
        let (was, is) = (Value::from(was.read(&line)), Value::from(is.read(&line)));
        let lines = difference(&was, &is);
        if lines.is_empty() {
            continue;
        }
        compared.different += 1;
        writeln!(out, "{}:{}", path.display(), compared.lines)?;
        for line in &lines {
            writeln!(out, "  {}", runtime::plain(line))?;
        }
    }
}
