//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use clap_complete::Shell;

/// Ships the event logs of a shop to Elasticsearch: every line once, none lost.
#[derive(Debug, Parser)]
#[command(name = "shipper", version, about, propagate_version = true)]
pub struct Cli {
    /// The configuration.
    #[arg(long, short, global = true, default_value = "/etc/storewatch/shipper.yml")]
    pub config: PathBuf,
    /// Folder of further configuration; `conf.d` beside the file unless it is named.
    #[arg(long, global = true)]
    pub conf_dir: Option<PathBuf>,
    /// Where state is kept (key `state_dir`).
    #[arg(long, global = true)]
    pub state_dir: Option<String>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Ships until told to stop; a cluster that is down never stops the start.
    Run {
        /// Reads all files to their end, waits until everything is acknowledged, and ends.
        #[arg(long, visible_alias = "once")]
        until_idle: bool,
        /// Prints what became of all events as JSON, once all is read.
        #[arg(long, requires = "until_idle")]
        json: bool,
        /// Where the admin endpoint listens (key `admin.address`).
        #[arg(long)]
        admin_address: Option<String>,
    },
    /// Checks the configuration, and with `--connect` the cluster too.
    Check {
        /// Also asks the cluster: reachable, certificate, key, rights, streams.
        #[arg(long)]
        connect: bool,
        /// Prints findings as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Holds sample lines against golden cases, or a file against an older configuration.
    Test {
        /// Folder or file of cases, `cases` beside the configuration unless named; with `--against` a file of lines.
        path: Option<PathBuf>,
        /// An older configuration: prints where its events and those of this one differ, field by field.
        #[arg(long, value_name = "OLD.yml", requires = "path")]
        against: Option<PathBuf>,
        /// The input that reads the file, where its globs do not tell.
        #[arg(long, value_name = "ID", requires = "against")]
        input: Option<String>,
        /// Writes what came out into the cases as what is expected from now on.
        #[arg(long, conflicts_with = "against")]
        update: bool,
    },
    /// Shows what a running shipper does.
    Status {
        /// Prints the status as it comes.
        #[arg(long)]
        json: bool,
    },
    /// Shows a running shipper live: lag, rates, replies, the files furthest behind; q ends it.
    Top,
    /// Tells by its exit code how a running shipper is: 0 well, 75 not well, 74 no answer.
    Health {
        /// Asks only whether its loop comes round: when not, a restart helps.
        #[arg(long)]
        live: bool,
    },
    /// Prints every value of the configuration with its origin, secrets hidden.
    ExportConfig {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Prints what became of every byte that was acknowledged, and checks that the books agree; asks no cluster.
    Audit {
        /// Only the file of this path or id.
        path: Option<String>,
        /// Prints every range of each file too.
        #[arg(long)]
        ranges: bool,
        /// Prints the books as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Shows and replays events that the cluster refused.
    Dlq {
        /// What to do with them.
        #[command(subcommand)]
        command: Letters,
    },
    /// Reads files still on disk again and sends what is missing, with the same ids; the shipper may run.
    Replay {
        /// The files.
        #[arg(required = true)]
        paths: Vec<PathBuf>,
        /// Only events that happened since then, such as 2026-01-02T03:04:05Z.
        #[arg(long)]
        since: Option<jiff::Timestamp>,
        /// Only lines that start within these bytes, START-END as `storewatch verify` prints it; may be given again.
        #[arg(long, value_parser = crate::commands::again::bytes)]
        bytes: Vec<event::Span>,
        /// The input they belong to, where no input's globs match the path.
        #[arg(long)]
        input: Option<String>,
        /// Counts what would be sent, and sends nothing.
        #[arg(long)]
        dry_run: bool,
        /// Prints what became of the events as JSON, one object a file.
        #[arg(long)]
        json: bool,
    },
    /// Prints the completions of a shell.
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

/// What to do with dead letters.
#[derive(Debug, Subcommand)]
pub enum Letters {
    /// Lists them, grouped by reason.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Prints one.
    Show {
        /// Its name, as `list` prints it.
        id: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Runs their lines through today's pipeline and sends them with their old ids; what is acknowledged leaves.
    Replay {
        /// Only those given up since then, such as 2026-01-02T03:04:05Z.
        #[arg(long)]
        since: Option<jiff::Timestamp>,
        /// Only those whose reason holds this text.
        #[arg(long)]
        reason: Option<String>,
        /// Lists what would be sent, and sends nothing; the shipper may run.
        #[arg(long)]
        dry_run: bool,
    },
}
