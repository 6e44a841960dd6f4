//! Settings of the shipper: what stands in `shipper.yml`, and what was checked.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use elastic::{Cluster, RawCluster};
use enricher::{
    Fault, Format, HealthChecks, PipelineSettings, RawPipeline, RawRedact, RawStore, StoreSettings,
};
use event::Stream;
use runtime::admin::{Address, RawAdmin};
use runtime::logs::RawLogs;
use runtime::settings::{Check, Findings, Settings};
use runtime::unit::{ByteSize, Span};
use serde::Deserialize;

use crate::watch::Globs;

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
    /// Where state is kept.
    #[serde(default = "default_state_dir")]
    pub state_dir: PathBuf,
    /// How to read.
    #[serde(default)]
    pub read: RawRead,
    /// Limits of bulk requests.
    #[serde(default)]
    pub bulk: RawBulk,
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

/// One input: files, and what their lines are.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawInput {
    /// Its name in metrics and findings.
    pub id: String,
    /// Globs; `**` crosses folders.
    pub paths: Vec<String>,
    /// Globs that are not read, whatever `paths` says.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// See [`RawPipeline`].
    pub dataset: String,
    /// See [`RawPipeline`].
    #[serde(default)]
    pub format: Format,
    /// See [`RawPipeline`].
    #[serde(default)]
    pub provider: Option<String>,
    /// See [`RawPipeline`].
    #[serde(default)]
    pub service: Option<String>,
    /// See [`RawPipeline`].
    #[serde(default)]
    pub timezone: Option<String>,
    /// See [`RawPipeline`].
    #[serde(default)]
    pub mapping: BTreeMap<String, String>,
    /// See [`RawPipeline`].
    #[serde(default)]
    pub routes: Vec<String>,
    /// See [`RawPipeline`].
    #[serde(default)]
    pub trusted_proxies: Option<Vec<String>>,
    /// See [`RawPipeline`].
    #[serde(default)]
    pub health_checks: HealthChecks,
    /// See [`RawPipeline`].
    #[serde(default)]
    pub keep_original: bool,
}

/// Block `read`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawRead {
    /// Where reading of files starts that are there at the very first start.
    pub start_at: StartAt,
    /// Time between two scans, which find what notifications missed.
    pub scan_interval: Span,
    /// How long a rotated file is followed after its last byte.
    pub rotate_wait: Span,
    /// Longer lines are cut.
    pub max_line: ByteSize,
}

/// Where reading starts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StartAt {
    /// At the first byte.
    #[default]
    Beginning,
    /// Behind the last complete line.
    End,
}

/// Block `bulk`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawBulk {
    /// Bytes of a request before compression.
    pub max_bytes: ByteSize,
    /// Documents of a request.
    pub max_documents: usize,
    /// How long a document waits for others.
    pub max_wait: Span,
    /// Requests under way at once.
    pub max_requests: usize,
    /// Bytes read and not acknowledged; then reading stops.
    pub max_inflight: ByteSize,
}

/// Block `dead_letters`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawDeadLetters {
    /// What they may take on disk; then reading stops rather than lose.
    pub max_bytes: ByteSize,
}

impl Default for RawRead {
    fn default() -> Self {
        Self {
            start_at: StartAt::Beginning,
            scan_interval: Span::seconds(10),
            rotate_wait: Span::seconds(5),
            max_line: ByteSize::mib(1),
        }
    }
}

impl Default for RawBulk {
    fn default() -> Self {
        Self {
            max_bytes: ByteSize::mib(5),
            max_documents: 2_000,
            max_wait: Span::seconds(1),
            max_requests: 8,
            max_inflight: ByteSize::mib(64),
        }
    }
}

impl Default for RawDeadLetters {
    fn default() -> Self {
        Self { max_bytes: ByteSize::gib(1) }
    }
}

fn default_state_dir() -> PathBuf {
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
    /// Where state is kept.
    pub state_dir: PathBuf,
    /// How to read.
    pub reading: Reading,
    /// Limits of bulk requests.
    pub bulk: BulkLimits,
    /// What dead letters may take on disk.
    pub max_letter_bytes: u64,
    /// The admin endpoint.
    pub admin: Address,
    /// Own logs.
    pub logs: RawLogs,
    /// What a person should know, though it stops nothing.
    pub warnings: Findings,
}

/// A checked input.
#[derive(Debug, Clone)]
pub struct Input {
    /// Its name.
    pub id: String,
    /// Its files.
    pub globs: Globs,
    /// What its lines are.
    pub pipeline: PipelineSettings,
    /// The same, with the redacted line kept: for dead letters.
    pub pipeline_with_line: PipelineSettings,
    /// Where its events go.
    pub stream: Stream,
}

/// How to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// Where reading of files starts that are there at the very first start.
    pub start_at: StartAt,
    /// Time between two scans.
    pub scan_interval: Duration,
    /// How long a rotated file is followed after its last byte.
    pub rotate_wait: Duration,
    /// Longer lines are cut.
    pub max_line: usize,
}

/// Limits of bulk requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BulkLimits {
    /// Bytes of a request before compression.
    pub bytes: usize,
    /// Documents of a request.
    pub documents: usize,
    /// How long a document waits for others.
    pub wait: Duration,
    /// Requests under way at once.
    pub requests: usize,
    /// Bytes read and not acknowledged.
    pub inflight: u64,
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
        let inputs = check_inputs(&mut check, &raw.inputs, &namespace);
        let reading = raw.read.check(&mut check);
        let bulk = raw.bulk.check(&mut check);
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
            state_dir: raw.state_dir,
            reading,
            bulk,
            max_letter_bytes: raw.dead_letters.max_bytes.bytes(),
            admin,
            logs: raw.logs,
            warnings,
        })
    }
}

impl RawRead {
    fn check(&self, check: &mut Check<'_>) -> Reading {
        let waits = Span::millis(100)..=Span::hours(1);
        check.within("read", |check| Reading {
            start_at: self.start_at,
            scan_interval: check.range("scan_interval", self.scan_interval, waits.clone()).into(),
            rotate_wait: check.range("rotate_wait", self.rotate_wait, waits).into(),
            max_line: check
                .range("max_line", self.max_line, ByteSize::kib(1)..=ByteSize::mib(16))
                .length(),
        })
    }
}

impl RawBulk {
    fn check(&self, check: &mut Check<'_>) -> BulkLimits {
        let wait = Span::millis(10)..=Span::minutes(1);
        check.within("bulk", |check| BulkLimits {
            bytes: check
                .range("max_bytes", self.max_bytes, ByteSize::kib(64)..=ByteSize::mib(64))
                .length(),
            documents: check.range("max_documents", self.max_documents, 1..=100_000),
            wait: check.range("max_wait", self.max_wait, wait).into(),
            requests: check.range("max_requests", self.max_requests, 1..=64),
            inflight: check
                .range("max_inflight", self.max_inflight, ByteSize::mib(1)..=ByteSize::gib(4))
                .bytes(),
        })
    }
}

impl RawInput {
    fn pipeline(&self) -> RawPipeline {
        RawPipeline {
            format: self.format,
            dataset: self.dataset.clone(),
            provider: self.provider.clone(),
            service: self.service.clone(),
            timezone: self.timezone.clone(),
            mapping: self.mapping.clone(),
            routes: self.routes.clone(),
            trusted_proxies: self.trusted_proxies.clone(),
            health_checks: self.health_checks,
            keep_original: self.keep_original,
        }
    }

    fn check(
        &self,
        check: &mut Check<'_>,
        at: &str,
        namespace: &event::Namespace,
    ) -> Option<Input> {
        if self.paths.is_empty() {
            check.missing(&format!("{at}.paths"), "is empty", "name at least one file or glob");
        }
        let base = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/"));
        let globs = Globs::try_new(&self.paths, &self.exclude, &base);
        let globs = check.take(&format!("{at}.paths"), self.paths.join(", "), globs);
        let mut faults = Vec::new();
        let raw = self.pipeline();
        let pipeline = PipelineSettings::check(&raw, at, &mut faults);
        report(check, faults);
        let with_line = RawPipeline { keep_original: true, ..raw };
        let pipeline_with_line = PipelineSettings::check(&with_line, at, &mut Vec::new());
        let pipeline = pipeline?;
        let stream = Stream { dataset: pipeline.dataset, namespace: namespace.clone() };
        Some(Input {
            id: self.id.clone(),
            globs: globs?,
            pipeline_with_line: pipeline_with_line?,
            pipeline,
            stream,
        })
    }
}

fn check_inputs(
    check: &mut Check<'_>,
    inputs: &[RawInput],
    namespace: &event::Namespace,
) -> Vec<Input> {
    if inputs.is_empty() {
        let hint = "add `inputs: [{ id, paths, dataset, format }]`";
        check.missing("inputs", "is empty: there is nothing to ship", hint);
    }
    let mut checked = Vec::new();
    for (place, input) in inputs.iter().enumerate() {
        let at = format!("inputs[{place}]");
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if input.id.is_empty() || input.id.len() > 64 || !input.id.bytes().all(is_name) {
            let allowed = "which is not 1 to 64 characters of a-z, A-Z, 0-9, -, _ and .";
            check.fault(&format!("{at}.id"), &input.id, allowed, "");
        }
        if inputs.iter().take(place).any(|other| other.id == input.id) {
            let message = "which another input has already";
            check.fault(&format!("{at}.id"), &input.id, message, "each input needs its own id");
        }
        checked.extend(input.check(check, &at, namespace));
    }
    checked
}

fn report(check: &mut Check<'_>, faults: Vec<Fault>) {
    for fault in faults {
        check.fault(&fault.key, &fault.value, &fault.message, &fault.hint);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    const LEAST: &str = "\
cluster: { addresses: [\"http://127.0.0.1:9200\"] }
store: { id: my-shop }
inputs:
  - { id: access, paths: [\"/var/log/nginx/access.log*\"], dataset: traffic, format: combined }
";

    fn check(text: &str) -> Result<Shipper, Findings> {
        Shipper::check(&Settings::of_text("shipper.yml", text)?)
    }

    fn refused(text: &str, want: &Expect) {
        want.assert_eq(&check(text).unwrap_err().to_string());
    }

    #[test]
    fn five_lines_are_enough() {
        let shipper = check(LEAST).unwrap();
        assert_eq!(shipper.inputs[0].stream.to_string(), "logs-store.traffic-default");
        assert_eq!(shipper.bulk.bytes, 5 << 20);
        assert_eq!(shipper.reading.max_line, 1 << 20);
        assert_eq!(shipper.admin.socket(), SocketAddr::from(ADMIN));
        assert_eq!(shipper.state_dir, default_state_dir());
    }

    #[test]
    fn an_unknown_key_and_a_wrong_unit_are_named_with_their_line() {
        refused(
            &format!("{LEAST}bulk: {{ max_bites: 5MiB }}\n"),
            &expect![
                "shipper.yml:5: bulk.max_bites is not a key that is known here (allowed: max_bytes, max_documents, max_wait, max_requests, max_inflight); did you mean bulk.max_bytes?"
            ],
        );
        refused(
            &format!("{LEAST}bulk:\n  max_bytes: 5 parsecs\n"),
            &expect![
                "shipper.yml:6: bulk.max_bytes is 5 parsecs, which has no unit of size (B, KiB, MiB, GiB, TiB, KB, MB, GB, TB)"
            ],
        );
    }

    #[test]
    fn every_value_out_of_range_is_named_at_once() {
        let text = format!(
            "{LEAST}bulk:\n  max_bytes: 0\n  max_wait: 1h\nread:\n  max_line: 1GiB\nstate_dir: relative\n"
        );
        refused(
            &text,
            &expect![[r"
            shipper.yml:9: read.max_line is 1 GiB, which is not between 1 KiB and 16 MiB
            shipper.yml:6: bulk.max_bytes is 0 B, which is not between 64 KiB and 64 MiB
            shipper.yml:7: bulk.max_wait is 1h, which is not between 10ms and 1m
            shipper.yml:10: state_dir is relative, which is not an absolute path"]],
        );
    }

    #[test]
    fn inputs_are_checked_one_by_one() {
        let text = LEAST.replace(
            "inputs:\n",
            "inputs:\n  - { id: access, paths: [\"/a/[\"], dataset: alert }\n  - { id: \"a b\", paths: [], dataset: order, timezone: Mars }\n",
        );
        refused(
            &text,
            &expect![[r"
            shipper.yml:4: inputs[0].paths is /a/[: error parsing glob '/a/[': unclosed character class; missing ']'
            shipper.yml:4: inputs[0].dataset is alert, which is no dataset of inputs; order, payment, fulfilment, inventory, support, ad, traffic, app, pipeline, poll
            shipper.yml:5: inputs[1].id is a b, which is not 1 to 64 characters of a-z, A-Z, 0-9, -, _ and .
            shipper.yml:5: inputs[1].paths is empty; name at least one file or glob
            shipper.yml:5: inputs[1].timezone is Mars, which is no time zone; a name like Europe/Berlin or UTC
            shipper.yml:6: inputs[2].id is access, which another input has already; each input needs its own id"]],
        );
    }

    #[test]
    fn a_shipper_without_inputs_has_nothing_to_do() {
        refused(
            "cluster: { addresses: [\"http://127.0.0.1:9200\"] }\nstore: { id: my-shop }\n",
            &expect![
                "default: inputs is empty: there is nothing to ship; add `inputs: [{ id, paths, dataset, format }]`"
            ],
        );
    }
}
