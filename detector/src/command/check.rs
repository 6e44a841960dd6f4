//! `check --connect`: asks the cluster what `run` will need of it.

use std::collections::{BTreeMap, BTreeSet};

use elastic::{Body, Client, Method, part};
use runtime::settings::{Check, Findings};
use runtime::{Exit, chain};
use serde_json::{Value, json};

use crate::rule::Window;
use crate::settings::DetectorSettings;
use crate::source::{Answer, Ask, Cluster, SeriesSource};
use crate::store::{Index, Store};

/// Missing rights that are named; a wrong key lacks them all.
const SHOWN: usize = 3;

/// What asking the cluster brought.
#[derive(Debug)]
pub struct Asked {
    /// What was found.
    pub findings: Findings,
    /// How the check ends.
    pub exit: Exit,
}

/// Asks for rights and indices, and tries one bucket of every rule.
///
/// What stands in the way of everything else ends the check: a cluster that does not answer, refuses the credentials, or
/// grants too little is told once and not once for each rule.
pub async fn connect(
    settings: &DetectorSettings,
    client: &Client,
    mut check: Check<'_>,
    now: jiff::Timestamp,
) -> Asked {
    let store = Store::new(client.clone(), settings.namespace.clone());
    let source = Cluster::new(client.clone(), settings.namespace.clone());
    let obstacle = rights(&mut check, &store, &targets(settings, &source)).await;
    if obstacle.is_none() {
        indices(&mut check, &store).await;
        rules(settings, &source, &mut check, now).await;
    }
    let judged = if check.findings().stop() { Exit::Difference } else { Exit::Done };
    Asked { findings: check.findings().clone(), exit: obstacle.unwrap_or(judged) }
}

/// Returns the streams that rules read.
fn targets(settings: &DetectorSettings, source: &Cluster) -> Vec<String> {
    let targets: BTreeSet<String> = settings
        .rules
        .iter()
        .flat_map(|rule| source.target(rule).split(',').map(str::to_owned).collect::<Vec<_>>())
        .collect();
    targets.into_iter().collect()
}

async fn indices(check: &mut Check<'_>, store: &Store) {
    for index in Index::STATE {
        let path = format!("/{}", part(&store.name(index)));
        if let Err(elastic::Error::NotFound { .. }) =
            store.client().ask(Method::Head, &path, &[], Body::Empty).await
        {
            let message = format!("has no index {}", store.name(index));
            check.warn(
                "cluster",
                &message,
                "it is made at the first write; `storewatch setup` makes its template",
            );
        }
    }
}

/// Tries one bucket of every rule; rules that fail for one reason are told together.
async fn rules(
    settings: &DetectorSettings,
    source: &Cluster,
    check: &mut Check<'_>,
    now: jiff::Timestamp,
) {
    let mut failed: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for rule in settings.rules.iter() {
        let from = rule.span.floor(now);
        let window = Window { from, to: rule.span.offset(from, 1) };
        let ask = Ask { rule, window, time_limit: settings.query_time_limit };
        if let Some(Answer::Partial { reason }) = source.read(&[ask]).await.pop() {
            failed.entry(reason).or_default().push(&rule.id);
        }
    }
    for (reason, ids) in failed {
        check.missing("rules", &format!("cannot ask for {}: {reason}", ids.join(", ")), "");
    }
}

/// Asks whether the detector may do what it does, and returns how the check ends at once if it may not.
async fn rights(check: &mut Check<'_>, store: &Store, targets: &[String]) -> Option<Exit> {
    let state = Index::STATE.map(|index| store.name(index)).to_vec();
    let streams = [Index::Alerts, Index::Series].map(|index| store.name(index)).to_vec();
    let asked = json!({"index": [
        {"names": targets, "privileges": ["read"]},
        {"names": state, "privileges": ["read", "index", "delete"]},
        {"names": streams, "privileges": ["create_doc"]},
    ]});
    let path = "/_security/user/_has_privileges";
    let reply = store.client().ask(Method::Post, path, &[], Body::json(&asked)).await;
    match reply.and_then(|reply| reply.json::<Value>()) {
        Ok(answer) if answer["has_all_requested"].as_bool() == Some(true) => None,
        Ok(answer) => {
            let message = format!("lacks rights: {}", missing(&answer));
            check.missing("cluster", &message, "use the key that `storewatch setup` makes");
            Some(Exit::Permission)
        }
        // A cluster without security has no such question.
        Err(elastic::Error::Refused { .. } | elastic::Error::NotFound { .. }) => None,
        Err(error) if error.is_unreachable() => {
            let hint =
                "see that it runs and that cluster.addresses and cluster.ca_file name it rightly";
            check.missing("cluster", &chain(&error), hint);
            Some(Exit::Unreachable)
        }
        Err(error) if error.is_permission() => {
            let hint =
                "use the key that `storewatch setup` writes to detector.key, whole and as it is";
            check.missing("cluster", &chain(&error), hint);
            Some(Exit::Permission)
        }
        Err(error) => {
            check.missing(
                "cluster",
                &format!("cannot be asked: {}", chain(&error)),
                "try again later",
            );
            Some(Exit::Temporary)
        }
    }
}

fn missing(answer: &Value) -> String {
    let mut lacking = Vec::new();
    for (index, rights) in answer["index"].as_object().into_iter().flatten() {
        for (right, held) in rights.as_object().into_iter().flatten() {
            if held.as_bool() == Some(false) {
                lacking.push(format!("{right} on {index}"));
            }
        }
    }
    let more = lacking.len().saturating_sub(SHOWN);
    lacking.truncate(SHOWN);
    let shown = lacking.join(", ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}
