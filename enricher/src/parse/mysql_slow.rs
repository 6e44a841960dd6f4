//! The slow log of MySQL, MariaDB and Percona: a group of lines for each statement.

use event::Field;

use super::access::{keep, user};
use crate::counters::{Failure, Rule};
use crate::draft::{Draft, Stamp};

/// Figures of a statement that are kept, at most: Percona writes some forty.
const MOST_FIGURES: usize = 64;
const NANOS: f64 = 1e9;

/// Reads the lines of one statement: its head behind `#`, what it sets, and itself.
///
/// A group that begins at `# User@Host:` has the `# Time:` of the next one at its end, where it is passed over: what a
/// statement sets as `timestamp` says when it was.
pub(super) fn mysql_slow(text: &str, draft: &mut Draft) -> Result<(), Failure> {
    let mut statement = String::with_capacity(text.len());
    let (mut time, mut has_head, mut has_time_set) = ("", false, false);
    let mut has_context = false;
    let mut figures = 0;
    draft.stamp = Stamp::Missing;
    for line in text.split('\n') {
        let line = line.trim_ascii_end();
        let inner = line.strip_prefix("# ").filter(|_| statement.is_empty());
        if let Some(inner) = inner {
            if let Some(stamp) = inner.strip_prefix("Time: ") {
                time = stamp.trim_ascii();
            } else if let Some(who) = inner.strip_prefix("User@Host: ") {
                client(who, draft);
                has_head = true;
            } else if inner.starts_with("administrator command: ") {
                statement.push_str(inner);
            } else {
                for (key, value) in pairs(inner) {
                    figures += 1;
                    if figures > MOST_FIGURES {
                        return Err(Failure::TooManyKeys);
                    }
                    figure(key, value, draft);
                    has_head = true;
                }
            }
            continue;
        }
        // That of the next group, or of a server that starts.
        if line.starts_with("# Time: ") || line.ends_with("started with:") {
            break;
        }
        let Some(set) = line.strip_prefix("SET ").filter(|_| statement.is_empty()) else {
            if let Some(schema) = schema(line).filter(|_| statement.is_empty()) {
                keep("schema", schema, draft);
                has_context = true;
            } else if !line.is_empty() || !statement.is_empty() {
                if !statement.is_empty() {
                    statement.push('\n');
                }
                statement.push_str(line);
            }
            continue;
        };
        // The server sets its own variables in one line, the time last; any other SET is the statement.
        let mut variables = set.trim_end_matches(';').split(',');
        let is_own = variables.clone().all(|pair| {
            let name = pair.split_once('=').map_or("", |(name, _)| name.trim_ascii());
            matches!(name, "timestamp" | "insert_id" | "last_insert_id")
        });
        if !is_own {
            statement.push_str(line);
        } else if let Some(epoch) = variables.find_map(|pair| pair.strip_prefix("timestamp=")) {
            draft.stamp = Stamp::Text(draft.note(epoch));
            has_time_set = true;
        }
    }
    let statement = statement.trim_ascii();
    if !has_head {
        let is_prelude = statement.is_empty() && (has_context || has_time_set);
        if is_prelude || text.split('\n').all(is_banner) {
            draft.drop = Some(Rule::HeaderLine);
            return Ok(());
        }
        // Lines that nobody joined: the statement stands in one of its own, away from its head.
        if !is_statement(statement) {
            return Err(Failure::OtherFormat);
        }
        draft.partial();
    }
    if !has_time_set && !time.is_empty() {
        draft.stamp = Stamp::Text(draft.note(time));
    }
    if statement.is_empty() {
        draft.partial();
    }
    let document = &mut draft.event.document;
    document.set_static(Field::LogLevel, "warn");
    if !statement.is_empty() {
        document.set_text(Field::Message, &masked(statement));
    }
    Ok(())
}

/// Reads `use shop;`.
fn schema(line: &str) -> Option<&str> {
    let name = line.strip_prefix("use ")?.trim_end_matches(';');
    let is_quoted = name.len() > 2 && name.starts_with('`') && name.ends_with('`');
    (is_quoted || (!name.is_empty() && !name.contains(' '))).then_some(name)
}

/// Tells whether a text is a statement or a part of one, by its first word.
fn is_statement(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "select",
        "insert",
        "update",
        "delete",
        "replace",
        "with",
        "call",
        "load",
        "create",
        "alter",
        "drop",
        "truncate",
        "set",
        "begin",
        "start",
        "commit",
        "rollback",
        "lock",
        "unlock",
        "optimize",
        "analyze",
        "check",
        "repair",
        "show",
        "explain",
        "execute",
        "prepare",
        "do",
        "grant",
        "flush",
        "kill",
        "from",
        "where",
        "and",
        "or",
        "join",
        "left",
        "right",
        "inner",
        "on",
        "group",
        "order",
        "limit",
        "values",
        "having",
        "union",
        "administrator",
    ];
    let word = text.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    let is_word = WORDS.iter().any(|known| word.eq_ignore_ascii_case(known));
    let is_ended = word.is_empty() || text.ends_with([';', ',', '(', ')']);
    match word {
        "" => text.starts_with(['(', ')', '/', '`', '\'', '"']),
        // Sentences begin with some of these words too, but not like this.
        _ => {
            is_word
                && (is_ended
                    || word == "administrator"
                    || word.bytes().all(|byte| byte.is_ascii_uppercase())
                    || text.contains(['=', '`', '\'', '"', '*']))
        }
    }
}

/// Tells whether a server that starts writes this line.
fn is_banner(line: &str) -> bool {
    let line = line.trim_ascii();
    line.ends_with("started with:")
        || line.starts_with("Tcp port: ")
        || line.starts_with("TCP Port: ")
        || (line.starts_with("Time") && line.ends_with("Argument"))
        || line.starts_with("# Time: ")
}

/// Reads `app[app] @ web-1 [203.0.113.7]  Id: 12`.
fn client(who: &str, draft: &mut Draft) {
    let (name, rest) = who.split_once(" @ ").unwrap_or((who, ""));
    let name = name.split_once('[').map_or(name, |(name, _)| name);
    user(name.trim_ascii(), draft);
    let (_, behind) = rest.split_once('[').unwrap_or(("", ""));
    let (address, behind) = behind.split_once(']').unwrap_or((behind, ""));
    if !address.is_empty() {
        draft.event.document.set_text(Field::SourceAddress, address);
    }
    for (key, value) in pairs(behind) {
        figure(key, value, draft);
    }
}

/// Cuts `Query_time: 1.5  Lock_time: 0.0`: each key ends with a colon, each value is a word.
fn pairs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut words = text.split_ascii_whitespace().peekable();
    std::iter::from_fn(move || {
        loop {
            let key = words.next()?.strip_suffix(':');
            let Some(key) = key.filter(|key| !key.is_empty()) else { continue };
            // A key without a value stands before the next key.
            let value = words.next_if(|word| !word.ends_with(':')).unwrap_or_default();
            return Some((key, value));
        }
    })
}

fn figure(key: &str, value: &str, draft: &mut Draft) {
    if value.is_empty() {
        return;
    }
    let seconds = value.parse::<f64>().ok().filter(|seconds| (0.0..1e9).contains(seconds));
    match (key, seconds) {
        ("Query_time", Some(seconds)) => {
            #[expect(clippy::cast_possible_truncation, reason = "below 1e18, and `as` saturates")]
            let nanos = (seconds * NANOS).round() as i64;
            draft.event.document.set_long(Field::EventDuration, nanos);
        }
        _ => keep(&key.to_ascii_lowercase(), value, draft),
    }
}

/// Puts `?` in the place of quoted text: what a statement looks for belongs to customers.
fn masked(statement: &str) -> String {
    let mut out = String::with_capacity(statement.len());
    let mut rest = statement;
    while let Some(at) = rest.find(['\'', '"']) {
        let (before, quoted) = rest.split_at(at);
        out.push_str(before);
        out.push('?');
        let quote = quoted.as_bytes().first().copied().unwrap_or_default();
        rest = quoted.get(end(quoted.as_bytes(), quote)..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// Returns where a quoted text ends; a backslash goes before any character, a quote before itself.
fn end(bytes: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while let Some(&byte) = bytes.get(at) {
        if byte == b'\\' || (byte == quote && bytes.get(at + 1) == Some(&quote)) {
            at += 2;
        } else if byte == quote {
            return at + 1;
        } else {
            at += 1;
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draft::ParseStatus;

    #[test]
    fn quoted_text_of_a_statement_is_masked() {
        let check = |text: &str, expected: &str| assert_eq!(masked(text), expected);
        check("select 1 where a = 'it''s' and b=\"x\\\"y\"", "select 1 where a = ? and b=?");
        check("select 'never closed", "select ?");
        check("select 7", "select 7");
    }

    #[test]
    fn figures_are_words_behind_keys() {
        let found: Vec<_> = pairs("Query_time: 1.5  Lock_time: 0 Schema:  Last_errno: 3").collect();
        let expected =
            [("Query_time", "1.5"), ("Lock_time", "0"), ("Schema", ""), ("Last_errno", "3")];
        assert_eq!(found, expected);
    }

    #[test]
    fn the_time_may_be_set_behind_ids_and_another_set_is_a_statement() {
        let read = |set: &str| {
            let mut draft = Draft::new();
            let text = format!("# User@Host: a[a] @ h []\n# Query_time: 1\n{set}");
            assert_eq!(mysql_slow(&text, &mut draft), Ok(()));
            let stamp = match draft.stamp {
                Stamp::Text(note) => draft.read(note).to_owned(),
                Stamp::Absent | Stamp::Missing | Stamp::At(_) => String::new(),
            };
            (stamp, draft.event.document.text(Field::Message).unwrap_or_default().to_owned())
        };
        let pair = |stamp: &str, message: &str| (stamp.to_owned(), message.to_owned());
        let own = "SET last_insert_id=7,insert_id=8,timestamp=1767322801;\nselect 1;";
        assert_eq!(read(own), pair("1767322801", "select 1;"));
        assert_eq!(read("SET names utf8;"), pair("", "SET names utf8;"));
    }

    #[test]
    fn lines_that_nobody_joined_are_kept_and_masked_or_counted_as_headers() {
        let read = |text: &str| {
            let mut draft = Draft::new();
            mysql_slow(text, &mut draft).unwrap();
            let message = draft.event.document.text(Field::Message).unwrap_or_default().to_owned();
            (draft.status, draft.drop, message)
        };
        let partial = |message: &str| (ParseStatus::Partial, None, message.to_owned());
        for (line, want) in [
            ("SELECT * FROM t WHERE a = 'ada'", "SELECT * FROM t WHERE a = ?"),
            ("select a from t where b = 7;", "select a from t where b = 7;"),
            ("  WHERE email = 'ada@shop.example'", "WHERE email = ?"),
            ("('ada', 'x'),", "(?, ?),"),
            ("# administrator command: Quit;", "administrator command: Quit;"),
            ("# User@Host: app[app] @ web-1 []  Id: 12", ""),
            ("# Query_time: 2.5  Lock_time: 0.1 Rows_sent: 1  Rows_examined: 2", ""),
        ] {
            assert_eq!(read(line), partial(want), "{line}");
        }
        for line in [
            "use shop;",
            "use `my shop`;",
            "SET timestamp=1767322801;",
            "use shop;\nSET timestamp=1767322801;",
            "# Time: 2026-01-02T03:00:01.250000Z",
            "/usr/sbin/mariadbd, Version: 10.11.6-MariaDB-log (x). started with:",
            "Tcp port: 0  Unix socket: (null)",
            "TCP Port: 3306, Named Pipe: MySQL",
            "Time                 Id Command    Argument",
            "Time\t\t    Id Command\tArgument",
        ] {
            assert_eq!(read(line).1, Some(Rule::HeaderLine), "{line}");
        }
        for line in ["use of this is limited", "do not select this", "check the disk, please"] {
            let failed = mysql_slow(line, &mut Draft::new());
            assert_eq!(failed, Err(Failure::OtherFormat), "{line}");
        }
    }

    #[test]
    fn lines_without_a_head_are_of_another_form() {
        assert_eq!(mysql_slow("no line", &mut Draft::new()), Err(Failure::OtherFormat));
        assert_eq!(mysql_slow("# a comment", &mut Draft::new()), Err(Failure::OtherFormat));
    }
}
