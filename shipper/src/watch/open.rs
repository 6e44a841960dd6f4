//! Opens a file that a scan found, and looks again now that it cannot be swapped any more.

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;

use super::Links;

/// Opens a regular file for reading; its metadata are those of what was opened.
pub fn open(path: &Path, links: Links) -> io::Result<(File, Metadata)> {
    // O_NONBLOCK: opening a FIFO must not wait for a writer.
    let flags = match links {
        Links::Ignore => OFlags::NONBLOCK | OFlags::NOFOLLOW,
        Links::Follow => OFlags::NONBLOCK,
    };
    let file = open_with(path, flags)?;
    let metadata = file.metadata()?;
    if metadata.is_file() {
        Ok((file, metadata))
    } else {
        let kind = if metadata.file_type().is_fifo() { "a FIFO" } else { "no regular file" };
        Err(io::Error::other(format!("{} is {kind}", path.display())))
    }
}

/// Opens without changing the time of the last access, which would cost the file system a write for each read of a growing
/// file; only its owner may ask for that.
fn open_with(path: &Path, flags: OFlags) -> io::Result<File> {
    let open = |flags: OFlags| {
        OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)
    };
    match open(flags | OFlags::NOATIME) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => open(flags),
        outcome => outcome,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test writes its input")]
    fn a_link_is_opened_only_when_it_may_be_followed() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("a.log"), "x\n").unwrap();
        symlink(path("a.log"), path("link.log")).unwrap();
        symlink(folder.path(), path("folder.log")).unwrap();
        assert_eq!(open(&path("a.log"), Links::Ignore).unwrap().1.len(), 2);
        assert!(open(&path("link.log"), Links::Ignore).is_err());
        assert_eq!(open(&path("link.log"), Links::Follow).unwrap().1.len(), 2);
        assert!(open(&path("folder.log"), Links::Follow).is_err());
    }
}
