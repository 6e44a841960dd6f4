//! The command line. A flag becomes a setting and passes the same checks as a file.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Turns raw log lines into clean events: one JSON document a line.
#[derive(Debug, Parser)]
#[command(name = "enricher", version, about, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Read lines from stdin and write events to stdout
    Run(RunArgs),
    /// Read the settings and say all that is wrong with them
    Check(CheckArgs),
    /// Hold the settings against golden cases (NAME.yml, or NAME.in beside NAME.expected.json) or older settings
    Test(TestArgs),
    /// Tell what would be redacted of the lines of a file, by rule and place; no value is shown
    Audit(AuditArgs),
    /// Show what each step does to a line, and which rule speaks
    Explain(ExplainArgs),
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the version
    Version {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

/// Settings on the command line.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Settings")]
pub(crate) struct ConfigArgs {
    /// File of settings (blocks store, redact, input)
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// What a line looks like: auto, ndjson, combined, java and so on; see docs/formats.md
    #[arg(long)]
    pub(crate) format: Option<String>,
    /// What the lines are about: order, payment, traffic, app and so on
    #[arg(long)]
    pub(crate) dataset: Option<String>,
    /// The shop
    #[arg(long, value_name = "ID")]
    pub(crate) store: Option<String>,
    /// Who wrote the lines, where they do not say: shopify, nginx
    #[arg(long, value_name = "NAME")]
    pub(crate) provider: Option<String>,
    /// Zone of stamps that carry none
    #[arg(long, value_name = "ZONE")]
    pub(crate) timezone: Option<String>,
}

/// `enricher run`
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    /// Name of the source: it stands in log.file.path, and ids of lines without a key come from it
    #[arg(long, value_name = "PATH", default_value = "-")]
    pub(crate) path: String,
    /// Print what was counted to stderr, as JSON, at the end
    #[arg(long)]
    pub(crate) counts: bool,
}

/// `enricher check`
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The file; the same as --config
    #[arg(value_name = "CONFIG")]
    pub(crate) file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    /// Print findings as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `enricher test`
#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// Folder or file of cases; with --against a file of lines
    pub(crate) path: PathBuf,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    /// An older file of settings: print where its events and those of today's settings differ
    #[arg(long, value_name = "OLD.yml", conflicts_with = "update")]
    pub(crate) against: Option<PathBuf>,
    /// Write what came out as what is expected from now on
    #[arg(long)]
    pub(crate) update: bool,
}

/// `enricher audit`
#[derive(Debug, Args)]
pub(crate) struct AuditArgs {
    /// The file; `-` is stdin
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// `enricher explain`
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The line; without it the lines of stdin
    #[arg(value_name = "LINE")]
    pub(crate) line: Option<String>,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    /// Name of the source: it stands in log.file.path, and ids of lines without a key come from it
    #[arg(long, value_name = "PATH", default_value = "-")]
    pub(crate) path: String,
    /// Print one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
}

impl CheckArgs {
    /// Returns the settings with the file, wherever it was named.
    pub(crate) fn settings(&self) -> ConfigArgs {
        let config = self.file.clone().or_else(|| self.config.config.clone());
        ConfigArgs { config, ..self.config.clone() }
    }
}
