//! A year of a real shop: 541,909 lines of invoices, of which 5,268 repeat another one word for word.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io::Read as _;
use std::path::PathBuf;

use enricher::{Columns, Format, Outcome, Pipeline, RawParse, RawPipeline, RawRedact, Rule};
use event::{Event, EventId, Field, FileId};
use jiff::tz::TimeZone;

use super::support;

const ZONE: &str = "Europe/London";
const HEADER: &str =
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country";

/// What a month comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Month {
    lines: u64,
    cancellations: u64,
    adjustments: u64,
    /// Pence that were taken and given back.
    pence: i64,
    /// Pieces that were sold and sent back.
    pieces: i64,
    /// Pieces that were found and lost.
    adjusted: i64,
    /// Lines whose price is no whole number of pence.
    inexact: u64,
}

/// Months and currencies.
type Year = BTreeMap<(String, String), Month>;

/// Returns the files of all months, in their order.
fn files() -> Vec<PathBuf> {
    let folder = super::folder().join("retail");
    let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.retain(|path| path.to_string_lossy().ends_with(".csv.gz"));
    files.sort();
    if files.is_empty() {
        println!("skipped: no retail/*.csv.gz in STOREWATCH_DATA or ../shared/data");
    }
    files
}

fn unpack(path: &PathBuf) -> String {
    let mut text = String::new();
    let file = fs::File::open(path).unwrap();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    text
}

/// Cuts a line into its columns, without anything of the program.
fn columns(line: &str) -> Vec<String> {
    let (mut cells, mut is_quoted) = (vec![String::new()], false);
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' if is_quoted && rest.peek() == Some(&'"') => {
                rest.next();
                cells.last_mut().unwrap().push('"');
            }
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => cells.push(String::new()),
            c => cells.last_mut().unwrap().push(c),
        }
    }
    cells
}

/// Returns a price in pence, if it is a whole number of them.
fn pence(price: &str) -> Option<i64> {
    let (sign, price) = price.strip_prefix('-').map_or((1, price), |price| (-1, price));
    let (pounds, fraction) = price.split_once('.').unwrap();
    let (cents, more) = fraction.split_at(fraction.len().min(2));
    let cents: i64 = format!("{cents:0<2}").parse().unwrap();
    let is_whole = more.bytes().all(|digit| digit == b'0');
    is_whole.then(|| sign * (pounds.parse::<i64>().unwrap() * 100 + cents))
}

/// Adds a line of a file to the year, as the file says it.
fn add_line(line: &str, year: &mut Year) {
    let cells = columns(line);
    let [number, _, description, quantity, date, price, customer, _] = &cells[..] else {
        panic!("{line}")
    };
    let quantity: i64 = quantity.parse().unwrap();
    let price = pence(price);
    let month = year.entry((date.get(..7).unwrap().to_owned(), "GBP".to_owned())).or_default();
    let notes = ["", "?", "check", "found", "Found", "adjustment", "Adjustment"];
    let is_note = notes.contains(&description.trim());
    if number.starts_with('C') {
        month.cancellations += 1;
    } else if quantity < 0 || price == Some(0) && customer.is_empty() && is_note {
        month.adjustments += 1;
        month.adjusted += quantity;
        return;
    } else {
        month.lines += 1;
    }
    month.pieces += quantity;
    month.inexact += u64::from(price.is_none());
    month.pence += price.unwrap_or_default() * quantity;
}

/// Adds an event to the year.
fn add_event(event: &Event, zone: &TimeZone, year: &mut Year) {
    let document = &event.document;
    let time = event.time.to_zoned(zone.clone());
    let month = format!("{:04}-{:02}", time.year(), time.month());
    let action = document.text(Field::EventAction).unwrap();
    // Pieces have no currency; they are counted beside the money of their shop.
    let currency = document.text(Field::StoreCurrency).unwrap_or("GBP").to_owned();
    let month = year.entry((month, currency)).or_default();
    match action {
        "order.line" => month.lines += 1,
        "order.cancelled" => month.cancellations += 1,
        "stock.adjusted" => {
            month.adjustments += 1;
            month.adjusted += document.long(Field::StoreInventoryDelta).unwrap();
            return;
        }
        other => panic!("{other}"),
    }
    let quantity = document.long(Field::StoreLineQuantity).unwrap();
    let price = document.long(Field::StoreProductPriceMinor);
    let is_partial = document.text(Field::StorePipelineParseStatus) == Some("partial");
    assert_eq!(price.is_none(), is_partial, "{}", document.to_json());
    month.pieces += quantity;
    month.inexact += u64::from(price.is_none());
    month.pence += price.unwrap_or_default() * quantity;
}

fn pipeline() -> Pipeline {
    let parse = RawParse {
        schema: Some("retail".to_owned()),
        columns: Some(Columns::Header),
        ..RawParse::default()
    };
    let input = RawPipeline { parse, ..support::input(Format::Delimited, "order") };
    support::pipeline_of(ZONE, "GBP", &input, &RawRedact::default())
}

/// What the lines of some files become.
#[derive(Debug, Default)]
struct Seen {
    told: Year,
    want: Year,
    ids: HashSet<EventId>,
    events: usize,
    lines: HashSet<String>,
}

/// Reads files through one pipeline.
fn read(paths: &[(usize, PathBuf)]) -> Seen {
    let (mut pipeline, mut seen, mut events) = (pipeline(), Seen::default(), Vec::new());
    let zone = TimeZone::get(ZONE).unwrap();
    let read_at = "2026-01-02T03:04:05Z".parse().unwrap();
    for (number, path) in paths {
        let (text, mut start) = (unpack(path), 0);
        for line in text.lines() {
            let mut raw = support::line(line.as_bytes(), start);
            raw.origin.file = FileId::from_bytes([u8::try_from(*number).unwrap(); 16]);
            start += line.len() as u64 + 1;
            let outcome = pipeline.process(&raw, read_at, &mut events);
            if line == HEADER {
                assert_eq!(outcome, Outcome::Drop(Rule::HeaderLine));
                continue;
            }
            assert_eq!((outcome, events.len()), (Outcome::Keep, 1), "{line}");
            add_line(line, &mut seen.want);
            for event in &events {
                add_event(event, &zone, &mut seen.told);
                seen.ids.insert(event.id);
                seen.events += 1;
            }
            seen.lines.insert(line.to_owned());
            pipeline.recycle(&mut events);
        }
    }
    assert_eq!(pipeline.counters().filtered(Rule::HeaderLine), paths.len() as u64);
    seen
}

#[test]
fn a_year_of_invoices_comes_to_the_same_by_month_and_currency_to_the_last_penny() {
    let files: Vec<(usize, PathBuf)> = files().into_iter().enumerate().collect();
    if files.is_empty() {
        return;
    }
    let (one, two) = files.split_at(files.len() / 2);
    let (one, two) = std::thread::scope(|scope| {
        let other = scope.spawn(|| read(two));
        (read(one), other.join().unwrap())
    });
    let count = |count: fn(&Month) -> u64| {
        one.told.values().chain(two.told.values()).map(count).sum::<u64>()
    };
    assert_eq!(one.events + two.events, 541_909);
    assert_eq!(one.told, one.want);
    assert_eq!(two.told, two.want);
    assert_eq!(one.told.len() + two.told.len(), 13, "months");
    let kinds = (
        count(|m| m.lines),
        count(|m| m.cancellations),
        count(|m| m.adjustments),
        count(|m| m.inexact),
    );
    assert_eq!(kinds, (530_599, 9_288, 2_022, 4));
    let pence: i64 = one.told.values().chain(two.told.values()).map(|month| month.pence).sum();
    assert_eq!(pence, 974_774_793);
    // Lines that repeat another one are sales of their own.
    assert_eq!(one.ids.union(&two.ids).count(), 541_909);
    assert_eq!(541_909 - one.lines.len() - two.lines.len(), 5_268);
}
