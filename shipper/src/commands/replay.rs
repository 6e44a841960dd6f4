//! `shipper dlq replay`: lines that were refused go through today's pipeline and out again, under their old ids.

use std::collections::BTreeMap;
use std::time::Duration;

use elastic::{BulkBuilder, BulkReply, Client, Verdict};
use enricher::{Context, Outcome, Pipeline, Provenance, RawLine};
use event::{Dataset, Event, Field, Origin};
use jiff::Timestamp;
use runtime::Clock;

use crate::dlq::{DeadLetters, Error, Kept, Letter, LetterId};
use crate::settings::{Shipper, Source};

use super::progress::Progress;

/// Letters sent in one request.
const BATCH: usize = 500;
/// Tries of one request before the rest is left for another time.
const TRIES: u32 = 5;

/// Which letters are replayed.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// Those given up since then.
    pub since: Option<Timestamp>,
    /// Those whose reason holds this text.
    pub reason: Option<String>,
}

impl Choice {
    /// Tells whether a letter is chosen.
    pub fn takes(&self, letter: &Letter) -> Taken {
        let late_enough = self.since.is_none_or(|since| letter.time >= since);
        let fits =
            self.reason.as_ref().is_none_or(|part| letter.reason.as_str().contains(part.as_str()));
        if late_enough && fits { Taken::Yes } else { Taken::No }
    }

    /// Returns the letters that are chosen.
    pub fn of(&self, kept: Kept) -> Kept {
        let chosen = |(_, letter): &(LetterId, Letter)| self.takes(letter) == Taken::Yes;
        let letters = kept.letters.into_iter().filter(chosen).collect();
        Kept { letters, damaged: Vec::new() }
    }
}

/// Whether a letter is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is.
    Yes,
    /// It is not.
    No,
}

/// What became of the letters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Stored now.
    pub stored: usize,
    /// The cluster had them.
    pub duplicate: usize,
    /// A rule of today's pipeline drops them.
    pub filtered: usize,
    /// Refused again; they stay.
    pub refused: usize,
    /// The cluster did not answer, or their input is not configured any more; they stay.
    pub left: usize,
}

/// Replays letters with a shipper that does not run.
#[derive(Debug)]
pub struct Replay<'a> {
    /// Settings of today.
    pub shipper: &'a Shipper,
    /// The cluster.
    pub client: &'a Client,
    /// Time.
    pub clock: &'a dyn Clock,
    /// Who reads.
    pub context: Context,
}

impl Replay<'_> {
    /// Sends the chosen letters; what is acknowledged leaves.
    pub async fn run(&self, letters: &mut DeadLetters, choice: &Choice) -> Result<Replayed, Error> {
        let mut outcome = Replayed::default();
        let chosen = choice.of(letters.read()?).letters;
        let mut progress = Progress::of("dead letters");
        let mut sent = 0;
        let mut gone = Vec::new();
        for source in &self.shipper.sources() {
            let of_source: Vec<&(LetterId, Letter)> =
                chosen.iter().filter(|(_, letter)| letter.input == source.id).collect();
            for batch in of_source.chunks(BATCH) {
                gone.extend(self.send(source, batch, &mut outcome).await);
                sent += batch.len();
                progress.at(sent as u64, chosen.len() as u64);
            }
        }
        // Once, at the end: a segment that loses letters is rewritten, and the names of the others change with it.
        letters.remove(&gone)?;
        let done = outcome.stored + outcome.duplicate + outcome.filtered + outcome.refused;
        outcome.left = chosen.len() - done;
        Ok(outcome)
    }

    async fn send(
        &self,
        source: &Source,
        batch: &[&(LetterId, Letter)],
        outcome: &mut Replayed,
    ) -> Vec<LetterId> {
        let mut pipeline = Pipeline::new(&self.shipper.store, &source.pipeline, &self.context);
        let mut ready: BTreeMap<Option<Dataset>, Vec<Ready>> = BTreeMap::new();
        let mut gone = Vec::new();
        for (id, letter) in batch {
            match event(&mut pipeline, letter) {
                None => {
                    outcome.filtered += 1;
                    gone.push(*id);
                }
                Some(mut event) => {
                    // A redacted line may give another key; the event is still the one that was refused.
                    event.document.set_text(Field::EventId, &letter.id.to_string());
                    let mut document = Vec::new();
                    event.document.write_json(&mut document);
                    let of_stream = ready.entry(event.dataset).or_default();
                    of_stream.push(Ready { letter: *id, id: letter.id.to_string(), document });
                }
            }
        }
        for (dataset, letters) in ready {
            let stream = source.stream_of(dataset).to_string();
            gone.extend(self.send_to(&stream, &letters, outcome).await);
        }
        gone
    }

    /// Sends documents to one stream and returns the letters that may leave.
    async fn send_to(
        &self,
        stream: &str,
        letters: &[Ready],
        outcome: &mut Replayed,
    ) -> Vec<LetterId> {
        let mut builder = BulkBuilder::new();
        for Ready { id, document, .. } in letters {
            builder.push(id, document);
        }
        let request = builder.finish();
        let sent: Vec<LetterId> = letters.iter().map(|ready| ready.letter).collect();
        for attempt in 0..TRIES {
            let reply = self.client.bulk(stream, &request).await;
            if let BulkReply::Items { verdicts, .. } = reply {
                return settle(&sent, &verdicts, outcome);
            }
            tracing::warn!(event.code = "replay_waits", reply = ?reply, "the cluster did not take the letters");
            self.clock.sleep(Duration::from_secs(1 << attempt)).await;
        }
        Vec::new()
    }
}

/// A letter whose document is ready to be sent.
struct Ready {
    letter: LetterId,
    id: String,
    document: Vec<u8>,
}

fn event(pipeline: &mut Pipeline, letter: &Letter) -> Option<Event> {
    let line = RawLine {
        bytes: letter.line.as_bytes(),
        origin: Origin { file: letter.file, span: letter.span.clone(), part: 0 },
        path: &letter.path,
        truncated: false,
        provenance: Provenance::default(),
    };
    let mut events = Vec::new();
    match pipeline.process(&line, letter.time, &mut events) {
        Outcome::Keep => events.into_iter().find(|event| event.origin.part == letter.part),
        Outcome::Drop(_) => None,
    }
}

fn settle(sent: &[LetterId], verdicts: &[Verdict], outcome: &mut Replayed) -> Vec<LetterId> {
    let mut gone = Vec::new();
    for (id, verdict) in sent.iter().zip(verdicts) {
        match verdict {
            Verdict::Stored | Verdict::Redirected { .. } => outcome.stored += 1,
            Verdict::Duplicate => outcome.duplicate += 1,
            Verdict::Rejected { .. } => {
                outcome.refused += 1;
                continue;
            }
            Verdict::Retry { .. } => continue,
        }
        gone.push(*id);
    }
    gone
}

#[cfg(test)]
mod tests {
    use super::*;
    use elastic::Pace;

    #[test]
    fn only_what_is_acknowledged_leaves() {
        let ids: Vec<LetterId> = (0..4).map(|offset| LetterId { segment: 1, offset }).collect();
        let verdicts = [
            Verdict::Stored,
            Verdict::Retry { reason: String::new(), paced: Pace::Backoff },
            Verdict::Rejected {
                status: 400,
                kind: String::new(),
                reason: String::new(),
                field: None,
            },
            Verdict::Duplicate,
        ];
        let mut outcome = Replayed::default();
        assert_eq!(settle(&ids, &verdicts, &mut outcome), [ids[0], ids[3]]);
        assert_eq!((outcome.stored, outcome.duplicate, outcome.refused), (1, 1, 1));
    }
}
