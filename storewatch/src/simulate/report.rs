//! What was written and planted, for people and for programs.

use std::io::{self, Write};
use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use runtime::plain;
use serde_json::json;
use shop::{Plan, ShopConfig, Truth, Written, truth};

/// Prints what was written.
pub(super) fn text(
    out: &mut dyn Write,
    (folder, written): (&Path, &Written),
    (shop, plan): (&ShopConfig, &Plan),
) -> io::Result<()> {
    writeln!(
        out,
        "{} lines ({} MB) from {} {} in {}, seed {}, zone {}",
        written.lines,
        written.bytes / 1_000_000,
        plan.from,
        end(plan).map_or_else(|| "on".to_owned(), |until| format!("to {until}")),
        plain(&folder.display().to_string()),
        shop.seed,
        zone_name(&shop.zone),
    )?;
    for (file, lines) in &written.lines_by_file {
        let files = written.files.get(file).copied().unwrap_or(1);
        let rotated = if files > 1 { format!("  {files} files") } else { String::new() };
        writeln!(out, "  {:<18} {lines:>9}{rotated}", file.name())?;
    }
    writeln!(
        out,
        "  {} events ({} of them late), {} duplicates, {} torn",
        written.events, written.late, written.duplicates, written.malformed
    )?;
    for planted in truth(plan) {
        planted_line(out, &planted)?;
    }
    Ok(())
}

/// Prints the same as one JSON object.
pub(super) fn json(
    out: &mut dyn Write,
    (folder, written): (&Path, &Written),
    (shop, plan): (&ShopConfig, &Plan),
) -> io::Result<()> {
    let object = json!({
        "out": folder,
        "from": plan.from,
        "until": end(plan),
        "seed": shop.seed,
        "zone": zone_name(&shop.zone),
        "written": written,
        "planted": truth(plan),
    });
    writeln!(out, "{object}")
}

/// Returns the end of a plan that has one.
fn end(plan: &Plan) -> Option<Timestamp> {
    (plan.until < Timestamp::MAX).then_some(plan.until)
}

fn planted_line(out: &mut dyn Write, planted: &Truth) -> io::Result<()> {
    let owed: Vec<_> = planted.owed.iter().map(|rules| rules.join(" or ")).collect();
    let expected = if owed.is_empty() { "no alert".to_owned() } else { owed.join(", and ") };
    writeln!(
        out,
        "  planted {} ({}) from {} to {}; expected: {expected}",
        planted.scenario, planted.title, planted.start, planted.end
    )
}

fn zone_name(zone: &TimeZone) -> String {
    match (zone.iana_name(), zone.to_fixed_offset()) {
        (Some(name), _) => name.to_owned(),
        (None, Ok(offset)) => offset.to_string(),
        (None, Err(_)) => "unnamed".to_owned(),
    }
}
