//! What systemd hears from a running shipper, over a real socket.

use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use harness::{Signal, eventually};

use crate::desk::{Desk, LIMIT};

/// The manager's end of the socket, and all that it heard so far.
struct Manager {
    socket: UnixDatagram,
    heard: Vec<String>,
}

impl Manager {
    fn new(desk: &Desk) -> Self {
        let socket = UnixDatagram::bind(desk.path("notify")).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        Self { socket, heard: Vec::new() }
    }

    /// Waits until something with this start was said since the last call that asked, and returns it.
    #[track_caller]
    fn hears(&mut self, start: &str) -> String {
        let mut found = None;
        eventually(LIMIT, || {
            let mut bytes = [0; 4_096];
            while let Ok(length) = self.socket.recv(&mut bytes) {
                self.heard.push(String::from_utf8_lossy(&bytes[..length]).into_owned());
            }
            let place = self.heard.iter().position(|said| said.starts_with(start));
            found = place.map(|place| self.heard.remove(place));
            found.is_some()
        });
        found.unwrap()
    }
}

#[test]
fn systemd_hears_of_start_life_reload_lag_and_stop() {
    let desk = Desk::new();
    let mut manager = Manager::new(&desk);
    let shipper = desk
        .shipper(&["run"])
        .env("NOTIFY_SOCKET", desk.path("notify"))
        .env("WATCHDOG_USEC", "2000000")
        .start();
    manager.hears("READY=1");
    for _ in 0..3 {
        manager.hears("WATCHDOG=1");
    }
    assert_eq!(manager.hears("STATUS="), "STATUS=1 inputs, lag 0 B; ready");
    shipper.signal(Signal::HUP);
    let reloading = manager.hears("RELOADING=1");
    let micros = reloading.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").unwrap();
    assert!(micros.parse::<u64>().unwrap() > 0, "{reloading}");
    manager.hears("READY=1");
    // A cluster that refuses us is no reason to be killed: the watchdog goes on, and the line says what is wrong.
    desk.server.rule(|_| harness::scripted::Act::Status(401));
    desk.lines("a.log", 0..10);
    let said = manager.hears("STATUS=1 inputs, lag 0 B; not ready");
    assert!(said.contains("answer 401"), "{said}");
    manager.heard.clear();
    manager.hears("WATCHDOG=1");
    shipper.signal(Signal::TERM);
    manager.hears("STOPPING=1");
}
