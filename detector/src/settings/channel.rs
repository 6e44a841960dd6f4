//! Channels: where messages go.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use runtime::secret::{self, SecretString};
use runtime::settings::Check;
use runtime::unit::Span;
use serde::Deserialize;
use url::Url;

use crate::notify::{LogChannel, NoWebhook, Notifier, Webhook};

/// A channel as the file writes it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum RawChannel {
    /// Messages go to the own log.
    Log(RawLog),
    /// Messages are posted.
    Webhook(RawWebhook),
}

/// The channel `log` has no settings.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLog {}

/// The settings of a webhook.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawWebhook {
    url: String,
    secret_file: Option<PathBuf>,
    #[serde(default = "ten_seconds")]
    time_limit: Span,
}

fn ten_seconds() -> Span {
    Span::seconds(10)
}

/// A checked channel.
#[derive(Debug, Clone)]
pub enum ChannelSettings {
    /// Messages go to the own log.
    Log,
    /// Messages are posted.
    Webhook {
        /// Where to.
        url: Url,
        /// Signs them.
        secret: Option<SecretString>,
        /// In all.
        time_limit: Duration,
    },
}

impl ChannelSettings {
    /// Builds the notifier.
    ///
    /// # Errors
    /// When no TLS can be set up.
    pub fn build(&self) -> Result<Box<dyn Notifier>, NoWebhook> {
        Ok(match self {
            Self::Log => Box::new(LogChannel),
            Self::Webhook { url, secret, time_limit } => {
                Box::new(Webhook::try_new(url.clone(), secret.clone(), *time_limit)?)
            }
        })
    }
}

pub(super) fn all(
    check: &mut Check<'_>,
    raw: &BTreeMap<String, RawChannel>,
) -> Vec<(String, ChannelSettings)> {
    let one = |(name, raw): (&String, &RawChannel)| {
        check.within(&format!("channels.{name}"), |check| match raw {
            RawChannel::Log(RawLog {}) => Some((name.clone(), ChannelSettings::Log)),
            RawChannel::Webhook(raw) => check
                .within("webhook", |check| webhook(check, raw))
                .map(|made| (name.clone(), made)),
        })
    };
    raw.iter().filter_map(one).collect()
}

fn webhook(check: &mut Check<'_>, raw: &RawWebhook) -> Option<ChannelSettings> {
    let limit = Span::seconds(1)..=Span::seconds(30);
    let time_limit = check.range("time_limit", raw.time_limit, limit).duration();
    // An address may hold a token, so it is never printed.
    let url = check.take("url", "a text", Url::parse(&raw.url))?;
    if !matches!(url.scheme(), "http" | "https") {
        check.missing("url", "is not http or https", "");
    }
    let secret = match &raw.secret_file {
        Some(file) => Some(check.take("secret_file", file.display(), secret::read(file))?),
        None => None,
    };
    Some(ChannelSettings::Webhook { url, secret, time_limit })
}
