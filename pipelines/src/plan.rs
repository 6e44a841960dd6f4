//! The plan of a set-up: what is there, what is wanted, what would be done. Nothing here talks to a cluster.

use std::collections::BTreeMap;
use std::fmt;

use event::EventId;
use serde::Serialize;
use serde_json::{Value, json};

use crate::assets::{Asset, AssetKind};
use crate::stand_in::{Lacks, adapt, needed_processors};

/// What a step is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A step of what the cluster does to documents on their way in.
    IngestPipeline,
    /// A part of index templates.
    ComponentTemplate,
    /// How a stream or state index is made.
    IndexTemplate,
    /// A stream.
    DataStream,
    /// How long a stream that exists keeps its documents.
    Lifecycle,
    /// An index of the detector's state.
    StateIndex,
    /// A key with the least rights its program needs.
    ApiKey,
    /// A board, a saved search, a data view.
    Dashboard,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::IngestPipeline => "ingest pipeline",
            Self::ComponentTemplate => "component template",
            Self::IndexTemplate => "index template",
            Self::DataStream => "data stream",
            Self::Lifecycle => "lifecycle",
            Self::StateIndex => "state index",
            Self::ApiKey => "API key",
            Self::Dashboard => "dashboard",
        })
    }
}

impl From<AssetKind> for Subject {
    fn from(kind: AssetKind) -> Self {
        match kind {
            AssetKind::ComponentTemplate => Self::ComponentTemplate,
            AssetKind::IndexTemplate => Self::IndexTemplate,
            AssetKind::IngestPipeline => Self::IngestPipeline,
        }
    }
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "change", content = "why")]
pub enum Change {
    /// It is not there yet.
    Create,
    /// It is there with other content.
    Update,
    /// It is there as wanted.
    Same,
    /// It is taken away.
    Remove,
    /// It is left out or left alone, and why.
    Leave(String),
    /// It cannot be done, and why. The whole set-up then ends with a finding.
    Refuse(String),
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create => f.write_str("create"),
            Self::Update => f.write_str("update"),
            Self::Same => f.write_str("unchanged"),
            Self::Remove => f.write_str("remove"),
            Self::Leave(why) => write!(f, "left alone: {why}"),
            Self::Refuse(why) => write!(f, "refused: {why}"),
        }
    }
}

/// A method of HTTP that a plan may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Create or replace.
    Put,
    /// Create with a name that the cluster gives.
    Post,
    /// Take away.
    Delete,
}

/// What is sent to the cluster to carry a step out.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Method.
    pub verb: Verb,
    /// Path.
    pub path: String,
    /// Body, if any.
    pub body: Option<Value>,
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What it is about.
    pub subject: Subject,
    /// Name of the object.
    pub name: String,
    /// What is done.
    pub change: Change,
    /// What was replaced or left out for this cluster, and what that costs.
    pub remarks: Vec<String>,
    /// What is there now, as far as it differs.
    pub present: Option<Value>,
    /// What is sent, if the step changes something.
    pub request: Option<Request>,
}

impl Step {
    /// Returns a step that changes nothing.
    pub fn quiet(subject: Subject, name: impl Into<String>, change: Change) -> Self {
        Self {
            subject,
            name: name.into(),
            change,
            remarks: Vec::new(),
            present: None,
            request: None,
        }
    }

    /// Returns a step that sends something.
    pub fn sending(
        subject: Subject,
        name: impl Into<String>,
        change: Change,
        request: Request,
    ) -> Self {
        Self { request: Some(request), ..Self::quiet(subject, name, change) }
    }
}

/// Marks content, so that a later set-up sees whether it is still the same.
fn fingerprint(body: &Value) -> String {
    EventId::from_parts(&[&body.to_string()]).to_string()
}

/// Marks an object as ours, with version and hash. Templates carry `_meta`; ingest pipelines have none on every cluster,
/// so theirs stands at the end of their description.
fn mark(kind: AssetKind, body: &mut Value) {
    let hash = fingerprint(body);
    if kind == AssetKind::IngestPipeline {
        let description = body["description"].as_str().unwrap_or_default();
        body["description"] =
            json!(format!("{description} (storewatch {} {hash})", env!("CARGO_PKG_VERSION")));
    } else {
        body["_meta"]["hash"] = json!(hash);
    }
}

/// Returns who made an object, in which version, with which hash.
fn meta_of(kind: AssetKind, body: &Value) -> Value {
    if kind != AssetKind::IngestPipeline {
        return body["_meta"].clone();
    }
    let description = body["description"].as_str().unwrap_or_default();
    let words = description
        .rsplit_once('(')
        .map(|(_, end)| end.trim_end_matches(')').split(' ').collect::<Vec<_>>());
    match words.as_deref() {
        Some([by, version, hash]) => json!({"managed_by": by, "version": version, "hash": hash}),
        _ => Value::Null,
    }
}

fn version_of(meta: &Value) -> Vec<u64> {
    let text = meta["version"].as_str().unwrap_or_default();
    text.split('.').map(|part| part.parse().unwrap_or_default()).collect()
}

/// Plans templates and ingest pipelines. `present` holds what the cluster has under our names, by kind and name.
pub fn plan_assets(
    assets: &[Asset],
    lacks: &Lacks,
    present: &BTreeMap<(AssetKind, String), Value>,
) -> Vec<Step> {
    assets
        .iter()
        .map(|asset| plan_asset(asset, lacks, present.get(&(asset.kind, asset.name.clone()))))
        .collect()
}

fn plan_asset(asset: &Asset, lacks: &Lacks, present: Option<&Value>) -> Step {
    let subject = Subject::from(asset.kind);
    if asset.kind == AssetKind::IngestPipeline {
        let needed = needed_processors(&asset.body);
        let missing: Vec<&str> =
            needed.intersection(&lacks.processors).map(String::as_str).collect();
        if !missing.is_empty() {
            let why = format!("this cluster has no ingest processor {}", missing.join(", "));
            return Step::quiet(subject, &asset.name, Change::Leave(why));
        }
    }
    let (mut body, remarks) = adapt(&asset.body, lacks);
    mark(asset.kind, &mut body);
    let change = match present {
        None => Change::Create,
        Some(there) => compare(&meta_of(asset.kind, there), &meta_of(asset.kind, &body)),
    };
    let request = matches!(change, Change::Create | Change::Update).then(|| Request {
        verb: Verb::Put,
        path: format!("/{}/{}", asset.kind.endpoint(), asset.name),
        body: Some(body),
    });
    let present = present.filter(|_| change != Change::Same).cloned();
    Step { subject, name: asset.name.clone(), change, remarks, present, request }
}

fn compare(there: &Value, wanted: &Value) -> Change {
    if there["managed_by"] != json!("storewatch") {
        return Change::Refuse(
            "an object of this name is not ours and is never touched; rename or remove it first"
                .into(),
        );
    }
    if version_of(there) > version_of(wanted) {
        let why = format!(
            "it was made by the newer version {}; upgrade storewatch first",
            there["version"]
        );
        return Change::Refuse(why);
    }
    if there["hash"] == wanted["hash"] { Change::Same } else { Change::Update }
}

/// Plans the removal of our templates and ingest pipelines, in an order in which nothing is still in use. Streams,
/// state indices and their data stay: they are the user's.
pub fn plan_removal(assets: &[Asset], present: &BTreeMap<(AssetKind, String), Value>) -> Vec<Step> {
    let mut order: Vec<&Asset> = assets.iter().collect();
    order.sort_by_key(|asset| match asset.kind {
        AssetKind::IndexTemplate => 0,
        AssetKind::ComponentTemplate => 1,
        AssetKind::IngestPipeline => 2,
    });
    let steps = order.into_iter().filter_map(|asset| {
        let there = present.get(&(asset.kind, asset.name.clone()))?;
        let subject = Subject::from(asset.kind);
        if meta_of(asset.kind, there)["managed_by"] != json!("storewatch") {
            return Some(Step::quiet(subject, &asset.name, Change::Leave("it is not ours".into())));
        }
        let path = format!("/{}/{}", asset.kind.endpoint(), asset.name);
        let request = Request { verb: Verb::Delete, path, body: None };
        Some(Step::sending(subject, &asset.name, Change::Remove, request))
    });
    steps.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asset(text: &str) -> Asset {
        Asset {
            kind: AssetKind::ComponentTemplate,
            name: "storewatch-x".into(),
            body: json!({"template": {"settings": {"a": text}}, "_meta": {"managed_by": "storewatch", "version": "0.2.0"}}),
        }
    }

    fn change(there: Option<Value>) -> Change {
        let present = there
            .map(|body| ((AssetKind::ComponentTemplate, "storewatch-x".to_owned()), body))
            .into_iter()
            .collect();
        plan_assets(&[asset("1")], &Lacks::default(), &present).remove(0).change
    }

    fn installed(text: &str) -> Value {
        let step = plan_assets(&[asset(text)], &Lacks::default(), &BTreeMap::new()).remove(0);
        step.request.unwrap().body.unwrap()
    }

    #[test]
    fn an_absent_object_is_created_and_then_left_unchanged() {
        assert_eq!(change(None), Change::Create);
        assert_eq!(change(Some(installed("1"))), Change::Same);
    }

    #[test]
    fn an_object_with_other_content_is_updated() {
        assert_eq!(change(Some(installed("2"))), Change::Update);
    }

    #[test]
    fn an_object_that_is_not_ours_or_newer_is_never_touched() {
        assert!(matches!(change(Some(json!({"template": {}}))), Change::Refuse(_)));
        let mut newer = installed("1");
        newer["_meta"]["version"] = json!("0.10.0");
        assert!(matches!(change(Some(newer)), Change::Refuse(why) if why.contains("0.10.0")));
    }

    #[test]
    fn an_ingest_pipeline_is_known_by_the_end_of_its_description() {
        let assets = crate::assets::all();
        let installed = plan_assets(&assets, &Lacks::default(), &BTreeMap::new())[0]
            .request
            .clone()
            .unwrap()
            .body
            .unwrap();
        assert!(installed.get("_meta").is_none(), "not every cluster takes it");
        let key = (AssetKind::IngestPipeline, crate::assets::FINAL_PIPELINE.to_owned());
        let change = |there: Value| {
            let present = [(key.clone(), there)].into();
            plan_assets(&assets, &Lacks::default(), &present)[0].change.clone()
        };
        assert_eq!(change(installed.clone()), Change::Same);
        let mut other = installed;
        other["description"] = json!("Stamps (storewatch 0.0.9 abc)");
        assert_eq!(change(other), Change::Update);
        assert!(matches!(change(json!({"description": "theirs (mine)"})), Change::Refuse(_)));
    }

    #[test]
    fn a_pipeline_whose_processor_is_missing_is_left_out_and_says_why() {
        let assets = crate::assets::all();
        let lacks = Lacks { processors: ["set".to_owned()].into(), ..Lacks::default() };
        let steps = plan_assets(&assets, &lacks, &BTreeMap::new());
        assert!(
            matches!(&steps[0].change, Change::Leave(why) if why.contains("set")),
            "{:?}",
            steps[0]
        );
        assert_eq!(steps[0].request, None);
    }

    #[test]
    fn removal_takes_only_what_is_ours_and_templates_before_their_parts() {
        let assets = crate::assets::all();
        let present = plan_assets(&assets, &Lacks::default(), &BTreeMap::new())
            .into_iter()
            .zip(&assets)
            .map(|(step, asset)| {
                ((asset.kind, asset.name.clone()), step.request.unwrap().body.unwrap())
            })
            .collect();
        let steps = plan_removal(&assets, &present);
        assert_eq!(steps.len(), assets.len());
        let last_index = steps.iter().rposition(|step| step.subject == Subject::IndexTemplate);
        let first_part = steps.iter().position(|step| step.subject == Subject::ComponentTemplate);
        assert!(last_index < first_part);

        let foreign =
            [((AssetKind::IngestPipeline, crate::assets::FINAL_PIPELINE.to_owned()), json!({}))]
                .into();
        assert!(matches!(plan_removal(&assets, &foreign)[0].change, Change::Leave(_)));
    }
}
