//! Which file systems announce changes: a network file system tells nothing of what other hosts do.

use std::path::Path;

use rustix::fs::statfs;

/// Whether changes below a folder are announced to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Announces {
    /// All of them, as far as is known.
    All,
    /// Not all: others may write without our kernel seeing it. The name is that of the kind of file system.
    Some(&'static str),
}

/// Kinds of file systems on which changes come to pass that this kernel does not see, by the magic number of statfs(2).
const SILENT: [(u32, &str); 17] = [
    (0x6969, "nfs"),
    (0xFF53_4D42, "cifs"),
    (0xFE53_4D42, "smb"),
    (0x517B, "smb"),
    (0x00C3_6400, "ceph"),
    (0x0BD0_0BD0, "lustre"),
    (0x5346_414F, "afs"),
    (0x6B41_4653, "afs"),
    (0x7375_7245, "coda"),
    (0x0102_1997, "9p"),
    (0x0116_1970, "gfs2"),
    (0x7461_636F, "ocfs2"),
    (0x786F_4256, "vboxsf"),
    // Also the face of GlusterFS, sshfs, virtiofs and s3fs.
    (0x6573_5546, "fuse"),
    // A write through one layer is not announced in the other (moby#11705).
    (0x794C_7630, "overlay"),
    (0x6175_6673, "aufs"),
    (0xF15F, "ecryptfs"),
];

/// Tells whether changes below a folder are announced; a folder that cannot be asked is taken at its word.
pub fn announces(folder: &Path) -> Announces {
    // The field has another width on each architecture; the numbers have 32 bits on all of them.
    statfs(folder).map_or(Announces::All, |found| {
        u32::try_from(found.f_type & 0xFFFF_FFFF).map_or(Announces::All, of_kind)
    })
}

fn of_kind(magic: u32) -> Announces {
    let silent = SILENT.iter().find(|(number, _)| *number == magic);
    silent.map_or(Announces::All, |(_, name)| Announces::Some(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// D5
    #[test]
    fn file_systems_of_the_network_and_of_layers_are_scanned_only() {
        assert_eq!(of_kind(0x6969), Announces::Some("nfs"));
        assert_eq!(of_kind(0x794C_7630), Announces::Some("overlay"));
        assert_eq!(of_kind(0xFF53_4D42), Announces::Some("cifs"));
        for (magic, name) in [(0xEF53, "ext4"), (0x0102_1994, "tmpfs"), (0x5846_5342, "xfs")] {
            assert_eq!(of_kind(magic), Announces::All, "{name}");
        }
    }

    #[test]
    fn a_folder_that_is_not_there_is_taken_at_its_word() {
        assert_eq!(announces(Path::new("/nowhere/at/all")), Announces::All);
    }
}
