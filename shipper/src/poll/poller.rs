//! One poll: window, pages, spool, mark, report, and what to do when something fails.

use std::collections::HashSet;
use std::time::Duration;

use elastic::Backoff;
use jiff::Timestamp;
use runtime::shutdown::Shutdown;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use crate::settings::Poll;
use crate::spool::{Mark, NotKept};
use crate::tail::Mode;

use super::call::{Answer, Wire};
use super::link;
use super::pace::{self, Pace};
use super::paging::{Next, Page, Paging, Pass, Reply, Rows};
use super::recent::{Recent, RowKey};
use super::reply::{self, Failure, Kind, Shape};
use super::report::Report;
use super::request::Keys;
use super::rows::one_line;
use super::run::{PollsTools, Troubles};
use super::template::{Name, Values};
use super::window::{Reach, Trust, Whose, Window};

/// Tries of one page within a pass: a long window must not start again for one cut reply.
const TRIES: u32 = 4;
/// A wish for more patience than this ends the pass; the next one waits as long.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long a refused poll waits, unless its secret changes.
const HOLD: Duration = Duration::from_secs(30);
/// How often it looks whether the secret changed, and whether there is room in the spool.
const LOOK: Duration = Duration::from_secs(1);
/// How long a quota rests whose renewal is not told.
const QUOTA_REST: Duration = Duration::from_mins(1);
/// Failures in a row after which a run that is to end gives a poll up.
const LAST_TRY: u32 = 5;
/// A first window that starts this far from where the server's clock would put it is asked for again.
const FIRST_SKEW: Duration = Duration::from_secs(5);

/// One poll, between two requests.
#[derive(Debug)]
pub(super) struct Poller {
    tools: PollsTools,
    poll: Poll,
    shape: Shape,
    spool: usize,
    reports: usize,
    wire: Wire,
    troubles: Troubles,
    mark: Mark,
    trust: Trust,
    pace: Pace,
    /// No request is made before this time: the quota is used up.
    rest_until: Duration,
    quota_left: Option<u64>,
    recent: Recent,
    keys: Option<Keys>,
    failures: u32,
    halvings: u32,
    draws: u64,
}

/// A pass that read everything.
#[derive(Debug)]
struct Finished {
    mark: Mark,
    reach: Reach,
}

impl Poller {
    pub(super) fn try_new(
        tools: &PollsTools,
        poll: &Poll,
        mark: Mark,
        (spool, reports): (usize, usize),
        troubles: Troubles,
    ) -> Result<Self, reqwest::Error> {
        let total = match &poll.paging {
            Paging::Numbered { total, .. } => total.clone(),
            Paging::None | Paging::Cursor { .. } | Paging::Link => None,
        };
        let clock = &tools.clock;
        Ok(Self {
            shape: Shape { records: poll.records.clone(), error: poll.error.clone(), total },
            wire: Wire::try_new(poll.time_limit, poll.max_body, poll.proxy.as_ref())?,
            trust: Trust::new(clock.now(), clock.monotonic()),
            pace: Pace::new(poll.rate),
            tools: tools.clone(),
            poll: poll.clone(),
            spool,
            reports,
            troubles,
            mark,
            rest_until: Duration::ZERO,
            quota_left: None,
            recent: Recent::default(),
            keys: None,
            failures: 0,
            halvings: 0,
            draws: 0,
        })
    }

    pub(super) async fn run(mut self, shutdown: Shutdown) {
        loop {
            let began = self.now();
            let outcome = tokio::select! {
                // Rows that were put into the spool stay there, the mark does not move: the next start asks again.
                outcome = self.once() => outcome,
                () = shutdown.begun() => return,
            };
            let is_last = self.tools.mode == Mode::UntilIdle;
            let wait = match outcome {
                Ok(Reach::Past) => Duration::ZERO,
                Ok(Reach::Present) if is_last => return,
                Ok(Reach::Present) => (began + self.poll.every).saturating_sub(self.now()),
                Err(_) if is_last && self.failures >= LAST_TRY => return,
                Err(failure) => {
                    tokio::select! {
                        // Waiting holds nothing.
                        () = self.hold(&failure) => {}
                        () = shutdown.begun() => return,
                    }
                    Duration::ZERO
                }
            };
            tokio::select! {
                // Both only wait.
                () = self.tools.clock.sleep(wait) => {}
                () = shutdown.begun() => return,
            }
        }
    }

    fn now(&self) -> Duration {
        self.tools.clock.monotonic()
    }

    /// Returns the present by the clock that counts.
    fn present(&self) -> Timestamp {
        self.trust.now(self.tools.clock.now(), self.now())
    }

    /// Polls once and tells what it came to.
    async fn once(&mut self) -> Result<Reach, Failure> {
        let began = self.now();
        let mut report = Report { api: self.poll.id.clone(), ..Report::default() };
        let outcome = match self.pass(&mut report).await {
            Ok(finished) => self.move_on(finished).await,
            Err(failure) => Err(failure),
        };
        report.took = self.now().saturating_sub(began);
        report.quota_left = self.quota_left;
        report.cursor = self.mark.cursor.clone().or(self.mark.until.map(|until| until.to_string()));
        let failure = outcome.as_ref().err();
        self.tell(failure);
        let line = report.line(failure, self.tools.clock.now());
        // What is told of a poll is not worth a pause: when there is no room for it, it is left out.
        drop(self.tools.spools.put(self.reports, vec![line], None).await);
        outcome
    }

    async fn move_on(&mut self, finished: Finished) -> Result<Reach, Failure> {
        if finished.mark != self.mark {
            let kept = self.tools.spools.put(self.spool, Vec::new(), Some(finished.mark.clone()));
            kept.await.map_err(|error| no_room(&error))?;
            self.mark = finished.mark;
        }
        Ok(finished.reach)
    }

    fn tell(&mut self, failure: Option<&Failure>) {
        let id = &self.poll.id;
        let Some(failure) = failure else {
            self.failures = 0;
            self.halvings = self.halvings.saturating_sub(1);
            self.tools.metrics.polled(id, "finished");
            self.troubles.set(&self.tools.admin, id, None);
            return;
        };
        self.failures = self.failures.saturating_add(1);
        self.tools.metrics.polled(id, failure.kind.as_str());
        // What passes by itself is told when it does not pass.
        let needs_a_person = !failure.kind.is_passing() || self.failures >= LAST_TRY;
        if needs_a_person {
            self.troubles.set(&self.tools.admin, id, Some(failure.reason.clone()));
        }
        tracing::warn!(event.code = "poll_failed", poll = id, kind = failure.kind.as_str(),
            reason = %failure.reason, "a poll failed; its window is asked for again");
    }

    /// Waits before the next try.
    async fn hold(&mut self, failure: &Failure) {
        let asked = failure.retry_after;
        let jitter = self.jitter();
        let wait = Backoff::BULK.delay(self.failures.saturating_sub(1), jitter);
        let wait = wait.max(asked.unwrap_or_default());
        if !matches!(failure.kind, Kind::Refused | Kind::NoSecret) {
            return self.tools.clock.sleep(wait).await;
        }
        // A renewed secret ends the wait: it is what we wait for.
        let until = self.now() + HOLD.max(wait);
        while self.now() < until {
            self.tools.clock.sleep(LOOK).await;
            if self.renew() {
                return;
            }
        }
    }

    /// Reads the secrets again; tells whether they are others now.
    fn renew(&mut self) -> bool {
        let Ok(new) = Keys::read(&self.poll.call.auth) else { return false };
        let changed = self.keys.as_ref().is_none_or(|old| new.differ_from(old));
        if changed {
            self.keys = Some(new);
        }
        changed
    }

    /// Reads all pages of the next window into the spool.
    async fn pass(&mut self, report: &mut Report) -> Result<Finished, Failure> {
        let paging = self.poll.paging.clone();
        let windows = self.poll.windows;
        let next = |poller: &Self| {
            windows.map(|w| w.next(poller.mark.until, poller.present(), poller.halvings))
        };
        let mut window = next(self);
        let mut pass = Pass::new(&paging, self.mark.cursor.clone());
        let mut trusted = None;
        loop {
            let whose = self.trust.whose();
            let answer = self.page(pass.page(), window).await?;
            if trusted.is_none() {
                let is_first = self.mark.until.is_none() && whose == Whose::Ours;
                let again = next(self).filter(|_| is_first);
                trusted = Some(self.present());
                if let (Some(first), Some(again)) = (window, again)
                    && first.from.duration_since(again.from).unsigned_abs() > FIRST_SKEW
                {
                    // Our clock was wrong, and with it where the first window began.
                    window = Some(again);
                    pass = Pass::new(&paging, self.mark.cursor.clone());
                    continue;
                }
            }
            let body = reply::json(&answer.body)?;
            let rows = self.shape.rows(body)?;
            let link = answer.joined("link");
            let link = link.as_deref().and_then(link::next);
            let said = Reply { body, rows: rows.len() as u64, link };
            let (next_page, counts) = pass.take(&said);
            report.pages += 1;
            if counts == Rows::Count {
                report.rows += rows.len() as u64;
                self.keep(&rows, report).await?;
            }
            match next_page {
                Next::Over => break,
                Next::Lost(reason) => return Err(Failure::new(Kind::Unreadable, reason)),
                Next::Page(_) if report.pages < self.poll.max_pages => {}
                Next::Page(_) => return self.too_many(&pass),
            }
        }
        let cursor = pass.cursor().map(str::to_owned).or(self.mark.cursor.clone());
        let trusted = trusted.unwrap_or_else(|| self.present());
        let until = window.map(|window| window.mark(self.mark.until, trusted));
        let reach = window.map_or(Reach::Present, |window| window.reach);
        Ok(Finished { mark: Mark { until: until.or(self.mark.until), cursor }, reach })
    }

    /// Ends a pass that has more pages than it may have: a feed goes on at its cursor, a window is cut in halves.
    fn too_many(&mut self, pass: &Pass<'_>) -> Result<Finished, Failure> {
        if let (None, Some(cursor)) = (self.poll.windows, pass.cursor()) {
            let mark = Mark { cursor: Some(cursor.to_owned()), ..self.mark.clone() };
            return Ok(Finished { mark, reach: Reach::Past });
        }
        self.halvings = self.halvings.saturating_add(2).min(20);
        let reason = format!("there are more than max_pages ({}) pages", self.poll.max_pages);
        Err(Failure::new(Kind::TooManyPages, reason))
    }

    /// Puts rows that are not known into the spool; waits while it is full.
    async fn keep(
        &mut self,
        rows: &[&serde_json::value::RawValue],
        report: &mut Report,
    ) -> Result<(), Failure> {
        let mut new = Vec::new();
        let mut keys = HashSet::new();
        for row in rows {
            let line = one_line(row);
            let key = self.poll.key.as_ref().and_then(|(id, modified)| {
                let id = id.text(row)?;
                let modified =
                    modified.as_ref().and_then(|path| path.text(row)).unwrap_or_default();
                Some((RowKey::new(&id, &modified, &line), modified))
            });
            if let Some((key, modified)) = key {
                report.newest = report.newest.max(self.poll.times.read(&modified));
                if self.recent.knows(key) || !keys.insert(key) {
                    continue;
                }
            }
            new.push(line);
        }
        report.new_rows += new.len() as u64;
        while !new.is_empty() {
            match self.tools.spools.put(self.spool, new.clone(), None).await {
                Ok(()) => break,
                Err(NotKept::Full { .. }) => self.tools.clock.sleep(LOOK).await,
                Err(error @ (NotKept::Disk(_) | NotKept::Closed)) => return Err(no_room(&error)),
            }
        }
        // Only now: a key that is known must not be the only place where its row is.
        for key in keys {
            self.recent.add(key);
        }
        Ok(())
    }

    /// Asks for a page until it is there; gives up when it does not come or cannot.
    async fn page(&mut self, page: &Page, window: Option<Window>) -> Result<Answer, Failure> {
        let mut tries = 0;
        loop {
            tries += 1;
            let failure = match self.ask(page, window).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            if failure.kind == Kind::Refused && tries < TRIES && self.renew() {
                continue;
            }
            let asked = failure.retry_after.unwrap_or_default();
            if !failure.kind.is_passing() || tries >= TRIES || asked > PATIENCE {
                return Err(failure);
            }
            let jitter = self.jitter();
            let wait = Backoff::BULK.delay(tries - 1, jitter).max(asked);
            self.tools.clock.sleep(wait).await;
        }
    }

    /// Makes one request when rate and quota allow it, and judges the reply.
    async fn ask(&mut self, page: &Page, window: Option<Window>) -> Result<Answer, Failure> {
        if self.keys.is_none() {
            let keys = Keys::read(&self.poll.call.auth);
            let failed = |error: super::NoSecret| Failure::new(Kind::NoSecret, error.to_string());
            self.keys = Some(keys.map_err(failed)?);
        }
        let wait = self.pace.wait(self.now()).max(self.rest_until.saturating_sub(self.now()));
        self.tools.clock.sleep(wait).await;
        let values = self.values(page, window);
        let keys = self.keys.clone().unwrap_or_default();
        let now = self.tools.clock.now();
        let request = self.poll.call.request(&values, page.address.as_deref(), &keys, now);
        let request = request.map_err(|error| Failure::new(Kind::Redirected, error.to_string()))?;
        self.pace.sent(self.now());
        let answer = self.wire.exchange(request).await?;
        self.learn(&answer);
        reply::status(answer.status, answer.header("retry-after"), self.present())?;
        // Looked at here, so that a cut or garbled reply is asked for again like one that did not come.
        self.shape.rows(reply::json(&answer.body)?)?;
        Ok(answer)
    }

    /// Notes what the head of a reply tells: the server's time, and how many requests are left.
    fn learn(&mut self, answer: &Answer) {
        let now = self.now();
        match answer.header("date").and_then(pace::date) {
            Some(date) => self.trust.learn(date, now),
            None if self.trust.whose() == Whose::Ours => {
                tracing::debug!(
                    event.code = "poll_without_date",
                    poll = self.poll.id,
                    "the API tells no time; windows end by the local clock"
                );
            }
            None => {}
        }
        if let Some(quota) = &self.poll.quota {
            let left = quota.read(|name| answer.joined(name), self.present());
            self.quota_left = left.left.or(self.quota_left);
            self.rest_until = now + quota.rest(left, QUOTA_REST);
        }
    }

    fn values(&mut self, page: &Page, window: Option<Window>) -> Values {
        let mut values = Values::default();
        if let Some(window) = window {
            values.set(Name::From, self.poll.times.write(window.from));
            values.set(Name::To, self.poll.times.write(window.to));
        }
        values.set(Name::Page, page.number.to_string());
        values.set(Name::Offset, page.offset.to_string());
        values.set(Name::Cursor, page.cursor.clone().unwrap_or_default());
        if let Paging::Numbered { limit, .. } = &self.poll.paging {
            values.set(Name::Limit, limit.to_string());
        }
        self.draws += 1;
        let seed = (self.tools.clock.now().as_nanosecond(), self.draws, &self.poll.id);
        values.set(Name::Nonce, format!("{:032x}", xxh3_128(format!("{seed:?}").as_bytes())));
        values
    }

    /// Returns a chance in 0..1: a fleet must not ask in step, and nothing more is wanted of it.
    fn jitter(&mut self) -> f64 {
        self.draws += 1;
        let seed = (self.tools.clock.now().as_nanosecond(), self.draws);
        let hash = xxh3_64(format!("{seed:?}").as_bytes());
        (hash >> 11) as f64 / (1_u64 << 53) as f64
    }
}

fn no_room(error: &NotKept) -> Failure {
    Failure::new(Kind::NoRoom, error.to_string())
}
