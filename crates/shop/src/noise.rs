//! What real logs do to facts: lines come late, twice or torn.

use std::collections::VecDeque;

use crate::chance::{Chance, whole};
use crate::config::ShopConfig;
use crate::host::Host;
use crate::line::{Kind, LogFile};
use crate::moment::{MINUTE_MS, Moment, SECOND_MS};
use crate::plan::Plan;
use crate::scenario::Control;

/// Minutes between two restarts of what delivers the events: median and spread.
const RESTART_MINUTES: (f64, f64) = (120.0, 0.3);
/// What a restart delivers again, as a multiple of the usual duplicates since the last one: three times as many in all.
const RESTART_DUPLICATES: f64 = 2.0;
const MOST_REPEATED: usize = 2_000;

/// A line that is ready but for the moment of its writing.
#[derive(Debug, Clone)]
pub(crate) struct Ready {
    pub(crate) file: LogFile,
    pub(crate) host: Option<Host>,
    pub(crate) happened: Moment,
    pub(crate) kind: Kind,
    pub(crate) text: Vec<u8>,
}

impl Ready {
    /// Returns the line as it is written when its host is heard again.
    pub(crate) fn held_back(self) -> Self {
        let kind = if self.kind == Kind::Prompt { Kind::Late } else { self.kind };
        Self { kind, ..self }
    }

    /// Gives it a form that no parser knows: other separators, no quotes, the last part first.
    pub(crate) fn drift(&mut self) {
        self.kind = Kind::Drifted;
        let middle = self.text.len() / 2;
        self.text.rotate_left(middle);
        for byte in &mut self.text {
            *byte = match *byte {
                b'"' | b'{' | b'}' | b'[' | b']' => b'|',
                b' ' | b',' => b';',
                other => other,
            };
        }
    }
}

/// What a fresh line becomes.
#[derive(Debug)]
pub(crate) enum Writing {
    Now(Ready),
    At(Moment, Ready),
}

/// The noise of one history.
#[derive(Debug)]
pub(crate) struct Noise {
    chance: Chance,
    duplicate_share: f64,
    late_share: f64,
    malformed_share: f64,
    restarts: Option<Restarts>,
}

#[derive(Debug)]
struct Restarts {
    next: Moment,
    recent: VecDeque<Ready>,
    delivered: u64,
}

impl Noise {
    pub(crate) fn new(config: &ShopConfig, plan: &Plan) -> Self {
        let mut chance = Chance::branch(config.seed, "noise", 0);
        let restarts = plan.has(Control::N6).then(|| Restarts {
            next: Moment::of(plan.from).plus_ms(until_restart(&mut chance)),
            recent: VecDeque::new(),
            delivered: 0,
        });
        Self {
            chance,
            duplicate_share: config.duplicate_share,
            late_share: config.late_share,
            malformed_share: config.malformed_share,
            restarts,
        }
    }

    /// Decides when a fresh line is written.
    pub(crate) fn fresh(&mut self, at: Moment, ready: Ready) -> Writing {
        let file = ready.file;
        // A web server writes its line itself, at once; events pass through queues and networks.
        if file.is_prompt() || !self.chance.happens(self.late_share) {
            return Writing::Now(ready);
        }
        let most_minutes = if file == LogFile::Traffic { 9.0 } else { 110.0 };
        let minutes = self.chance.log_normal(3.0, 1.0).min(most_minutes);
        let written = at.plus_ms(whole(minutes * MINUTE_MS as f64));
        Writing::At(written, Ready { kind: Kind::Late, ..ready })
    }

    /// Tears a line that is being written, or notes when it will be delivered again.
    pub(crate) fn written(
        &mut self,
        at: Moment,
        line: &mut Ready,
        again: &mut dyn FnMut(Moment, Ready),
    ) {
        if matches!(line.kind, Kind::Duplicate | Kind::Drifted) {
            return;
        }
        if self.chance.happens(self.malformed_share) {
            self.tear(line);
            return;
        }
        // Lines without an id cannot be told from other lines: for them a second delivery would be a second fact.
        if !line.file.has_ids() {
            return;
        }
        if self.chance.happens(self.duplicate_share) {
            let distance = whole(self.chance.log_normal(30.0, 1.2) * SECOND_MS as f64);
            again(at.plus_ms(distance), Ready { kind: Kind::Duplicate, ..line.clone() });
        }
        self.restart(at, line, again);
    }

    fn restart(&mut self, at: Moment, line: &Ready, again: &mut dyn FnMut(Moment, Ready)) {
        let Some(restarts) = &mut self.restarts else { return };
        restarts.delivered += 1;
        restarts.recent.push_back(line.clone());
        if restarts.recent.len() > MOST_REPEATED {
            restarts.recent.pop_front();
        }
        if at < restarts.next {
            return;
        }
        let owed = restarts.delivered as f64 * self.duplicate_share * RESTART_DUPLICATES;
        let repeated = usize::try_from(whole(owed)).unwrap_or_default().min(restarts.recent.len());
        let first = restarts.recent.len() - repeated;
        for line in restarts.recent.drain(..).skip(first) {
            again(at.plus_ms(2 * SECOND_MS), Ready { kind: Kind::Duplicate, ..line });
        }
        restarts.delivered = 0;
        restarts.next = at.plus_ms(until_restart(&mut self.chance));
    }

    /// Leaves of a line what a crash or a full disk leaves.
    fn tear(&mut self, line: &mut Ready) {
        line.kind = Kind::Malformed;
        // What is left must not pass for a whole line: the last part of a line may be optional.
        let most = line.text.len() as u64 * 6 / 10;
        let kept = 1 + crate::chance::place(self.chance.below(most));
        if self.chance.happens(0.7) {
            line.text.truncate(kept);
        } else {
            line.text.fill(0xff);
            line.text.truncate(kept);
        }
    }
}

fn until_restart(chance: &mut Chance) -> i64 {
    whole(chance.log_normal(RESTART_MINUTES.0, RESTART_MINUTES.1) * MINUTE_MS as f64)
}
