//! The book of the model: what was handed over under which id, what may be missing, and how many bytes must be missed.
//!
//! A line may be missing only if its bytes went, and nothing that still works had them: its file was cut or deleted before
//! it was read, or while the only process that held them was killed.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use event::{ByteOffset, FileId, Span};

use super::body::{Body, Kind, Whereabouts};
use super::cluster::Cluster;
use super::disk::Disk;
use super::line::{HEAD, Line};

/// The shipper waits so long for a copy before it calls bytes lost.
const LOSS_AFTER: Duration = Duration::from_mins(1);

/// Bytes that went before they were handed over, where the shipper must have seen that they were there.
#[derive(Debug)]
struct Fear {
    /// The story that they belong to. What the shipper holds of it in memory it may still hand over.
    story: usize,
    /// Where they end.
    end: u64,
    /// Since when it must know that they are gone.
    noticed: Option<Duration>,
}

#[derive(Debug, Default)]
pub(super) struct Book {
    /// The story that each id stands for, and the id of each story.
    stories: HashMap<FileId, usize>,
    ids: HashMap<usize, FileId>,
    /// How far each story was handed over in this run, or acknowledged before it.
    handed: HashMap<usize, u64>,
    /// Lines that were handed over in this run.
    under_way: HashSet<usize>,
    /// Lines that may be missing.
    lost: HashSet<usize>,
    /// How many bytes may be called lost at most.
    most: u64,
    /// How many bytes must have been called lost by now.
    least: u64,
    fears: Vec<Fear>,
    /// How far each file was acknowledged when it was last looked at.
    committed: HashMap<FileId, u64>,
}

impl Book {
    /// Tells whether anything of a story was handed over.
    pub(super) fn knows(&self, story: usize) -> bool {
        self.ids.contains_key(&story)
    }

    /// Takes an event that was handed over.
    pub(super) fn hand_over(
        &mut self,
        (file, span, text): (FileId, &Span, &[u8]),
        disk: &Disk,
    ) -> Result<(), String> {
        let shown = text.escape_ascii();
        if text == HEAD && span.start == ByteOffset::ZERO {
            return Ok(());
        }
        let number = Line::number(text);
        let line = number.and_then(|number| disk.lines.get(number));
        let (story, start) = match (line, disk.ends.get(text)) {
            (Some(line), _) if line.is_whole() && line.text() == text => {
                self.under_way.extend(number);
                if span.end.get() != line.end() {
                    return Err(format!("{shown} ends at {}, not at {}", span.end, line.end()));
                }
                (line.story, line.start)
            }
            (_, Some(&end)) => end,
            (_, None) => return Err(format!("an alien or mixed line: {shown}")),
        };
        if span.start.get() != start {
            return Err(format!(
                "{shown} stands at {start}, but is said to stand at {}",
                span.start
            ));
        }
        let known = *self.stories.entry(file).or_insert(story);
        if known != story || *self.ids.entry(story).or_insert(file) != file {
            return Err(format!(
                "{shown} comes under the id {file}, which is that of another file"
            ));
        }
        let handed = self.handed.entry(story).or_default();
        *handed = span.end.get().max(*handed);
        Ok(())
    }

    /// Notes how far files are read: what stands behind their last line are empty ones, of which nothing is handed over.
    pub(super) fn read(&mut self, sent: impl Fn(FileId) -> Option<ByteOffset>) {
        for (&file, &story) in &self.stories {
            let sent = sent(file).map_or(0, ByteOffset::get);
            let handed = self.handed.entry(story).or_default();
            *handed = sent.max(*handed);
        }
    }

    /// Notes that lines may be missing whose bytes are gone, unless they are under way.
    pub(super) fn reckon(&mut self, disk: &Disk, cluster: &Cluster) {
        let standing = disk.standing();
        for (number, line) in disk.lines.iter().enumerate() {
            let is_safe = standing.contains(&number)
                || self.under_way.contains(&number)
                || cluster.has(line.text());
            if !is_safe {
                self.lost.insert(number);
            }
        }
    }

    /// Notes that a file went, of which a copy holds so many bytes; whether the shipper must have noticed depends on what
    /// it saw.
    pub(super) fn gone(&mut self, body: &Body, copied: u64, running: Option<&Disk>) {
        let handed = self.handed.get(&body.story).copied().unwrap_or(0).max(copied);
        self.most += body.length.saturating_sub(handed) + body.regrown.unwrap_or(0);
        // A file that holds nothing but the head of others is taken for a copy, and nobody misses it.
        let is_known = running.is_some_and(|disk| {
            body.lines.first().is_some_and(|&line| disk.lines[line].text() != HEAD)
                && body.lines.iter().any(|&line| disk.lines[line].end() <= body.seen.min(1_024))
        });
        if is_known && copied == 0 && body.kind == Kind::Written {
            self.fears.push(Fear { story: body.story, end: body.seen, noticed: None });
        }
    }

    /// Notes that the shipper has surely looked at everything since whatever went before. Bytes that stand in cut files
    /// by now may be taken for such as went.
    pub(super) fn noticed(&mut self, now: Duration, regrown: u64) {
        self.most += regrown;
        for fear in &mut self.fears {
            fear.noticed.get_or_insert(now);
        }
    }

    /// Notes that the shipper has come round at this time: what it feared for long enough is counted.
    pub(super) fn came_round(&mut self, now: Duration) {
        let is_due = |fear: &Fear| fear.noticed.is_some_and(|since| since + LOSS_AFTER <= now);
        let due: Vec<Fear> = self.fears.extract_if(.., |fear| is_due(fear)).collect();
        self.least += self.missed(&due);
    }

    /// Returns how many bytes of these were not handed over since.
    fn missed(&self, fears: &[Fear]) -> u64 {
        let bytes = |fear: &Fear| {
            fear.end.saturating_sub(self.handed.get(&fear.story).copied().unwrap_or(0))
        };
        fears.iter().map(bytes).sum()
    }

    /// Notes a clean stop: what is feared is counted before it, and what is held and will not be read any more.
    pub(super) fn stopped(&mut self, disk: &Disk) {
        for body in disk.bodies.iter().filter(|body| body.whereabouts == Whereabouts::Held) {
            if self.ids.contains_key(&body.story) {
                let handed = self.handed.get(&body.story).copied().unwrap_or(0);
                self.least += body.length.saturating_sub(handed);
            }
        }
        let noticed: Vec<Fear> =
            self.fears.drain(..).filter(|fear| fear.noticed.is_some()).collect();
        self.least += self.missed(&noticed);
    }

    /// Notes that the process is gone, and with it all that it held.
    pub(super) fn ended(&mut self, disk: &mut Disk) {
        self.fears.clear();
        for body in &mut disk.bodies {
            if matches!(body.whereabouts, Whereabouts::Held | Whereabouts::HeldElsewhere) {
                body.whereabouts = Whereabouts::Gone;
                let handed = self.handed.get(&body.story).copied().unwrap_or(0);
                self.most += body.length.saturating_sub(handed);
            }
        }
        self.under_way.clear();
        self.handed.clear();
    }

    /// Notes how far files are acknowledged at a start: what lies behind is read again.
    pub(super) fn started(&mut self, committed: impl Fn(FileId) -> Option<ByteOffset>) {
        for (&file, &story) in &self.stories {
            let committed = committed(file).map_or(0, ByteOffset::get);
            self.handed.insert(story, committed);
            self.committed.insert(file, committed);
        }
    }

    /// Checks that what is acknowledged is a prefix without gaps, and does not shrink.
    pub(super) fn check_committed(
        &mut self,
        committed: impl Fn(FileId) -> Option<ByteOffset>,
        (disk, cluster): (&Disk, &Cluster),
    ) -> Result<(), String> {
        for (&file, &story) in &self.stories {
            let Some(committed) = committed(file).map(ByteOffset::get) else { continue };
            let before = self.committed.insert(file, committed).unwrap_or(0);
            if committed < before {
                return Err(format!("{file} was acknowledged up to {before}, now to {committed}"));
            }
            if committed == before {
                continue;
            }
            let passed = |line: &&Line| line.story == story && line.start < committed;
            for line in disk.lines.iter().filter(passed) {
                let is_stored = |text: &[u8]| cluster.has(text);
                let is_end = |text: &[u8]| disk.ends.contains_key(text) && is_stored(text);
                if !is_stored(line.text())
                    && !(1..line.text().len()).any(|end| is_end(&line.text()[..end]))
                {
                    let text = line.text().escape_ascii();
                    return Err(format!("{committed} is acknowledged, but {text} is not stored"));
                }
            }
        }
        Ok(())
    }

    /// Checks at the end that every line is there once, but for those that may be missing.
    pub(super) fn check_all(&self, disk: &Disk, cluster: &Cluster) -> Result<(), String> {
        let heads = disk.lines.iter().filter(|line| line.text() == HEAD).count();
        if cluster.copies.get(HEAD).is_some_and(|copies| *copies > heads) {
            return Err("the head of files is stored more often than it was written".to_owned());
        }
        for (number, line) in disk.lines.iter().enumerate().filter(|(_, line)| line.text() != HEAD)
        {
            let copies = cluster.copies.get(line.text()).copied().unwrap_or(0);
            let text = line.text().escape_ascii();
            if copies > 1 {
                return Err(format!("{text} is stored {copies} times"));
            }
            if copies == 0 && line.is_whole() && !self.lost.contains(&number) {
                return Err(format!("{text} is missing"));
            }
        }
        Ok(())
    }

    /// Checks the number of bytes that the shipper called lost.
    pub(super) fn check_lost(&self, counted: u64) -> Result<(), String> {
        let (least, most) = (self.least, self.most);
        if (least..=most).contains(&counted) {
            return Ok(());
        }
        Err(format!("{counted} bytes are called lost, but it must be {least} to {most}"))
    }
}
