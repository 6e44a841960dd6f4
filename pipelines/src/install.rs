//! The one installer: it plans against a survey, shows the plan, and carries it out step by step.

use elastic::{Body, Client, Error, Method, part};
use event::{Namespace, Stream};
use serde_json::{Value, json};

use crate::assets::{self, retention_days, state_indices, streams};
use crate::keys::KeyHolder;
use crate::plan::{Change, Request, Step, Subject, Verb, plan_assets, plan_removal};
use crate::stand_in::Offer;
use crate::survey::{Survey, Use};

/// A part of a set-up that can be done on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Component and index templates.
    Templates,
    /// Ingest pipelines.
    Pipelines,
    /// Data streams and state indices.
    Streams,
    /// How long streams that exist keep their documents.
    Lifecycle,
    /// API keys.
    Keys,
    /// Boards.
    Dashboards,
}

impl Part {
    /// All parts, in the order in which they are done.
    pub const ALL: [Self; 6] = [
        Self::Pipelines,
        Self::Templates,
        Self::Streams,
        Self::Lifecycle,
        Self::Keys,
        Self::Dashboards,
    ];
}

/// Plans templates, pipelines, streams and lifecycle; keys and boards are planned by who holds them.
pub fn plan(survey: &Survey, namespace: &Namespace, parts: &[Part]) -> Vec<Step> {
    let mut steps = plan_assets(&assets::all(), &survey.lacks, &survey.present);
    steps.retain(|step| parts.contains(&part_of(step.subject)));
    if parts.contains(&Part::Streams) {
        steps.extend(streams(namespace).iter().map(|stream| stream_step(survey, stream)));
        steps.extend(state_indices(namespace).into_iter().map(|name| state_step(survey, name)));
    }
    if parts.contains(&Part::Lifecycle) {
        steps.extend(streams(namespace).iter().filter_map(|stream| lifecycle_step(survey, stream)));
    }
    steps
}

/// Plans the removal of what `plan` installs, but for streams, state and data, which are the user's.
pub fn plan_remove(survey: &Survey, parts: &[Part]) -> Vec<Step> {
    let mut steps = plan_removal(&assets::all(), &survey.present);
    steps.retain(|step| parts.contains(&part_of(step.subject)));
    // Templates and pipelines serve all namespaces. A stream that names a pipeline that is gone refuses every document,
    // and one without its template goes on with the wrong types.
    if survey.use_of_assets == Use::Used {
        for step in &mut steps {
            if step.change == Change::Remove {
                step.change = Change::Leave(
                    "streams of this or another namespace still use it; delete them by hand first"
                        .into(),
                );
                step.request = None;
            }
        }
    }
    steps
}

fn part_of(subject: Subject) -> Part {
    match subject {
        Subject::IngestPipeline => Part::Pipelines,
        Subject::ComponentTemplate | Subject::IndexTemplate => Part::Templates,
        Subject::DataStream | Subject::StateIndex => Part::Streams,
        Subject::Lifecycle => Part::Lifecycle,
        Subject::ApiKey => Part::Keys,
        Subject::Dashboard => Part::Dashboards,
    }
}

fn stream_step(survey: &Survey, stream: &Stream) -> Step {
    let name = stream.to_string();
    if survey.lacks.data_stream_api == Offer::Missing {
        let why = "this cluster makes a stream by its first document".to_owned();
        return Step::quiet(Subject::DataStream, name, Change::Leave(why));
    }
    if survey.streams.contains(&name) {
        return Step::quiet(Subject::DataStream, name, Change::Same);
    }
    let request =
        Request { verb: Verb::Put, path: format!("/_data_stream/{}", part(&name)), body: None };
    Step::sending(Subject::DataStream, name, Change::Create, request)
}

fn state_step(survey: &Survey, name: String) -> Step {
    if survey.state_indices.contains(&name) {
        return Step::quiet(Subject::StateIndex, name, Change::Same);
    }
    let request = Request { verb: Verb::Put, path: format!("/{}", part(&name)), body: None };
    Step::sending(Subject::StateIndex, name, Change::Create, request)
}

/// A stream that exists keeps the lifecycle with which it was made, so it is told anew.
fn lifecycle_step(survey: &Survey, stream: &Stream) -> Option<Step> {
    let name = stream.to_string();
    if survey.lacks.lifecycle == Offer::Missing || !survey.streams.contains(&name) {
        return None;
    }
    let request = Request {
        verb: Verb::Put,
        path: format!("/_data_stream/{}/_lifecycle", part(&name)),
        body: Some(json!({"data_retention": format!("{}d", retention_days(stream.dataset))})),
    };
    Some(Step::sending(Subject::Lifecycle, name, Change::Update, request))
}

/// Carries out one step; one that changes nothing sends nothing.
pub async fn carry_out(client: &Client, step: &Step) -> Result<(), Error> {
    let Some(request) = &step.request else { return Ok(()) };
    let method = match request.verb {
        Verb::Put => Method::Put,
        Verb::Post => Method::Post,
        Verb::Delete => Method::Delete,
    };
    let body = request.body.as_ref().map_or(Body::Empty, Body::json);
    let reply = client.send(method, &request.path, &[], body).await?;
    // Somebody else may have made or removed the same thing since the survey.
    let done_already = match step.change {
        Change::Create => reply.status == 400 && reply.reason().contains("already exists"),
        Change::Remove => reply.status == 404,
        Change::Update | Change::Same | Change::Leave(_) | Change::Refuse(_) => false,
    };
    if done_already { Ok(()) } else { reply.success().map(|_| ()) }
}

/// Makes a key and returns it encoded as programs send it: base64 of `id:secret`.
pub async fn make_key(
    client: &Client,
    holder: KeyHolder,
    namespace: &Namespace,
    survey: &Survey,
) -> Result<String, Error> {
    let body = Body::json(&holder.request(namespace, &survey.lacks));
    let reply: Value = client.ask(Method::Post, "/_security/api_key", &[], body).await?.json()?;
    Ok(reply["encoded"].as_str().unwrap_or_default().to_owned())
}

/// Invalidates all keys of a program in this namespace and returns how many there were.
pub async fn revoke_keys(
    client: &Client,
    holder: KeyHolder,
    namespace: &Namespace,
) -> Result<usize, Error> {
    let body = Body::json(&json!({"name": holder.key_name(namespace), "owner": true}));
    let reply: Value = client.ask(Method::Delete, "/_security/api_key", &[], body).await?.json()?;
    Ok(reply["invalidated_api_keys"].as_array().map_or(0, Vec::len))
}
