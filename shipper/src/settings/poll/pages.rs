//! Parts of a poll: windows, pages, rates.

use runtime::settings::Check;
use runtime::unit::Span;
use serde::Deserialize;

use crate::poll::{By, Keep, Name, Order, Paging, Quota, Rate, Windows};

use super::path;

/// Block `window`: stretches of time that are asked for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawWindow {
    /// How far a window reaches back behind the last one; `2m` by default, 0 to 7d.
    pub overlap: Span,
    /// The longest stretch, overlap included; `1d` by default, 2s to 90d.
    pub longest: Span,
    /// How far back the first poll ever looks; `1d` by default, up to 400d.
    pub lookback: Span,
}

impl Default for RawWindow {
    fn default() -> Self {
        Self { overlap: Span::minutes(2), longest: Span::days(1), lookback: Span::days(1) }
    }
}

impl RawWindow {
    pub(super) fn check(&self, check: &mut Check<'_>) -> Windows {
        check.within("window", |check| {
            let overlap = check.range("overlap", self.overlap, Span::millis(0)..=Span::days(7));
            let longest = check.range("longest", self.longest, Span::seconds(2)..=Span::days(90));
            let lookback = check.range("lookback", self.lookback, Span::seconds(1)..=Span::days(400));
            if overlap >= longest {
                let message = "which is not longer than window.overlap: no window would end later than the last one";
                check.fault("longest", self.longest, message, "");
            }
            Windows { overlap: overlap.into(), longest: longest.into(), lookback: lookback.into() }
        })
    }
}

/// Key `paging`: how the API is paged.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RawPaging {
    /// One reply holds everything.
    #[default]
    None,
    /// Each reply names the place to go on from.
    Cursor(RawCursor),
    /// Pages are numbered.
    Page(RawPages),
    /// Pages are named by the rows before them.
    Offset(RawOffsets),
    /// The header `Link` names the next page (RFC 8288).
    Link,
}

/// Paging by cursor.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawCursor {
    /// Where a reply holds the next cursor.
    pub next: String,
    /// Where a reply tells whether there is more; without it an empty page is the last one.
    #[serde(default)]
    pub more: Option<String>,
    /// Whether the next poll goes on at the last cursor; true by default where there is no window.
    #[serde(default)]
    pub resume: Option<bool>,
}

/// Paging by number.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawPages {
    /// Number of the first page; `1` by default.
    #[serde(default = "one")]
    pub first: u64,
    /// Rows of a page, 1 to 100000.
    pub limit: u64,
    /// Where a reply holds the number of all rows; `order: newest_first` needs it.
    #[serde(default)]
    pub total: Option<String>,
}

/// Paging by offset.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawOffsets {
    /// Rows of a page, 1 to 100000.
    pub limit: u64,
    /// Where a reply holds the number of all rows; `order: newest_first` needs it.
    #[serde(default)]
    pub total: Option<String>,
}

fn one() -> u64 {
    1
}

/// In which order the API gives rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RawOrder {
    /// The oldest change first.
    #[default]
    OldestFirst,
    /// The newest change first: numbered pages are read from the last one back.
    NewestFirst,
}

impl RawPaging {
    pub(super) fn check(
        &self,
        check: &mut Check<'_>,
        order: RawOrder,
        windowed: Windowed,
    ) -> Option<Paging> {
        let direction = match order {
            RawOrder::OldestFirst => Order::Forward,
            RawOrder::NewestFirst => Order::Backward,
        };
        let mut numbered = |key: &str, by, limit: u64, total: Option<&str>| {
            check.within(key, |check| {
                let limit = check.range("limit", limit, 1..=100_000).max(1);
                if direction == Order::Backward && total.is_none() {
                    let message =
                        "is missing beside order: newest_first, which starts at the last page";
                    check.missing("total", message, "name the path of the number of all rows");
                }
                let total = match total {
                    None => None,
                    Some(total) => Some(path(check, "total", total)?),
                };
                Some(Paging::Numbered { by, limit, total, order: direction })
            })
        };
        match self {
            Self::Page(pages) => {
                let by = By::Page { first: pages.first };
                numbered("paging.page", by, pages.limit, pages.total.as_deref())
            }
            Self::Offset(pages) => {
                numbered("paging.offset", By::Offset, pages.limit, pages.total.as_deref())
            }
            Self::None => Some(Paging::None),
            Self::Link => Some(Paging::Link),
            Self::Cursor(cursor) => check.within("paging.cursor", |check| {
                let next = path(check, "next", &cursor.next);
                let more = match cursor.more.as_deref() {
                    None => None,
                    Some(more) => Some(path(check, "more", more)?),
                };
                let resume = cursor.resume.unwrap_or(windowed == Windowed::No);
                let keep = if resume { Keep::Yes } else { Keep::No };
                Some(Paging::Cursor { next: next?, more, keep })
            }),
        }
    }

    /// Returns the name that a request must hold to get another page.
    pub(super) fn name(&self) -> Option<(Name, &'static str)> {
        match self {
            Self::Cursor(_) => Some((Name::Cursor, "{cursor}")),
            Self::Page(_) => Some((Name::Page, "{page}")),
            Self::Offset(_) => Some((Name::Offset, "{offset}")),
            Self::None | Self::Link => None,
        }
    }
}

/// Whether a poll asks for stretches of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Windowed {
    Yes,
    No,
}

impl Windowed {
    pub(super) fn of(window: Option<&RawWindow>) -> Self {
        if window.is_some() { Self::Yes } else { Self::No }
    }
}

/// Block `rate_limit`: so many requests in a time.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawRate {
    /// How many, 1 to 10000.
    pub requests: usize,
    /// In what time, such as `1s`; up to 1d.
    pub per: Span,
}

impl RawRate {
    pub(super) fn check(&self, check: &mut Check<'_>) -> Rate {
        check.within("rate_limit", |check| Rate {
            requests: check.range("requests", self.requests, 1..=10_000),
            per: check.range("per", self.per, Span::millis(1)..=Span::days(1)).into(),
        })
    }
}

/// Block `quota`: headers that tell how many requests are left.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawQuota {
    /// The header with the number of requests left.
    pub remaining: String,
    /// The header that tells when the number is renewed: seconds, or an instant in seconds since 1970.
    #[serde(default)]
    pub reset: Option<String>,
    /// So many are left for others; `0` by default.
    #[serde(default)]
    pub keep: u64,
}

impl RawQuota {
    pub(super) fn check(&self, check: &mut Check<'_>) -> Quota {
        if self.remaining.trim().is_empty() {
            check.missing("quota.remaining", "is empty", "name a header");
        }
        Quota { remaining: self.remaining.clone(), reset: self.reset.clone(), keep: self.keep }
    }
}
