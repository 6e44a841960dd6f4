//! Watermarks and groups: how far every rule has come, and which groups it knows.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::Detector;
use crate::Error;
use crate::alert::{id, time};
use crate::store::{Index, Outcome, Write};

/// A group's last bucket is written this often, not in each cycle: its time to live is seven days.
const GROUP_WRITTEN_EACH: SignedDuration = SignedDuration::from_hours(1);

impl Detector {
    /// Writes the watermarks that moved, by condition: nobody else may move them.
    pub(super) async fn move_watermarks(&mut self, now: Timestamp) -> Result<(), Error> {
        let mut writes = Vec::new();
        let mut moved = Vec::new();
        for (number, followed) in self.rules.iter().enumerate() {
            let watermark = followed.watch.watermark();
            if followed.version.is_some() && followed.written == Some(watermark) {
                continue;
            }
            let rule = followed.watch.rule();
            // The text form of two instants cannot fail.
            let state = serde_json::to_string(&followed.mark).unwrap_or_default();
            let document = json!({
                "@timestamp": time(now),
                "store": {"detector": {
                    "kind": "watermark", "rule_id": rule.id, "watermark": time(watermark),
                    "version": rule.learned, "term": self.tenure.term(), "format": 1, "state": state,
                }},
            });
            let id = id::watermark(&rule.id);
            writes.push(Write::over(Index::Detector, &id, document, followed.version));
            moved.push((number, watermark));
        }
        let groups = self.group_writes();
        for ((number, watermark), outcome) in
            moved.iter().zip(self.store.write_later(&writes).await?)
        {
            let followed = &mut self.rules[*number];
            match outcome {
                Outcome::Done(version) => {
                    followed.version = Some(version);
                    followed.written = Some(*watermark);
                }
                Outcome::Conflict | Outcome::Absent => {
                    let what = format!("the watermark of rule {}", followed.watch.rule().id);
                    return Err(Error::Conflict { what });
                }
            }
        }
        self.store.write_later(&groups).await.map(drop)
    }

    fn group_writes(&mut self) -> Vec<Write> {
        let mut writes = Vec::new();
        for followed in &mut self.rules {
            let rule = followed.watch.rule().id.clone();
            for (group, first, last) in followed.watch.seen_groups() {
                let key = group.key();
                let written = followed.groups.get(&key).copied();
                if written.is_some_and(|written| last.duration_since(written) < GROUP_WRITTEN_EACH)
                {
                    continue;
                }
                let document = json!({
                    "@timestamp": time(last),
                    "store": {"group": {
                        "rule_id": rule, "key": key, "first_seen": time(first), "last_seen": time(last),
                    }},
                });
                writes.push(Write::Put {
                    index: Index::Groups,
                    id: id::group(&rule, &key),
                    document,
                });
                followed.groups.insert(key, last);
            }
        }
        writes
    }
}
