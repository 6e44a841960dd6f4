//! The summary of a judged stretch.

use std::io::{self, Write};

use serde_json::json;

use super::Style;
use crate::run::Summary;

/// Writes what judging a stretch brought.
///
/// # Errors
/// When the output cannot be written.
pub fn write_summary(summary: &Summary, style: Style, out: &mut dyn Write) -> io::Result<()> {
    if style == Style::Json {
        return writeln!(out, "{}", json!(summary));
    }
    for told in &summary.told {
        let group = if told.group == "-" { String::new() } else { format!(" {}", told.group) };
        let why = told.explain_top.join(", ");
        writeln!(
            out,
            "{}  {:<7} {}{group}  since {}  {why}",
            told.at, told.action, told.rule, told.start
        )?;
    }
    if let (0, Some(to)) = (summary.judged, summary.judged_to) {
        writeln!(out, "nothing is left to judge: an earlier run judged to {to}")?;
    }
    writeln!(
        out,
        "{} cycles, {} buckets judged, {} transitions, {} messages sent, {} waiting",
        summary.cycles,
        summary.judged,
        summary.told.len(),
        summary.sent,
        summary.waiting
    )
}
