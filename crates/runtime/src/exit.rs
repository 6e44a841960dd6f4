//! The exit codes of all programs, and the one place that prints why a program failed.

use std::{error::Error, fmt, io, io::Write, process::ExitCode};

use crate::{plain, settings::Findings};

/// How a program ended, as its caller sees it. A second signal while draining ends at once with 128 + the number of the
/// signal (130 or 143), as a shell would report it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Exit {
    /// Everything asked for was done.
    Done = 0,
    /// The command line makes no sense.
    Usage = 64,
    /// A check, test or import found a difference or was refused in part.
    Difference = 65,
    /// The cluster could not be reached; only checks end so.
    Unreachable = 69,
    /// A fault of the program itself.
    Bug = 70,
    /// Input or output failed.
    Io = 74,
    /// A later try may succeed.
    Temporary = 75,
    /// The operating system or the cluster does not allow it.
    Permission = 77,
    /// The configuration or the state cannot be trusted; starting again will not help.
    Configuration = 78,
}

impl Exit {
    /// Returns the number that the operating system gets.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// Returns how a program ends that failed with this error: the first cause in the chain that knows.
    pub fn of(error: &(dyn Error + 'static)) -> Self {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(failure) = error.downcast_ref::<Failure>() {
                return failure.exit;
            }
            if error.is::<Findings>() {
                return Self::Configuration;
            }
            if let Some(error) = error.downcast_ref::<io::Error>() {
                let denied = error.kind() == io::ErrorKind::PermissionDenied;
                return if denied { Self::Permission } else { Self::Io };
            }
            next = error.source();
        }
        Self::Bug
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// An error that says how the program ends; a binary wraps the errors of libraries in it.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    message: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl Failure {
    /// Returns a failure without a cause.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), source: None }
    }

    /// Returns the failure with its cause, whose text is printed after it.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Returns how the program ends.
    pub fn exit(&self) -> Exit {
        self.exit
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn Error + 'static))
    }
}

/// Prints `program: message: cause: cause` once on stderr and returns how the program ends.
///
/// A `main` is then: `match run() { Ok(exit) => exit, Err(error) => runtime::report("shipper", &*error) }.into()`.
///
/// Who reads what we print may have read enough: a pipe that was closed by `| head` is no failure, and nothing is said. Only
/// printing itself fails with a bare I/O error; a connection that breaks stands deeper in its chain.
pub fn report(program: &str, error: &(dyn Error + 'static)) -> Exit {
    if let Some(error) = error.downcast_ref::<io::Error>()
        && error.kind() == io::ErrorKind::BrokenPipe
    {
        return Exit::Done;
    }
    // When stderr is closed there is nobody left to tell; the exit code still says it.
    drop(writeln!(io::stderr(), "{program}: {}", chain(error)));
    Exit::of(error)
}

/// Returns an error and its causes in one line, `message: cause: cause`, each said once.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let message = error.to_string();
        // Some libraries repeat their cause in their own message; the reader needs it once.
        if !text.ends_with(&message) {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&message);
        }
        next = error.source();
    }
    plain::plain_lines(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_those_of_the_manual() {
        let codes = [
            Exit::Done,
            Exit::Usage,
            Exit::Difference,
            Exit::Unreachable,
            Exit::Bug,
            Exit::Io,
            Exit::Temporary,
            Exit::Permission,
            Exit::Configuration,
        ]
        .map(Exit::code);
        assert_eq!(codes, [0, 64, 65, 69, 70, 74, 75, 77, 78]);
    }

    #[test]
    fn the_cause_that_knows_the_exit_decides_it_wherever_it_stands() {
        let denied = io::Error::from(io::ErrorKind::PermissionDenied);
        let wrapped = crate::DurableError { act: "write", path: "/x".into(), source: denied };
        assert_eq!(Exit::of(&wrapped), Exit::Permission);
        let failure = Failure::new(Exit::Temporary, "later").caused_by(wrapped);
        assert_eq!(Exit::of(&failure), Exit::Temporary);
        assert_eq!(Exit::of(&fmt::Error), Exit::Bug);
    }

    #[test]
    fn a_chain_is_printed_once_and_without_control_characters() {
        let cause = io::Error::other("disk \u{1b}[31mred");
        let wrapped = crate::DurableError { act: "write", path: "/x".into(), source: cause };
        let failure = Failure::new(Exit::Io, "no checkpoint").caused_by(wrapped);
        assert_eq!(chain(&failure), "no checkpoint: cannot write /x: disk [31mred");
    }
}
