//! Block `polls`: APIs that are asked on a schedule, and what their rows are.

mod auth;
mod pages;
mod request;

use std::collections::BTreeMap;
use std::time::Duration;

use enricher::{PipelineSettings, RawKey, RawParse, RawPipeline};
use event::{Namespace, Stream};
use jiff::tz::TimeZone;
use runtime::settings::Check;
use runtime::unit::{ByteSize, Span};
use serde::Deserialize;
use url::Url;

use crate::poll::{BodyForm, Call, Method, Paging, Path, Place, Quota, Rate, TimeForm, Windows};

use super::source::{check_id, check_pipeline};

use pages::Windowed;

pub use auth::{RawAuth, RawInto, RawSign};
pub use pages::{RawOrder, RawPaging, RawQuota, RawRate, RawWindow};

/// One API that is asked on a schedule.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawPoll {
    /// Its name in metrics, findings and `store.poll.api`.
    pub id: String,
    /// See [`RawPipeline`].
    pub dataset: String,
    /// See [`RawPipeline`].
    #[serde(default)]
    pub also: Vec<String>,
    /// See [`RawPipeline`].
    #[serde(default)]
    pub provider: Option<String>,
    /// See [`RawPipeline`].
    #[serde(default)]
    pub action: Option<String>,
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
    pub keep_original: bool,
    /// Where rows hold their natural key; without it a row that comes twice is stored twice.
    #[serde(default)]
    pub key: Option<RawKey>,
    /// The address, with `{from}`, `{to}`, `{cursor}`, `{page}`, `{offset}`, `{limit}` where they belong.
    pub url: String,
    /// `get` (default) or `post`.
    #[serde(default)]
    pub method: Method,
    /// Parameters; values may hold the same names as the address. One that comes out empty is left out.
    #[serde(default)]
    pub params: BTreeMap<String, String>,
    /// `query` (default) or `form`.
    #[serde(default)]
    pub params_in: Place,
    /// Further headers.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body, with the same names.
    #[serde(default)]
    pub body: Option<String>,
    /// `json` (default) or `form`.
    #[serde(default)]
    pub body_form: BodyForm,
    /// Who asks; nobody by default.
    #[serde(default)]
    pub auth: RawAuth,
    /// How requests are signed, for `auth: signed`.
    #[serde(default)]
    pub sign: Option<RawSign>,
    /// Time from the start of one poll to the next; `1m` by default, 1s to 7d.
    #[serde(default = "default_every")]
    pub every: Span,
    /// Stretches of time that are asked for; without it each poll asks for everything, or goes on at its cursor.
    #[serde(default)]
    pub window: Option<RawWindow>,
    /// How the API writes instants: `rfc3339` (default), `epoch_s`, `epoch_ms`, or a pattern such as `%Y-%m-%d %H:%M:%S`.
    #[serde(default = "default_time_format")]
    pub time_format: String,
    /// The zone of instants that a pattern writes; UTC by default.
    #[serde(default)]
    pub time_zone: Option<String>,
    /// How the API is paged; not at all by default.
    #[serde(default)]
    pub paging: RawPaging,
    /// In which order the API gives rows; `oldest_first` by default.
    #[serde(default)]
    pub order: RawOrder,
    /// Pages of one pass; `1000` by default, 1 to 100000. A window that has more is cut in halves.
    #[serde(default = "default_max_pages")]
    pub max_pages: u64,
    /// Requests that are allowed in a time.
    #[serde(default)]
    pub rate_limit: Option<RawRate>,
    /// Headers that tell how many requests are left.
    #[serde(default)]
    pub quota: Option<RawQuota>,
    /// Where replies hold their rows, such as `data.orders[*]`.
    pub records: String,
    /// Where a reply of 200 tells of an error, if the API does so.
    #[serde(default)]
    pub error: Option<String>,
    /// The limit to one request, in all; `30s` by default, 1s to 10m.
    #[serde(default = "default_time_limit")]
    pub time_limit: Span,
    /// The longest reply, decompressed; `16MiB` by default, 1KiB to 64MiB.
    #[serde(default = "default_max_body")]
    pub max_body: ByteSize,
    /// An HTTP proxy on the way.
    #[serde(default)]
    pub proxy_url: Option<String>,
}

fn default_every() -> Span {
    Span::minutes(1)
}

fn default_time_format() -> String {
    "rfc3339".to_owned()
}

fn default_max_pages() -> u64 {
    1_000
}

fn default_time_limit() -> Span {
    Span::seconds(30)
}

fn default_max_body() -> ByteSize {
    ByteSize::mib(16)
}

/// A checked poll.
#[derive(Debug, Clone)]
pub struct Poll {
    /// Its name.
    pub id: String,
    /// What its rows are.
    pub pipeline: PipelineSettings,
    /// The same, with the redacted row kept: for dead letters.
    pub pipeline_with_line: PipelineSettings,
    /// Where its events go.
    pub stream: Stream,
    /// Where rows hold their natural key: id, and modified time if they have one.
    pub key: Option<(Path, Option<Path>)>,
    /// How it is asked.
    pub call: Call,
    /// How often.
    pub every: Duration,
    /// In which stretches of time, if in any.
    pub windows: Option<Windows>,
    /// How the API writes instants.
    pub times: TimeForm,
    /// How it is paged.
    pub paging: Paging,
    /// Pages of one pass.
    pub max_pages: u64,
    /// How often it may be asked.
    pub rate: Option<Rate>,
    /// Where it tells how often.
    pub quota: Option<Quota>,
    /// Where rows are.
    pub records: Path,
    /// Where errors are.
    pub error: Option<Path>,
    /// Limit to one request.
    pub time_limit: Duration,
    /// The longest reply, in bytes.
    pub max_body: usize,
    /// A proxy on the way.
    pub proxy: Option<Url>,
}

impl RawPoll {
    fn pipeline(&self) -> RawPipeline {
        RawPipeline {
            dataset: self.dataset.clone(),
            also: self.also.clone(),
            provider: self.provider.clone(),
            action: self.action.clone(),
            key: self.key.clone(),
            service: self.service.clone(),
            timezone: self.timezone.clone(),
            parse: self.parse.clone(),
            mapping: self.mapping.clone(),
            keep_original: self.keep_original,
            ..RawPipeline::default()
        }
    }

    fn check(&self, check: &mut Check<'_>, at: &str, namespace: &Namespace) -> Option<Poll> {
        let pipelines = check_pipeline(check, self.pipeline(), at, namespace);
        check.within(at, |check| self.poll(check, pipelines))
    }

    /// Checks everything before it gives up: all findings are told at once. Whatever is left out below for being wrong has
    /// left a finding, and that stops the program.
    fn poll(
        &self,
        check: &mut Check<'_>,
        pipelines: Option<(PipelineSettings, PipelineSettings, Stream)>,
    ) -> Option<Poll> {
        let call = self.call(check);
        let times = self.times(check);
        let paging = self.paging.check(check, self.order, Windowed::of(self.window.as_ref()));
        let windows = self.window.as_ref().map(|window| window.check(check));
        self.fits(check, call.as_ref());
        let records = path(check, "records", &self.records);
        let error = self.error.as_deref().and_then(|error| path(check, "error", error));
        let key = self.row_key(check);
        let rate = self.rate_limit.as_ref().map(|rate| rate.check(check));
        let quota = self.quota.as_ref().map(|quota| quota.check(check));
        let proxy = self.proxy(check);
        let every = check.range("every", self.every, Span::seconds(1)..=Span::days(7));
        let limits = Span::seconds(1)..=Span::minutes(10);
        let time_limit = check.range("time_limit", self.time_limit, limits);
        let bodies = ByteSize::kib(1)..=ByteSize::mib(64);
        let max_body = check.range("max_body", self.max_body, bodies).length();
        let max_pages = check.range("max_pages", self.max_pages, 1..=100_000);
        let (pipeline, pipeline_with_line, stream) = pipelines?;
        Some(Poll {
            id: self.id.clone(),
            pipeline,
            pipeline_with_line,
            stream,
            key,
            call: call?,
            every: every.duration(),
            windows,
            times: times?,
            paging: paging?,
            max_pages,
            rate,
            quota,
            records: records?,
            error,
            time_limit: time_limit.duration(),
            max_body,
            proxy,
        })
    }

    fn row_key(&self, check: &mut Check<'_>) -> Option<(Path, Option<Path>)> {
        let Some(key) = &self.key else {
            if self.window.is_some() {
                let message = "is missing: windows overlap, and a row without a key is stored each time it comes";
                check.warn("key", message, "write key: { id: .., modified: .. }");
            }
            return None;
        };
        let modified = key.modified.as_deref();
        let modified = modified.and_then(|modified| path(check, "key.modified", modified));
        Some((path(check, "key.id", &key.id)?, modified))
    }

    fn times(&self, check: &mut Check<'_>) -> Option<TimeForm> {
        times(check, ("time_format", &self.time_format), ("time_zone", self.time_zone.as_deref()))
    }

    fn proxy(&self, check: &mut Check<'_>) -> Option<Url> {
        let text = self.proxy_url.as_deref()?;
        let parsed = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        if parsed.is_none() {
            check.missing("proxy_url", "is no URL", "such as http://proxy.example.org:3128");
        }
        parsed
    }
}

fn path(check: &mut Check<'_>, key: &str, text: &str) -> Option<Path> {
    check.take(key, text, text.parse::<Path>())
}

fn times(
    check: &mut Check<'_>,
    (format_key, format): (&str, &str),
    (zone_key, zone): (&str, Option<&str>),
) -> Option<TimeForm> {
    let zone = match zone {
        None => TimeZone::UTC,
        Some(name) => {
            let found = TimeZone::get(name).ok();
            if found.is_none() {
                let hint = "a name like Asia/Shanghai or UTC";
                check.fault(zone_key, name, "which is no time zone", hint);
            }
            found?
        }
    };
    match format {
        "rfc3339" => Some(TimeForm::Rfc3339),
        "epoch_s" => Some(TimeForm::EpochSeconds),
        "epoch_ms" => Some(TimeForm::EpochMillis),
        pattern => {
            let made = TimeForm::pattern(pattern, &zone).ok();
            if made.is_none() {
                let message = "which writes no whole instant";
                let hint = "rfc3339, epoch_s, epoch_ms or a pattern such as %Y-%m-%d %H:%M:%S";
                check.fault(format_key, pattern, message, hint);
            }
            made
        }
    }
}

pub(super) fn check_polls(
    check: &mut Check<'_>,
    polls: &[RawPoll],
    taken: &[&str],
    namespace: &Namespace,
) -> Vec<Poll> {
    let mut checked = Vec::new();
    let mut names: Vec<&str> = taken.to_vec();
    for (place, poll) in polls.iter().enumerate() {
        let at = format!("polls[{place}]");
        check_id(check, &at, &poll.id, &names);
        names.push(&poll.id);
        checked.extend(poll.check(check, &at, namespace));
    }
    checked
}

#[cfg(test)]
mod tests;
