//! `shipper replay PATH`: reads files that are still on disk once more and sends every event under the id it had.
//!
//! What the cluster holds it answers with 409, so only what is missing gets stored. It does so within one backing index: a
//! line that was stored before a rollover and is replayed after it stands twice. So `storewatch verify` names the bytes
//! that are missing, and `--bytes` sends no others. The checkpoint is read and not moved: a shipper may run, and what it
//! has not acknowledged yet is left to it.

mod replayed;
mod work;

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use elastic::Client;
use enricher::Context;
use event::{ByteOffset, FileId, Span};
use jiff::Timestamp;
use runtime::{Clock, Exit, Failure, SystemClock};

use crate::identity::{MARKER_BYTES, Node, OnDisk, Recognised};
use crate::registry::Registry;
use crate::settings::{Input, Shipper};
use crate::tail::{BLOCK_BYTES, Block, Content, Resume, Tail};
use crate::watch::{Matched, open};

use super::audit::checkpoint;
use super::progress::Progress;
use super::say;

pub use replayed::Replayed;
use work::Work;

/// Whether events are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// They are.
    Send,
    /// They are counted only.
    Show,
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
        let (file, metadata) = open(path, input.globs.links())?;
        let (node, size) = (Node::of(&metadata), metadata.len());
        let content = Content::of(&file, size)?;
        let (id, end) = self.known(path, (&file, &content), (node, size))?;
        let done = Replayed::of(&path.to_string_lossy(), id, end);
        let mut work = Work::new(self, input, done);
        let start = Resume { offset: ByteOffset::ZERO, before: None };
        let making = (&input.making, self.shipper.reading.max_line);
        let mut tail = Tail::open((id, 0, node), (path, file, &content), start, making)?;
        // What is acknowledged ends at a line's end, or was ended there when the file was rotated.
        tail.heed(vec![end]);
        let mut buffer = vec![0; BLOCK_BYTES + MARKER_BYTES];
        let mut progress = Progress::of(&work.done().path);
        while tail.position() < end {
            let Block::Bytes(bytes) = tail.read(&mut buffer, Duration::ZERO)? else { break };
            let read_at = self.clock.now();
            tail.cut(&buffer, bytes, &mut |piece| work.take(piece, read_at));
            while work.is_full() {
                work.send().await;
            }
            progress.at(tail.position().get(), end.get());
        }
        Ok(work.finish().await)
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

    /// Returns the id of a file and the place in its text up to which it is acknowledged.
    fn known(
        &self,
        path: &Path,
        (file, content): (&File, &Content),
        (node, size): (Node, u64),
    ) -> anyhow::Result<(FileId, ByteOffset)> {
        let known = self.registry.candidates(&node, content.head());
        // Head and marker must fit in any case, so a file that is elsewhere too does no harm.
        let on_disk = |_: &Node| OnDisk::No;
        let found = content.recognise(file, &node, &known, &on_disk)?;
        let (Recognised::Same(id) | Recognised::Moved(id) | Recognised::CopyOf(id)) = found else {
            let why = "the state does not know it, so its events would get other ids; a running shipper ships it as a new file";
            let message = format!("{}: {why}", path.display());
            return Err(Failure::new(Exit::Difference, message).into());
        };
        let committed = self.registry.committed(id).map_or(ByteOffset::ZERO, |mark| mark.offset);
        // How much text a compressed file holds is seen when it is read.
        let end = if content.is_gzip() { committed } else { committed.min(ByteOffset::new(size)) };
        Ok((id, end))
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
