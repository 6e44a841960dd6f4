//! `shipper status` and `health`: ask the admin endpoint of the shipper that runs here.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde::Deserialize;

use super::say;
use crate::status::{Status, size};
use crate::tail::NEVER;

/// A shipper on this machine answers at once, or it does not run.
const LIMIT: Duration = Duration::from_secs(5);

/// Asks for the status and prints it.
pub fn status(address: SocketAddr, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let (_, body) = ask(address, "/status")?;
    match style {
        Style::Lines => lines(&read(&body)?, out),
        Style::Json => say(out, &body),
    }
}

/// Asks for the status.
pub fn fetch(address: SocketAddr) -> io::Result<Status> {
    read(&ask(address, "/status")?.1)
}

/// Returns what it means that nobody answers, and what may help.
pub fn no_answer(address: SocketAddr) -> String {
    format!("no shipper answers at {address}; it may not run, or `admin.address` differs")
}

/// Asks for the metrics, as text.
pub fn metrics(address: SocketAddr) -> io::Result<String> {
    Ok(ask(address, "/metrics")?.1)
}

fn read(body: &str) -> io::Result<Status> {
    if body.trim() == "{}" {
        return Err(io::Error::other("it is still starting; ask again in a moment"));
    }
    serde_json::from_str(body).map_err(|error| {
        io::Error::other(format!("the answer is no status of this version: {error}"))
    })
}

/// How the status is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// For people.
    Lines,
    /// As it comes.
    Json,
}

/// What a probe wants to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probe {
    /// Whether it works and nothing needs a person.
    Ready,
    /// Whether its loop comes round; if not, a restart helps.
    Alive,
}

/// What a probe learned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// All is well.
    Well,
    /// It answers, and not all is well.
    Unwell,
}

/// The answer of `/readyz`, as far as it says what is wrong.
#[derive(Debug, Default, Deserialize)]
struct Reasons {
    #[serde(default)]
    reasons: BTreeMap<String, String>,
}

/// Asks how the shipper is, and prints what is wrong.
pub fn health(address: SocketAddr, probe: Probe, out: &mut dyn Write) -> io::Result<Health> {
    let path = match probe {
        Probe::Ready => "/readyz",
        Probe::Alive => "/livez",
    };
    let (code, body) = ask(address, path)?;
    if code == 200 {
        say(out, "ok")?;
        return Ok(Health::Well);
    }
    // `/livez` gives no reasons.
    let Reasons { reasons } = serde_json::from_str(&body).unwrap_or_default();
    if reasons.is_empty() {
        say(out, "its loop stands still")?;
    }
    for (name, reason) in reasons {
        say(out, &format!("{name}: {reason}"))?;
    }
    Ok(Health::Unwell)
}

fn ask(address: SocketAddr, path: &str) -> io::Result<(u16, String)> {
    let mut stream = TcpStream::connect_timeout(&address, LIMIT)?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.set_write_timeout(Some(LIMIT))?;
    // Version 1.0: the answer ends with the connection, so no reader of chunks is needed.
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let nonsense = || io::Error::other("the admin endpoint gave no answer");
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(nonsense)?;
    let code = head.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or_else(nonsense)?;
    Ok((code, body.to_owned()))
}

fn lines(status: &Status, out: &mut dyn Write) -> io::Result<()> {
    let word = if status.ready { "ready" } else { "not ready" };
    let (version, seconds) = (&status.version, status.running_seconds);
    say(out, &format!("shipper {version}: {word}, running {seconds} s"))?;
    for (name, reason) in &status.reasons {
        say(out, &format!("  {name}: {reason}"))?;
    }
    for input in &status.inputs {
        let lag = size(input.lag_bytes);
        let (age, drain) = (input.lag_seconds, input.drain_seconds);
        let behind = match input.lag_bytes {
            0 => String::new(),
            _ if drain >= NEVER.as_secs_f64() => format!(", {age:.0} s, and it does not shrink"),
            _ => format!(", {age:.0} s, drained in {drain:.0} s"),
        };
        say(out, &format!("input {} to {}: lag {lag}{behind}", input.id, input.stream))?;
    }
    let events: Vec<String> =
        status.events.iter().map(|(how, count)| format!("{count} {how}")).collect();
    say(out, &format!("events: {}", events.join(", ")))?;
    say(
        out,
        &format!(
            "in flight: {}, requests at once: {}, batch: {}",
            size(status.inflight_bytes),
            status.concurrency,
            size(status.batch_bytes)
        ),
    )?;
    say(
        out,
        &format!(
            "dead letters: {}, open files: {}, held: {}, checkpoint: {} s old",
            status.dead_letters,
            status.open_files,
            size(status.held_bytes),
            status.checkpoint_age_seconds
        ),
    )?;
    for file in &status.files {
        let under_way = file.sent_bytes.saturating_sub(file.acknowledged_bytes);
        let acknowledged = file.acknowledged_bytes;
        say(
            out,
            &format!("{}: {acknowledged} bytes acknowledged, {under_way} under way", file.path),
        )?;
        if let Some(format) = &file.format {
            say(out, &format!("  read as {format}"))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::{FileStatus, InputStatus};
    use expect_test::expect;

    #[test]
    fn a_status_reads_as_lines_and_cannot_steer_a_terminal() {
        let status = Status {
            version: "0.1.0".to_owned(),
            running_seconds: 7,
            ready: false,
            reasons: [("cluster".to_owned(), "answer 401: no\u{1b}[31m".to_owned())].into(),
            events: [("stored".to_owned(), 3)].into(),
            inputs: vec![InputStatus {
                id: "app".to_owned(),
                stream: "logs-store.app-default".to_owned(),
                lag_bytes: 2_048,
                lag_seconds: 1.5,
                drain_seconds: 3.0,
            }],
            inflight_bytes: 10,
            concurrency: 2,
            batch_bytes: 5 << 20,
            open_files: 1,
            held_bytes: 0,
            checkpoint_age_seconds: 1,
            dead_letters: 1,
            files: vec![FileStatus {
                path: "/a.log".to_owned(),
                acknowledged_bytes: 5,
                sent_bytes: 9,
                format: Some("combined: it reads line 1".to_owned()),
            }],
            behind: Vec::new(),
        };
        let mut out = Vec::new();
        lines(&status, &mut out).unwrap();
        expect![[r"
            shipper 0.1.0: not ready, running 7 s
              cluster: answer 401: no[31m
            input app to logs-store.app-default: lag 2.0 KiB, 2 s, drained in 3 s
            events: 3 stored
            in flight: 10 B, requests at once: 2, batch: 5.0 MiB
            dead letters: 1, open files: 1, held: 0 B, checkpoint: 1 s old
            /a.log: 5 bytes acknowledged, 4 under way
              read as combined: it reads line 1
        "]]
        .assert_eq(&String::from_utf8(out).unwrap());
        let json = serde_json::to_string(&status).unwrap();
        assert_eq!(read(&json).unwrap(), status);
    }
}
