//! Block `inputs`: files, and what their lines are.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use enricher::{Fault, Format, PipelineSettings, RawNoise, RawParse, RawPipeline};
use event::Stream;
use runtime::settings::Check;
use runtime::unit::Span;
use serde::Deserialize;

use crate::frame::OverLong;
use crate::lines::Making;
use crate::lines::container::Wrapper;
use crate::lines::encoding::Encoding;
use crate::shed::Shed;
use crate::watch::{Globs, Links};

use super::StartAt;
use super::making::{self, RawMultiline};
use super::shed::Sheds;

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
    /// What lines end with: text with `\n`, `\r`, `\t`, `\0`, `\\` and `\xNN`, 1 to 64 bytes. Default `\n`, before which
    /// one `\r` goes.
    #[serde(default)]
    pub delimiter: Option<String>,
    /// What happens to lines longer than `read.max_line`: `cut` (default) or `drop`.
    #[serde(default)]
    pub over_long: OverLong,
    /// What the files are written in. Default `auto`.
    #[serde(default)]
    pub encoding: Encoding,
    /// What the runtime of a container wraps around lines: `none` (default), `docker`, `cri` or `auto`.
    #[serde(default)]
    pub container: Wrapper,
    /// Which lines are one event. Default each its own.
    #[serde(default)]
    pub multiline: Option<RawMultiline>,
    /// What is done with symbolic links that `paths` matches. Default `ignore`.
    #[serde(default)]
    pub symlinks: Links,
    /// Where reading starts of files that are there at the very first start. Default: what `read.start_at` says.
    #[serde(default)]
    pub start_at: Option<StartAt>,
    /// Files last written longer ago than this are passed over until they grow. Off by default.
    #[serde(default)]
    pub ignore_older: Option<Span>,
    /// Deletes files that are read to their end and acknowledged. Default `false`.
    #[serde(default)]
    pub delete_after_ack: Afterwards,
    /// See [`RawPipeline`].
    pub dataset: String,
    /// See [`RawPipeline`].
    #[serde(default)]
    pub also: Vec<String>,
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
    pub parse: RawParse,
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
    pub noise: RawNoise,
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
    /// How its lines are made.
    pub making: Making,
    /// How its files are treated.
    pub files: FileRules,
    /// What it may leave out while it is far behind.
    pub shed: Option<Shed>,
    /// What its lines are.
    pub pipeline: PipelineSettings,
    /// The same, with the redacted line kept: for dead letters.
    pub pipeline_with_line: PipelineSettings,
    /// Where its events go.
    pub stream: Stream,
}

/// How the files of an input are treated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FileRules {
    /// Where reading starts of files that are there at the very first start, if not where `read.start_at` says.
    pub start_at: Option<StartAt>,
    /// Files last written longer ago than this are passed over until they grow.
    pub ignore_older: Option<Duration>,
    /// What becomes of files that are read and acknowledged.
    pub afterwards: Afterwards,
}

/// What becomes of a file that is read to its end and acknowledged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "bool")]
pub enum Afterwards {
    /// It stays.
    #[default]
    Keep,
    /// It is deleted, once it has been quiet for `read.rotate_wait`.
    Delete,
}

impl From<bool> for Afterwards {
    fn from(delete: bool) -> Self {
        if delete { Self::Delete } else { Self::Keep }
    }
}

impl RawInput {
    fn files(&self, check: &mut Check<'_>, at: &str) -> FileRules {
        let ages = Span::seconds(1)..=Span::days(3_650);
        let age =
            self.ignore_older.map(|age| check.range(&format!("{at}.ignore_older"), age, ages));
        if self.delete_after_ack == Afterwards::Delete && self.symlinks == Links::Follow {
            let hint = "a link may lead to a file that others still need: leave symlinks at ignore";
            let message = "which does not go with symlinks: follow";
            check.fault(&format!("{at}.delete_after_ack"), true, message, hint);
        }
        FileRules {
            start_at: self.start_at,
            ignore_older: age.map(Duration::from),
            afterwards: self.delete_after_ack,
        }
    }

    fn pipeline(&self) -> RawPipeline {
        RawPipeline {
            format: self.format,
            dataset: self.dataset.clone(),
            also: self.also.clone(),
            provider: self.provider.clone(),
            action: None,
            key: None,
            service: self.service.clone(),
            timezone: self.timezone.clone(),
            parse: self.parse.clone(),
            mapping: self.mapping.clone(),
            routes: self.routes.clone(),
            trusted_proxies: self.trusted_proxies.clone(),
            noise: self.noise.clone(),
            keep_original: self.keep_original,
        }
    }

    fn check(
        &self,
        check: &mut Check<'_>,
        at: &str,
        namespace: &event::Namespace,
        sheds: &Sheds,
    ) -> Option<Input> {
        if self.paths.is_empty() {
            check.missing(&format!("{at}.paths"), "is empty", "name at least one file or glob");
        }
        let base = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/"));
        let globs = Globs::try_new(&self.paths, &self.exclude, &base);
        let globs = check.take(&format!("{at}.paths"), self.paths.join(", "), globs);
        let making = making::check(self, check, at);
        let files = self.files(check, at);
        let (pipeline, pipeline_with_line, stream) =
            check_pipeline(check, self.pipeline(), at, namespace)?;
        Some(Input {
            id: self.id.clone(),
            making,
            globs: globs?.with_links(self.symlinks),
            files,
            shed: sheds.get(&pipeline.datasets.own()).copied(),
            pipeline,
            pipeline_with_line,
            stream,
        })
    }
}

pub(super) fn check_inputs(
    check: &mut Check<'_>,
    inputs: &[RawInput],
    namespace: &event::Namespace,
    sheds: &Sheds,
) -> Vec<Input> {
    let mut checked = Vec::new();
    for (place, input) in inputs.iter().enumerate() {
        let at = format!("inputs[{place}]");
        let taken: Vec<&str> = inputs.iter().take(place).map(|other| other.id.as_str()).collect();
        check_id(check, &at, &input.id, &taken);
        checked.extend(input.check(check, &at, namespace, sheds));
    }
    checked
}

pub(super) fn report(check: &mut Check<'_>, faults: Vec<Fault>) {
    for fault in faults {
        check.fault(&fault.key, &fault.value, &fault.message, &fault.hint);
    }
}
