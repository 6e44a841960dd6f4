//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use dev::Flavour;

/// Starts a real Elasticsearch or OpenSearch for tests and the demo.
#[derive(Debug, Parser)]
#[command(name = "dev", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Starts Elasticsearch with security on, prints how to reach it and stays until it is told to end
    Elasticsearch {
        #[command(flatten)]
        start: Start,
        /// Speaks HTTPS with a certificate authority of the server's own
        #[arg(
            long = "tls",
            default_value = "plain",
            default_missing_value = "tls",
            num_args = 0..=1, require_equals = true,
            hide_default_value = true
        )]
        transport: Transport,
    },
    /// Starts OpenSearch without security, prints how to reach it and stays until it is told to end
    #[command(name = "opensearch")]
    OpenSearch(Start),
    /// Holds a server that several processes share
    #[command(hide = true)]
    Serve {
        flavour: Flavour,
        #[arg(long)]
        cache: PathBuf,
        #[arg(long)]
        grace_ms: u64,
    },
    /// Watches over one server
    #[command(hide = true)]
    Watch,
}

#[derive(Debug, Args)]
pub(crate) struct Start {
    /// Keeps the data in this folder instead of throwing them away
    #[arg(long, value_name = "FOLDER")]
    pub(crate) data: Option<PathBuf>,
    /// Memory for the server's heap
    #[arg(long, value_name = "MIB", default_value_t = 1024)]
    pub(crate) heap: u32,
    /// Prints one line of JSON instead of sentences
    #[arg(
        long = "json",
        default_value = "sentences",
        default_missing_value = "json",
        num_args = 0..=1, require_equals = true,
        hide_default_value = true
    )]
    pub(crate) print: Print,
    /// Also ends when standard input does, which is when the program that started this is gone
    #[arg(
        long = "until-stdin-closes",
        default_value = "told",
        default_missing_value = "stdin",
        num_args = 0..=1, require_equals = true,
        hide_default_value = true
    )]
    pub(crate) until: Until,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Print {
    Sentences,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Until {
    /// Until a signal.
    Told,
    /// Until a signal or the end of standard input.
    Stdin,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Transport {
    Plain,
    Tls,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn flags_are_off_until_they_are_given() {
        let start = |arguments: &[&str]| {
            let words = ["dev", "elasticsearch"].iter().chain(arguments);
            match Cli::try_parse_from(words).unwrap().verb {
                Verb::Elasticsearch { start, transport } => (start.print, start.until, transport),
                other @ (Verb::OpenSearch(_) | Verb::Serve { .. } | Verb::Watch) => {
                    panic!("{other:?}")
                }
            }
        };
        assert_eq!(start(&[]), (Print::Sentences, Until::Told, Transport::Plain));
        let given = start(&["--json", "--until-stdin-closes", "--tls"]);
        assert_eq!(given, (Print::Json, Until::Stdin, Transport::Tls));
        assert!(Cli::try_parse_from(["dev", "opensearch", "--tls"]).is_err(), "it has no security");
    }
}
