//! Bucket spans and windows: whole buckets of a fixed length, counted from the epoch.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// The length of a bucket: one of the spans of which whole ones fill an hour or a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BucketSpan {
    minutes: u16,
}

impl BucketSpan {
    /// The spans that rules may have, in minutes.
    pub const MINUTES: [u16; 6] = [1, 5, 10, 15, 30, 60];

    /// One minute, the shortest.
    pub const MINUTE: Self = Self { minutes: 1 };

    /// Returns the span, if rules may have it.
    pub fn try_new(span: Duration) -> Option<Self> {
        let minutes = u16::try_from(span.as_secs() / 60).ok()?;
        let whole = span == Duration::from_secs(60 * u64::from(minutes));
        (whole && Self::MINUTES.contains(&minutes)).then_some(Self { minutes })
    }

    /// Returns the length in milliseconds.
    pub fn millis(self) -> i64 {
        60_000 * i64::from(self.minutes)
    }

    /// Returns the length.
    pub fn duration(self) -> Duration {
        Duration::from_secs(60 * u64::from(self.minutes))
    }

    /// Returns the length as an interval of a histogram.
    pub fn interval(self) -> String {
        format!("{}m", self.minutes)
    }

    /// Returns the start of the bucket that holds this instant.
    pub fn floor(self, at: Timestamp) -> Timestamp {
        let millis = at.as_millisecond();
        stamp(millis - millis.rem_euclid(self.millis()))
    }

    /// Returns the instant `buckets` buckets later, or earlier if negative.
    pub fn offset(self, at: Timestamp, buckets: i64) -> Timestamp {
        stamp(at.as_millisecond() + buckets * self.millis())
    }

    /// Returns how many buckets fit a stretch of time.
    pub fn count(self, stretch: Duration) -> i64 {
        let minutes = stretch.as_secs().div_ceil(60);
        i64::try_from(minutes.div_ceil(u64::from(self.minutes))).unwrap_or(i64::MAX / self.millis())
    }
}

/// Instants of this program lie within years that jiff knows; what does not is held at its edge.
fn stamp(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or(if millis < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}

/// A stretch of time: from the first instant to before the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The first instant inside.
    pub from: Timestamp,
    /// The first instant behind.
    pub to: Timestamp,
}

impl Window {
    /// Tells whether nothing lies inside.
    pub fn is_empty(self) -> bool {
        self.from >= self.to
    }

    /// Returns the length.
    pub fn length(self) -> SignedDuration {
        self.to.duration_since(self.from)
    }

    /// Goes through the starts of the buckets inside, oldest first.
    pub fn buckets(self, span: BucketSpan) -> impl Iterator<Item = Timestamp> {
        let mut next = span.floor(self.from);
        std::iter::from_fn(move || {
            let bucket = (next < self.to).then_some(next)?;
            next = span.offset(next, 1);
            Some(bucket)
        })
    }

    /// Cuts the window into pieces of at most `length`, oldest first.
    pub fn pieces(self, length: SignedDuration) -> impl Iterator<Item = Self> {
        let mut from = self.from;
        std::iter::from_fn(move || {
            (from < self.to).then(|| {
                let to = from.saturating_add(length).unwrap_or(Timestamp::MAX).min(self.to);
                let piece = Self { from, to };
                from = to;
                piece
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn only_spans_that_divide_an_hour_are_taken() {
        for minutes in [1, 5, 10, 15, 30, 60] {
            assert!(BucketSpan::try_new(Duration::from_mins(minutes)).is_some());
        }
        for seconds in [0, 30, 61, 7 * 60, 2 * 3_600, 86_400] {
            assert_eq!(BucketSpan::try_new(Duration::from_secs(seconds)), None, "{seconds} s");
        }
    }

    #[test]
    fn buckets_begin_on_whole_spans_before_the_epoch_too() {
        let span = BucketSpan::try_new(Duration::from_mins(5)).unwrap();
        assert_eq!(span.floor(at("2026-03-02T10:07:31.5Z")), at("2026-03-02T10:05:00Z"));
        assert_eq!(span.floor(at("1969-12-31T23:59:59Z")), at("1969-12-31T23:55:00Z"));
        let window = Window { from: at("2026-03-02T10:05:00Z"), to: at("2026-03-02T10:15:00Z") };
        let starts: Vec<_> = window.buckets(span).map(|start| start.to_string()).collect();
        assert_eq!(starts, ["2026-03-02T10:05:00Z", "2026-03-02T10:10:00Z"]);
    }

    #[test]
    fn pieces_cover_a_window_once() {
        let window = Window { from: at("2026-03-01T00:00:00Z"), to: at("2026-03-03T12:00:00Z") };
        let pieces: Vec<_> = window.pieces(SignedDuration::from_hours(24)).collect();
        assert_eq!(pieces.len(), 3);
        assert_eq!(pieces[0].from, window.from);
        assert!(pieces.windows(2).all(|pair| pair[0].to == pair[1].from));
        assert_eq!(pieces[2].to, window.to);
    }
}
