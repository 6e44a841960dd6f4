//! `status`: asks a running detector how it stands.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;

/// Returns what the detector at this address says of itself.
///
/// # Errors
/// When none answers.
pub async fn status(address: SocketAddr) -> io::Result<Value> {
    let client = reqwest::Client::builder().timeout(Duration::from_secs(5)).no_proxy().build();
    let client = client.map_err(io::Error::other)?;
    let reply = client.get(format!("http://{address}/status")).send().await;
    let text = reply.map_err(io::Error::other)?.text().await.map_err(io::Error::other)?;
    serde_json::from_str(&text).map_err(io::Error::other)
}
