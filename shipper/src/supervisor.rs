//! When the supervisor is told that we live, and what it is told for people. Pure but for the telling: now is an argument.

use std::time::Duration;

use runtime::admin::AdminState;

use crate::inputs::Inputs;
use crate::metrics::Metrics;
use crate::systemd::Systemd;

/// How often the line for people is told at most.
const STATUS_EVERY: Duration = Duration::from_secs(5);

/// Speaks to the supervisor for the loop that does the work: when the loop or the reader stand still, it falls silent.
#[derive(Debug)]
pub struct Supervisor {
    systemd: Systemd,
    inputs: Inputs,
    metrics: Metrics,
    admin: AdminState,
    fed: Option<Duration>,
    told: Option<(Duration, String)>,
}

impl Supervisor {
    /// Returns one that has told nothing yet.
    pub fn new(systemd: Systemd, inputs: Inputs, metrics: Metrics, admin: AdminState) -> Self {
        Self { systemd, inputs, metrics, admin, fed: None, told: None }
    }

    /// Returns how long the loop may wait for something to do before it must come round.
    pub fn longest_silence(&self) -> Duration {
        self.systemd.watchdog().map_or(Duration::MAX, |watchdog| watchdog / 4)
    }

    /// Says that the loop comes round, and when the reader last did.
    pub fn round(&mut self, now: Duration, reader: Duration) {
        self.feed(now, reader);
        let is_due = self.told.as_ref().is_none_or(|(told, _)| now >= *told + STATUS_EVERY);
        if is_due {
            let text = self.text();
            if self.told.as_ref().is_none_or(|(_, last)| *last != text) {
                self.systemd.status(&text);
            }
            self.told = Some((now, text));
        }
    }

    fn feed(&mut self, now: Duration, reader: Duration) {
        let Some(watchdog) = self.systemd.watchdog() else { return };
        // The reader may look at a large folder for a while; silent for longer than this, it is stuck.
        let lives = now.saturating_sub(reader) <= watchdog;
        let is_due = self.fed.is_none_or(|fed| now >= fed + watchdog / 4);
        if lives && is_due {
            self.systemd.alive();
            self.fed = Some(now);
        }
    }

    /// Returns lag and health in one line.
    fn text(&self) -> String {
        let active = self.inputs.active();
        let lag: u64 = active.iter().map(|(_, input)| self.metrics.lag_of(&input.id)).sum();
        let reasons = self.admin.reasons();
        let health = match reasons.iter().next() {
            None => "ready".to_owned(),
            Some((name, reason)) => format!("not ready, {name}: {reason}"),
        };
        format!("{} inputs, lag {}; {health}", active.len(), crate::status::size(lag))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use runtime::ManualClock;
    use runtime::settings::Environment;
    use std::os::unix::net::UnixDatagram;
    use std::sync::Arc;

    fn at(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    /// Returns a supervisor whose systemd waits 4 s for a sign of life, and the end at which it listens.
    fn supervised(folder: &tempfile::TempDir) -> (Supervisor, UnixDatagram) {
        let path = folder.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_nonblocking(true).unwrap();
        let variables = [
            ("NOTIFY_SOCKET".to_owned(), path.display().to_string()),
            ("WATCHDOG_USEC".to_owned(), "4000000".to_owned()),
        ];
        let systemd = Systemd::of(&Environment::from_iter(variables), 1);
        let clock = ManualClock::new("2026-01-01T00:00:00Z".parse().unwrap());
        let admin = AdminState::new(Arc::new(clock));
        (Supervisor::new(systemd, Inputs::default(), Metrics::new(), admin), socket)
    }

    fn heard(socket: &UnixDatagram) -> Vec<String> {
        let mut bytes = [0; 1_024];
        std::iter::from_fn(|| socket.recv(&mut bytes).ok().map(|length| bytes[..length].to_vec()))
            .map(|said| String::from_utf8(said).unwrap())
            .collect()
    }

    #[test]
    fn a_sign_of_life_is_given_four_times_as_often_as_needed_and_not_for_a_reader_that_is_stuck() {
        let folder = tempfile::tempdir().unwrap();
        let (mut supervisor, socket) = supervised(&folder);
        assert_eq!(supervisor.longest_silence(), at(1.0));
        supervisor.round(at(10.0), at(10.0));
        let status = "STATUS=0 inputs, lag 0 B; not ready, starting: the program is starting";
        assert_eq!(heard(&socket), ["WATCHDOG=1", status]);
        supervisor.round(at(10.9), at(10.9));
        assert!(heard(&socket).is_empty(), "too early to say more");
        supervisor.round(at(11.0), at(7.0));
        assert_eq!(heard(&socket), ["WATCHDOG=1"], "the reader is slow");
        supervisor.round(at(12.0), at(7.9));
        assert!(heard(&socket).is_empty(), "the reader stands still");
        supervisor.round(at(13.0), at(13.0));
        assert_eq!(heard(&socket), ["WATCHDOG=1"]);
    }

    #[test]
    fn the_line_for_people_is_told_when_it_changes() {
        let folder = tempfile::tempdir().unwrap();
        let (mut supervisor, socket) = supervised(&folder);
        supervisor.round(at(0.0), at(0.0));
        heard(&socket);
        supervisor.admin.ready("starting");
        supervisor.round(at(4.9), at(4.9));
        let is_status = |said: &String| said.starts_with("STATUS=");
        assert!(!heard(&socket).iter().any(is_status), "not more often than every 5 s");
        supervisor.round(at(5.0), at(5.0));
        assert!(heard(&socket).contains(&"STATUS=0 inputs, lag 0 B; ready".to_owned()));
        supervisor.round(at(10.0), at(10.0));
        assert!(!heard(&socket).iter().any(is_status), "nothing changed");
    }
}
