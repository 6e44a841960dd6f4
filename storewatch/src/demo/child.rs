//! The real programs, run as a person would run them.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use runtime::{Clock, Exit, Failure};
use tokio::process::{Child, Command};

/// Returns the folder in which the programs lie: the one named, else that of this program.
pub(super) fn bin_dir(named: Option<&Path>) -> Result<PathBuf> {
    if let Some(folder) = named {
        return Ok(folder.to_owned());
    }
    let own = std::env::current_exe().context("cannot tell where this program lies")?;
    Ok(own.parent().unwrap_or(Path::new(".")).to_owned())
}

/// Returns the path of a program, or says how to get it.
pub(super) fn program(folder: &Path, name: &str) -> Result<PathBuf> {
    let path = folder.join(name);
    match path.try_exists() {
        Ok(true) => Ok(path),
        _ => Err(Failure::new(
            Exit::Usage,
            format!(
                "there is no {name} in {}; build it (`cargo build --release`) or give --bin-dir",
                folder.display()
            ),
        )
        .into()),
    }
}

/// One run of a program; it is killed when this value goes.
#[derive(Debug)]
pub(super) struct Run {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

impl Run {
    /// Starts a program whose own log goes to a file and whose answer is read from its standard output.
    pub(super) fn start(
        name: &'static str,
        path: &Path,
        arguments: &[&str],
        log: PathBuf,
    ) -> Result<Self> {
        let file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&log)
            .with_context(|| format!("cannot write {}", log.display()))?;
        let child = Command::new(path)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(file)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", path.display()))?;
        Ok(Self { name, child, log })
    }

    /// Waits for its end, calling `tick` about five times a second, and returns what it wrote to its standard output.
    pub(super) async fn wait(
        mut self,
        clock: &dyn Clock,
        mut tick: impl AsyncFnMut(),
    ) -> Result<String> {
        let stdout = self.child.stdout.take();
        let read = async {
            let mut text = String::new();
            if let Some(mut stdout) = stdout {
                tokio::io::AsyncReadExt::read_to_string(&mut stdout, &mut text).await?;
            }
            std::io::Result::Ok(text)
        };
        tokio::pin!(read);
        let text = loop {
            tokio::select! {
                // Dropping the pause loses nothing; the reading is kept across turns.
                text = &mut read => break text?,
                () = clock.sleep(Duration::from_millis(200)) => tick().await,
            }
        };
        let status = self.child.wait().await?;
        self.judge(status).map(|()| text)
    }

    fn judge(&self, status: ExitStatus) -> Result<()> {
        if status.success() {
            return Ok(());
        }
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        let last = lines[lines.len().saturating_sub(10)..].join("\n");
        bail!("{} ended with {status}; the end of its log:\n{last}", self.name)
    }
}
