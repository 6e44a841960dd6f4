mod compressed;
mod model;

use super::*;
use crate::acknowledge::Mark;
use crate::frame::Piece;
use std::fs::OpenOptions;
use std::io::Write;

const WAIT: Duration = Duration::from_secs(5);
const GZIP_WAIT: Duration = Duration::from_mins(1);

struct Shelf {
    folder: tempfile::TempDir,
}

impl Shelf {
    fn new(content: &str) -> Self {
        let shelf = Self { folder: tempfile::tempdir().unwrap() };
        shelf.append(content);
        shelf
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("a.log")
    }

    fn append(&self, content: &str) {
        let mut file = OpenOptions::new().create(true).append(true).open(self.path()).unwrap();
        file.write_all(content.as_bytes()).unwrap();
    }

    fn truncate(&self) {
        OpenOptions::new().write(true).truncate(true).open(self.path()).unwrap();
    }

    fn tail(&self, start: u64) -> Tail {
        self.tail_making(start, &Making::default())
    }

    fn tail_making(&self, start: u64, making: &Making) -> Tail {
        let file = File::open(self.path()).unwrap();
        let metadata = file.metadata().unwrap();
        let id = FileId::from_bytes([1; 16]);
        let content = Content::of(&file, metadata.len()).unwrap();
        let start = Resume { offset: ByteOffset::new(start), before: None };
        let names = (id, 0, Node::of(&metadata));
        let opening = (&*self.path(), file, &content);
        Tail::open(names, opening, start, (making, 1 << 20)).unwrap()
    }
}

fn reading() -> Reading {
    Reading {
        start_at: crate::settings::StartAt::Beginning,
        scan_interval: WAIT,
        rotate_wait: WAIT,
        gzip_wait: GZIP_WAIT,
        close_inactive: WAIT,
        max_held_bytes: 1 << 32,
        max_open_files: 16,
        order: crate::settings::Order::default(),
        max_line: 1 << 20,
    }
}

fn read(tail: &mut Tail, block: usize, now: Duration) -> (Block, Vec<String>, Mark) {
    let mut buffer = vec![0; block + MARKER_BYTES];
    let outcome = tail.read(&mut buffer, now).unwrap();
    let mut lines = Vec::new();
    let mut mark = Mark::START;
    if let Block::Bytes(bytes) = outcome {
        let mut give = |piece: Piece<'_>| {
            if let Piece::Line { bytes, .. } = piece {
                lines.push(String::from_utf8_lossy(bytes).into_owned());
            }
        };
        let (span, before) = tail.cut(&buffer, bytes, &mut give);
        mark = Mark { offset: span.end, before };
    }
    (outcome, lines, mark)
}

fn lines(tail: &mut Tail) -> Vec<String> {
    let mut all = Vec::new();
    loop {
        let (outcome, lines, _) = read(tail, 7, Duration::ZERO);
        all.extend(lines);
        match outcome {
            Block::Bytes(_) => {}
            Block::End => return all,
            Block::CutAway => panic!("nobody cut it"),
        }
    }
}

#[test]
fn lines_come_as_they_are_completed() {
    let shelf = Shelf::new("one\ntwo\nthr");
    let mut tail = shelf.tail(0);
    assert_eq!(lines(&mut tail), ["one", "two"]);
    assert_eq!((tail.unsent().get(), tail.position().get()), (8, 11));
    shelf.append("ee\n");
    assert_eq!(lines(&mut tail), ["three"]);
    assert_eq!(tail.unsent().get(), 14);
}

#[test]
fn a_file_is_read_on_from_the_middle() {
    let shelf = Shelf::new("one\ntwo\n");
    assert_eq!(lines(&mut shelf.tail(4)), ["two"]);
}

#[test]
fn a_file_truncated_between_two_reads_is_seen_whatever_it_has_grown_to() {
    for grown in ["", "x\n", "other text that reaches beyond our place\nand further\n"] {
        let shelf = Shelf::new("first line\nsecond line\n");
        let mut tail = shelf.tail(0);
        assert_eq!(lines(&mut tail).len(), 2);
        shelf.truncate();
        shelf.append(grown);
        assert_eq!(read(&mut tail, 100, Duration::ZERO).0, Block::CutAway, "{grown:?}");
    }
}

#[test]
fn a_mark_is_found_again_in_the_file() {
    let text = "a line of some length, so that the marker is full, and more\n".repeat(9);
    let shelf = Shelf::new(&text);
    let mut tail = shelf.tail(0);
    loop {
        let (outcome, lines, mark) = read(&mut tail, 50, Duration::ZERO);
        if outcome == Block::End {
            break;
        }
        // Where no line ended, no stretch ends either.
        if lines.is_empty() {
            continue;
        }
        let end = usize::try_from(mark.offset.get()).unwrap();
        let before = &text.as_bytes()[end.saturating_sub(MARKER_BYTES)..end];
        assert_eq!(mark.before, Print::of(before), "at {end}");
    }
    assert_eq!(tail.unsent().get(), text.len() as u64);
}

#[test]
fn a_rotated_file_is_read_to_its_end() {
    let shelf = Shelf::new("one\nlate");
    let mut tail = shelf.tail(0);
    let at = Duration::from_secs;
    tail.now_at(None, at(10));
    assert_eq!(lines(&mut tail), ["one"]);
    shelf.append(" writer");
    assert_eq!(read(&mut tail, 100, at(13)).0, Block::Bytes(7));
    assert_eq!(tail.at_end(at(17), &reading()), AtEnd::Wait);
    assert_eq!(tail.due_at(&reading()), Some(at(18)));
    assert_eq!(tail.at_end(at(18), &reading()), AtEnd::Flush);
    let mut last = Vec::new();
    let (span, _) = tail.flush(&mut |piece| {
        if let Piece::Line { bytes, .. } = piece {
            last.extend_from_slice(bytes);
        }
    });
    assert_eq!((&*last, span.start.get(), span.end.get()), (&b"late writer"[..], 4, 15));
    assert_eq!(tail.at_end(at(18), &reading()), AtEnd::Done);
}

#[test]
fn a_file_that_keeps_its_name_waits_for_ever() {
    let shelf = Shelf::new("incomplete");
    let mut tail = shelf.tail(0);
    assert!(lines(&mut tail).is_empty());
    tail.now_at(Some(shelf.path()), WAIT);
    assert_eq!(tail.at_end(Duration::from_hours(1), &reading()), AtEnd::Wait);
}

#[test]
fn r8_a_mark_before_a_group_that_began_blocks_ago_is_found_again() {
    let pattern = crate::lines::multiline::compile("^start").unwrap();
    let rule = crate::lines::multiline::Rule::Pattern {
        pattern,
        mode: crate::lines::multiline::Mode::Start,
        negate: crate::lines::multiline::Negate::No,
    };
    let multiline = crate::lines::multiline::Multiline {
        rule: Arc::new(rule),
        max_lines: 500,
        max_bytes: 1 << 20,
        quiet: WAIT,
    };
    let making = Making { multiline: Some(multiline), ..Making::default() };
    let mut text = String::new();
    for at in 0..40 {
        text.push_str("start of a group\n");
        text.push_str(&"  goes on\n".repeat(at));
    }
    let shelf = Shelf::new(&text);
    let mut tail = shelf.tail_making(0, &making);
    let mut end_before = 0;
    loop {
        let (outcome, _, mark) = read(&mut tail, 30, Duration::ZERO);
        if outcome == Block::End {
            break;
        }
        let end = usize::try_from(mark.offset.get()).unwrap();
        if end > end_before {
            let before = &text.as_bytes()[end.saturating_sub(MARKER_BYTES)..end];
            assert_eq!(mark.before, Print::of(before), "at {end}");
            assert!(text.as_bytes()[end..].starts_with(b"start") || end == text.len());
            end_before = end;
        }
    }
    assert_eq!(tail.at_end(WAIT, &reading()), AtEnd::Close);
    let (span, before) = tail.close(&mut |_| {});
    assert_eq!(span.end.get(), text.len() as u64);
    assert_eq!(before, Print::of(&text.as_bytes()[text.len() - MARKER_BYTES..]));
}

#[test]
fn what_was_ended_at_a_place_is_ended_there_again_however_it_is_read() {
    let shelf = Shelf::new("one\ntwo, and more\nthree\n");
    for block in [1, 2, 3, 7, 100] {
        let mut tail = shelf.tail(0);
        tail.heed(vec![ByteOffset::new(7), ByteOffset::new(17)]);
        let mut all = Vec::new();
        while let (Block::Bytes(_), lines, _) = read(&mut tail, block, Duration::ZERO) {
            all.extend(lines);
        }
        assert_eq!(all, ["one", "two", ", and more", "three"], "{block}");
    }
}
