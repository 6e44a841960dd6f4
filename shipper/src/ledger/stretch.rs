//! What is known of one stretch of a file once its last event is settled, and how that becomes tiles.

use event::{ByteOffset, Span};

use super::outcome::{Cause, Outcome};

/// What a stretch holds when it is opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Load {
    /// Events that will be settled.
    pub events: usize,
    /// Lines and blanks that a rule dropped, in the order of the file.
    pub filtered: Vec<Filtered>,
}

/// Neighbouring lines that one rule dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filtered {
    /// Their bytes.
    pub span: Span,
    /// The rule.
    pub rule: Cause,
    /// How many they are.
    pub lines: u64,
}

impl Filtered {
    /// Notes a span that a rule dropped; neighbours of one rule are one span.
    pub fn append(filtered: &mut Vec<Self>, span: &Span, rule: &'static str) {
        let rule = Cause::of(rule);
        match filtered.last_mut() {
            Some(last) if last.span.end == span.start && last.rule == rule => {
                last.span.end = span.end;
                last.lines += 1;
            }
            Some(_) | None => filtered.push(Self { span: span.clone(), rule, lines: 1 }),
        }
    }
}

/// Events of one stretch that ended. What is no exception was stored: that is what nearly always happens, and it takes
/// one number for a whole block.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settled {
    /// How many events ended.
    pub events: usize,
    /// Of the duplicates among them those with a key of their own.
    pub keyed_duplicates: u64,
    /// Those that were not stored, as runs of neighbouring events.
    pub exceptions: Vec<Exception>,
}

/// Neighbouring events that ended one way, other than stored. Filtered lines between them are covered and stay filtered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// From the first line to the last.
    pub span: Span,
    /// How many events.
    pub events: u64,
    /// How they ended.
    pub outcome: Outcome,
}

/// A stretch all of whose events ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// Its bytes.
    pub span: Span,
    /// What it held.
    pub load: Load,
    /// Of the duplicates those with a key of their own.
    pub keyed_duplicates: u64,
    /// What was not stored.
    pub exceptions: Vec<Exception>,
}

impl Stretch {
    /// Returns the number of its events that were stored.
    pub fn stored(&self) -> u64 {
        let others: u64 = self.exceptions.iter().map(|exception| exception.events).sum();
        (self.load.events as u64).saturating_sub(others)
    }

    /// Gives its tiles from left to right: for each where it ends and how its bytes ended.
    pub fn tiles(&self, give: &mut dyn FnMut(ByteOffset, &Outcome)) {
        let exceptions = without_overlap(&self.exceptions);
        let mut exceptions = exceptions.iter().peekable();
        let mut filtered = self.load.filtered.iter().peekable();
        let mut at = self.span.start;
        while at < self.span.end {
            if let Some(drop) = filtered.next_if(|drop| drop.span.start <= at) {
                give(drop.span.end, &Outcome::Filtered(drop.rule.clone()));
                at = at.max(drop.span.end);
                continue;
            }
            while exceptions.next_if(|(span, _)| span.end <= at).is_some() {}
            let limit = filtered.peek().map_or(self.span.end, |drop| drop.span.start);
            let (end, outcome) = match exceptions.peek() {
                Some((span, outcome)) if span.start <= at => (span.end.min(limit), *outcome),
                Some((span, _)) => (span.start.min(limit), &Outcome::Stored),
                None => (limit, &Outcome::Stored),
            };
            give(end, outcome);
            at = end;
        }
    }
}

/// Returns the exceptions in the order of the file. Two of them overlap only where parts of one line ended differently:
/// then the worse one has the bytes.
fn without_overlap(exceptions: &[Exception]) -> Vec<(Span, &Outcome)> {
    let mut sorted: Vec<&Exception> = exceptions.iter().collect();
    sorted.sort_by_key(|exception| exception.span.start);
    let mut edges: Vec<ByteOffset> =
        sorted.iter().flat_map(|exception| [exception.span.start, exception.span.end]).collect();
    edges.sort_unstable();
    edges.dedup();
    let mut coming = sorted.into_iter().peekable();
    let mut here: Vec<&Exception> = Vec::new();
    let mut laid = Vec::with_capacity(edges.len());
    for (&start, &end) in edges.iter().zip(edges.iter().skip(1)) {
        here.retain(|exception| exception.span.end > start);
        while let Some(exception) = coming.next_if(|exception| exception.span.start <= start) {
            here.push(exception);
        }
        if let Some(worst) = here.iter().max_by_key(|exception| exception.outcome.rank()) {
            laid.push((start..end, &worst.outcome));
        }
    }
    laid
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(start: u64, end: u64) -> Span {
        ByteOffset::new(start)..ByteOffset::new(end)
    }

    fn exception(start: u64, end: u64, events: u64, outcome: Outcome) -> Exception {
        Exception { span: span(start, end), events, outcome }
    }

    #[track_caller]
    fn check(load: Load, exceptions: Vec<Exception>, want: &str) {
        let stretch = Stretch { span: span(100, 200), load, keyed_duplicates: 0, exceptions };
        let mut text = Vec::new();
        stretch.tiles(&mut |end, outcome| text.push(format!("{end} {outcome}")));
        assert_eq!(text.join(", "), want);
    }

    fn load(filtered: &[(u64, u64)]) -> Load {
        let mut load = Load { events: 10, filtered: Vec::new() };
        for &(start, end) in filtered {
            Filtered::append(&mut load.filtered, &span(start, end), "health_path");
        }
        load
    }

    #[test]
    fn a_block_that_was_stored_is_one_tile() {
        check(load(&[]), vec![], "200 stored");
    }

    #[test]
    fn filtered_lines_stand_between_stored_ones() {
        check(
            load(&[(100, 110), (150, 160), (160, 170)]),
            vec![],
            "110 filtered/health_path, 150 stored, 170 filtered/health_path, 200 stored",
        );
        check(load(&[(100, 200)]), vec![], "200 filtered/health_path");
    }

    #[test]
    fn a_run_of_duplicates_goes_on_over_filtered_lines() {
        check(
            load(&[(150, 160)]),
            vec![exception(120, 190, 7, Outcome::Duplicate)],
            "120 stored, 150 duplicate, 160 filtered/health_path, 190 duplicate, 200 stored",
        );
    }

    #[test]
    fn a_line_ends_as_its_worst_part_did() {
        check(
            load(&[]),
            vec![
                exception(120, 130, 1, Outcome::DeadLettered),
                exception(100, 150, 5, Outcome::Duplicate),
            ],
            "120 duplicate, 130 dead_lettered, 150 duplicate, 200 stored",
        );
        check(
            load(&[]),
            vec![
                exception(110, 130, 1, Outcome::Duplicate),
                exception(100, 120, 5, Outcome::DeadLettered),
            ],
            "110 dead_lettered, 120 dead_lettered, 130 duplicate, 200 stored",
        );
        check(
            load(&[]),
            vec![
                exception(100, 150, 5, Outcome::Duplicate),
                exception(120, 130, 1, Outcome::DeadLettered),
                exception(120, 130, 1, Outcome::Redirected),
            ],
            "120 duplicate, 130 dead_lettered, 150 duplicate, 200 stored",
        );
    }

    #[test]
    fn events_that_are_no_exception_were_stored() {
        let stretch = Stretch {
            span: span(0, 10),
            load: load(&[]),
            keyed_duplicates: 0,
            exceptions: vec![exception(0, 5, 4, Outcome::Duplicate)],
        };
        assert_eq!(stretch.stored(), 6);
    }
}
