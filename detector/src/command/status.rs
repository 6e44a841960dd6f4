//! `status`: asks a running detector how it stands.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Style;
use crate::cycle::RuleStatus;

/// How a detector stands, as its admin endpoint tells it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// Every rule.
    pub rules: Vec<RuleStatus>,
    /// Messages that wait in the outbox.
    pub outbox_waiting: usize,
}

/// Returns what the detector at this address says of itself.
///
/// # Errors
/// When none answers, or it has not judged yet.
pub async fn status(address: SocketAddr) -> io::Result<Status> {
    let client = reqwest::Client::builder().timeout(Duration::from_secs(5)).no_proxy().build();
    let client = client.map_err(io::Error::other)?;
    let reply = client.get(format!("http://{address}/status")).send().await;
    let text = reply.map_err(io::Error::other)?.text().await.map_err(io::Error::other)?;
    if text.trim() == "{}" {
        return Err(io::Error::other("it is still learning; ask again in a moment"));
    }
    serde_json::from_str(&text).map_err(io::Error::other)
}

/// Writes the status.
///
/// # Errors
/// When the output cannot be written.
pub fn write_status(status: &Status, style: Style, out: &mut dyn Write) -> io::Result<()> {
    if style == Style::Json {
        serde_json::to_writer(&mut *out, status)?;
        return writeln!(out);
    }
    let failing = status.rules.iter().filter(|rule| rule.failing.is_some()).count();
    let (rules, waiting) = (status.rules.len(), status.outbox_waiting);
    writeln!(out, "{rules} rules, {failing} of them failing; {waiting} messages wait")?;
    let width = status.rules.iter().map(|rule| rule.rule.len()).max().unwrap_or_default();
    for rule in &status.rules {
        let RuleStatus { rule: id, watermark, lag_seconds, groups, failing } = rule;
        writeln!(
            out,
            "  {id:<width$}  judged to {watermark}, {lag_seconds:.0} s ago, {groups} groups"
        )?;
        if let Some(reason) = failing {
            writeln!(out, "  {:<width$}  failing: {reason}", "")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn a_person_reads_how_far_each_rule_is_and_why_one_is_not() {
        let rule = |id: &str, failing: Option<&str>| RuleStatus {
            rule: id.to_owned(),
            watermark: "2026-01-02T03:05:00.000Z".to_owned(),
            lag_seconds: 61.4,
            groups: 2,
            failing: failing.map(str::to_owned),
        };
        let rules = vec![rule("order-rate", None), rule("latency", Some("1 shards failed"))];
        let status = Status { rules, outbox_waiting: 3 };
        let mut lines = Vec::new();
        write_status(&status, Style::Lines, &mut lines).unwrap();
        expect![[r"
            2 rules, 1 of them failing; 3 messages wait
              order-rate  judged to 2026-01-02T03:05:00.000Z, 61 s ago, 2 groups
              latency     judged to 2026-01-02T03:05:00.000Z, 61 s ago, 2 groups
                          failing: 1 shards failed
        "]]
        .assert_eq(&String::from_utf8(lines).unwrap());
        let mut json = Vec::new();
        write_status(&status, Style::Json, &mut json).unwrap();
        assert_eq!(serde_json::from_slice::<Status>(&json).unwrap(), status);
    }
}
