//! From a block to a chunk of documents on its way.

use std::sync::Arc;

use enricher::Decision;
use event::Span;

use crate::chunk::{Cargo, Chunk, Loader, Tally};
use crate::frame::Piece;
use crate::identity::{HEAD_BYTES, Print};
use crate::ledger::Load;
use crate::queue::{Closed, Sender};

use super::super::Tail;
use super::super::catalogue::Slot;
use super::Reader;

impl Reader {
    pub(super) fn send_block(
        &mut self,
        slot: Slot,
        bytes: usize,
        sender: &Sender<Chunk>,
    ) -> Result<(), Closed> {
        self.load(slot, sender, |tail, buffer, give| tail.cut(buffer, bytes, give))?;
        let Some(open) = self.catalogue.open_mut(slot) else { return Ok(()) };
        let tail = &open.tail;
        if (tail.head.length as usize) < HEAD_BYTES
            && tail.position().get() > u64::from(tail.head.length)
        {
            self.grow_head(slot);
        }
        Ok(())
    }

    /// A file that was short at first sight is known better now.
    fn grow_head(&mut self, slot: Slot) {
        let Some(open) = self.catalogue.open_mut(slot) else { return };
        let tail = &mut open.tail;
        let Some(Ok(head)) = tail.read_head() else { return };
        let mut registry = self.around.state.registry();
        if registry.head(tail.id).fits(&head) {
            let print = Print::of(&head);
            tail.head = print;
            registry.grow_head(tail.id, print);
        }
    }

    /// Takes the pieces that `cut` gives, makes documents of them, and sends them as one chunk.
    pub(super) fn load(
        &mut self,
        slot: Slot,
        sender: &Sender<Chunk>,
        cut: impl FnOnce(&mut Tail, &[u8], &mut dyn FnMut(Piece<'_>)) -> (Span, Print),
    ) -> Result<(), Closed> {
        let Some(open) = self.catalogue.open_mut(slot) else { return Ok(()) };
        let tail = &mut open.tail;
        let Some(source) = self.sources.get_mut(tail.input) else { return Ok(()) };
        let path = Arc::clone(&tail.path_text);
        let mut loader = Loader {
            pipeline: &mut source.pipeline,
            events: &mut self.events,
            file: tail.id,
            path: &path,
            read_at: self.around.clock.now(),
            cargo: Cargo::sized_like(source.last_size),
            tally: Tally::default(),
            filtered: Vec::new(),
            clock: &*self.around.clock,
            turn: &mut source.turn,
            shedding: source.shedding,
        };
        let (span, before) = cut(tail, &self.buffer, &mut |piece| loader.load(piece));
        let Loader { mut cargo, tally, filtered, .. } = loader;
        cargo.fit();
        if let Some(Decision { format, why }) = source.pipeline.take_decision() {
            tracing::info!(event.code = "format_decided", path = %path, format, why, "what the first lines of a file told");
            let text = format!("{format}: {why}");
            self.around.state.registry().note_format(tail.id, text);
        }
        // What is read carries the number of its input, which a reload does not change.
        let (input, file, path) = (source.number, tail.id, Arc::clone(&tail.path));
        // A report stands at a place and covers nothing.
        if span.is_empty() && cargo.items().is_empty() {
            return Ok(());
        }
        source.last_size = cargo.size();
        source.count(&self.around.metrics, tally, span.end - span.start);
        self.around.metrics.events_made.inc_by(cargo.items().len() as u64);
        let load = (source.datasets, Load { events: cargo.items().len(), filtered });
        let opened = self.around.state.registry().open(file, &span, before, load);
        // Tail and watermark start at one place and go in step. Were they ever apart, lines would be lost in silence.
        let ticket = opened.expect("a tail hands on its file without gaps");
        self.notice_read(slot, span.start.get(), self.around.clock.monotonic());
        if cargo.items().is_empty() {
            return Ok(());
        }
        let reservation = self.around.budget.reserve(input, cargo.bytes() as u64);
        sender.send(Chunk { input, file, path, ticket, cargo, reservation })
    }
}
