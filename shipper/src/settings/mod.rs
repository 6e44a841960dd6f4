//! Settings of the shipper: what stands in `shipper.yml`, and what was checked.

mod bulk;
mod dedup;
mod input;
mod letters;
mod making;
mod poll;
mod read;
mod shed;
mod source;
mod spool;
mod written;

use std::net::SocketAddr;
use std::path::PathBuf;

use elastic::{Cluster, RawCluster};
use enricher::{RawPipeline, RawRedact, RawStore, StoreSettings};
use runtime::admin::{Address, RawAdmin};
use runtime::logs::RawLogs;
use runtime::settings::{Check, Findings, Settings};
use serde::Deserialize;

pub use bulk::{BulkLimits, Ids, RawBulk};
pub use dedup::RawDedup;
pub use input::{Afterwards, FileRules, Input, RawInput};
pub use letters::RawDeadLetters;
pub use making::RawMultiline;
pub use poll::{
    Poll, RawAuth, RawInto, RawOrder, RawPaging, RawPoll, RawQuota, RawRate, RawSign, RawWindow,
};
pub use read::{Order, RawRead, Reading, StartAt};
pub use shed::RawShed;
pub use source::Source;
pub use spool::RawSpool;
pub use written::{Same, Written};

use input::{check_inputs, report};
use poll::check_polls;
use source::check_pipeline;

/// The whole file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawShipper {
    /// Where to ship to.
    pub cluster: RawCluster,
    /// Whose events these are.
    pub store: RawStore,
    /// The key of pseudonyms.
    #[serde(default)]
    pub redact: RawRedact,
    /// What to read.
    #[serde(default)]
    pub inputs: Vec<RawInput>,
    /// Which APIs to ask.
    #[serde(default)]
    pub polls: Vec<RawPoll>,
    /// Limits of spools.
    #[serde(default)]
    pub spool: RawSpool,
    /// Where state is kept.
    #[serde(default = "default_state_dir")]
    pub state_dir: PathBuf,
    /// How to read.
    #[serde(default)]
    pub read: RawRead,
    /// What may be left out while an input is far behind.
    #[serde(default)]
    pub shed: Option<RawShed>,
    /// Limits of bulk requests.
    #[serde(default)]
    pub bulk: RawBulk,
    /// For how long events that are delivered again are known.
    #[serde(default)]
    pub dedup: RawDedup,
    /// Limits of dead letters.
    #[serde(default)]
    pub dead_letters: RawDeadLetters,
    /// The admin endpoint.
    #[serde(default)]
    pub admin: RawAdmin,
    /// Own logs.
    #[serde(default)]
    pub logs: RawLogs,
    /// Allows secrets in this file; the settings reader looks at it.
    #[serde(default)]
    pub allow_inline_secrets: bool,
}

/// Returns where state is kept unless told otherwise.
pub fn default_state_dir() -> PathBuf {
    PathBuf::from("/var/lib/storewatch-shipper")
}

/// Checked settings.
#[derive(Debug, Clone)]
pub struct Shipper {
    /// Where to ship to.
    pub cluster: Cluster,
    /// Whose events these are.
    pub store: StoreSettings,
    /// What to read.
    pub inputs: Vec<Input>,
    /// Which APIs to ask.
    pub polls: Vec<Poll>,
    /// Where the documents about polls go; none without polls.
    pub reports: Option<Source>,
    /// What spools may take on disk, in bytes.
    pub max_spool_bytes: u64,
    /// Where state is kept.
    pub state_dir: PathBuf,
    /// How to read.
    pub reading: Reading,
    /// Limits of bulk requests.
    pub bulk: BulkLimits,
    /// For how long keys are known.
    pub dedup: crate::dedup::Limits,
    /// What dead letters may take on disk.
    pub dead_letters: crate::dlq::Limits,
    /// The admin endpoint.
    pub admin: Address,
    /// Own logs.
    pub logs: RawLogs,
    /// What a person should know, though it stops nothing.
    pub warnings: Findings,
}

/// Where the admin endpoint listens unless told otherwise.
pub const ADMIN: ([u8; 4], u16) = ([127, 0, 0, 1], 8630);

impl Shipper {
    /// Reads and checks the settings; everything that is wrong is found at once.
    pub fn check(settings: &Settings) -> Result<Self, Findings> {
        let raw: RawShipper = settings.read()?;
        let mut check = Check::new(settings);
        let cluster = check.within("cluster", |check| raw.cluster.check(check));
        let mut faults = Vec::new();
        let store = StoreSettings::check(&raw.store, &raw.redact, &mut faults);
        report(&mut check, faults);
        let namespace = store.as_ref().map(|store| store.namespace.clone()).unwrap_or_default();
        if raw.inputs.is_empty() && raw.polls.is_empty() {
            let hint = "add `inputs: [{ id, paths, dataset, format }]`";
            check.missing("inputs", "is empty: there is nothing to ship", hint);
        }
        let sheds = raw.shed.map(|shed| shed.check(&mut check)).unwrap_or_default();
        let inputs = check_inputs(&mut check, &raw.inputs, &namespace, &sheds);
        let mut taken: Vec<&str> = raw.inputs.iter().map(|input| input.id.as_str()).collect();
        taken.push(REPORTS);
        let polls = check_polls(&mut check, &raw.polls, &taken, &namespace);
        let reports = if polls.is_empty() { None } else { check_reports(&mut check, &namespace) };
        let max_spool_bytes = raw.spool.check(&mut check);
        let reading = raw.read.check(&mut check);
        let bulk = raw.bulk.check(&mut check);
        let dedup = raw.dedup.check(&mut check);
        let dead_letters = raw.dead_letters.check(&mut check);
        let admin = raw.admin.check(&mut check, SocketAddr::from(ADMIN));
        if !raw.state_dir.is_absolute() {
            let value = raw.state_dir.display().to_string();
            check.fault("state_dir", value, "which is not an absolute path", "");
        }
        let (parts, warnings) = check.finish((cluster, store))?;
        let (Some(cluster), Some(store)) = parts else {
            // A part that is missing has left a finding, so this is not reached; saying so beats a panic.
            return Err(Findings::default());
        };
        Ok(Self {
            cluster,
            store,
            inputs,
            polls,
            reports,
            max_spool_bytes,
            state_dir: raw.state_dir,
            reading,
            bulk,
            dedup,
            dead_letters,
            admin,
            logs: raw.logs,
            warnings,
        })
    }

    /// Returns all sources in the order of their numbers: inputs, polls, and what is told of polls.
    pub fn sources(&self) -> Vec<Source> {
        let inputs = self.inputs.iter().map(Source::of);
        let polls = self.polls.iter().map(|poll| Source {
            id: poll.id.clone(),
            pipeline: poll.pipeline.clone(),
            pipeline_with_line: poll.pipeline_with_line.clone(),
            stream: poll.stream.clone(),
        });
        inputs.chain(polls).chain(self.reports.clone()).collect()
    }
}

/// Name of the source of documents about polls.
const REPORTS: &str = "polls";

fn check_reports(check: &mut Check<'_>, namespace: &event::Namespace) -> Option<Source> {
    let raw = RawPipeline { dataset: "poll".to_owned(), ..RawPipeline::default() };
    let (pipeline, pipeline_with_line, stream) = check_pipeline(check, raw, "polls", namespace)?;
    Some(Source { id: REPORTS.to_owned(), pipeline, pipeline_with_line, stream })
}

#[cfg(test)]
mod tests;
