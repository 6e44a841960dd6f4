//! Tells the cluster what became of lines: a summary of each file every 5 minutes, at the file's end and before a stop.
//!
//! `storewatch verify` compares them with the documents that are stored. A summary speaks of bytes that are acknowledged and
//! written down on our disk, and its id is made from them: one that is sent again is a duplicate.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use elastic::{BulkBuilder, BulkReply, Client, Verdict};
use event::{Document, EventId, Field};
use jiff::{SignedDuration, Timestamp};
use runtime::Clock;
use runtime::shutdown::Shutdown;

use crate::agent::{Agent, push};
use crate::ledger::{Step, Summary};
use crate::state::State;

/// How often a file that is written to has its summary.
const EVERY: SignedDuration = SignedDuration::from_mins(5);
/// How often it is looked whether one is due; a file that ended has its summary after this time.
const LOOK: Duration = Duration::from_secs(30);
/// Summaries in one request.
const BATCH: usize = 500;
/// How long a stop waits for the last summaries. What is not told then is told after the next start.
const LAST: Duration = Duration::from_secs(5);

/// Tells the cluster what became of lines.
#[derive(Debug)]
pub struct Reporter {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The cluster.
    pub client: Client,
    /// Who speaks.
    pub agent: Agent,
    /// What there is to tell.
    pub state: Arc<State>,
}

/// Whether the cluster listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heard {
    Yes,
    No,
}

impl Reporter {
    /// Tells what is due until the shutdown begins.
    pub async fn run(self: Arc<Self>, shutdown: Shutdown) {
        loop {
            tokio::select! {
                // Both only wait.
                () = self.clock.sleep(LOOK) => {}
                () = shutdown.begun() => return,
            }
            let before = self.clock.now().saturating_sub(EVERY).unwrap_or(Timestamp::MIN);
            tokio::select! {
                // A summary that was under way and not noted is sent again, as a duplicate.
                () = self.tell(before) => {}
                () = shutdown.begun() => return,
            }
        }
    }

    /// Tells everything that was not told yet, once: a cluster that does not answer does not hold up the stop.
    pub async fn finish(&self) {
        tokio::select! {
            // As above.
            () = self.tell(Timestamp::MAX) => {}
            () = self.clock.sleep(LAST) => {}
        }
    }

    async fn tell(&self, before: Timestamp) {
        let summaries = self.state.registry().ledger().summaries(before);
        for batch in summaries.chunks(BATCH) {
            if self.send(batch).await == Heard::No {
                return;
            }
        }
    }

    async fn send(&self, batch: &[Summary]) -> Heard {
        let now = self.clock.now();
        let mut request = BulkBuilder::new();
        for summary in batch {
            push(&mut request, self.id(summary), &self.document(summary, now));
        }
        let reply = self.client.bulk(&self.agent.stream(), &request.finish()).await;
        let BulkReply::Items { verdicts, .. } = reply else {
            tracing::debug!(event.code = "summaries_wait", ?reply, "summaries are sent later");
            return Heard::No;
        };
        let mut registry = self.state.registry();
        for (summary, verdict) in batch.iter().zip(verdicts) {
            match verdict {
                Verdict::Stored | Verdict::Duplicate | Verdict::Redirected { .. } => {
                    registry.told(summary, now);
                }
                Verdict::Retry { .. } => {}
                Verdict::Rejected { reason, .. } => {
                    // The next one begins where this one would have ended: `verify` says which bytes nobody speaks for.
                    registry.told(summary, now);
                    tracing::warn!(event.code = "summary_refused", path = %summary.path, reason = %reason,
                        "the cluster refuses a summary of what became of lines; run `storewatch setup` if it is old");
                }
            }
        }
        Heard::Yes
    }

    fn id(&self, summary: &Summary) -> EventId {
        EventId::from_parts(&[
            "agent.ledger",
            &self.agent.context.agent_id,
            &summary.file.to_string(),
            &summary.from.to_string(),
            &summary.to.offset.to_string(),
            &summary.lost_bytes.to_string(),
        ])
    }

    fn document(&self, summary: &Summary, now: Timestamp) -> Document {
        let mut document = self.agent.document("agent.ledger", self.id(summary), now);
        let counts = &summary.counts;
        document.set_text(Field::LogFilePath, &summary.path);
        document.set_text(Field::StoreOriginFileId, &summary.file.to_string());
        document.set_static(Field::StorePipelineLedgerDataset, summary.datasets.own().as_str());
        let others = summary.datasets.others();
        let streams: Vec<String> = std::iter::once(summary.datasets.own())
            .chain(others)
            .map(|dataset| self.agent.stream_of(dataset))
            .collect();
        let streams: Vec<&str> = streams.iter().map(String::as_str).collect();
        match *streams {
            [one] => document.set_text(Field::StorePipelineLedgerStream, one),
            _ => document.set_list(Field::StorePipelineLedgerStream, &streams),
        }
        document.set_text(Field::StorePipelineLedgerSteps, &steps(&summary.steps));
        for (field, number) in [
            (Field::StoreOriginOffset, summary.from.get()),
            (Field::StoreOriginEnd, summary.to.offset.get()),
            (Field::StorePipelineLedgerDocuments, counts.documents()),
            (Field::StorePipelineLedgerStored, counts.stored.events),
            (Field::StorePipelineLedgerDuplicate, counts.duplicate.events),
            (Field::StorePipelineLedgerKeyed, counts.keyed_duplicates),
            (Field::StorePipelineLedgerRedirected, counts.redirected.events),
            (Field::StorePipelineLedgerFiltered, counts.filtered().events),
            (Field::StorePipelineLedgerDeadLettered, counts.dead_lettered.events),
            (Field::StorePipelineLedgerUnrecordedBytes, counts.unrecorded.bytes),
            (Field::StorePipelineLedgerLostBytes, summary.lost_bytes),
        ] {
            document.set_long(field, i64::try_from(number).unwrap_or(i64::MAX));
        }
        document
    }
}

/// Writes steps as `END:DOCUMENTS END:DOCUMENTS ..`.
fn steps(steps: &[Step]) -> String {
    let mut text = String::new();
    for step in steps {
        let gap = if text.is_empty() { "" } else { " " };
        // Writing to a text cannot fail.
        write!(text, "{gap}{}:{}", step.end, step.documents).unwrap_or_default();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use event::ByteOffset;

    #[test]
    fn steps_are_written_as_ends_with_their_documents() {
        let step = |end, documents| Step { end: ByteOffset::new(end), documents };
        assert_eq!(steps(&[step(100, 3), step(250, 7)]), "100:3 250:7");
        assert_eq!(steps(&[]), "");
    }
}
