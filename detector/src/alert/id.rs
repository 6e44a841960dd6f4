//! Ids of everything the detector writes: the same thing gets the same id however often it is written.
//!
//! Hash inputs are length-prefixed UTF-8 and the hash is 128 bits of SHA-256 in base64url, as everywhere. A kind stands
//! first, so an episode and an outbox row never share an id.

use event::EventId;
use jiff::Timestamp;

fn hash(parts: &[&str]) -> String {
    EventId::from_parts(parts).to_string()
}

/// Returns the id of an episode: rule, group and first bucket.
pub fn episode(rule: &str, group_key: &str, first: Timestamp) -> String {
    hash(&["episode", rule, group_key, &first.as_millisecond().to_string()])
}

/// Returns the id of the episode of a group that fell silent: rule, group and first bucket without data.
pub fn silence(rule: &str, group_key: &str, first: Timestamp) -> String {
    hash(&["silence", rule, group_key, &first.as_millisecond().to_string()])
}

/// Returns the id of a (rule, group) pair.
pub fn instance(rule: &str, group_key: &str) -> String {
    hash(&["instance", rule, group_key])
}

/// Returns the id of a transition's document.
pub fn transition(episode: &str, action: &str, number: u64) -> String {
    hash(&["transition", episode, action, &number.to_string()])
}

/// Returns the id of an outbox row, which is also its idempotency key.
pub fn row(transition: &str, channel: &str) -> String {
    hash(&["row", transition, channel])
}

/// Returns the id of the row that stands for several others.
pub fn digest(channel: &str, rows: &[&str]) -> String {
    let parts: Vec<&str> = ["digest", channel].iter().chain(rows).copied().collect();
    hash(&parts)
}

/// Returns the id of a series document.
pub fn series(rule: &str, group_key: &str, bucket: Timestamp, revision: u64) -> String {
    let bucket = bucket.as_millisecond().to_string();
    hash(&["series", rule, group_key, &bucket, &revision.to_string()])
}

/// Returns the id of the watermark of a rule.
pub fn watermark(rule: &str) -> String {
    hash(&["watermark", rule])
}

/// Returns the id of a remembered group.
pub fn group(rule: &str, group_key: &str) -> String {
    hash(&["group", rule, group_key])
}

/// The id of the lease: one document, so that one detector judges.
pub const LEASE: &str = "lease";

#[cfg(test)]
mod tests {
    use super::*;

    // These vectors never change: another release must find the documents of this one.
    #[test]
    fn ids_are_those_of_every_release() {
        let first: Timestamp = "2026-03-02T10:05:00Z".parse().unwrap();
        let id = episode("order-rate", "-", first);
        assert_eq!(id.len(), 22);
        expect_test::expect![
            "7c_MItJ6DjfAR_WlrsZhJg S3g-D06wlwoTx2YuDwAn5g lGkkdXNPqOjCScyd3X-tZw"
        ]
        .assert_eq(&format!(
            "{id} {} {}",
            transition(&id, "open", 1),
            row(&transition(&id, "open", 1), "pager")
        ));
    }

    #[test]
    fn kinds_and_parts_do_not_run_into_one_another() {
        let at = Timestamp::UNIX_EPOCH;
        assert_ne!(instance("a", "b"), group("a", "b"));
        assert_ne!(episode("a", "bc", at), episode("ab", "c", at));
    }
}
