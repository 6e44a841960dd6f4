//! The admin endpoint: `/livez`, `/readyz`, `/metrics` and `/status`, on loopback. Nothing here changes anything.

use std::{
    collections::BTreeMap,
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use prometheus_client::{encoding::text::encode, registry::Registry};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{Clock, settings::Check, shutdown::Shutdown};

/// The `admin:` block of every program that runs.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawAdmin {
    /// Address and port; each program has its own default.
    pub address: Option<String>,
    /// Who may reach it.
    pub interfaces: Interfaces,
}

/// Which interfaces the endpoint may listen on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Interfaces {
    /// This machine only.
    #[default]
    Loopback,
    /// Any; there is no login, so a firewall must stand before it.
    Any,
}

/// An address that the endpoint may listen on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address {
    socket: SocketAddr,
}

impl RawAdmin {
    /// Checks the block; keys stand under `admin`.
    pub fn check(&self, check: &mut Check<'_>, default: SocketAddr) -> Address {
        let socket = match &self.address {
            None => default,
            Some(text) => check.within("admin", |check| {
                check.take("address", text, parse(text, self.interfaces)).unwrap_or(default)
            }),
        };
        Address { socket }
    }
}

impl Address {
    /// Returns an address on loopback; port 0 lets the system choose.
    pub fn loopback(port: u16) -> Self {
        Self { socket: SocketAddr::from(([127, 0, 0, 1], port)) }
    }

    /// Returns the address and port.
    pub fn socket(&self) -> SocketAddr {
        self.socket
    }
}

fn parse(text: &str, interfaces: Interfaces) -> Result<SocketAddr, &'static str> {
    let text = text.replace("localhost:", "127.0.0.1:");
    let socket: SocketAddr =
        text.parse().map_err(|_| "which is not an address with a port such as 127.0.0.1:8630")?;
    match (socket.ip(), interfaces) {
        (_, Interfaces::Any) => Ok(socket),
        (IpAddr::V4(ip), Interfaces::Loopback) if ip.is_loopback() => Ok(socket),
        (IpAddr::V6(ip), Interfaces::Loopback) if ip.is_loopback() => Ok(socket),
        (_, Interfaces::Loopback) => Err(
            "which others than this machine can reach: write admin.interfaces: any if that is meant",
        ),
    }
}

/// What the endpoint shows; the loops of the program keep it up to date. Clones are the same state.
#[derive(Debug, Clone)]
pub struct AdminState {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    clock: Arc<dyn Clock>,
    shown: Mutex<Shown>,
    registry: Mutex<Registry>,
}

#[derive(Debug)]
struct Shown {
    /// Why the program is not ready, by name. Empty is ready.
    reasons: BTreeMap<&'static str, String>,
    status: Value,
    last_beat: Option<Duration>,
}

/// A loop that has not come round for so long is stuck.
const LONGEST_ROUND: Duration = Duration::from_mins(1);

impl AdminState {
    /// Returns a state that is not ready, because the program is `starting`; call [`AdminState::ready`] with that name
    /// when it runs.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let reasons = BTreeMap::from([("starting", "the program is starting".to_owned())]);
        let shown = Shown { reasons, status: json!({}), last_beat: None };
        let shared =
            Shared { clock, shown: Mutex::new(shown), registry: Mutex::new(Registry::default()) };
        Self { shared: Arc::new(shared) }
    }

    /// Makes the program not ready for a named reason until [`AdminState::ready`] takes it back.
    pub fn not_ready(&self, name: &'static str, reason: impl Into<String>) {
        self.shown().reasons.insert(name, reason.into());
    }

    /// Takes a reason back.
    pub fn ready(&self, name: &'static str) {
        self.shown().reasons.remove(name);
    }

    /// Returns the reasons for not being ready, by name.
    pub fn reasons(&self) -> BTreeMap<&'static str, String> {
        self.shown().reasons.clone()
    }

    /// Says that the loop that does the work came round. After the first time, `/livez` fails when it stays away for
    /// a minute.
    pub fn beat(&self) {
        let now = self.shared.clock.monotonic();
        self.shown().last_beat = Some(now);
    }

    /// Replaces what `/status` shows. A status that is no JSON becomes its error.
    pub fn set_status(&self, status: &impl Serialize) {
        let value = serde_json::to_value(status);
        self.shown().status = value.unwrap_or_else(|error| json!({ "error": error.to_string() }));
    }

    /// Returns what `/status` shows.
    pub fn status(&self) -> Value {
        self.shown().status.clone()
    }

    /// Registers metrics.
    pub fn register<T>(&self, register: impl FnOnce(&mut Registry) -> T) -> T {
        register(&mut self.shared.registry.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns the metrics in Prometheus' text format.
    pub fn metrics(&self) -> Result<String, std::fmt::Error> {
        let registry = self.shared.registry.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        encode(&mut text, &registry)?;
        Ok(text)
    }

    fn is_alive(&self) -> bool {
        let now = self.shared.clock.monotonic();
        let last = self.shown().last_beat;
        last.is_none_or(|last| now.saturating_sub(last) <= LONGEST_ROUND)
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shared.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The endpoint, bound to its address and not yet answering.
#[derive(Debug)]
pub struct Admin {
    listener: TcpListener,
}

/// An act of the endpoint that failed.
#[derive(Debug, thiserror::Error)]
#[error("cannot {act} admin endpoint {address}")]
pub struct Error {
    act: &'static str,
    address: SocketAddr,
    source: io::Error,
}

impl Admin {
    /// Binds the address.
    pub async fn bind(address: Address) -> Result<Self, Error> {
        let fault = |source| Error { act: "bind", address: address.socket, source };
        TcpListener::bind(address.socket).await.map(|listener| Self { listener }).map_err(fault)
    }

    /// Returns the address with the port that the system chose.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers until the shutdown begins and open requests are done. The run loop joins this future.
    pub async fn serve(self, state: AdminState, shutdown: Shutdown) -> Result<(), Error> {
        let address = self.address().unwrap_or_else(|_| SocketAddr::from(([0, 0, 0, 0], 0)));
        let until = async move { shutdown.begun().await };
        axum::serve(self.listener, router(state))
            .with_graceful_shutdown(until)
            .await
            .map_err(|source| Error { act: "serve", address, source })
    }
}

fn router(state: AdminState) -> Router {
    Router::new()
        .route("/livez", get(live))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .route("/status", get(status))
        .with_state(state)
}

async fn live(State(state): State<AdminState>) -> Response {
    if state.is_alive() {
        (StatusCode::OK, Json(json!({ "alive": true }))).into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "alive": false }))).into_response()
    }
}

async fn ready(State(state): State<AdminState>) -> Response {
    let reasons = state.reasons();
    let code = if reasons.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, Json(json!({ "ready": reasons.is_empty(), "reasons": reasons }))).into_response()
}

async fn metrics(State(state): State<AdminState>) -> Response {
    const TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    match state.metrics() {
        Ok(text) => ([(header::CONTENT_TYPE, TYPE)], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn status(State(state): State<AdminState>) -> Json<Value> {
    Json(state.status())
}

#[cfg(test)]
mod tests;
