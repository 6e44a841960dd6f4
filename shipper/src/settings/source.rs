//! What every source of events has, whether it is a file or an API: a name, a pipeline, a stream.

use enricher::{PipelineSettings, RawPipeline};
use event::{Dataset, Namespace, Stream};
use runtime::settings::Check;

use super::input::{Input, report};

/// A source as what stands behind reading sees it; its number is the one that chunks carry.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its name.
    pub id: String,
    /// What its lines are.
    pub pipeline: PipelineSettings,
    /// The same, with the redacted line kept: for dead letters.
    pub pipeline_with_line: PipelineSettings,
    /// Where its events go, but for those that belong to another dataset.
    pub stream: Stream,
}

impl Source {
    /// Returns what an input is to those behind reading.
    pub fn of(input: &Input) -> Self {
        Self {
            id: input.id.clone(),
            pipeline: input.pipeline.clone(),
            pipeline_with_line: input.pipeline_with_line.clone(),
            stream: input.stream.clone(),
        }
    }

    /// Returns where an event of it goes.
    pub fn stream_of(&self, dataset: Option<Dataset>) -> Stream {
        dataset.map_or_else(|| self.stream.clone(), |dataset| self.stream.about(dataset))
    }

    /// Returns all streams that its events may go to.
    pub fn streams(&self) -> impl Iterator<Item = Stream> {
        let others = self.pipeline.datasets.others();
        std::iter::once(self.stream.clone()).chain(others.map(|other| self.stream.about(other)))
    }
}

/// Checks a name; the ones that are taken are those of other sources.
pub(super) fn check_id(check: &mut Check<'_>, at: &str, id: &str, taken: &[&str]) {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    // A poll's name is that of a folder, so `.` and `..` are none.
    let is_dots = id.bytes().all(|byte| byte == b'.');
    if is_dots || id.len() > 64 || !id.bytes().all(is_name) {
        let allowed = "which is not 1 to 64 characters of a-z, A-Z, 0-9, -, _ and .";
        check.fault(&format!("{at}.id"), id, allowed, "");
    }
    if taken.contains(&id) {
        let message = "which another input has already";
        check.fault(&format!("{at}.id"), id, message, "each input needs its own id");
    }
}

/// Checks what lines are; returns both pipelines and the stream.
pub(super) fn check_pipeline(
    check: &mut Check<'_>,
    raw: RawPipeline,
    at: &str,
    namespace: &Namespace,
) -> Option<(PipelineSettings, PipelineSettings, Stream)> {
    let mut faults = Vec::new();
    let pipeline = PipelineSettings::check(&raw, at, &mut faults);
    report(check, faults);
    let with_line = RawPipeline { keep_original: true, ..raw };
    let with_line = PipelineSettings::check(&with_line, at, &mut Vec::new());
    let pipeline = pipeline?;
    let stream = Stream { dataset: pipeline.datasets.own(), namespace: namespace.clone() };
    Some((pipeline, with_line?, stream))
}
