//! What the answers mean. Nothing here talks to a cluster.

use event::Namespace;
use jiff::Timestamp;
use pipelines::assets;
use pipelines::mapping::mapped_kind;
use pipelines::plan::{Change, plan_assets};
use pipelines::stand_in::Offer;
use pipelines::survey::Survey;
use serde_json::Value;

use super::{Finding, Level};

/// A clock that is further off makes late documents and closed buckets disagree.
const MOST_SKEW_SECONDS: i64 = 30;
/// Elasticsearch places no new shards above 85 %, moves shards away above 90 % and blocks writes above 95 %.
const DISK_WARNING_PERCENT: u64 = 85;
const DISK_ERROR_PERCENT: u64 = 90;
/// Three heartbeats missed.
const SILENT_SECONDS: i64 = 90;

pub(super) fn rights(answer: &Value) -> Finding {
    if answer["has_all_requested"] == true {
        return Finding::fine("rights", "this login may do all that setup does");
    }
    let cluster = answer["cluster"].as_object().into_iter().flatten();
    let missing: Vec<&str> =
        cluster.filter(|(_, has)| **has == false).map(|(name, _)| name.as_str()).collect();
    let message = if missing.is_empty() {
        "this login may not do everything with our indices".to_owned()
    } else {
        format!("this login lacks {}", missing.join(", "))
    };
    Finding::new(
        "rights",
        Level::Warning,
        message,
        "setup needs them; shipper and detector use keys of their own",
    )
}

pub(super) fn templates(survey: &Survey) -> Finding {
    let steps = plan_assets(&assets::all(), &survey.lacks, &survey.present);
    let named = |wanted: fn(&Change) -> bool| {
        steps
            .iter()
            .filter(|step| wanted(&step.change))
            .map(|step| step.name.as_str())
            .collect::<Vec<_>>()
    };
    let foreign = named(|change| matches!(change, Change::Refuse(_)));
    if !foreign.is_empty() {
        let message = format!("not ours or newer: {}", foreign.join(", "));
        return Finding::new(
            "templates",
            Level::Error,
            message,
            "`storewatch setup --dry-run` says why",
        );
    }
    let (missing, old) =
        (named(|change| *change == Change::Create), named(|change| *change == Change::Update));
    if !missing.is_empty() {
        let message =
            format!("{} of {} are missing, {} first", missing.len(), steps.len(), missing[0]);
        return Finding::new("templates", Level::Error, message, "run `storewatch setup`");
    }
    if !old.is_empty() {
        let message = format!("of another version: {}", old.join(", "));
        return Finding::new("templates", Level::Warning, message, "run `storewatch setup`");
    }
    Finding::fine(
        "templates",
        format!("{} templates and pipelines are as they should be", steps.len()),
    )
}

pub(super) fn streams(survey: &Survey, namespace: &Namespace) -> Finding {
    if survey.lacks.data_stream_api == Offer::Missing {
        return Finding::fine("streams", "this cluster makes each stream by its first document");
    }
    let wanted = assets::streams(namespace);
    let missing: Vec<String> = wanted
        .iter()
        .map(ToString::to_string)
        .filter(|name| !survey.streams.contains(name))
        .collect();
    if missing.is_empty() {
        return Finding::fine("streams", format!("all {} are there", wanted.len()));
    }
    let message = format!("missing: {}", missing.join(", "));
    Finding::new(
        "streams",
        Level::Error,
        message,
        "a shipper may not make them; run `storewatch setup --only streams`",
    )
}

/// The templates as they are, with whatever else the cluster adds, still map our fields as the dictionary says.
pub(super) fn sample(answer: &Value) -> Finding {
    let mappings = &answer["template"]["mappings"]["properties"];
    let type_of = |path: &str| {
        let mut at = mappings;
        for (depth, segment) in path.split('.').enumerate() {
            at = if depth == 0 { &at[segment] } else { &at["properties"][segment] };
        }
        at["type"].as_str().unwrap_or("nothing").to_owned()
    };
    let wrong: Vec<String> =
        ["@timestamp", "event.action", "store.order.id", "store.order.amount_minor"]
            .into_iter()
            .filter_map(|path| {
                let kind = mapped_kind(path)?;
                let wanted = pipelines::mapping::of_kind(kind)["type"].as_str()?.to_owned();
                let found = type_of(path);
                (found != wanted).then(|| format!("{path} would be {found}, not {wanted}"))
            })
            .collect();
    if wrong.is_empty() {
        return Finding::fine("sample", "an order would be mapped as it should be");
    }
    let hint =
        "another template of higher priority may win; `GET _index_template` shows priorities";
    Finding::new("sample", Level::Error, wrong.join("; "), hint)
}

pub(super) fn clock(stats: &Value, now: Timestamp) -> Finding {
    let nodes = stats["nodes"].as_object().into_iter().flat_map(|nodes| nodes.values());
    let skews = nodes.filter_map(|node| Some(node["timestamp"].as_i64()? - now.as_millisecond()));
    match skews.max_by_key(|skew| skew.abs()) {
        None => Finding::new("clock", Level::Unknown, "no node tells its time", ""),
        Some(skew) if skew.abs() > MOST_SKEW_SECONDS * 1000 => Finding::new(
            "clock",
            Level::Error,
            format!("a node's clock is {} s off this host's", skew / 1000),
            "let both keep time by NTP; buckets close by the detector's clock",
        ),
        Some(skew) => Finding::fine("clock", format!("within {} ms of this host's", skew.abs())),
    }
}

pub(super) fn disk(stats: &Value) -> Finding {
    let nodes = stats["nodes"].as_object().into_iter().flat_map(|nodes| nodes.values());
    let fullest = nodes
        .filter_map(|node| {
            let total =
                node["fs"]["total"]["total_in_bytes"].as_u64().filter(|total| *total > 0)?;
            let free = node["fs"]["total"]["available_in_bytes"].as_u64()?;
            let used = total.saturating_sub(free).saturating_mul(100) / total;
            Some((used, node["name"].as_str().unwrap_or_default().to_owned()))
        })
        .max();
    let Some((used, name)) = fullest else {
        return Finding::new("disk", Level::Unknown, "no node tells its disk", "");
    };
    let message = format!("{used} % of the disk of node {name} is used");
    let hint = "free space or add a node: above 95 % the cluster refuses writes and shippers wait";
    match used {
        DISK_ERROR_PERCENT.. => Finding::new("disk", Level::Error, message, hint),
        DISK_WARNING_PERCENT.. => Finding::new("disk", Level::Warning, message, hint),
        _ => Finding::fine("disk", message),
    }
}

pub(super) fn heartbeats(aggregations: &Value, now: Timestamp) -> Finding {
    let hosts = aggregations["hosts"]["buckets"].as_array().map(Vec::as_slice).unwrap_or_default();
    if hosts.is_empty() {
        let hint = "start a shipper, or look at its own log and at `shipper check --connect`";
        return Finding::new(
            "heartbeats",
            Level::Warning,
            "no shipper was heard within a day",
            hint,
        );
    }
    let age = |host: &Value| {
        let last = host["last"]["value"].as_f64().unwrap_or_default();
        (now.as_millisecond() as f64 - last) / 1000.0
    };
    let silent: Vec<String> = hosts
        .iter()
        .filter(|host| age(host) > SILENT_SECONDS as f64)
        .map(|host| format!("{} for {:.0} s", host["key"].as_str().unwrap_or_default(), age(host)))
        .collect();
    if silent.is_empty() {
        let shippers = match hosts.len() {
            1 => "1 shipper was".to_owned(),
            more => format!("{more} shippers were"),
        };
        let message = format!("{shippers} heard in the last {SILENT_SECONDS} s");
        return Finding::fine("heartbeats", message);
    }
    let message = format!("silent: {}", silent.join(", "));
    Finding::new(
        "heartbeats",
        Level::Error,
        message,
        "look at that host: `shipper status`, its disk, its network",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn now() -> Timestamp {
        Timestamp::from_millisecond(1_000_000_000).unwrap()
    }

    #[test]
    fn a_clock_that_is_off_is_a_fault() {
        let stats = |millis: i64| json!({"nodes": {"a": {"timestamp": 1_000_000_000 + millis}}});
        assert_eq!(clock(&stats(-2_000), now()).level, Level::Fine);
        let off = clock(&stats(-31_000), now());
        assert_eq!(
            (off.level, off.message.as_str()),
            (Level::Error, "a node's clock is -31 s off this host's")
        );
        assert_eq!(clock(&json!({}), now()).level, Level::Unknown);
    }

    #[test]
    fn the_fullest_disk_counts() {
        let node = |free: u64| json!({"name": "n", "fs": {"total": {"total_in_bytes": 100, "available_in_bytes": free}}});
        let level = |free: u64| disk(&json!({"nodes": {"a": node(50), "b": node(free)}})).level;
        assert_eq!(level(16), Level::Fine);
        assert_eq!(level(15), Level::Warning);
        assert_eq!(level(10), Level::Error);
    }

    #[test]
    fn a_host_that_fell_silent_is_named() {
        let host = |name: &str, seconds: f64| json!({"key": name, "last": {"value": 1e9 - seconds * 1000.0}});
        let found =
            heartbeats(&json!({"hosts": {"buckets": [host("a", 10.0), host("b", 300.0)]}}), now());
        assert_eq!((found.level, found.message.as_str()), (Level::Error, "silent: b for 300 s"));
        assert_eq!(heartbeats(&Value::Null, now()).level, Level::Warning);
    }

    #[test]
    fn missing_templates_and_streams_are_faults() {
        let survey = Survey::default();
        assert_eq!(templates(&survey).level, Level::Error);
        assert_eq!(streams(&survey, &Namespace::default()).level, Level::Error);
    }

    #[test]
    fn a_mapping_that_differs_is_named() {
        let wrong =
            json!({"template": {"mappings": {"properties": {"@timestamp": {"type": "date"}}}}});
        let found = sample(&wrong);
        assert!(
            found.message.contains("store.order.amount_minor would be nothing, not long"),
            "{found:?}"
        );
    }

    #[test]
    fn missing_rights_are_named() {
        let answer = json!({"has_all_requested": false, "cluster": {"monitor": true, "manage_own_api_key": false}});
        assert_eq!(rights(&answer).message, "this login lacks manage_own_api_key");
    }
}
