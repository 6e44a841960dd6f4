//! Files of settings: which ones, and whether they can be trusted.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use super::{Finding, Findings, Origin, Sources};

/// Far above any real configuration; what is larger was named by mistake.
const LARGEST_BYTES: u64 = 4 << 20;

/// A file of settings as text.
pub(super) struct File {
    pub(super) path: PathBuf,
    pub(super) text: String,
}

/// Returns the files and the drop-ins, weakest first; what cannot be read is a finding.
pub(super) fn all(sources: &Sources, findings: &mut Findings) -> Vec<File> {
    let mut paths = sources.files.clone();
    if let Some(folder) = &sources.conf_dir {
        match drop_ins(folder) {
            Ok(more) => paths.extend(more),
            Err(error) => {
                let message = format!("cannot be listed: {error}");
                findings.push(Finding::error(Origin::file(folder), "", message));
            }
        }
    }
    let mut files = Vec::new();
    for path in paths {
        match read(&path) {
            Ok(file) => files.push(file),
            Err(finding) => findings.push(*finding),
        }
    }
    files
}

fn drop_ins(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry?.path();
        // What an editor or package tool leaves behind (`.x.yml.swp`, `x.yml.dpkg-new`) is no configuration.
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if !hidden && path.extension().is_some_and(|extension| extension == "yml") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// Reads one file, if it is one that only its owner can have written.
pub(super) fn read(path: &Path) -> Result<File, Box<Finding>> {
    let finding = |message: String| Box::new(Finding::error(Origin::file(path), "", message));
    let metadata = fs::metadata(path).map_err(|error| {
        let missing = error.kind() == io::ErrorKind::NotFound;
        let mut finding = finding(if missing {
            "is missing".to_owned()
        } else {
            format!("cannot be read: {error}")
        });
        if missing {
            finding.hint = Some("name the file with --config".to_owned());
        }
        finding
    })?;
    if !metadata.is_file() {
        return Err(finding("is not a regular file".to_owned()));
    }
    if metadata.len() > LARGEST_BYTES {
        return Err(finding(format!(
            "is {} bytes long, which is no configuration",
            metadata.len()
        )));
    }
    if is_writable_by_others(&metadata) {
        let mut finding = finding("can be written by its group or by others".to_owned());
        finding.hint = Some(format!("chmod go-w {}", path.display()));
        return Err(finding);
    }
    let bytes = fs::read(path).map_err(|error| finding(format!("cannot be read: {error}")))?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(File { path: path.to_owned(), text }),
        Err(error) => {
            let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = good.split(|byte| *byte == b'\n').count();
            let origin = Origin::line(path, u64::try_from(line).unwrap_or(u64::MAX));
            Err(Box::new(Finding::error(origin, "", "is not UTF-8 text")))
        }
    }
}

/// Returns whether somebody besides the owner may change a file: then it is not the owner who says what it holds.
pub(crate) fn is_writable_by_others(metadata: &fs::Metadata) -> bool {
    metadata.permissions().mode() & 0o022 != 0
}
