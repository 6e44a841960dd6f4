//! What one poll came to, as a line of `store.poll`: it goes through a spool of its own like any row.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::reply::Failure;

/// What one poll came to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Report {
    /// Name of the poll.
    pub api: String,
    /// Where it had come to.
    pub cursor: Option<String>,
    /// Pages that were read.
    pub pages: u64,
    /// Rows that were read.
    pub rows: u64,
    /// Rows that were not known.
    pub new_rows: u64,
    /// When the newest row was modified.
    pub newest: Option<Timestamp>,
    /// Requests that the API still allows.
    pub quota_left: Option<u64>,
    /// How long it took.
    pub took: Duration,
}

impl Report {
    /// Returns the line.
    pub(crate) fn line(&self, failure: Option<&Failure>, now: Timestamp) -> Vec<u8> {
        let status = if failure.is_some() { "failed" } else { "finished" };
        let lag = self.newest.map(|newest| now.duration_since(newest).as_millis().max(0));
        let lag = lag.map(|lag| i64::try_from(lag).unwrap_or(i64::MAX));
        let mut line = json!({
            "time": now.to_string(),
            "action": format!("poll.{status}"),
            "outcome": if failure.is_some() { "failure" } else { "success" },
            "duration_ms": u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX),
            "poll": {
                "api": self.api,
                "status": status,
                "pages": self.pages,
                "rows": self.rows,
                "new_rows": self.new_rows,
            },
        });
        let mut set = |path: &str, value: Value| {
            if !value.is_null()
                && let Some(slot) = line.pointer_mut(path).and_then(Value::as_object_mut)
            {
                slot.extend(value.as_object().cloned().unwrap_or_default());
            }
        };
        set(
            "/poll",
            self.cursor.as_ref().map_or(Value::Null, |cursor| json!({ "cursor": cursor })),
        );
        set("/poll", lag.map_or(Value::Null, |lag| json!({ "lag_ms": lag })));
        set("/poll", self.quota_left.map_or(Value::Null, |left| json!({ "quota_left": left })));
        let words = failure
            .map(|failure| json!({ "reason": failure.kind.as_str(), "msg": failure.reason }));
        set("", words.unwrap_or(Value::Null));
        line.to_string().into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::poll::reply::Kind;
    use expect_test::{Expect, expect};

    fn check(failure: Option<&Failure>, want: &Expect) {
        let now: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
        let report = Report {
            api: "orders".into(),
            cursor: Some("c".into()),
            pages: 2,
            rows: 30,
            new_rows: 5,
            newest: "2026-01-02T03:04:00Z".parse().ok(),
            quota_left: Some(7),
            took: Duration::from_millis(120),
        };
        want.assert_eq(&String::from_utf8(report.line(failure, now)).unwrap());
    }

    #[test]
    fn a_report_says_what_was_read_and_what_failed() {
        check(
            None,
            &expect![[
                r#"{"action":"poll.finished","duration_ms":120,"outcome":"success","poll":{"api":"orders","cursor":"c","lag_ms":5000,"new_rows":5,"pages":2,"quota_left":7,"rows":30,"status":"finished"},"time":"2026-01-02T03:04:05Z"}"#
            ]],
        );
        check(
            Some(&Failure::new(Kind::Busy, "the API answers 429")),
            &expect![[
                r#"{"action":"poll.failed","duration_ms":120,"msg":"the API answers 429","outcome":"failure","poll":{"api":"orders","cursor":"c","lag_ms":5000,"new_rows":5,"pages":2,"quota_left":7,"rows":30,"status":"failed"},"reason":"busy","time":"2026-01-02T03:04:05Z"}"#
            ]],
        );
    }
}
