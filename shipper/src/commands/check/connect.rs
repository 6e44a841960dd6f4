//! `shipper check --connect`: what the cluster says to this configuration. Nothing is written there.

use elastic::{Body, Client, Error, Method, Reply};
use jiff::Timestamp;
use runtime::settings::{Finding, Origin, Settings};
use runtime::{Exit, chain};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Checked;
use crate::settings::{Shipper, Source};

/// The privilege that a shipper needs, and those that it should not have.
const NEEDED: &str = "create_doc";
const EXCESS: [&str; 3] = ["read", "delete", "index"];
/// Clocks that differ by more seconds than this put events into the wrong place of a chart.
const SKEW: i64 = 30;

impl Checked {
    /// Asks the cluster whether it is there, believes us, lets us write, has our streams and keeps our time.
    pub async fn connect(
        &mut self,
        settings: &Settings,
        shipper: &Shipper,
        client: &Client,
        now: Timestamp,
    ) {
        let origin = settings.origin("cluster");
        let mut streams: Vec<String> = shipper
            .sources()
            .iter()
            .flat_map(Source::streams)
            .map(|stream| stream.to_string())
            .collect();
        streams.sort();
        streams.dedup();
        let mut asked = vec![NEEDED];
        asked.extend(EXCESS);
        let body = json!({ "index": [{ "names": streams, "privileges": asked }] });
        let path = "/_security/user/_has_privileges";
        let reply = client.send(Method::Post, path, &[], Body::json(&body)).await;
        if let Ok(reply) = &reply {
            self.hold_against_clock(&origin, reply, now);
        }
        match reply.and_then(Reply::success) {
            Ok(reply) => match reply.json::<Privileges>() {
                Ok(privileges) => self.judge(&origin, &privileges),
                Err(error) => self.remark(&origin, &error.to_string()),
            },
            Err(error) if error.is_unreachable() => {
                let hint = "see that it runs and that cluster.addresses and cluster.ca_file name it rightly";
                return self.fail(origin, Exit::Unreachable, chain(&error), hint);
            }
            Err(error @ Error::Unauthorized { .. }) => {
                let hint =
                    "use the key that `storewatch setup` writes to shipper.key, whole and as it is";
                return self.fail(origin, Exit::Permission, chain(&error), hint);
            }
            // The key may write and ask nothing; or the server has no security.
            Err(error) => self.remark(&origin, &chain(&error)),
        }
        for stream in &streams {
            let path = format!("/{}", elastic::part(stream));
            let asked = client.send(Method::Head, &path, &[], Body::Empty).await;
            // A key that may only create documents is told nothing, and that is as it should be.
            if asked.is_ok_and(|reply| reply.status == 404) {
                let message = format!("there is no stream {stream} yet");
                let finding = Finding::warning(origin.clone(), "cluster", message);
                self.findings.push(finding.hint("run `storewatch setup`; until then events wait"));
            }
        }
    }

    fn hold_against_clock(&mut self, origin: &Origin, reply: &Reply, now: Timestamp) {
        // Elasticsearch itself sends no date; proxies and clouds before it do.
        let Some(theirs) = reply.date else { return };
        let ahead = now.as_second() - theirs.as_second();
        if ahead.abs() > SKEW {
            let (seconds, word) = (ahead.abs(), if ahead > 0 { "ahead of" } else { "behind" });
            let message = format!("the clock of this host is {seconds} s {word} the cluster's");
            let finding = Finding::warning(origin.clone(), "cluster", message);
            self.findings.push(finding.hint("let a time service such as chrony set it"));
        }
    }

    fn judge(&mut self, origin: &Origin, privileges: &Privileges) {
        for (stream, rights) in &privileges.index {
            let has = |right: &str| rights.get(right) == Some(&Value::Bool(true));
            if !has(NEEDED) {
                let message = format!("the key may not create documents in {stream}");
                let hint = "use the key that `storewatch setup` makes";
                self.fail(origin.clone(), Exit::Permission, message, hint);
            }
            let excess: Vec<&str> = EXCESS.into_iter().filter(|right| has(right)).collect();
            if !excess.is_empty() {
                let message = format!("the key may also {} in {stream}", excess.join(", "));
                let finding = Finding::warning(origin.clone(), "cluster", message);
                self.findings.push(finding.hint("use the key that `storewatch setup` makes"));
            }
        }
    }

    fn remark(&mut self, origin: &Origin, message: &str) {
        let message = format!("rights cannot be asked for: {message}");
        self.findings.push(Finding::warning(origin.clone(), "cluster", message));
    }

    fn fail(&mut self, origin: Origin, exit: Exit, message: String, hint: &str) {
        self.findings.push(Finding::error(origin, "cluster", message).hint(hint));
        self.exit = exit;
    }
}

#[derive(Debug, Deserialize)]
struct Privileges {
    #[serde(default)]
    index: serde_json::Map<String, Value>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use runtime::settings::Findings;

    fn judged(rights: Value) -> (Vec<String>, Exit) {
        let privileges = Privileges {
            index: [("logs-store.order-default".to_owned(), rights)].into_iter().collect(),
        };
        let mut checked = Checked { findings: Findings::default(), exit: Exit::Done };
        checked.judge(&Origin::Default, &privileges);
        let messages = checked.findings.iter().map(|finding| finding.message.clone()).collect();
        (messages, checked.exit)
    }

    #[test]
    fn a_missing_right_fails_and_an_excess_one_warns() {
        assert_eq!(judged(json!({"create_doc": true, "read": false})), (vec![], Exit::Done));
        let (messages, exit) = judged(json!({"create_doc": false}));
        assert_eq!(messages, ["the key may not create documents in logs-store.order-default"]);
        assert_eq!(exit, Exit::Permission);
        let (messages, exit) = judged(json!({"create_doc": true, "read": true, "delete": true}));
        assert_eq!(messages, ["the key may also read, delete in logs-store.order-default"]);
        assert_eq!(exit, Exit::Done);
    }
}
