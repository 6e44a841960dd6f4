//! What happens to the files, within what the shipper promises anything about.

use crate::checkpoint::{Checkpoint, FileState, Whereabouts as Known};
use crate::state::CHECKPOINT;

use super::body::{Body, Kind, Whereabouts};
use super::disk::Removal;
use super::step::{Ends, Glance, Log, Place};
use super::world::World;

/// Below this a copy is a file of its own, by design.
const LEAST_COPY: u64 = crate::identity::LEAST_COPY as u64;

/// How well the shipper knows a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// Not at all: nothing of it was sent.
    Unknown,
    /// Fewer bytes of it are acknowledged on disk than tell a copy. A copy of it is a file of its own, and after a crash
    /// its lines would come again under ids of their own: nobody copies it here. Nor is one copied that ends within a
    /// line, which would leave from the copy as it is, and from the file under the same id as it grew.
    Begun,
    /// A copy of it is known.
    Acknowledged,
}

impl World {
    pub(super) fn write(&mut self, place: Place, lines: &[usize], ends: Ends) {
        if place.1 == 0 || self.takes_late_lines(place) {
            self.disk.write(place, lines, ends);
        }
    }

    /// A late writer goes on in a rotated file, but not where a line is begun: that line leaves once the file was quiet, and
    /// what it grows to after a crash before the next checkpoint would carry its id. Nobody writes into copies.
    fn takes_late_lines(&self, place: Place) -> bool {
        let is_written = |body: &Body| body.kind == Kind::Written;
        self.disk.body(place).is_some_and(is_written) && !self.disk.is_begun(place)
    }

    pub(super) fn rotate(&mut self, log: Log) {
        if self.disk.body(Place(log, 0)).is_some() {
            self.remove(Place(log, 2), Removal::Deleted);
            self.disk.rotate(log);
        }
    }

    pub(super) fn remove(&mut self, place: Place, how: Removal) {
        let Some(body) = self.disk.remove(place, how) else { return };
        let body = &self.disk.bodies[body];
        if body.whereabouts == Whereabouts::Gone {
            self.book.gone(body, 0, self.running.is_some().then_some(&self.disk));
        }
    }

    pub(super) fn truncate(&mut self, place: Place, copied: u64) {
        let Some(body) = self.disk.truncate(place) else { return };
        self.book.gone(&body, copied, self.running.is_some().then_some(&self.disk));
    }

    pub(super) fn copy_truncate(
        &mut self,
        log: Log,
        window: &[usize],
        glance: Glance,
    ) -> Result<(), String> {
        let standing = self.standing(Place(log, 0));
        if standing == Standing::Begun {
            return Ok(());
        }
        self.remove(Place(log, 2), Removal::Deleted);
        self.disk.rotate_behind(log);
        self.disk.copy(log);
        let copied = self.disk.body(Place(log, 1)).map_or(0, |body| body.length);
        self.disk.tick();
        if !window.is_empty() {
            self.disk.write(Place(log, 0), window, Ends::Whole);
        }
        // Were both seen for the first time at one moment, the longer one would not be taken for the model of the copy.
        if (glance, standing) == (Glance::Yes, Standing::Acknowledged) && self.running.is_some() {
            // The copy is announced, hence seen before the window is read. Were it not, and the file shorter than a head,
            // the head that is known of it would be longer than the copy, and the copy a file of its own.
            self.hear();
            self.rounds(1)?;
        }
        self.disk.tick();
        self.truncate(Place(log, 0), copied);
        Ok(())
    }

    /// Returns how well a file is known that is to be copied, by what is on disk.
    fn standing(&self, place: Place) -> Standing {
        let Some(body) = self.disk.body(place) else { return Standing::Begun };
        if self.disk.is_begun(place) || body.length < LEAST_COPY {
            return Standing::Begun;
        }
        let path = self.plan.configuration.state_dir.join(CHECKPOINT);
        let Ok(bytes) = std::fs::read(path) else { return Standing::Unknown };
        let files = Checkpoint::decode(&bytes).unwrap().files;
        let is_there = |file: &&FileState| {
            file.node.place() == body.node && !matches!(file.state, Known::Truncated(_))
        };
        match files.iter().find(is_there) {
            None => Standing::Unknown,
            Some(file) => {
                let least = file.committed.offset.get().min(file.head.length.into());
                // What is on disk may be about what stood there before.
                match self.book.knows(body.story) {
                    _ if least < LEAST_COPY => Standing::Begun,
                    true => Standing::Acknowledged,
                    false => Standing::Unknown,
                }
            }
        }
    }
}
