//! The programs of others that we need: a Java development kit and Maven.

use std::env;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Instant;

use crate::{Error, Flavour};

const OLDEST_JAVA: u32 = 17;

/// A Java development kit.
#[derive(Debug, Clone)]
pub(crate) struct Java {
    /// The folder above its `bin`.
    pub(crate) home: PathBuf,
}

impl Java {
    /// Finds the kit that `JAVA_HOME` names, or else the one whose `javac` lies on the path.
    pub(crate) fn find(flavour: Flavour) -> Result<Self, Error> {
        let named = env::var_os("JAVA_HOME")
            .map(PathBuf::from)
            .filter(|home| home.join("bin/javac").is_file());
        let home = named.or_else(|| {
            let compiler = fs::canonicalize(on_path("javac")?).ok()?;
            Some(compiler.parent()?.parent()?.to_owned())
        });
        let missing = |what: String| Error::Missing {
            flavour,
            what,
            install: "a Java 17 development kit and Maven",
        };
        let java = Self {
            home: home
                .ok_or_else(|| missing("no javac on the path, nor in JAVA_HOME".to_owned()))?,
        };
        let answer = java
            .command("java")
            .arg("-version")
            .output()
            .map_err(Error::io("run java of", &java.home))?;
        match feature_version(&String::from_utf8_lossy(&answer.stderr)) {
            Some(version) if version >= OLDEST_JAVA => Ok(java),
            Some(version) => Err(missing(format!(
                "Java {version} is too old, {OLDEST_JAVA} is the oldest that serves"
            ))),
            None => Err(missing(format!("no working Java in {}", java.home.display()))),
        }
    }

    /// Returns a command for one of its programs.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.home.join("bin").join(program));
        command.stdin(Stdio::null()).env_remove("JAVA_TOOL_OPTIONS").env_remove("_JAVA_OPTIONS");
        command
    }
}

/// Reads the `17` of `openjdk version "17.0.15" 2025-04-15`.
fn feature_version(said: &str) -> Option<u32> {
    let (_, version) = said.split_once("version \"")?;
    version.split(['.', '"', '-']).next()?.parse().ok()
}

/// Returns a command for Maven.
pub(crate) fn maven(flavour: Flavour) -> Result<Command, Error> {
    let program = on_path("mvn").ok_or_else(|| Error::Missing {
        flavour,
        what: "no mvn on the path".to_owned(),
        install: "Maven",
    })?;
    let mut command = Command::new(program);
    // It would say two lines of each of hundreds of small files.
    command.args(["--batch-mode", "--no-transfer-progress"]).stdin(Stdio::null());
    Ok(command)
}

/// Runs a command that takes its time, after saying so: standard output belongs to the caller's answer.
pub(crate) fn run(act: &'static str, how_much: &str, command: &mut Command) -> Result<(), Error> {
    // A closed standard error must not keep the work from being done.
    drop(writeln!(io::stderr(), "dev: {act}, once: {how_much}"));
    let began = Instant::now();
    run_quietly(act, command)?;
    drop(writeln!(io::stderr(), "dev: {act}: done in {} s", began.elapsed().as_secs()));
    Ok(())
}

/// Runs a command whose messages are of interest only when it fails.
pub(crate) fn run_quietly(act: &'static str, command: &mut Command) -> Result<(), Error> {
    let Output { status, stdout, stderr } =
        command.output().map_err(Error::io("run", command.get_program()))?;
    if status.success() {
        return Ok(());
    }
    let output = [stdout, stderr].concat();
    Err(Error::Tool {
        act,
        status: status.to_string(),
        output: String::from_utf8_lossy(&output).into_owned(),
    })
}

/// Finds a program on the path.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders)
        .map(|folder| folder.join(name))
        .find(|program| Path::is_file(program))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_several_makers_are_read() {
        assert_eq!(
            feature_version("openjdk version \"17.0.15\" 2025-04-15\nOpenJDK ..."),
            Some(17)
        );
        assert_eq!(feature_version("java version \"1.8.0_391\""), Some(1));
        assert_eq!(feature_version("openjdk version \"21\" 2023-09-19"), Some(21));
        assert_eq!(feature_version("openjdk version \"24-ea\" 2025-03-18"), Some(24));
        assert_eq!(feature_version("no such file"), None);
    }

    #[test]
    fn a_failure_shows_what_the_program_said() {
        let error = run_quietly(
            "saying why",
            Command::new("/bin/sh").args(["-c", "echo because >&2; exit 3"]),
        );
        let message = error.unwrap_err().to_string();
        assert!(message.contains("because") && message.contains('3'), "{message}");
    }
}
