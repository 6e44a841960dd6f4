//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use clap_complete::Shell;
use jiff::Timestamp;

/// Reads a shop's figures out of Elasticsearch, finds what is wrong and tells people.
#[derive(Debug, Parser)]
#[command(name = "detector", disable_version_flag = true)]
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
        /// Print a summary of the past stretch as JSON.
        #[arg(long, requires = "from")]
        json: bool,
        /// Where the admin endpoint listens.
        #[arg(long)]
        admin_address: Option<String>,
    },
    /// Checks the configuration and all rules.
    Check {
        /// Also ask the cluster.
        #[arg(long)]
        connect: bool,
        /// Print the findings as JSON.
        #[arg(long)]
        json: bool,
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
        /// Print the transitions as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Shows the rules.
    Rules {
        /// What to show.
        #[command(subcommand)]
        command: RulesCommand,
    },
    /// Asks a running detector how it stands.
    Status,
    /// Prints completions for a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Prints the version.
    Version {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

/// What can be shown of rules.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// Lists all rules.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}
