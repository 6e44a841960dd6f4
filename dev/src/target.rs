//! Where the build puts its files, asked of the running program's own place.

use std::env;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::Error;

/// The target folder that the running program was built into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The folder itself.
    pub root: PathBuf,
    /// The folder of the profile, which holds the binaries.
    pub profile: PathBuf,
}

impl Target {
    /// Finds the target folder above the running program.
    pub fn find() -> Result<Self, Error> {
        let program = env::current_exe().map_err(Error::io("find", "the running program"))?;
        Ok(Self::above(&program))
    }

    fn above(program: &Path) -> Self {
        let folder = program.parent().unwrap_or(Path::new("/"));
        // Tests and examples lie one folder below the binaries.
        let profile = match folder.file_name().and_then(|name| name.to_str()) {
            Some("deps" | "examples") => folder.parent().unwrap_or(folder),
            Some(_) | None => folder,
        };
        // Cargo marks the top of its target folder; a build for a named platform lies one folder deeper than others.
        let root = profile
            .ancestors()
            .find(|folder| folder.join("CACHEDIR.TAG").is_file())
            .or(profile.parent())
            .unwrap_or(profile);
        Self { root: root.to_owned(), profile: profile.to_owned() }
    }

    /// Returns the folder that holds servers made ready and the marks of shared ones.
    pub fn cache(&self) -> PathBuf {
        self.root.join("dev")
    }

    /// Returns the platform that was named to the build, if one was.
    pub fn platform(&self) -> Option<&str> {
        let between = self.profile.parent()?.strip_prefix(&self.root).ok()?;
        between.to_str().filter(|name| !name.is_empty())
    }

    /// Returns the name of the profile as `cargo --profile` takes it.
    pub fn profile_name(&self) -> &str {
        match self.profile.file_name().and_then(|name| name.to_str()) {
            Some("debug") | None => "dev",
            Some(name) => name,
        }
    }
}

/// Returns sixteen random hexadecimal digits, for names and passwords that nobody else has.
pub fn token() -> Result<String, Error> {
    let mut bytes = [0; 8];
    let source = Path::new("/dev/urandom");
    File::open(source)
        .and_then(|mut file| file.read_exact(&mut bytes))
        .map_err(Error::io("read", source))?;
    Ok(format!("{:016x}", u64::from_ne_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(program: &str, profile: &str, platform: Option<&str>) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("CACHEDIR.TAG"), "").unwrap();
        let target = Target::above(&folder.path().join(program));
        assert_eq!(target.root, folder.path());
        assert_eq!(target.profile_name(), profile);
        assert_eq!(target.platform(), platform);
    }

    #[test]
    fn a_binary_a_test_and_a_named_platform_have_one_target_folder() {
        check("debug/dev", "dev", None);
        check("debug/deps/engines-0123456789abcdef", "dev", None);
        check("release/deps/engines-0123456789abcdef", "release", None);
        check(
            "x86_64-unknown-linux-musl/release/dev",
            "release",
            Some("x86_64-unknown-linux-musl"),
        );
    }

    #[test]
    fn two_tokens_differ() {
        assert_ne!(token().unwrap(), token().unwrap());
    }
}
