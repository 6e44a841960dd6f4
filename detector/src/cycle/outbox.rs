//! The outbox: a row for each message and channel, sent until the receiver has it or it is dead.

use std::time::Duration;

use elastic::Version;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::Error;
use crate::alert::{id, time};
use crate::model::chance::series_seed;
use crate::notify::{Channels, Delivery, Parcel, Trigger};
use crate::store::{Index, Outcome, Store, Write};

/// Tries until a row is dead.
const MOST_TRIES: u32 = 5;
/// First delay; each further one is four times as long: five tries within a quarter of an hour.
const FIRST_DELAY: Duration = Duration::from_secs(8);

/// One message to one channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Row {
    pub(super) key: String,
    pub(super) channel: String,
    pub(super) episode: String,
    pub(super) transition: u64,
    pub(super) trigger: String,
    pub(super) state: String,
    pub(super) attempts: u32,
    pub(super) created: Timestamp,
    pub(super) next_try: Timestamp,
    pub(super) error: Option<String>,
    pub(super) body: Value,
    #[serde(skip)]
    pub(super) version: Option<Version>,
}

/// Rows that are not yet sent.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    rows: Vec<Row>,
}

impl Row {
    pub(super) fn document(&self) -> Value {
        let mut row = json!({
            "action": self.trigger,
            "attempts": self.attempts,
            "body": self.body,
            "channel": self.channel,
            "created": time(self.created),
            "episode": self.episode,
            "key": self.key,
            "next_try": time(self.next_try),
            "state": self.state,
            "transition": self.transition,
        });
        if let Some(error) = &self.error {
            row["error"] = json!(error);
        }
        json!({"@timestamp": time(self.created), "store": {"outbox": row}})
    }

    fn read(source: &Value, version: Version) -> Option<Self> {
        let row = &source["store"]["outbox"];
        let text = |key: &str| row[key].as_str().map(str::to_owned);
        Some(Self {
            key: text("key")?,
            channel: text("channel")?,
            episode: text("episode")?,
            transition: row["transition"].as_u64()?,
            trigger: text("action")?,
            state: text("state")?,
            attempts: u32::try_from(row["attempts"].as_u64()?).ok()?,
            created: text("created")?.parse().ok()?,
            next_try: text("next_try")?.parse().ok()?,
            error: text("error"),
            body: row["body"].clone(),
            version: Some(version),
        })
    }

    fn is_resolve(&self) -> bool {
        self.trigger == Trigger::Resolve.as_str()
    }

    /// Takes what became of a try.
    fn settle(&mut self, delivery: Delivery, now: Timestamp) {
        self.attempts += 1;
        match delivery {
            Delivery::Sent => {
                "sent".clone_into(&mut self.state);
                self.error = None;
            }
            Delivery::Permanent { reason } => {
                "dead".clone_into(&mut self.state);
                self.error = Some(reason);
            }
            Delivery::Retry { reason, .. } if self.attempts >= MOST_TRIES => {
                "dead".clone_into(&mut self.state);
                self.error = Some(reason);
            }
            Delivery::Retry { after, reason } => {
                self.error = Some(reason);
                let delay = after.unwrap_or(Duration::ZERO).max(delay(&self.key, self.attempts));
                let delay = SignedDuration::try_from(delay).unwrap_or(SignedDuration::MAX);
                self.next_try = now.saturating_add(delay).unwrap_or(Timestamp::MAX);
            }
        }
    }
}

/// Returns the delay after the given number of tries: half of it fixed, half by chance that the key decides.
fn delay(key: &str, attempts: u32) -> Duration {
    let full = FIRST_DELAY.saturating_mul(4_u32.saturating_pow(attempts.saturating_sub(1)));
    let chance = series_seed(&format!("{key}/{attempts}")) as f64 / u64::MAX as f64;
    full.mul_f64(0.5 + chance / 2.0)
}

impl Outbox {
    /// Reads the rows that an earlier process did not send.
    pub(super) async fn load(store: &Store) -> Result<Self, Error> {
        let stored = store.rows(&["waiting"]).await?;
        let rows = stored.iter().filter_map(|(_, source, version)| Row::read(source, *version));
        Ok(Self { rows: rows.collect() })
    }

    /// Takes rows that were written just now.
    pub(super) fn push(&mut self, rows: Vec<Row>) {
        self.rows.extend(rows.into_iter().filter(|row| row.state == "waiting"));
    }

    /// Returns when the next row may be tried.
    pub(super) fn next_try(&self) -> Option<Timestamp> {
        self.rows.iter().map(|row| row.next_try).min()
    }

    /// Returns how many rows wait.
    pub(super) fn waiting(&self) -> usize {
        self.rows.len()
    }

    /// Sends what is due and marks each row by condition. Returns how many were sent.
    pub(super) async fn deliver(
        &mut self,
        store: &Store,
        channels: &Channels,
        now: Timestamp,
    ) -> Result<usize, Error> {
        self.fold();
        let mut sent = 0;
        let mut rows = std::mem::take(&mut self.rows);
        for row in &mut rows {
            if row.state == "waiting" && row.next_try <= now {
                let trigger = if row.is_resolve() { Trigger::Resolve } else { Trigger::Trigger };
                let Row { key, episode, body, .. } = &*row;
                let delivery = match channels.get(&row.channel) {
                    Some(channel) => {
                        channel.send(Parcel { key, episode, trigger, body }, now).await
                    }
                    None => Delivery::Permanent { reason: "the channel is gone".to_owned() },
                };
                row.settle(delivery, now);
                if row.state == "dead" {
                    tracing::error!(
                        event.code = "outbox.dead",
                        channel = %row.channel, episode = %row.episode, error = row.error,
                        "a message could not be delivered and is given up"
                    );
                }
                sent += usize::from(row.state == "sent");
                mark(store, row).await?;
            } else if row.state == "folded" {
                mark(store, row).await?;
            }
        }
        rows.retain(|row| row.state == "waiting");
        self.rows = rows;
        Ok(sent)
    }

    /// A trigger that failed and whose episode is over by now is told by the resolve alone.
    fn fold(&mut self) {
        let over: Vec<(String, String)> = self
            .rows
            .iter()
            .filter(|row| row.is_resolve())
            .map(|row| (row.episode.clone(), row.channel.clone()))
            .collect();
        for row in self.rows.iter_mut().filter(|row| row.attempts > 0 && !row.is_resolve()) {
            if over
                .iter()
                .any(|(episode, channel)| *episode == row.episode && *channel == row.channel)
            {
                "folded".clone_into(&mut row.state);
            }
        }
    }

    /// After a stop: of what is still open the last trigger is sent; all else becomes one message for each channel.
    pub(super) async fn digest(
        &mut self,
        store: &Store,
        open: &[String],
        now: Timestamp,
    ) -> Result<(), Error> {
        let stored = store.rows(&["held"]).await?;
        let held: Vec<Row> =
            stored.iter().filter_map(|(_, source, version)| Row::read(source, *version)).collect();
        let latest = |row: &Row| {
            !held.iter().any(|other| {
                other.episode == row.episode
                    && other.channel == row.channel
                    && other.transition > row.transition
            })
        };
        let mut digests = Vec::new();
        for channel in channels_of(&held) {
            let over: Vec<&Row> = held
                .iter()
                .filter(|row| row.channel == channel && !open.contains(&row.episode) && latest(row))
                .collect();
            if !over.is_empty() {
                digests.push(digest_row(channel, &over, now));
            }
        }
        let writes: Vec<Write> = digests
            .iter()
            .map(|row| Write::Create {
                index: Index::Outbox,
                id: row.key.clone(),
                document: row.document(),
            })
            .collect();
        for (row, outcome) in digests.iter().zip(store.write(&writes).await?) {
            if let Outcome::Done(version) = outcome {
                self.rows.push(Row { version: Some(version), ..row.clone() });
            }
        }
        for row in &held {
            let goes = open.contains(&row.episode) && latest(row);
            let state = if goes { "waiting" } else { "folded" };
            let mut row = Row { state: state.to_owned(), next_try: now, ..row.clone() };
            mark(store, &mut row).await?;
            if goes {
                self.rows.push(row);
            }
        }
        Ok(())
    }
}

fn channels_of(rows: &[Row]) -> Vec<&str> {
    let mut names: Vec<&str> = rows.iter().map(|row| row.channel.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn digest_row(channel: &str, over: &[&Row], now: Timestamp) -> Row {
    let keys: Vec<&str> = over.iter().map(|row| row.key.as_str()).collect();
    let key = id::digest(channel, &keys);
    let lines: Vec<&str> = over.iter().filter_map(|row| row.body["message"].as_str()).collect();
    let message = format!(
        "While the detector was away, {} episodes began and ended:\n{}",
        over.len(),
        lines.join("\n")
    );
    Row {
        episode: key.clone(),
        key,
        channel: channel.to_owned(),
        transition: 0,
        trigger: Trigger::Resolve.as_str().to_owned(),
        state: "waiting".to_owned(),
        attempts: 0,
        created: now,
        next_try: now,
        error: None,
        body: json!({"message": message, "alert": Value::Null}),
        version: None,
    }
}

/// Writes a row as it is now, if nobody else has changed it.
async fn mark(store: &Store, row: &mut Row) -> Result<(), Error> {
    let write = Write::over(Index::Outbox, &row.key, row.document(), row.version);
    match store.write(&[write]).await?.first() {
        Some(Outcome::Done(version)) => {
            row.version = Some(*version);
            Ok(())
        }
        Some(Outcome::Conflict | Outcome::Absent) | None => {
            Err(Error::Conflict { what: format!("row {} of the outbox", row.key) })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(key: &str, trigger: Trigger, attempts: u32) -> Row {
        let at = Timestamp::UNIX_EPOCH;
        Row {
            key: key.into(),
            channel: "c".into(),
            episode: "e".into(),
            transition: 1,
            trigger: trigger.as_str().into(),
            state: "waiting".into(),
            attempts,
            created: at,
            next_try: at,
            error: None,
            body: json!({}),
            version: None,
        }
    }

    #[test]
    fn five_tries_fit_into_a_quarter_of_an_hour() {
        for key in ["a", "b", "c"] {
            let all: Duration = (1..MOST_TRIES).map(|attempts| delay(key, attempts)).sum();
            assert!(all < Duration::from_mins(15), "{all:?}");
            assert!(delay(key, 2) > delay(key, 1));
        }
    }

    #[test]
    fn a_row_is_dead_after_its_last_try_and_at_once_where_it_is_refused() {
        let retry = || Delivery::Retry { after: None, reason: "503".into() };
        let mut tired = row("a", Trigger::Trigger, MOST_TRIES - 2);
        tired.settle(retry(), Timestamp::UNIX_EPOCH);
        assert_eq!(tired.state, "waiting");
        tired.settle(retry(), Timestamp::UNIX_EPOCH);
        assert_eq!(tired.state, "dead");
        let mut refused = row("a", Trigger::Trigger, 0);
        refused.settle(Delivery::Permanent { reason: "404".into() }, Timestamp::UNIX_EPOCH);
        assert_eq!((refused.state.as_str(), refused.error.as_deref()), ("dead", Some("404")));
    }

    #[test]
    fn a_receiver_that_says_when_is_not_tried_before() {
        let mut row = row("a", Trigger::Trigger, 0);
        let after = Some(Duration::from_mins(10));
        row.settle(Delivery::Retry { after, reason: "429".into() }, Timestamp::UNIX_EPOCH);
        assert_eq!(row.next_try.as_second(), 600);
    }

    #[test]
    fn a_failed_trigger_of_an_episode_that_is_over_is_folded_into_its_resolve() {
        let rows = vec![row("a", Trigger::Trigger, 1), row("b", Trigger::Resolve, 0)];
        let mut outbox = Outbox { rows };
        outbox.fold();
        assert_eq!(outbox.rows[0].state, "folded");
        assert_eq!(outbox.rows[1].state, "waiting");
        let mut fresh =
            Outbox { rows: vec![row("a", Trigger::Trigger, 0), row("b", Trigger::Resolve, 0)] };
        fresh.fold();
        assert_eq!(fresh.rows[0].state, "waiting", "nobody has heard of it yet");
    }

    #[test]
    fn a_row_is_read_back_as_it_was_written() {
        let mut row = row("a", Trigger::Resolve, 3);
        row.error = Some("503".into());
        let version = Version { seq_no: 4, primary_term: 1 };
        let read = Row::read(&row.document(), version).unwrap();
        row.version = Some(version);
        assert_eq!(read, row);
    }
}
