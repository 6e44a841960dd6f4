//! The channel `log`: messages go to the detector's own log.

use jiff::Timestamp;

use super::{Delivery, Notifier, Parcel, Sending};

/// Writes messages to the log.
#[derive(Debug, Clone, Copy)]
pub struct LogChannel;

impl Notifier for LogChannel {
    fn send<'a>(&'a self, parcel: Parcel<'a>, _: Timestamp) -> Sending<'a> {
        Box::pin(async move {
            let message = parcel.body["message"].as_str().unwrap_or_default();
            // The code holds the episode: two alerts within ten seconds are two lines.
            let code = format!("alert.{}.{}", parcel.trigger.as_str(), parcel.episode);
            tracing::warn!(
                event.code = %code,
                episode = parcel.episode,
                action = parcel.trigger.as_str(),
                alert = %runtime::plain(message),
                "an alert was sent"
            );
            Delivery::Sent
        })
    }
}
