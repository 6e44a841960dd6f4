use expect_test::{Expect, expect};
use prometheus_client::metrics::counter::Counter;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

use super::*;
use crate::{ManualClock, settings::Settings};

/// A running endpoint on a port of its own.
struct Scene {
    clock: ManualClock,
    state: AdminState,
    shutdown: Shutdown,
    address: SocketAddr,
    tasks: JoinSet<Result<(), Error>>,
}

impl Scene {
    async fn new() -> Self {
        let clock = ManualClock::new("2026-03-01T00:00:00Z".parse().unwrap());
        let state = AdminState::new(Arc::new(clock.clone()));
        let admin = Admin::bind(Address::loopback(0)).await.unwrap();
        let address = admin.address().unwrap();
        let shutdown = Shutdown::new();
        let tasks = JoinSet::from_iter([admin.serve(state.clone(), shutdown.clone())]);
        Self { clock, state, shutdown, address, tasks }
    }

    /// Returns the status code and the body.
    async fn ask(&self, method: &str, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let request = format!("{method} {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).await.unwrap();
        let (head, body) = reply.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    async fn end(mut self) {
        self.shutdown.begin();
        while let Some(outcome) = self.tasks.join_next().await {
            outcome.unwrap().unwrap();
        }
    }
}

#[tokio::test]
async fn a_program_is_ready_when_no_reason_against_it_is_left() {
    let scene = Scene::new().await;
    let (code, body) = scene.ask("GET", "/readyz").await;
    assert_eq!(code, 503);
    assert!(body.contains("the program is starting"), "{body}");
    scene.state.not_ready("state", "the state directory is full");
    scene.state.ready("starting");
    let (code, body) = scene.ask("GET", "/readyz").await;
    assert_eq!(code, 503);
    assert_eq!(body, r#"{"ready":false,"reasons":{"state":"the state directory is full"}}"#);
    scene.state.ready("state");
    let (code, body) = scene.ask("GET", "/readyz").await;
    assert_eq!((code, body.as_str()), (200, r#"{"ready":true,"reasons":{}}"#));
    scene.end().await;
}

#[tokio::test]
async fn a_loop_that_stays_away_for_a_minute_is_not_alive() {
    let scene = Scene::new().await;
    assert_eq!(scene.ask("GET", "/livez").await.0, 200);
    scene.clock.advance(Duration::from_mins(2));
    assert_eq!(scene.ask("GET", "/livez").await.0, 200);
    scene.state.beat();
    scene.clock.advance(Duration::from_mins(1));
    assert_eq!(scene.ask("GET", "/livez").await.0, 200);
    scene.clock.advance(Duration::from_secs(1));
    assert_eq!(scene.ask("GET", "/livez").await.0, 503);
    scene.state.beat();
    assert_eq!(scene.ask("GET", "/livez").await.0, 200);
    scene.end().await;
}

#[tokio::test]
async fn status_and_metrics_show_what_the_program_tells() {
    let scene = Scene::new().await;
    assert_eq!(scene.ask("GET", "/status").await, (200, "{}".to_owned()));
    scene.state.set_status(&json!({ "lag_bytes": 7 }));
    assert_eq!(scene.ask("GET", "/status").await.1, r#"{"lag_bytes":7}"#);
    let lines: Counter = Counter::default();
    lines.inc_by(3);
    scene.state.register(|registry| {
        registry.register("shipper_lines_read", "Lines read", lines.clone());
    });
    let (code, body) = scene.ask("GET", "/metrics").await;
    assert_eq!(code, 200);
    expect![[r"
        # HELP shipper_lines_read Lines read.
        # TYPE shipper_lines_read counter
        shipper_lines_read_total 3
        # EOF
    "]]
    .assert_eq(&body);
    scene.end().await;
}

#[tokio::test]
async fn nothing_can_be_changed_and_nothing_else_is_there() {
    let scene = Scene::new().await;
    assert_eq!(scene.ask("POST", "/status").await.0, 405);
    assert_eq!(scene.ask("DELETE", "/metrics").await.0, 405);
    assert_eq!(scene.ask("GET", "/").await.0, 404);
    scene.end().await;
}

#[tokio::test]
async fn an_address_in_use_is_named() {
    let scene = Scene::new().await;
    let error = Admin::bind(Address { socket: scene.address }).await.unwrap_err();
    assert_eq!(error.to_string(), format!("cannot bind admin endpoint {}", scene.address));
    scene.end().await;
}

fn checked(text: &str) -> Result<Address, String> {
    #[derive(Deserialize)]
    struct Raw {
        admin: RawAdmin,
    }
    let settings = Settings::of_text("s.yml", text).unwrap();
    let raw: Raw = settings.read().unwrap();
    let mut check = Check::new(&settings);
    let address = raw.admin.check(&mut check, SocketAddr::from(([127, 0, 0, 1], 8630)));
    check.finish(address).map(|(address, _)| address).map_err(|findings| findings.to_string())
}

fn refused(text: &str, expected: &Expect) {
    expected.assert_eq(&checked(text).unwrap_err());
}

#[test]
fn only_loopback_is_taken_unless_any_interface_is_configured() {
    let socket = |text| checked(text).unwrap().socket().to_string();
    assert_eq!(socket("admin: {}\n"), "127.0.0.1:8630");
    assert_eq!(socket("admin: {address: 'localhost:9'}\n"), "127.0.0.1:9");
    assert_eq!(socket("admin: {address: '[::1]:9'}\n"), "[::1]:9");
    assert_eq!(socket("admin: {address: '0.0.0.0:9', interfaces: any}\n"), "0.0.0.0:9");
    refused(
        "admin:\n  address: 0.0.0.0:9\n",
        &expect![
            "s.yml:2: admin.address is 0.0.0.0:9, which others than this machine can reach: write admin.interfaces: any if that is meant"
        ],
    );
    refused(
        "admin:\n  address: '9'\n",
        &expect![
            "s.yml:2: admin.address is 9, which is not an address with a port such as 127.0.0.1:8630"
        ],
    );
}
