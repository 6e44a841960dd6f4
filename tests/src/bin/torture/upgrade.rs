//! T16: state of older releases is read, state of newer ones is refused, and nothing is lost or wiped by either.

use std::fs;

use anyhow::{Context, Result};
use harness::desk::{Desk, LIMIT};
use serde_json::Value;

use crate::plan::{Dose, Row, Rows};
use crate::probe::Found;

pub(crate) fn run(_dose: Dose) -> Rows {
    let desk = Desk::new();
    desk.lines("a.log", 0..1_000);
    desk.ship_once();
    let path = desk.path("state/checkpoint.json");
    let today = fs::read_to_string(&path)?;
    let mut rows = vec![refused(&desk, &path, &today)?];
    // The first release knew these keys and no others; what came later is not there after a downgrade.
    write(&path, &first_format(&today)?)?;
    desk.lines("a.log", 1_000..2_000);
    desk.ship_once();
    let counts = desk.server.counts();
    rows.push(Row::none(
        "sent again with the state of format 1",
        usize::try_from(counts.duplicates)?,
    ));
    rows.extend(Found::of(&desk, 0..2_000).rows());
    Ok(rows)
}

fn refused(desk: &Desk, path: &std::path::Path, today: &str) -> Result<Row> {
    let mut newer: Value = serde_json::from_str(today)?;
    newer["format"] = Value::from(9_999);
    let newer = newer.to_string();
    write(path, &newer)?;
    let before = desk.server.counts().items;
    let ended = desk.shipper(&["run", "--until-idle"]).run(LIMIT);
    let untouched = fs::read_to_string(path)? == newer && desk.server.counts().items == before;
    let found =
        format!("exit {:?}, {}", ended.code, if untouched { "untouched" } else { "changed" });
    Ok(Row::must("a newer format", &found, "exit Some(78), untouched"))
}

fn first_format(today: &str) -> Result<String> {
    let mut state: Value = serde_json::from_str(today)?;
    state["format"] = Value::from(1);
    let top = ["format", "written", "host", "files"];
    let keys = [
        "id",
        "node",
        "generation",
        "head",
        "path",
        "first_seen",
        "committed",
        "earlier",
        "copies",
        "state",
    ];
    keep(&mut state, &top).context("a checkpoint is an object")?;
    for file in state["files"].as_array_mut().context("a checkpoint has files")? {
        keep(file, &keys).context("a file is an object")?;
    }
    Ok(state.to_string())
}

fn keep(value: &mut Value, keys: &[&str]) -> Option<()> {
    value.as_object_mut()?.retain(|key, _| keys.contains(&key.as_str()));
    Some(())
}

fn write(path: &std::path::Path, text: &str) -> std::io::Result<()> {
    fs::write(path, text)
}
