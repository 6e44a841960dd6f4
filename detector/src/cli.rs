//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use jiff::Timestamp;

use crate::command::Style;

/// Reads a shop's figures out of Elasticsearch, finds what is wrong and tells people.
#[derive(Debug, Parser)]
#[command(name = "detector", version)]
pub struct Cli {
    /// The configuration file.
    #[arg(long, global = true, default_value = "/etc/storewatch/detector.yml")]
    pub config: PathBuf,
    /// The folder of drop-ins; `conf.d` beside the configuration file unless it is given.
    #[arg(long, global = true)]
    pub conf_dir: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the detector can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Judges closed buckets for as long as it runs, or a past stretch with a stepped clock.
    Run {
        /// Judge a past stretch from here on, bucket by bucket, and end.
        #[arg(long, requires = "until")]
        from: Option<Timestamp>,
        /// The end of the past stretch.
        #[arg(long, requires = "from")]
        until: Option<Timestamp>,
        /// How the answer is written.
        #[command(flatten)]
        look: Look,
        /// Where the admin endpoint listens.
        #[arg(long)]
        admin_address: Option<String>,
    },
    /// Checks the configuration and all rules.
    Check {
        /// Also ask the cluster.
        #[arg(long)]
        connect: bool,
        /// How the answer is written.
        #[command(flatten)]
        look: Look,
    },
    /// Tries a rule on a past stretch; nothing is written.
    Test {
        /// The rule.
        rule: String,
        /// From here on.
        #[arg(long)]
        from: Timestamp,
        /// To here.
        #[arg(long, alias = "until")]
        to: Timestamp,
        /// Read the figures from a CSV file instead of the cluster.
        #[arg(long)]
        csv: Option<PathBuf>,
        /// How the answer is written.
        #[command(flatten)]
        look: Look,
    },
    /// Shows the rules.
    Rules {
        /// What to show.
        #[command(subcommand)]
        command: RulesCommand,
    },
    /// Asks a running detector how it stands.
    Status {
        /// How the answer is written.
        #[command(flatten)]
        look: Look,
    },
    /// Prints completions for a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Prints the version.
    Version {
        /// How the answer is written.
        #[command(flatten)]
        look: Look,
    },
}

/// What can be shown of rules.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// Lists all rules.
    List {
        /// How the answer is written.
        #[command(flatten)]
        look: Look,
    },
}

/// How an answer is written.
#[derive(Debug, Clone, Copy, Args)]
pub struct Look {
    /// Print the answer as JSON.
    #[arg(long)]
    json: bool,
}

impl Look {
    /// Returns the style that was asked for.
    pub fn style(self) -> Style {
        if self.json { Style::Json } else { Style::Lines }
    }
}
