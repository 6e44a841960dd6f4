//! What the demo prints: the table, what to open, and the summary for programs.

use std::io::{self, Write};

use event::Namespace;
use jiff::tz::TimeZone;
use runtime::plain;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::judge::{Alert, Found, Verdict, is_false};

/// What the shipper says at its end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Shipped {
    pub(super) events: u64,
    pub(super) duplicates: u64,
    pub(super) filtered: u64,
    pub(super) dead_lettered: u64,
}

/// Everything that a demo came to.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) namespace: Namespace,
    pub(super) lines_written: u64,
    pub(super) shipped: Shipped,
    pub(super) documents_stored: u64,
    pub(super) alerts: Vec<Alert>,
    pub(super) verdict: Verdict,
    pub(super) seconds: f64,
    pub(super) zone: TimeZone,
}

impl Outcome {
    /// Tells whether every event ended in exactly one class.
    pub(super) fn adds_up(&self) -> bool {
        let Shipped { events, duplicates, filtered, dead_lettered } = self.shipped;
        events == self.documents_stored + duplicates + filtered + dead_lettered
    }

    pub(super) fn to_json(&self) -> Value {
        json!({
            "namespace": self.namespace.as_str(),
            "lines_written": self.lines_written,
            "events": self.shipped.events,
            "documents_stored": self.documents_stored,
            "duplicates": self.shipped.duplicates,
            "filtered": self.shipped.filtered,
            "dead_lettered": self.shipped.dead_lettered,
            "planted": self.verdict.planted,
            "alerts": self.alerts,
            "found": self.verdict.found,
            "missed": self.verdict.missed,
            "false_alerts": self.verdict.false_alerts,
            "seconds": (self.seconds * 10.0).round() / 10.0,
        })
    }

    pub(super) fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let Shipped { events, duplicates, filtered, dead_lettered } = self.shipped;
        writeln!(
            out,
            "{} lines gave {events} events: {} documents, {duplicates} duplicates, {filtered} filtered, {dead_lettered} \
             dead letters ({})",
            self.lines_written,
            self.documents_stored,
            if self.adds_up() { "adds up" } else { "DOES NOT ADD UP" },
        )?;
        writeln!(out)?;
        for planted in &self.verdict.planted {
            let truth = &planted.truth;
            let clock = |time: jiff::Timestamp| {
                time.to_zoned(self.zone.clone()).strftime("%H:%M").to_string()
            };
            let found = match (planted.found, planted.late_minutes) {
                (Found::Yes, Some(minutes)) => format!("found after {minutes} min"),
                (Found::Yes, None) => "found".to_owned(),
                (Found::No, _) => "MISSED".to_owned(),
            };
            writeln!(
                out,
                "{:<4} {}-{} {:<34} {found}",
                truth.scenario,
                clock(truth.start),
                clock(truth.end),
                truth.title
            )?;
            let of_it =
                self.alerts.iter().filter(|alert| !is_false(alert, std::slice::from_ref(truth)));
            for alert in of_it {
                self.print_alert(out, alert)?;
            }
        }
        let truths: Vec<_> =
            self.verdict.planted.iter().map(|planted| planted.truth.clone()).collect();
        let mut wrong = self.alerts.iter().filter(|alert| is_false(alert, &truths)).peekable();
        if wrong.peek().is_some() {
            writeln!(out, "false alerts")?;
        }
        for alert in wrong {
            self.print_alert(out, alert)?;
        }
        writeln!(out)?;
        writeln!(
            out,
            "{} of {} incidents found, {} false alerts, {:.0} s",
            self.verdict.found,
            self.verdict.planted.len(),
            self.verdict.false_alerts,
            self.seconds
        )
    }

    fn print_alert(&self, out: &mut dyn Write, alert: &Alert) -> io::Result<()> {
        let opened = alert.opened.to_zoned(self.zone.clone()).strftime("%H:%M");
        let who = format!("{} {}", alert.rule, alert.group);
        writeln!(
            out,
            "     {opened} {:<8} {:<28} {}",
            alert.severity,
            plain(who.trim_end()),
            plain(&alert.reason)
        )?;
        if !alert.explanation.is_empty() {
            writeln!(out, "           why: {}", plain(&alert.explanation.join(", ")))?;
        }
        Ok(())
    }
}
