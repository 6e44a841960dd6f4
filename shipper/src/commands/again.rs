//! `shipper replay PATH`: reads files that are still on disk once more and sends every event under the id it had.
//!
//! What the cluster holds it answers with 409, so only what is missing gets stored. It does so within one backing index: a
//! line that was stored before a rollover and is replayed after it stands twice. So `storewatch verify` names the bytes
//! that are missing, and `--bytes` sends no others. The checkpoint is read and not moved: a shipper may run, and what it
//! has not acknowledged yet is left to it.

use std::fmt;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use elastic::{BulkBuilder, BulkReply, Client, Verdict};
use enricher::{Context, Outcome, Pipeline, RawLine};
use event::{ByteOffset, Event, FileId, Origin, Span};
use jiff::Timestamp;
use runtime::{Clock, Exit, Failure, SystemClock};
use serde::Serialize;

use crate::frame::{Cut, Framer, Piece};
use crate::identity::{Node, Recognised, read_at, read_head, recognise};
use crate::registry::Registry;
use crate::settings::{Input, Shipper};
use crate::tail::BLOCK_BYTES;
use crate::watch::{Matched, open};

use super::audit::checkpoint;
use super::progress::Progress;
use super::say;

/// Tries of one request before what is left of it is given up.
const TRIES: u32 = 5;

/// Whether events are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// They are.
    Send,
    /// They are counted only.
    Show,
}

/// What became of one file's events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Replayed {
    /// The file.
    pub path: String,
    /// Its id.
    pub file: FileId,
    /// Bytes that were read: all that is acknowledged.
    pub bytes: u64,
    /// Events that were sent, or would be.
    pub events: u64,
    /// The cluster did not have them.
    pub stored: u64,
    /// It had them.
    pub duplicates: u64,
    /// It refused them; a running shipper would put them into the dead letters, where they may lie already.
    pub refused: u64,
    /// Today's rules drop these lines.
    pub filtered: u64,
    /// Events that happened before the time that was asked for.
    pub older: u64,
    /// The cluster did not take them; another replay may.
    pub left: u64,
}

impl fmt::Display for Replayed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} events, {} stored, {} duplicates, {} refused, {} left; {} lines filtered, {} events older",
            self.path,
            self.events,
            self.stored,
            self.duplicates,
            self.refused,
            self.left,
            self.filtered,
            self.older
        )
    }
}

impl Replayed {
    /// Returns how the program ends after this file: 65 when something is still not stored.
    pub fn exit(&self) -> Exit {
        if self.refused + self.left == 0 { Exit::Done } else { Exit::Difference }
    }
}

/// Which events of a file are sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// Those that happened since then.
    pub since: Option<Timestamp>,
    /// Those whose lines start within these bytes; anywhere, where none are named.
    pub bytes: Vec<Span>,
}

/// Reads `START-END`, as `storewatch verify` prints it.
pub fn bytes(text: &str) -> Result<Span, String> {
    let parse = |(start, end): (&str, &str)| {
        let (start, end) = (start.parse().ok()?, end.parse().ok()?);
        (start < end).then(|| ByteOffset::new(start)..ByteOffset::new(end))
    };
    text.split_once('-')
        .and_then(parse)
        .ok_or_else(|| format!("{text:?} is no range of bytes: such as 1200-1800 is expected"))
}

/// How outcomes are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// For people.
    Lines,
    /// One JSON object a file.
    Json,
}

/// Replays files with a shipper's settings and state, and prints what became of each. One that cannot be replayed does
/// not stop the others.
pub async fn run(
    shipper: &Shipper,
    paths: &[PathBuf],
    (effect, choice, input): (Effect, Choice, Option<String>),
    (style, out): (Style, &mut dyn Write),
) -> anyhow::Result<Exit> {
    let Some(checkpoint) = checkpoint(&shipper.state_dir)? else {
        let message = format!(
            "there is no checkpoint in {}: no file was shipped from here yet",
            shipper.state_dir.display()
        );
        return Err(Failure::new(Exit::Difference, message).into());
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let client = Client::new(&shipper.cluster, Arc::clone(&clock))?;
    let host = checkpoint.host.clone();
    let context = Context {
        host_name: host.name.clone(),
        agent_id: host.id.to_string(),
        agent_type: "shipper".to_owned(),
        agent_version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let registry = Registry::from_checkpoint(checkpoint, host);
    let again = Again {
        shipper,
        client: &client,
        clock: &*clock,
        context,
        registry,
        choice,
        input,
        effect,
    };
    let mut exit = Exit::Done;
    for path in paths {
        match again.file(path).await {
            Ok(replayed) => {
                match style {
                    Style::Lines => say(out, &replayed.to_string())?,
                    Style::Json => say(out, &serde_json::to_string(&replayed)?)?,
                }
                exit = if exit == Exit::Done { replayed.exit() } else { exit };
            }
            Err(error) => {
                exit = runtime::report("shipper", error.as_ref());
            }
        }
    }
    Ok(exit)
}

/// Replays files.
#[derive(Debug)]
pub struct Again<'a> {
    /// Settings of today.
    pub shipper: &'a Shipper,
    /// The cluster.
    pub client: &'a Client,
    /// Time.
    pub clock: &'a dyn Clock,
    /// Who reads.
    pub context: Context,
    /// What is known of files.
    pub registry: Registry,
    /// Which events.
    pub choice: Choice,
    /// The input whose settings are used, where the path does not tell.
    pub input: Option<String>,
    /// Whether events are sent.
    pub effect: Effect,
}

impl Again<'_> {
    /// Replays one file up to the place that is acknowledged.
    pub async fn file(&self, path: &Path) -> anyhow::Result<Replayed> {
        let input = self.input(path)?;
        let (file, metadata) = open(path)?;
        let (id, end) = self.known(path, &file, (Node::of(&metadata), metadata.len()))?;
        let text = path.to_string_lossy().into_owned();
        let mut work = Work {
            again: self,
            input,
            pipeline: Pipeline::new(&self.shipper.store, &input.pipeline, &self.context),
            events: Vec::new(),
            waiting: Vec::new(),
            waiting_bytes: 0,
            done: Replayed {
                path: text,
                file: id,
                bytes: end.get(),
                events: 0,
                stored: 0,
                duplicates: 0,
                refused: 0,
                filtered: 0,
                older: 0,
                left: 0,
            },
        };
        let mut framer = Framer::new(ByteOffset::ZERO, self.shipper.reading.max_line);
        let mut progress = Progress::of(&work.done.path);
        while framer.position() < end {
            let wanted = usize::try_from(end - framer.position()).unwrap_or(BLOCK_BYTES);
            let block = read_at(&file, framer.position(), wanted.min(BLOCK_BYTES))?;
            if block.is_empty() {
                break;
            }
            let read_at = self.clock.now();
            framer.feed(&block, &mut |piece| work.take(piece, read_at));
            if framer.position() >= end {
                // What is acknowledged ends at a line's end, or was flushed when the file was rotated.
                framer.finish(&mut |piece| work.take(piece, read_at));
            }
            while work.is_full() {
                work.send().await;
            }
            progress.at(framer.position().get(), end.get());
        }
        while !work.waiting.is_empty() {
            work.send().await;
        }
        Ok(work.done)
    }

    fn input(&self, path: &Path) -> Result<&Input, Failure> {
        let fits = |input: &&Input| match &self.input {
            Some(id) => input.id == *id,
            None => input.globs.matches(path) == Matched::Yes,
        };
        self.shipper.inputs.iter().find(fits).ok_or_else(|| {
            let message = match &self.input {
                Some(id) => format!("no input has the id {id}"),
                None => format!(
                    "no input reads {}; name the input it belongs to by --input",
                    path.display()
                ),
            };
            Failure::new(Exit::Usage, message)
        })
    }

    fn known(
        &self,
        path: &Path,
        file: &File,
        (node, size): (Node, u64),
    ) -> anyhow::Result<(FileId, ByteOffset)> {
        let head = read_head(file)?;
        let refuse =
            |why: &str| Failure::new(Exit::Difference, format!("{}: {why}", path.display()));
        if head.starts_with(&[0x1F, 0x8B]) {
            return Err(
                refuse("it is compressed; unpack it beside itself and replay that copy").into()
            );
        }
        let known = self.registry.known();
        let found = recognise((&node, size, &head), &known, &mut |mark| {
            let length = u64::from(mark.before.length).min(mark.offset.get());
            let from = ByteOffset::new(mark.offset.get() - length);
            read_at(file, from, usize::try_from(length).unwrap_or_default())
        })?;
        let (Recognised::Same(id) | Recognised::CopyOf(id)) = found else {
            return Err(refuse(
                "the state does not know it, so its events would get other ids; a running shipper ships it as a new file",
            )
            .into());
        };
        let committed = self.registry.committed(id).map_or(ByteOffset::ZERO, |mark| mark.offset);
        Ok((id, committed.min(ByteOffset::new(size))))
    }
}

/// One file on its way.
struct Work<'a> {
    again: &'a Again<'a>,
    input: &'a Input,
    pipeline: Pipeline,
    events: Vec<Event>,
    waiting: Vec<(String, Vec<u8>)>,
    waiting_bytes: usize,
    done: Replayed,
}

impl Work<'_> {
    fn take(&mut self, piece: Piece<'_>, read_at: Timestamp) {
        let Piece::Line { span, bytes, cut } = piece else { return };
        let wanted = &self.again.choice.bytes;
        if !wanted.is_empty() && !wanted.iter().any(|wanted| wanted.contains(&span.start)) {
            return;
        }
        let origin = Origin { file: self.done.file, span, part: 0 };
        let truncated = cut == Cut::Truncated;
        let line = RawLine { bytes, origin, path: &self.done.path, truncated };
        if let Outcome::Drop(_) = self.pipeline.process(&line, read_at, &mut self.events) {
            self.done.filtered += 1;
            return;
        }
        for event in &self.events {
            if self.again.choice.since.is_some_and(|since| event.time < since) {
                self.done.older += 1;
                continue;
            }
            self.done.events += 1;
            if self.again.effect == Effect::Send {
                let mut document = Vec::new();
                event.document.write_json(&mut document);
                self.waiting_bytes += document.len();
                self.waiting.push((event.id.to_string(), document));
            }
        }
        self.pipeline.recycle(&mut self.events);
    }

    fn is_full(&self) -> bool {
        let limits = &self.again.shipper.bulk;
        self.waiting.len() >= limits.documents || self.waiting_bytes >= limits.bytes
    }

    /// Sends one request, and what is to be retried of it a few times more.
    async fn send(&mut self) {
        let limits = &self.again.shipper.bulk;
        let mut bytes = 0;
        let fits = |(_, document): &&(String, Vec<u8>)| {
            bytes += document.len();
            bytes <= limits.bytes
        };
        let fitting = self.waiting.iter().take(limits.documents).take_while(fits).count().max(1);
        let mut batch: Vec<_> = self.waiting.drain(..fitting.min(self.waiting.len())).collect();
        self.waiting_bytes = self.waiting.iter().map(|(_, document)| document.len()).sum();
        let stream = self.input.stream.to_string();
        for attempt in 0..TRIES {
            let mut request = BulkBuilder::new();
            batch.iter().for_each(|(id, document)| request.push(id, document));
            let reply = self.again.client.bulk(&stream, &request.finish()).await;
            if let BulkReply::Items { verdicts, .. } = reply {
                batch = self.settle(batch, verdicts);
            } else {
                tracing::warn!(
                    event.code = "replay_waits",
                    ?reply,
                    "the cluster did not take the events"
                );
            }
            if batch.is_empty() {
                return;
            }
            self.again.clock.sleep(Duration::from_secs(1 << attempt)).await;
        }
        self.done.left += batch.len() as u64;
    }

    /// Counts what ended and returns what is to be sent again.
    fn settle(
        &mut self,
        batch: Vec<(String, Vec<u8>)>,
        verdicts: Vec<Verdict>,
    ) -> Vec<(String, Vec<u8>)> {
        let mut again = Vec::new();
        for (event, verdict) in batch.into_iter().zip(verdicts) {
            match verdict {
                Verdict::Stored | Verdict::Redirected { .. } => self.done.stored += 1,
                Verdict::Duplicate => self.done.duplicates += 1,
                Verdict::Rejected { .. } => self.done.refused += 1,
                Verdict::Retry { .. } => again.push(event),
            }
        }
        again
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_of_bytes_is_read_as_verify_prints_it() {
        assert_eq!(bytes("12-18"), Ok(ByteOffset::new(12)..ByteOffset::new(18)));
        for wrong in ["12", "18-12", "12-12", "a-b", "12..18", ""] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
    }
}
