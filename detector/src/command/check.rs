//! `check --connect`: asks the cluster what `run` will need of it.

use elastic::{Body, Client, Method, part};
use runtime::settings::{Check, Findings};
use serde_json::{Value, json};

use crate::rule::Window;
use crate::settings::DetectorSettings;
use crate::source::{Answer, Ask, Cluster, SeriesSource};
use crate::store::{Index, Store};

/// What asking the cluster brought.
#[derive(Debug)]
pub struct Asked {
    /// What was found.
    pub findings: Findings,
    /// Whether the cluster answered at all.
    pub reached: Reached,
}

/// Whether the cluster answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// It did.
    Yes,
    /// It did not.
    No,
}

/// Asks for rights and indices, and tries one bucket of every rule.
pub async fn connect(
    settings: &DetectorSettings,
    client: &Client,
    mut check: Check<'_>,
    now: jiff::Timestamp,
) -> Asked {
    let store = Store::new(client.clone(), settings.namespace.clone());
    if let Err(error) = client.ask(Method::Get, "/", &[], Body::Empty).await
        && error.is_unreachable()
    {
        check.missing("cluster.addresses", &format!("cannot be reached: {error}"), "");
        return Asked { findings: check.findings().clone(), reached: Reached::No };
    }
    rights(&mut check, &store).await;
    for index in [Index::State, Index::Outbox, Index::Groups, Index::Detector] {
        let path = format!("/{}", part(&store.name(index)));
        if let Err(elastic::Error::NotFound { .. }) =
            client.ask(Method::Head, &path, &[], Body::Empty).await
        {
            let message = format!("has no index {}", store.name(index));
            check.warn(
                "cluster",
                &message,
                "it is made at the first write; `storewatch setup` makes its template",
            );
        }
    }
    let source = Cluster::new(client.clone(), settings.namespace.clone());
    for rule in settings.rules.iter() {
        let from = rule.span.floor(now);
        let window = Window { from, to: rule.span.offset(from, 1) };
        let ask = Ask { rule, window, time_limit: settings.query_time_limit };
        if let Some(Answer::Partial { reason }) = source.read(&[ask]).await.pop() {
            check.missing("rules", &format!("cannot ask for {}: {reason}", rule.id), "");
        }
    }
    Asked { findings: check.findings().clone(), reached: Reached::Yes }
}

async fn rights(check: &mut Check<'_>, store: &Store) {
    let state: Vec<String> = [Index::State, Index::Outbox, Index::Groups, Index::Detector]
        .map(|index| store.name(index))
        .to_vec();
    let streams = [Index::Alerts, Index::Series].map(|index| store.name(index)).to_vec();
    let asked = json!({"index": [
        {"names": state, "privileges": ["read", "index", "delete"]},
        {"names": streams, "privileges": ["create_doc"]},
    ]});
    let path = "/_security/user/_has_privileges";
    let reply = store.client().ask(Method::Post, path, &[], Body::json(&asked)).await;
    match reply.and_then(|reply| reply.json::<Value>()) {
        Ok(answer) if answer["has_all_requested"].as_bool() == Some(true) => {}
        Ok(answer) => {
            let missing = missing(&answer);
            check.missing(
                "cluster",
                &format!("lacks rights: {missing}"),
                "make a key with `storewatch setup`",
            );
        }
        // A cluster without security has no such question.
        Err(elastic::Error::Refused { .. } | elastic::Error::NotFound { .. }) => {}
        Err(error) => check.missing("cluster", &format!("cannot be asked for rights: {error}"), ""),
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
    lacking.join(", ")
}
