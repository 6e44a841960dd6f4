//! Tails of compressed files.

use super::*;

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

impl Shelf {
    fn of_bytes(bytes: &[u8]) -> Self {
        let shelf = Self { folder: tempfile::tempdir().unwrap() };
        shelf.append_bytes(bytes);
        shelf
    }

    fn append_bytes(&self, bytes: &[u8]) {
        let mut file = OpenOptions::new().create(true).append(true).open(self.path()).unwrap();
        file.write_all(bytes).unwrap();
    }
}

fn numbered(lines: std::ops::Range<u32>) -> String {
    lines
        .flat_map(|number| ["line ", &number.to_string(), " of a log\n"].concat().into_bytes())
        .map(char::from)
        .collect()
}

#[test]
fn r6_a_mark_of_a_compressed_file_is_one_of_its_text() {
    let text = numbered(0..2_000);
    let shelf = Shelf::of_bytes(&gzip(&text));
    let mut tail = shelf.tail(0);
    let mut marks = 0;
    loop {
        let (outcome, lines, mark) = read(&mut tail, 1_000, Duration::ZERO);
        if outcome == Block::End {
            break;
        }
        if !lines.is_empty() {
            let end = usize::try_from(mark.offset.get()).unwrap();
            let before = &text.as_bytes()[end.saturating_sub(MARKER_BYTES)..end];
            assert_eq!(mark.before, Print::of(before), "at {end}");
            marks += 1;
        }
    }
    assert!(marks > 10);
    assert_eq!(tail.unsent().get(), text.len() as u64);
    assert_eq!(tail.read_bytes(), std::fs::metadata(shelf.path()).unwrap().len());
}

#[test]
fn r7_a_compressed_file_is_read_on_from_the_middle_of_its_text() {
    let text = numbered(0..20_000);
    let shelf = Shelf::of_bytes(&gzip(&text));
    let (before, _) = text.split_at(text.len() / 2);
    let at = before.rfind('\n').unwrap() + 1;
    let mut tail = shelf.tail(at as u64);
    let rest: Vec<&str> = text.split_at(at).1.lines().collect();
    assert_eq!(lines(&mut tail), rest);
}

#[test]
fn r7_a_compressed_file_with_other_text_before_our_place_is_another_file() {
    let shelf = Shelf::of_bytes(&gzip(&numbered(0..100)));
    for (offset, before, want) in [
        (200, Print::of(b"something else"), Block::CutAway),
        (2_000_000, Print::EMPTY, Block::CutAway),
        (0, Print::EMPTY, Block::End),
    ] {
        let mut tail = shelf.tail(offset);
        if let Form::Gzip { before: expected, .. } = &mut tail.form {
            *expected = Some(before);
        }
        let outcome = loop {
            match read(&mut tail, 1_000, Duration::ZERO).0 {
                Block::Bytes(_) => {}
                other @ (Block::End | Block::CutAway) => break other,
            }
        };
        assert_eq!(outcome, want, "{offset}");
    }
}

#[test]
fn r7_a_compressed_file_that_changes_under_us_was_cut_away() {
    let shelf = Shelf::of_bytes(&gzip(&numbered(0..100)));
    let mut tail = shelf.tail(0);
    assert_eq!(lines(&mut tail).len(), 100);
    shelf.truncate();
    shelf.append_bytes(&gzip(&numbered(5..2_000)));
    assert_eq!(read(&mut tail, 1_000, Duration::ZERO).0, Block::CutAway);
}

#[test]
fn r7_a_cut_file_waits_then_tells_what_is_lost_and_goes_on_if_it_is_completed() {
    let whole = gzip(&numbered(0..1_000));
    let (first, rest) = whole.split_at(whole.len() - 100);
    let shelf = Shelf::of_bytes(first);
    let mut tail = shelf.tail(0);
    tail.see(first.len() as u64);
    let some = lines(&mut tail).len();
    assert!(some > 500 && some < 1_000, "{some}");
    assert_eq!(tail.at_end(Duration::from_secs(59), &reading()), AtEnd::Wait);
    assert_eq!(tail.due_at(&reading()), Some(GZIP_WAIT));
    assert_eq!(tail.owes(), Owes::Something);
    assert_eq!(tail.at_end(GZIP_WAIT, &reading()), AtEnd::Flush);
    let mut reports = Vec::new();
    tail.flush(&mut |piece| {
        if let Piece::Fault { report, .. } = piece {
            reports.push(report.to_owned());
        }
    });
    assert_eq!(reports.len(), 1);
    assert!(reports[0].contains("is cut inside its compressed text"), "{reports:?}");
    assert_eq!(tail.at_end(GZIP_WAIT, &reading()), AtEnd::Done);
    shelf.append_bytes(rest);
    // The line that was cut left in two parts.
    assert_eq!(some + 1 + lines(&mut tail).len(), 1_001);
    assert_eq!(tail.fault(), None);
}

#[test]
fn r7_the_last_line_of_a_complete_file_needs_no_delimiter() {
    let shelf = Shelf::of_bytes(&gzip("one\ntwo"));
    let mut tail = shelf.tail(0);
    assert_eq!(lines(&mut tail), ["one"]);
    assert_eq!(tail.at_end(Duration::ZERO, &reading()), AtEnd::Wait);
    assert_eq!(tail.at_end(WAIT, &reading()), AtEnd::Flush);
    let (span, _) = tail.flush(&mut |piece| assert!(matches!(piece, Piece::Line { .. })));
    assert_eq!((span.start.get(), span.end.get()), (4, 7));
    assert_eq!(tail.at_end(WAIT, &reading()), AtEnd::Done);
}
