//! The user that a server runs as: Elasticsearch refuses to run as root.

use std::fs;
use std::os::unix::fs::{chown, lchown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

use crate::Error;

/// The unprivileged user that stands in for root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Account {
    user: u32,
    group: u32,
}

impl Account {
    /// Returns the user to change to; none unless we are root.
    pub(crate) fn needed() -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            return None;
        }
        let accounts = fs::read_to_string("/etc/passwd").unwrap_or_default();
        Some(Self::nobody(&accounts))
    }

    fn nobody(accounts: &str) -> Self {
        let named = accounts.lines().find_map(|line| {
            let mut fields = line.strip_prefix("nobody:")?.split(':').skip(1);
            Some(Self { user: fields.next()?.parse().ok()?, group: fields.next()?.parse().ok()? })
        });
        named.unwrap_or(Self { user: 65534, group: 65534 })
    }

    /// Lets a command run as this user.
    pub(crate) fn apply(self, command: &mut Command) {
        command.uid(self.user).gid(self.group);
    }

    /// Gives a folder and all in it to this user.
    pub(crate) fn own(self, path: &Path) -> Result<(), Error> {
        let kind = fs::symlink_metadata(path).map_err(Error::io("read", path))?.file_type();
        if !kind.is_dir() {
            return lchown(path, Some(self.user), Some(self.group))
                .map_err(Error::io("give away", path));
        }
        self.own_alone(path)?;
        for entry in fs::read_dir(path).map_err(Error::io("read", path))? {
            self.own(&entry.map_err(Error::io("read", path))?.path())?;
        }
        Ok(())
    }

    /// Gives only the folder itself to this user.
    pub(crate) fn own_alone(self, folder: &Path) -> Result<(), Error> {
        chown(folder, Some(self.user), Some(self.group)).map_err(Error::io("give away", folder))
    }

    /// Tells whether this user can read a file, which a closed folder above it may forbid.
    pub(crate) fn reads(self, path: &Path) -> bool {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "test -r \"$0\""]).arg(path).current_dir("/").stdin(Stdio::null());
        self.apply(&mut command);
        command.status().is_ok_and(|status| status.success())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_found_by_name_and_else_has_its_usual_number() {
        let accounts = "root:x:0:0:root:/:/bin/sh\nnobody:x:99:98:nobody:/:/sbin/nologin\n";
        assert_eq!(Account::nobody(accounts), Account { user: 99, group: 98 });
        assert_eq!(Account::nobody("root:x:0:0::/:/bin/sh"), Account { user: 65534, group: 65534 });
    }
}
