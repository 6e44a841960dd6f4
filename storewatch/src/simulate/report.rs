//! What was written and planted, for people and for programs.

use std::io::{self, Write};
use std::path::PathBuf;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use runtime::plain;
use serde_json::{Value, json};
use shop::{Control, Plan, Scenario, Truth, Written};

use super::shops::Planned;

/// One shop that was written.
#[derive(Debug)]
pub(super) struct Told<'a> {
    pub(super) folder: PathBuf,
    pub(super) written: Written,
    pub(super) planned: &'a Planned,
    /// The settings of a shipper that reads it, where they were asked for.
    pub(super) settings: Option<PathBuf>,
}

/// Prints what can be planted.
pub(super) fn list(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "Scenarios, with their usual length and what they strike:")?;
    for scenario in Scenario::ALL {
        writeln!(
            out,
            "  {:<4} {:<38} {:>7}  {}",
            scenario.as_str(),
            scenario.title(),
            length(scenario.usual_minutes()),
            scenario.usual_dimension(),
        )?;
    }
    writeln!(out, "Controls:")?;
    for control in Control::ALL {
        let length = control.usual_minutes().map_or_else(|| "always".to_owned(), length);
        writeln!(out, "  {:<4} {:<38} {length:>7}", control.as_str(), control.title())?;
    }
    writeln!(out, "storewatch simulate --describe NAME tells what one does to the figures.")
}

fn length(minutes: i64) -> String {
    match minutes {
        ..120 => format!("{minutes}m"),
        120..2_880 => format!("{}h", minutes / 60),
        2_880.. => format!("{}d", minutes / 1_440),
    }
}

/// Prints what was written of one shop.
pub(super) fn text(out: &mut dyn Write, told: &Told<'_>) -> io::Result<()> {
    let Told { folder, written, planned, settings } = told;
    let Planned { shop, plan, .. } = planned;
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
    if written.drifted > 0 {
        writeln!(out, "  {} lines of another form", written.drifted)?;
    }
    if let Some(path) = settings {
        writeln!(out, "  settings of a shipper: {}", plain(&path.display().to_string()))?;
    }
    for planted in planned.truth() {
        planted_line(out, &planted)?;
    }
    Ok(())
}

/// Prints the same as one JSON object; of several shops, one that lists them.
pub(super) fn json(out: &mut dyn Write, told: &[Told<'_>]) -> io::Result<()> {
    let object = match told {
        [one] => object(one),
        several => json!({"shops": several.iter().map(object).collect::<Vec<_>>()}),
    };
    writeln!(out, "{object}")
}

fn object(told: &Told<'_>) -> Value {
    let Told { folder, written, planned, settings } = told;
    let Planned { shop, plan, .. } = planned;
    json!({
        "out": folder,
        "store_id": shop.store_id,
        "from": plan.from,
        "until": end(plan),
        "seed": shop.seed,
        "zone": zone_name(&shop.zone),
        "settings": settings,
        "written": written,
        "planted": planned.truth(),
    })
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
