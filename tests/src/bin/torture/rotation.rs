//! T9: every way in which a file is put away, over and over, while it is written and read.

use std::fs::{self, File, OpenOptions};
use std::io::Write;

use anyhow::Result;
use flate2::Compression;
use flate2::write::GzEncoder;
use harness::desk::{Desk, LIMIT};

use crate::plan::{Dose, Row, Rows};
use crate::probe::{Found, descriptors, metric};

/// Lines between two rotations.
const LINES: u32 = 20;

/// How a file is put away.
#[derive(Debug, Clone, Copy)]
enum Way {
    Rename,
    CopyTruncate,
    Compress,
    DeleteAndCreate,
    DeleteWhileOpen,
}

const WAYS: [Way; 5] =
    [Way::Rename, Way::CopyTruncate, Way::Compress, Way::DeleteAndCreate, Way::DeleteWhileOpen];

pub(crate) fn run(dose: Dose) -> Rows {
    let cycles = dose.pick(60_usize, 10_000);
    let desk = Desk::new();
    let shipper = desk.start();
    desk.lines("other.log", [0]);
    desk.wait_for(1);
    let mut written = 1;
    for cycle in 0..cycles {
        let way = WAYS[cycle % WAYS.len()];
        let name = format!("w{}.log", cycle % WAYS.len());
        desk.lines(&name, written..written + LINES);
        written += LINES;
        // What is deleted before it is read is lost by right; the others are put away at once.
        if matches!(way, Way::DeleteAndCreate | Way::DeleteWhileOpen) {
            desk.wait_for(written as usize);
        }
        put_away(&desk, way, &name, &mut written)?;
    }
    desk.wait_for(written as usize);
    let lost = metric(&shipper, "shipper_lost_bytes_total");
    let open = descriptors(shipper.id())?;
    drop(shipper.terminate(LIMIT));
    let mut rows = Found::of(&desk, 0..written).rows();
    rows.push(Row::told("cycles", cycles));
    rows.push(Row::at_most("bytes lost, as the shipper counts", lost, 0.0, "bytes"));
    rows.push(Row::told("descriptors at the end", open));
    Ok(rows)
}

fn put_away(desk: &Desk, way: Way, name: &str, written: &mut u32) -> Result<()> {
    let path = desk.log(name);
    let aside = format!("{name}.1");
    match way {
        Way::Rename => desk.rename(name, &aside),
        Way::CopyTruncate => {
            // Bytes that are read from a copy are those of the original, so its window is empty here: nobody else writes.
            fs::copy(&path, desk.log(&aside))?;
            OpenOptions::new().write(true).open(&path)?.set_len(0)?;
        }
        Way::Compress => {
            desk.rename(name, &aside);
            let content = fs::read(desk.log(&aside))?;
            let file = File::create(desk.log(&format!("{aside}.gz")))?;
            let mut gzip = GzEncoder::new(file, Compression::fast());
            gzip.write_all(&content)?;
            gzip.finish()?.sync_all()?;
            fs::remove_file(desk.log(&aside))?;
        }
        // The file system gives the same inode again more often than not.
        Way::DeleteAndCreate => fs::remove_file(&path)?,
        Way::DeleteWhileOpen => {
            let mut file = OpenOptions::new().append(true).open(&path)?;
            fs::remove_file(&path)?;
            let mut text = String::new();
            for number in *written..*written + LINES {
                text.push_str(&harness::desk::line(number));
                text.push('\n');
            }
            file.write_all(text.as_bytes())?;
            *written += LINES;
        }
    }
    Ok(())
}
