//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Prepares a cluster for Storewatch, looks after it, and shows the whole thing.
#[derive(Debug, Parser)]
#[command(name = "storewatch", version, about, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Install templates, ingest pipelines, streams, API keys and boards; a second run changes nothing
    Setup(SetupArgs),
    /// Look for what is wrong with a cluster and say what to do about it
    Doctor(DoctorArgs),
    /// Compare what shippers said they stored with what is stored; find what is missing or doubled
    Verify(VerifyArgs),
    /// Fill a cluster with a small shop's logs, plant incidents, and see them found
    Demo(DemoArgs),
    /// Write the event logs of a simulated shop, with incidents and the truth about them
    Simulate(crate::simulate::SimulateArgs),
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

/// Where the cluster is. Secrets come from files or the environment, never from the command line.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Cluster")]
pub(crate) struct ConnectionArgs {
    /// Address of the cluster, with scheme and port (env: ELASTICSEARCH_URL)
    #[arg(long)]
    pub(crate) url: Option<String>,
    /// User; the password comes from --password-file or ELASTICSEARCH_PASSWORD (env: ELASTICSEARCH_USERNAME)
    #[arg(long)]
    pub(crate) username: Option<String>,
    /// File that holds the password
    #[arg(long)]
    pub(crate) password_file: Option<PathBuf>,
    /// File that holds an API key (else ELASTICSEARCH_API_KEY)
    #[arg(long, conflicts_with_all = ["username", "password_file"])]
    pub(crate) api_key_file: Option<PathBuf>,
    /// Certificates of the cluster's authority, PEM
    #[arg(long)]
    pub(crate) ca_file: Option<PathBuf>,
    /// Last part of the names of streams; one detector serves one namespace
    #[arg(long, default_value = "default")]
    pub(crate) namespace: event::Namespace,
}

/// Where Kibana is.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Kibana")]
pub(crate) struct KibanaArgs {
    /// Address of Kibana; without it boards are left out (env: KIBANA_URL)
    #[arg(long)]
    pub(crate) kibana_url: Option<String>,
    /// Space of Kibana
    #[arg(long)]
    pub(crate) kibana_space: Option<String>,
}

/// How a person wants the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Output {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// `--json`, wherever findings are printed.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct OutputArgs {
    /// Print JSON, one object
    #[arg(long)]
    json: bool,
}

impl OutputArgs {
    pub(crate) fn output(self) -> Output {
        if self.json { Output::Json } else { Output::Text }
    }
}

#[derive(Debug, Args)]
pub(crate) struct SetupArgs {
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) mode: SetupMode,
    /// Do only these parts
    #[arg(long, value_delimiter = ',', value_name = "PART,..")]
    pub(crate) only: Vec<PartArg>,
    /// Folder for the API keys, one file of mode 0600 for each program
    #[arg(long, default_value = "storewatch-keys")]
    pub(crate) keys_dir: PathBuf,
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
    #[command(flatten)]
    pub(crate) kibana: KibanaArgs,
}

/// What a set-up does with its plan.
#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "flags of a command line, turned into an enum at once"
)]
pub(crate) struct SetupMode {
    /// Show the plan and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Show the plan with what differs, and change nothing
    #[arg(long)]
    diff: bool,
    /// Take away our templates, pipelines, keys and boards; streams and their data stay
    #[arg(long, conflicts_with_all = ["diff", "rotate_keys"])]
    pub(crate) remove: bool,
    /// Make new keys beside the old ones, which end by themselves
    #[arg(long)]
    pub(crate) rotate_keys: bool,
}

/// Whether a plan is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It is.
    Apply,
    /// It is shown.
    Show,
    /// It is shown with what differs.
    ShowDifferences,
}

impl SetupMode {
    pub(crate) fn effect(&self) -> Effect {
        match (self.diff, self.dry_run) {
            (true, _) => Effect::ShowDifferences,
            (false, true) => Effect::Show,
            (false, false) => Effect::Apply,
        }
    }
}

/// A part of a set-up, as `--only` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PartArg {
    Templates,
    Pipelines,
    Streams,
    Lifecycle,
    Keys,
    Dashboards,
}

impl From<PartArg> for pipelines::install::Part {
    fn from(part: PartArg) -> Self {
        match part {
            PartArg::Templates => Self::Templates,
            PartArg::Pipelines => Self::Pipelines,
            PartArg::Streams => Self::Streams,
            PartArg::Lifecycle => Self::Lifecycle,
            PartArg::Keys => Self::Keys,
            PartArg::Dashboards => Self::Dashboards,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    /// How far back to look, such as 90m or 7d
    #[arg(long, default_value = "1d", value_name = "TIME")]
    pub(crate) since: runtime::unit::Span,
    /// Only what the shipper of this host told
    #[arg(long)]
    pub(crate) host: Option<String>,
    /// Only this dataset, such as order
    #[arg(long)]
    pub(crate) dataset: Option<String>,
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
}

/// What becomes of the documents of a demo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Leftovers {
    /// They go with it
    Remove,
    /// They stay in their own namespace, which the summary names
    Keep,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    /// End after the table instead of staying up until Ctrl-C
    #[arg(long)]
    pub(crate) exit: bool,
    /// What becomes of the demo's documents at its end
    #[arg(long, value_enum, default_value_t = Leftovers::Remove)]
    pub(crate) documents: Leftovers,
    /// Seed of the simulated shop: the same seed gives the same events
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Folder of the binaries `shipper` and `detector` (default: beside this program)
    #[arg(long)]
    pub(crate) bin_dir: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
    #[command(flatten)]
    pub(crate) kibana: KibanaArgs,
}
