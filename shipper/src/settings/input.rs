//! Block `inputs`: files, and what their lines are.

use std::collections::BTreeMap;
use std::path::PathBuf;

use enricher::{Fault, Format, HealthChecks, PipelineSettings, RawPipeline};
use event::Stream;
use runtime::settings::Check;
use serde::Deserialize;

use crate::watch::Globs;

use super::source::{check_id, check_pipeline};

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

impl RawInput {
    fn pipeline(&self) -> RawPipeline {
        RawPipeline {
            format: self.format,
            dataset: self.dataset.clone(),
            provider: self.provider.clone(),
            action: None,
            key: None,
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
        let (pipeline, pipeline_with_line, stream) =
            check_pipeline(check, self.pipeline(), at, namespace)?;
        Some(Input { id: self.id.clone(), globs: globs?, pipeline, pipeline_with_line, stream })
    }
}

pub(super) fn check_inputs(
    check: &mut Check<'_>,
    inputs: &[RawInput],
    namespace: &event::Namespace,
) -> Vec<Input> {
    let mut checked = Vec::new();
    for (place, input) in inputs.iter().enumerate() {
        let at = format!("inputs[{place}]");
        let taken: Vec<&str> = inputs.iter().take(place).map(|other| other.id.as_str()).collect();
        check_id(check, &at, &input.id, &taken);
        checked.extend(input.check(check, &at, namespace));
    }
    checked
}

pub(super) fn report(check: &mut Check<'_>, faults: Vec<Fault>) {
    for fault in faults {
        check.fault(&fault.key, &fault.value, &fault.message, &fault.hint);
    }
}
