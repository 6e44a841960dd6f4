//! Draws one moment of a shipper, on 80 by 24 characters or more. What a log or a server says cannot steer the terminal.

use std::time::Duration;

use ratatui::Frame;
use ratatui::layout::{Alignment, Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Cell, Paragraph, Row, Table};
use runtime::plain;

use super::history::{History, Sample};
use super::words::{count, rate, time, until};
use crate::metrics::Ended;
use crate::status::{InputStatus, Status, size};

/// Reasons for not being ready that are shown; the rest is told by `status`.
const MOST_REASONS: usize = 3;
/// Lines of the counters: a head and one for each outcome.
const COUNTERS: u16 = 6;
/// Lines that the files have at least: a head and three of them.
const LEAST_FILES: u16 = 4;
/// Lag beyond this is marked.
const MUCH_LAG_SECONDS: f64 = 60.0;

const HEAD: Style = Style::new().add_modifier(Modifier::BOLD);
const BAD: Style = Style::new().fg(Color::Red).add_modifier(Modifier::BOLD);
const GOOD: Style = Style::new().fg(Color::Green).add_modifier(Modifier::BOLD);
const MARKED: Style = Style::new().fg(Color::Yellow);
const QUIET: Style = Style::new().add_modifier(Modifier::DIM);

/// Draws what was said last.
pub(super) fn draw(frame: &mut Frame<'_>, history: &History, now: Duration) {
    let Some(sample) = history.last() else { return };
    let head = head(history, sample, now);
    let inputs = sample.status.inputs.len().clamp(1, usize::from(u16::MAX) - 1);
    let fixed = u16::try_from(head.len()).unwrap_or(u16::MAX);
    let room = frame.area().height.saturating_sub(fixed + COUNTERS + LEAST_FILES + 4);
    let inputs = u16::try_from(inputs + 1).unwrap_or(u16::MAX).min(room.max(2));
    let [top, _, middle, _, counters, _, files, bottom] = Layout::vertical([
        Constraint::Length(fixed),
        Constraint::Length(1),
        Constraint::Length(inputs),
        Constraint::Length(1),
        Constraint::Length(COUNTERS),
        Constraint::Length(1),
        Constraint::Min(0),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    frame.render_widget(Paragraph::new(head), top);
    frame.render_widget(inputs_table(&sample.status.inputs, middle), middle);
    let [left, right] =
        Layout::horizontal([Constraint::Length(42), Constraint::Min(0)]).areas(counters);
    frame.render_widget(events_table(history, sample), left);
    frame.render_widget(replies_table(history, sample, right), right);
    frame.render_widget(files_table(&sample.status, files), files);
    frame.render_widget(Paragraph::new(Line::styled("q ends this view", QUIET)), bottom);
}

fn head<'a>(history: &History, sample: &Sample, now: Duration) -> Vec<Line<'a>> {
    let status = &sample.status;
    let word = match (history.silence(), status.ready) {
        (Some(_), _) => Span::styled("no answer", BAD),
        (None, true) => Span::styled("ready", GOOD),
        (None, false) => Span::styled("not ready", BAD),
    };
    let name = format!("shipper {} ", plain(&status.version));
    let running = format!(", running {}", time(status.running_seconds as f64));
    let mut lines = vec![
        Line::from(vec![Span::styled(name, HEAD), word, Span::raw(running)]),
        Line::raw(format!(
            "in flight {}, requests at once {}, batch {}, open files {}, held {}",
            size(status.inflight_bytes),
            status.concurrency,
            size(status.batch_bytes),
            count(status.open_files),
            size(status.held_bytes),
        )),
        Line::raw(format!(
            "dead letters {}, checkpoint {} old",
            count(status.dead_letters as u64),
            time(status.checkpoint_age_seconds as f64),
        )),
    ];
    if let Some(silence) = history.silence() {
        let since = time(now.saturating_sub(silence.since).as_secs_f64());
        lines.push(Line::styled(format!("for {since}: {}", plain(&silence.why)), BAD));
    }
    for (name, reason) in status.reasons.iter().take(MOST_REASONS) {
        lines.push(Line::styled(format!("{}: {}", plain(name), plain(reason)), BAD));
    }
    if let more @ 1.. = status.reasons.len().saturating_sub(MOST_REASONS) {
        lines.push(Line::styled(format!("and {more} more, see `shipper status`"), BAD));
    }
    lines
}

fn titles<'a>(titles: &[&'static str]) -> Row<'a> {
    let cell = |(place, title): (usize, &&'static str)| {
        // The first column names, the others count.
        let alignment = if place == 0 { Alignment::Left } else { Alignment::Right };
        Cell::from(Line::raw(*title).alignment(alignment))
    };
    titles.iter().enumerate().map(cell).collect::<Row<'_>>().style(HEAD)
}

fn row<'a>(name: &str, numbers: impl IntoIterator<Item = String>) -> Row<'a> {
    let name = Cell::from(plain(name).into_owned());
    let numbers = numbers.into_iter().map(|text| Cell::from(Line::raw(text).right_aligned()));
    std::iter::once(name).chain(numbers).collect()
}

/// Rows of a list that has so many lines, its head among them; the last one says how many have no room.
fn fitting<T>(all: &[T], area: Rect) -> (&[T], usize) {
    let room = usize::from(area.height).saturating_sub(1);
    let shown = if all.len() <= room { all.len() } else { room.saturating_sub(1) };
    let (shown, rest) = all.split_at(shown);
    (shown, rest.len())
}

fn more<'a>(rest: usize) -> Option<Row<'a>> {
    (rest > 0).then(|| Row::new([format!("and {rest} more")]).style(QUIET))
}

fn inputs_table<'a>(inputs: &[InputStatus], area: Rect) -> Table<'a> {
    let mut inputs: Vec<&InputStatus> = inputs.iter().collect();
    if inputs.len() + 1 > usize::from(area.height) {
        // Where not all have room, those that matter do.
        inputs.sort_by(|one, two| two.lag_seconds.total_cmp(&one.lag_seconds));
    }
    let (shown, rest) = fitting(&inputs, area);
    let rows = shown.iter().map(|input| {
        let (age, drain) = match input.lag_bytes {
            0 => (String::new(), String::new()),
            _ => (time(input.lag_seconds), until(input.drain_seconds)),
        };
        let row = row(&input.id, [size(input.lag_bytes), age, drain]);
        if input.lag_seconds > MUCH_LAG_SECONDS { row.style(MARKED) } else { row }
    });
    let rows: Vec<Row<'a>> = rows.chain(more(rest)).collect();
    Table::new(
        rows,
        [
            Constraint::Min(20),
            Constraint::Length(12),
            Constraint::Length(10),
            Constraint::Length(12),
        ],
    )
    .header(titles(&["input", "lag", "for", "drained in"]))
}

fn events_table<'a>(history: &History, sample: &Sample) -> Table<'a> {
    let rows = Ended::ALL.map(|ended| {
        let of =
            |sample: &Sample| sample.status.events.get(ended.as_str()).copied().unwrap_or_default();
        row(ended.as_str(), [count(of(sample)), rate(history.rate(of))])
    });
    Table::new(rows, [Constraint::Length(14), Constraint::Length(14), Constraint::Length(10)])
        .header(titles(&["events", "in all", "of late"]))
}

fn replies_table<'a>(history: &History, sample: &Sample, area: Rect) -> Table<'a> {
    let codes: Vec<&String> = sample.replies.keys().collect();
    let (shown, rest) = fitting(&codes, area);
    let rows = shown.iter().map(|code| {
        let of = |sample: &Sample| sample.replies.get(*code).copied().unwrap_or_default();
        let row = row(code, [count(of(sample)), rate(history.rate(of))]);
        if code.as_str() == "200" { row } else { row.style(MARKED) }
    });
    let rows: Vec<Row<'a>> = rows.chain(more(rest)).collect();
    Table::new(rows, [Constraint::Min(12), Constraint::Length(12), Constraint::Length(10)])
        .header(titles(&["bulk replies", "in all", "of late"]))
}

fn files_table<'a>(status: &Status, area: Rect) -> Table<'a> {
    let (shown, rest) = fitting(&status.behind, area);
    let width = usize::from(area.width).saturating_sub(24);
    let rows = shown.iter().map(|file| {
        row(&ending(&file.path, width), [size(file.lag_bytes), time(file.lag_seconds)])
    });
    let none = status.behind.is_empty().then(|| Row::new(["none"]).style(QUIET));
    let rows: Vec<Row<'a>> = rows.chain(more(rest)).chain(none).collect();
    Table::new(rows, [Constraint::Min(20), Constraint::Length(12), Constraint::Length(10)])
        .header(titles(&["files furthest behind", "lag", "for"]))
}

/// Returns the end of a path: its name tells more than the folder that all of them share.
fn ending(path: &str, width: usize) -> String {
    let length = path.chars().count();
    if length <= width {
        return path.to_owned();
    }
    let end: String = path.chars().skip(length + 2 - width.max(2)).collect();
    format!("..{end}")
}

#[cfg(test)]
pub(super) mod tests;
