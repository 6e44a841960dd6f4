//! From page to page: which one is asked for first, which next, and when a pass is over. Pure.
//!
//! Numbered pages move while they are read. A row that is changed leaves a window that ends in the past, and every row
//! behind it moves up by one: reading on from the first page then misses a row at each page's border. So with
//! `order: newest_first` the first reply only tells how many pages there are, and they are read from the last one back:
//! what moves up is met again, never missed.

use serde_json::value::RawValue;

use super::rows::Path;

/// How an API is paged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Paging {
    /// One reply holds everything.
    None,
    /// Each reply names the place to go on from.
    Cursor {
        /// Where a reply holds the next cursor.
        next: Path,
        /// Where it tells whether there is more, if it does.
        more: Option<Path>,
        /// What a pass leaves behind.
        keep: Keep,
    },
    /// Pages have numbers.
    Numbered {
        /// What is counted.
        by: By,
        /// Rows of a page.
        limit: u64,
        /// Where a reply holds the number of all rows, if it does.
        total: Option<Path>,
        /// From which end they are read.
        order: Order,
    },
    /// The header `Link` names the next page.
    Link,
}

/// Whether the last cursor is where the next poll goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// It is, also over a restart.
    Yes,
    /// Each poll starts without one.
    No,
}

/// What numbered pages are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// By page; the first has this number.
    Page {
        /// Number of the first page.
        first: u64,
    },
    /// By rows before it.
    Offset,
}

/// From which end numbered pages are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// On from the first page.
    Forward,
    /// Back from the last page.
    Backward,
}

/// A page to be asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// Its number.
    pub number: u64,
    /// Rows before it.
    pub offset: u64,
    /// The cursor that leads to it.
    pub cursor: Option<String>,
    /// The address of it, where a reply named one.
    pub address: Option<String>,
}

/// What a reply says about pages.
#[derive(Debug, Clone, Copy)]
pub struct Reply<'a> {
    /// Its body.
    pub body: &'a RawValue,
    /// Rows in it.
    pub rows: u64,
    /// What its header `Link` names as next.
    pub link: Option<&'a str>,
}

/// What comes behind a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// This page.
    Page(Page),
    /// Nothing: all was read.
    Over,
    /// The reply names no way on although there is one.
    Lost(String),
}

/// Whether the rows of a reply count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// They do.
    Count,
    /// The page is read again at the end of the pass.
    ComeAgain,
}

/// One pass over all pages.
#[derive(Debug, Clone)]
pub struct Pass<'p> {
    paging: &'p Paging,
    phase: Phase,
    page: Page,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The number of pages is not known yet.
    Learning,
    Reading,
}

impl<'p> Pass<'p> {
    /// Starts a pass; a cursor is where the last one ended.
    pub fn new(paging: &'p Paging, cursor: Option<String>) -> Self {
        let (phase, page) = match paging {
            Paging::None | Paging::Link => (Phase::Reading, Page::default()),
            Paging::Cursor { .. } => (Phase::Reading, Page { cursor, ..Page::default() }),
            Paging::Numbered { by, limit, order, .. } => {
                let phase = match order {
                    Order::Forward => Phase::Reading,
                    Order::Backward => Phase::Learning,
                };
                (phase, numbered(*by, *limit, 0))
            }
        };
        Self { paging, phase, page }
    }

    /// Returns the page that is to be asked for.
    pub fn page(&self) -> &Page {
        &self.page
    }

    /// Returns where the next pass goes on, where the API hands out cursors for that.
    pub fn cursor(&self) -> Option<&str> {
        match self.paging {
            Paging::Cursor { keep: Keep::Yes, .. } => self.page.cursor.as_deref(),
            Paging::Cursor { keep: Keep::No, .. }
            | Paging::None
            | Paging::Numbered { .. }
            | Paging::Link => None,
        }
    }

    /// Takes the reply of the page that was asked for, and says what is next and whether its rows count.
    pub fn take(&mut self, reply: &Reply<'_>) -> (Next, Rows) {
        let next = match self.paging {
            Paging::None => Next::Over,
            Paging::Link => self.link(reply.link),
            Paging::Cursor { next, more, .. } => {
                let is_last = match more {
                    Some(more) => is_false(more, reply.body),
                    // Feeds hand out a cursor even when there is nothing new: an empty page ends the pass.
                    None => reply.rows == 0,
                };
                let cursor = next.text(reply.body).filter(|cursor| !cursor.is_empty());
                let last = if is_last { Last::Yes } else { Last::No };
                self.cursor_next(cursor, last)
            }
            Paging::Numbered { by, limit, total, .. } => {
                let total = total.as_ref().map(|total| total.text(reply.body));
                match total.map(|text| text.and_then(|text| text.parse().ok())) {
                    Some(None) => {
                        Next::Lost("the reply does not tell the number of rows".to_owned())
                    }
                    Some(Some(total)) => {
                        return self.numbered(*by, *limit, Some(total), reply.rows);
                    }
                    None => return self.numbered(*by, *limit, None, reply.rows),
                }
            }
        };
        if let Next::Page(page) = &next {
            self.page = page.clone();
        }
        (next, Rows::Count)
    }

    fn link(&self, target: Option<&str>) -> Next {
        match target {
            None => Next::Over,
            Some(target) if self.page.address.as_deref() == Some(target) => {
                Next::Lost("the next page is the one that was read".to_owned())
            }
            Some(target) => {
                Next::Page(Page { address: Some(target.to_owned()), ..Page::default() })
            }
        }
    }

    fn cursor_next(&mut self, cursor: Option<String>, last: Last) -> Next {
        match (cursor, last) {
            (None, _) => Next::Over,
            // A feed hands out a cursor behind its last page, too: that is where the next poll goes on.
            (Some(cursor), Last::Yes) => {
                self.page.cursor = Some(cursor);
                Next::Over
            }
            (Some(cursor), Last::No) if self.page.cursor.as_ref() == Some(&cursor) => Next::Over,
            (Some(cursor), Last::No) => {
                Next::Page(Page { cursor: Some(cursor), ..Page::default() })
            }
        }
    }

    fn numbered(&mut self, by: By, limit: u64, total: Option<u64>, rows: u64) -> (Next, Rows) {
        let at = self.page.offset / limit;
        let (next, rows) = match (self.phase, total) {
            (Phase::Learning, None) => (
                Err("order: newest_first needs the number of rows (paging.total)"),
                Rows::ComeAgain,
            ),
            (Phase::Learning, Some(total)) => {
                self.phase = Phase::Reading;
                match total.div_ceil(limit) {
                    0 | 1 => (Ok(None), Rows::Count),
                    pages => (Ok(Some(pages - 1)), Rows::ComeAgain),
                }
            }
            // How many there are was told once; what has changed since then is no reason to read another page.
            (Phase::Reading, Some(_) | None) if self.is_backward() => {
                (Ok(at.checked_sub(1)), Rows::Count)
            }
            (Phase::Reading, Some(total)) if (at + 1) * limit >= total => (Ok(None), Rows::Count),
            (Phase::Reading, None) if rows < limit => (Ok(None), Rows::Count),
            // A server that counts rows which it does not give would be asked for ever.
            (Phase::Reading, Some(_)) if rows == 0 => (Ok(None), Rows::Count),
            (Phase::Reading, Some(_) | None) => (Ok(Some(at + 1)), Rows::Count),
        };
        let next = match next {
            Err(reason) => Next::Lost(reason.to_owned()),
            Ok(None) => Next::Over,
            Ok(Some(at)) => {
                self.page = numbered(by, limit, at);
                Next::Page(self.page.clone())
            }
        };
        (next, rows)
    }

    fn is_backward(&self) -> bool {
        matches!(self.paging, Paging::Numbered { order: Order::Backward, .. })
    }
}

/// Whether a reply says that it is the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Last {
    Yes,
    No,
}

fn is_false(path: &Path, body: &RawValue) -> bool {
    path.text(body).is_none_or(|text| matches!(text.as_str(), "" | "false" | "0"))
}

fn numbered(by: By, limit: u64, at: u64) -> Page {
    let first = match by {
        By::Page { first } => first,
        By::Offset => 0,
    };
    Page { number: first + at, offset: at * limit, ..Page::default() }
}

#[cfg(test)]
mod tests;
