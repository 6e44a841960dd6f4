//! What a demo leaves in a cluster goes with it: streams, state indices and keys of its own namespace.

use anyhow::Result;
use elastic::{Body, Client, Method, part};
use event::Namespace;
use pipelines::assets::{state_indices, streams};
use pipelines::install::revoke_keys;
use pipelines::keys::KeyHolder;

/// Removes what the demo made. Only names that carry its own namespace are touched; templates stay, since `setup` would
/// install the same.
pub(super) async fn sweep(client: &Client, namespace: &Namespace) -> Result<()> {
    for stream in streams(namespace) {
        let name = stream.to_string();
        let path = format!("/_data_stream/{}", part(&name));
        let reply = client.send(Method::Delete, &path, &[], Body::Empty).await?;
        // Where the cluster has no such endpoint, it is one that `dev` started, and goes as a whole.
        if !matches!(reply.status, 200 | 400 | 404 | 405) {
            reply.success()?;
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
    Ok(())
}
