//! `shipper status`: asks the admin endpoint of the shipper that runs here.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

use super::say;

/// A shipper on this machine answers at once, or it does not run.
const LIMIT: Duration = Duration::from_secs(5);

/// Asks for the status and prints it.
pub fn status(address: SocketAddr, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let body = ask(address)?;
    match (style, serde_json::from_str::<Value>(&body)) {
        (Style::Lines, Ok(status)) => lines(&status, out),
        (Style::Json, _) | (_, Err(_)) => say(out, &body),
    }
}

/// How the status is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// For people.
    Lines,
    /// As it comes.
    Json,
}

fn ask(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, LIMIT)?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.set_write_timeout(Some(LIMIT))?;
    // Version 1.0: the answer ends with the connection, so no reader of chunks is needed.
    write!(stream, "GET /status HTTP/1.0\r\nHost: {address}\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
    body.ok_or_else(|| io::Error::other("the admin endpoint gave no answer"))
}

fn lines(status: &Value, out: &mut dyn Write) -> io::Result<()> {
    let text = |key: &str| status.get(key).map(ToString::to_string).unwrap_or_default();
    let word = if status.get("ready") == Some(&Value::Bool(true)) { "ready" } else { "not ready" };
    say(
        out,
        &format!(
            "shipper {}: {word}, running {} s",
            text("version").trim_matches('"'),
            text("running_seconds")
        ),
    )?;
    for (name, reason) in status.get("reasons").and_then(Value::as_object).into_iter().flatten() {
        say(out, &format!("  {name}: {}", reason.as_str().unwrap_or_default()))?;
    }
    let events = status.get("events").and_then(Value::as_object);
    let events: Vec<String> =
        events.into_iter().flatten().map(|(how, count)| format!("{count} {how}")).collect();
    say(out, &format!("events: {}", events.join(", ")))?;
    say(
        out,
        &format!(
            "in flight: {} bytes, dead letters: {}",
            text("inflight_bytes"),
            text("dead_letters")
        ),
    )?;
    for file in status.get("files").and_then(Value::as_array).into_iter().flatten() {
        let number = |key: &str| file.get(key).and_then(Value::as_u64).unwrap_or_default();
        let path = file.get("path").and_then(Value::as_str).unwrap_or_default();
        let (acknowledged, sent) = (number("acknowledged_bytes"), number("sent_bytes"));
        say(
            out,
            &format!(
                "{path}: {acknowledged} bytes acknowledged, {} under way",
                sent - acknowledged.min(sent)
            ),
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_reads_as_lines() {
        let status = serde_json::json!({
            "version": "0.1.0", "ready": false, "running_seconds": 7, "reasons": {"cluster": "answer 401: no\u{1b}[31m"},
            "events": {"stored": 3}, "inflight_bytes": 10, "dead_letters": 1,
            "files": [{"path": "/a.log", "acknowledged_bytes": 5, "sent_bytes": 9}],
        });
        let mut out = Vec::new();
        lines(&status, &mut out).unwrap();
        let want = "shipper 0.1.0: not ready, running 7 s\n  cluster: answer 401: no[31m\nevents: 3 stored\nin flight: 10 bytes, dead letters: 1\n/a.log: 5 bytes acknowledged, 4 under way\n";
        assert_eq!(String::from_utf8(out).unwrap(), want);
    }
}
