//! `shipper dlq list` and `show`: what the cluster refused, and why.

use std::collections::BTreeMap;
use std::io::{self, Write};

use jiff::Timestamp;
use serde::Serialize;

use crate::dlq::{Kept, Letter, LetterId};

use super::say;
use super::status::Style;

/// Letters with one reason.
#[derive(Debug, Serialize)]
struct Group<'a> {
    reason: &'a str,
    rule: &'a str,
    count: usize,
    first: Timestamp,
    last: Timestamp,
    example: String,
}

/// Prints the letters, grouped by reason, the most frequent first.
pub fn list(kept: &Kept, out: &mut dyn Write) -> io::Result<()> {
    for group in groups(kept) {
        say(out, &format!("{} × {}: {}", group.count, group.rule, group.reason))?;
        say(out, &format!("    {} to {}, for example {}", group.first, group.last, group.example))?;
    }
    say(out, &format!("{} dead letters", kept.letters.len()))?;
    if !kept.damaged.is_empty() {
        say(out, &format!("{} damaged records stay where they are", kept.damaged.len()))?;
    }
    Ok(())
}

/// Prints the groups as JSON.
pub fn list_json(kept: &Kept, out: &mut dyn Write) -> io::Result<()> {
    #[derive(Serialize)]
    struct List<'a> {
        letters: usize,
        damaged: usize,
        groups: Vec<Group<'a>>,
    }
    let list =
        List { letters: kept.letters.len(), damaged: kept.damaged.len(), groups: groups(kept) };
    serde_json::to_writer(&mut *out, &list)?;
    writeln!(out)
}

fn groups(kept: &Kept) -> Vec<Group<'_>> {
    let mut by_reason: BTreeMap<(&str, &str), Vec<(LetterId, &Letter)>> = BTreeMap::new();
    for (id, letter) in &kept.letters {
        let key = (letter.rule.as_str(), general(letter.reason.as_str()));
        by_reason.entry(key).or_default().push((*id, letter));
    }
    let mut groups: Vec<Group<'_>> = by_reason
        .into_iter()
        .filter_map(|((rule, reason), letters)| {
            let times = letters.iter().map(|(_, letter)| letter.time);
            let (first, last) = (times.clone().min()?, times.max()?);
            let example = letters.first()?.0.to_string();
            Some(Group { reason, rule, count: letters.len(), first, last, example })
        })
        .collect();
    groups.sort_by(|one, two| two.count.cmp(&one.count).then(one.reason.cmp(two.reason)));
    groups
}

/// Servers add the document's id and a piece of its value to a reason: what is said before is the same for all of a kind.
fn general(reason: &str) -> &str {
    reason.split_once(" in document with id").map_or(reason, |(general, _)| general)
}

/// Prints one letter with all that is known of it. Tells whether there is one.
pub fn show(kept: &Kept, id: LetterId, (style, out): (Style, &mut dyn Write)) -> io::Result<Shown> {
    let Some((_, letter)) = kept.letters.iter().find(|(known, _)| *known == id) else {
        return Ok(Shown::NoSuchLetter);
    };
    if style == Style::Json {
        serde_json::to_writer(&mut *out, letter)?;
        writeln!(out)?;
        return Ok(Shown::Letter);
    }
    for (name, value) in [
        ("given up", letter.time.to_string()),
        ("rule", letter.rule.clone()),
        ("status", letter.status.to_string()),
        ("reason", letter.reason.as_str().to_owned()),
        ("input", letter.input.clone()),
        ("dataset", letter.dataset.to_string()),
        ("_id", letter.id.to_string()),
        ("file", format!("{} ({})", letter.path, letter.file)),
        ("bytes", format!("{} to {}, part {}", letter.span.start, letter.span.end, letter.part)),
        ("line", letter.line.clone()),
    ] {
        say(out, &format!("{name:9} {value}"))?;
    }
    Ok(Shown::Letter)
}

/// Whether there was something to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// There was.
    Letter,
    /// No letter has this name.
    NoSuchLetter,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dlq::Reason;
    use event::{ByteOffset, Dataset, EventId, FileId};
    use expect_test::expect;

    fn kept() -> Kept {
        let letter = |reason: &str, at: &str| Letter {
            time: at.parse().unwrap(),
            file: FileId::from_bytes([1; 16]),
            path: "/var/log/a.log".to_owned(),
            span: ByteOffset::new(5)..ByteOffset::new(9),
            part: 0,
            input: "orders".to_owned(),
            dataset: Dataset::Order,
            id: EventId::from_parts(&["x"]),
            rule: "rejected".to_owned(),
            status: 400,
            reason: Reason::new(reason),
            line: "a line\u{1b}[2J".to_owned(),
        };
        let id = |offset| LetterId { segment: 1, offset };
        let same = "failed to parse field [a] of type [long] in document with id";
        Kept {
            letters: vec![
                (id(0), letter("other", "2026-01-01T00:00:00Z")),
                (id(9), letter(&format!("{same} 'x'"), "2026-01-01T00:00:01Z")),
                (id(20), letter(&format!("{same} 'y'"), "2026-01-01T00:00:03Z")),
            ],
            damaged: vec![id(30)],
        }
    }

    fn text(print: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        print(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn letters_are_grouped_by_reason() {
        expect![[r"
            2 × rejected: failed to parse field [a] of type [long]
                2026-01-01T00:00:01Z to 2026-01-01T00:00:03Z, for example 1-9
            1 × rejected: other
                2026-01-01T00:00:00Z to 2026-01-01T00:00:00Z, for example 1-0
            3 dead letters
            1 damaged records stay where they are
        "]]
        .assert_eq(&text(|out| list(&kept(), out).unwrap()));
        let json = text(|out| list_json(&kept(), out).unwrap());
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(
            (json["letters"].as_u64(), json["groups"][0]["count"].as_u64()),
            (Some(3), Some(2))
        );
    }

    #[test]
    fn one_letter_is_shown_without_what_a_terminal_obeys() {
        let id = LetterId { segment: 1, offset: 9 };
        expect![[r"
            given up  2026-01-01T00:00:01Z
            rule      rejected
            status    400
            reason    failed to parse field [a] of type [long] in document with id 'x'
            input     orders
            dataset   store.order
            _id       hco7-35pOSTcC6jouufjXA
            file      /var/log/a.log (AQEBAQEBAQEBAQEBAQEBAQ)
            bytes     5 to 9, part 0
            line      a line[2J
        "]]
        .assert_eq(&text(|out| {
            assert_eq!(show(&kept(), id, (Style::Lines, out)).unwrap(), Shown::Letter);
        }));
        let none = LetterId { segment: 7, offset: 0 };
        let json =
            text(|out| assert_eq!(show(&kept(), id, (Style::Json, out)).unwrap(), Shown::Letter));
        assert_eq!(serde_json::from_str::<Letter>(&json).unwrap().line, "a line\u{1b}[2J");
        assert_eq!(
            show(&kept(), none, (Style::Lines, &mut Vec::new())).unwrap(),
            Shown::NoSuchLetter
        );
    }
}
