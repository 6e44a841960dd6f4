//! What a demo leaves in a cluster goes with it: streams, state indices and keys of its own namespace.

use elastic::{Body, Client, Error, Method, part};
use event::Namespace;
use pipelines::assets::{state_indices, streams};
use pipelines::install::revoke_keys;
use pipelines::keys::KeyHolder;

/// How much of what the demo made could be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Swept {
    /// All of it.
    All,
    /// Streams stay: the cluster has no endpoint that deletes them. The server of `dev` is one; it goes as a whole.
    NotStreams,
}

/// Removes what the demo made. Only names that carry its own namespace are touched; templates stay, since `setup` would
/// install the same.
pub(super) async fn sweep(client: &Client, namespace: &Namespace) -> Result<Swept, Error> {
    let mut swept = Swept::All;
    for stream in streams(namespace) {
        let name = stream.to_string();
        let path = format!("/_data_stream/{}", part(&name));
        let reply = client.send(Method::Delete, &path, &[], Body::Empty).await?;
        match reply.status {
            200 | 404 => {}
            400 | 405 => swept = Swept::NotStreams,
            _ => drop(reply.success()?),
        }
    }
    for name in state_indices(namespace) {
        let reply =
            client.send(Method::Delete, &format!("/{}", part(&name)), &[], Body::Empty).await?;
        if reply.status != 404 {
            reply.success()?;
        }
    }
    for holder in KeyHolder::ALL {
        // A cluster without keys, or a login that is a key itself, has none to take back.
        if let Err(error) = revoke_keys(client, holder, namespace).await {
            tracing::debug!(error = %error, "no key of {} taken back", holder.as_str());
        }
    }
    Ok(swept)
}
