//! When the next request may be made: the rate that was agreed, and the quota that the API tells. Pure.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;

/// A server may ask for more patience than we have by ourselves, but not for an unbounded one.
const LONGEST: Duration = Duration::from_hours(1);
/// A number of seconds until a reset is smaller than this; an instant, in seconds since 1970, is larger.
const EPOCH_FROM: u64 = 1_000_000_000;

/// So many requests in so much time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many.
    pub requests: usize,
    /// In what time.
    pub per: Duration,
}

/// Remembers when requests were made.
#[derive(Debug, Clone)]
pub(crate) struct Pace {
    rate: Option<Rate>,
    sent: VecDeque<Duration>,
}

impl Pace {
    /// Returns a pace; without a rate nothing waits.
    pub(crate) fn new(rate: Option<Rate>) -> Self {
        Self { rate, sent: VecDeque::new() }
    }

    /// Returns how long the next request has to wait.
    pub(crate) fn wait(&self, now: Duration) -> Duration {
        let Some(rate) = self.rate else { return Duration::ZERO };
        let oldest = self.sent.len().checked_sub(rate.requests).and_then(|at| self.sent.get(at));
        oldest.map_or(Duration::ZERO, |oldest| (*oldest + rate.per).saturating_sub(now))
    }

    /// Notes a request.
    pub(crate) fn sent(&mut self, now: Duration) {
        if let Some(rate) = self.rate {
            self.sent.push_back(now);
            while self.sent.len() > rate.requests {
                self.sent.pop_front();
            }
        }
    }
}

/// Where an API tells how many requests it still allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    /// The header with the number of requests left.
    pub remaining: String,
    /// The header that tells when the number is renewed: seconds, or an instant.
    pub reset: Option<String>,
    /// So many are left for others: when there are no more than that, polling rests.
    pub keep: u64,
}

/// What a reply said of the quota.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QuotaLeft {
    /// Requests that are left.
    pub left: Option<u64>,
    /// When the number is renewed.
    pub reset: Option<Duration>,
}

impl Quota {
    /// Reads the headers of a reply.
    pub fn read(&self, header: impl Fn(&str) -> Option<String>, now: Timestamp) -> QuotaLeft {
        let number = |name: &str| {
            let text = header(name)?;
            text.split(['.', ',', ';']).next()?.trim().parse::<u64>().ok()
        };
        let reset = self.reset.as_deref().and_then(number).map(|number| {
            if number < EPOCH_FROM {
                return Duration::from_secs(number);
            }
            let then = Timestamp::from_second(i64::try_from(number).unwrap_or(i64::MAX));
            let then = then.unwrap_or(Timestamp::MAX);
            Duration::try_from(then.duration_since(now)).unwrap_or_default()
        });
        QuotaLeft { left: number(&self.remaining), reset }
    }

    /// Returns how long polling rests; `otherwise` is the time when the API does not tell.
    pub fn rest(&self, left: QuotaLeft, otherwise: Duration) -> Duration {
        match left.left {
            Some(number) if number <= self.keep => left.reset.unwrap_or(otherwise).min(LONGEST),
            Some(_) | None => Duration::ZERO,
        }
    }
}

/// Returns what a header `Retry-After` asks for: seconds or a date, never more than an hour.
pub(crate) fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    let span = match text.trim().parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => Duration::try_from(date(text)?.duration_since(now)).unwrap_or_default(),
    };
    Some(span.min(LONGEST))
}

/// Reads a date of HTTP.
pub(crate) fn date(text: &str) -> Option<Timestamp> {
    Some(jiff::fmt::rfc2822::parse(text.trim()).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_kept_over_any_stretch_of_its_time() {
        let mut pace = Pace::new(Some(Rate { requests: 3, per: Duration::from_secs(10) }));
        let mut at = Vec::new();
        let mut now = Duration::ZERO;
        for _ in 0..7 {
            now += pace.wait(now);
            pace.sent(now);
            at.push(now.as_secs());
            now += Duration::from_secs(1);
        }
        assert_eq!(at, [0, 1, 2, 10, 11, 12, 20]);
        assert_eq!(Pace::new(None).wait(now), Duration::ZERO);
    }

    #[test]
    fn polling_rests_when_the_quota_is_nearly_used_up() {
        let now = Timestamp::from_second(1_767_323_045).unwrap();
        let quota = Quota { remaining: "left".into(), reset: Some("reset".into()), keep: 2 };
        let check = |left: &str, reset: &str, want: u64| {
            let header = |name: &str| Some(if name == "left" { left } else { reset }.to_owned());
            let read = quota.read(header, now);
            assert_eq!(quota.rest(read, Duration::from_mins(1)), Duration::from_secs(want));
        };
        check("3", "30", 0);
        check("2", "30", 30);
        check("0", "1767323055", 10);
        check("0", "soon", 60);
        check("none", "30", 0);
        check("0", "999999", 3_600);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_and_bounded() {
        let now: Timestamp = "2015-10-21T07:27:00Z".parse().unwrap();
        let check = |text, want: Option<u64>| {
            assert_eq!(retry_after(text, now), want.map(Duration::from_secs), "{text}");
        };
        check("120", Some(120));
        check("Wed, 21 Oct 2015 07:28:00 GMT", Some(60));
        check("Wed, 21 Oct 2015 07:26:00 GMT", Some(0));
        check("864000", Some(3_600));
        check("soon", None);
    }
}
