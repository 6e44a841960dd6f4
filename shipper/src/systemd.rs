//! Tells systemd how we are, by its datagram protocol (`sd_notify`): a few lines of text to the socket it names.
//!
//! Nothing here fails: a manager that does not listen is none of the events' business.

use std::fmt;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::sync::Arc;
use std::time::Duration;

use runtime::settings::Environment;

/// The service manager that started us, if one did. Clones speak over the same socket.
#[derive(Clone, Default)]
pub struct Systemd {
    socket: Option<Arc<(UnixDatagram, SocketAddr)>>,
    watchdog: Option<Duration>,
}

impl Systemd {
    /// Returns the manager that the environment of the process with this number names.
    pub fn of(environment: &Environment, process: u32) -> Self {
        let socket = environment.get("NOTIFY_SOCKET").and_then(connect).map(Arc::new);
        let is_ours =
            environment.get("WATCHDOG_PID").is_none_or(|number| number.parse() == Ok(process));
        let watchdog = environment.get("WATCHDOG_USEC").filter(|_| is_ours);
        let watchdog = watchdog.and_then(|text| text.parse().ok()).filter(|micros| *micros > 0);
        Self { socket, watchdog: watchdog.map(Duration::from_micros) }
    }

    /// Returns how long systemd waits for a sign of life before it kills us; `None` when it does not watch.
    pub fn watchdog(&self) -> Option<Duration> {
        self.socket.as_ref().and(self.watchdog)
    }

    /// Says that we run, or run again after a reload.
    pub fn ready(&self) {
        self.send("READY=1");
    }

    /// Says that the configuration is read again; the argument is the time of `CLOCK_MONOTONIC`, by which systemd tells
    /// this reload from an earlier one.
    pub fn reloading(&self, monotonic: Duration) {
        self.send(&format!("RELOADING=1\nMONOTONIC_USEC={}", monotonic.as_micros()));
    }

    /// Says that we end.
    pub fn stopping(&self) {
        self.send("STOPPING=1");
    }

    /// Says in one line how it goes, for `systemctl status`.
    pub fn status(&self, text: &str) {
        // A line break would begin another assignment.
        self.send(&format!("STATUS={}", runtime::plain(text)));
    }

    /// Says that the loop which does the work came round.
    pub fn alive(&self) {
        self.send("WATCHDOG=1");
    }

    fn send(&self, text: &str) {
        if let Some(socket) = &self.socket {
            // A manager that is gone or whose queue is full is told the next time; we do not wait for it.
            drop(socket.0.send_to_addr(text.as_bytes(), &socket.1));
        }
    }
}

/// Returns a socket and the manager's address: a path, or an abstract name after `@`.
fn connect(name: &str) -> Option<(UnixDatagram, SocketAddr)> {
    let address = match name.strip_prefix('@') {
        Some(name) => SocketAddr::from_abstract_name(name).ok()?,
        None => SocketAddr::from_pathname(name).ok()?,
    };
    let socket = UnixDatagram::unbound().ok()?;
    socket.set_nonblocking(true).ok()?;
    Some((socket, address))
}

impl fmt::Debug for Systemd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Systemd").field("watchdog", &self.watchdog()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(socket: &UnixDatagram) -> String {
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut bytes = [0; 1024];
        let length = socket.recv(&mut bytes).unwrap();
        String::from_utf8_lossy(bytes.get(..length).unwrap()).into_owned()
    }

    fn speak(systemd: &Systemd, socket: &UnixDatagram) -> Vec<String> {
        systemd.ready();
        systemd.reloading(Duration::from_micros(7_000_001));
        systemd.status("lag 5 bytes\nREADY=0");
        systemd.alive();
        systemd.stopping();
        (0..5).map(|_| heard(socket)).collect()
    }

    const SAID: [&str; 5] = [
        "READY=1",
        "RELOADING=1\nMONOTONIC_USEC=7000001",
        "STATUS=lag 5 bytes READY=0",
        "WATCHDOG=1",
        "STOPPING=1",
    ];

    #[test]
    fn a_manager_at_a_path_hears_everything() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        let environment =
            Environment::from_iter([("NOTIFY_SOCKET".to_owned(), path.display().to_string())]);
        assert_eq!(speak(&Systemd::of(&environment, 1), &socket), SAID);
    }

    #[test]
    fn a_manager_at_an_abstract_name_hears_everything() {
        let name = format!("storewatch-test-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let socket = UnixDatagram::bind_addr(&address).unwrap();
        let environment = Environment::from_iter([("NOTIFY_SOCKET", format!("@{name}"))]);
        assert_eq!(speak(&Systemd::of(&environment, 1), &socket), SAID);
    }

    #[test]
    fn a_watchdog_is_ours_only_when_it_names_us_or_nobody() {
        let watchdog = |variables: &[(&str, &str)]| {
            let all = [("NOTIFY_SOCKET", "/nowhere/notify")];
            let all = all.iter().chain(variables).copied();
            Systemd::of(&all.collect(), 42).watchdog()
        };
        assert_eq!(watchdog(&[("WATCHDOG_USEC", "60000000")]), Some(Duration::from_mins(1)));
        let named = |number| watchdog(&[("WATCHDOG_USEC", "1000000"), ("WATCHDOG_PID", number)]);
        assert_eq!((named("42"), named("43")), (Some(Duration::from_secs(1)), None));
        assert_eq!(watchdog(&[("WATCHDOG_USEC", "0")]), None);
        assert_eq!(Systemd::default().watchdog(), None);
    }

    #[test]
    fn a_manager_that_does_not_listen_stops_nothing() {
        let environment = Environment::from_iter([("NOTIFY_SOCKET", "/nowhere/notify")]);
        Systemd::of(&environment, 1).ready();
        Systemd::default().ready();
    }
}
