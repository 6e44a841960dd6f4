//! Rows of a platform: orders that change.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What names it.
    pub id: String,
    /// When it was last changed, in seconds since 1970.
    pub modified: u64,
    /// How often it was changed.
    pub rev: u64,
}

impl Row {
    pub(super) fn json(&self) -> Value {
        json!({ "id": self.id, "updated_at": self.modified, "rev": self.rev, "amount": "12.50" })
    }
}

/// All rows.
#[derive(Debug, Default)]
pub struct Shop {
    rows: BTreeMap<String, Row>,
    /// All states that rows were ever in, in the order of their changes: what a feed gives.
    feed: Vec<Row>,
    /// Seconds that its clock is ahead of ours.
    pub(super) ahead: i64,
}

impl Shop {
    /// Returns the present by its clock, in seconds since 1970.
    pub fn present(&self) -> u64 {
        let ours = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        ours.saturating_add_signed(self.ahead)
    }

    /// Adds so many rows whose changes are spread over the last seconds, and ends 10 seconds ago.
    pub fn fill(&mut self, rows: u64, seconds: u64) {
        let newest = self.present() - 10;
        for number in 0..rows {
            let age = (rows - 1 - number) * seconds / rows.max(1);
            self.put(Row { id: format!("o{number:05}"), modified: newest - age, rev: 0 });
        }
    }

    fn put(&mut self, row: Row) {
        self.feed.push(row.clone());
        self.rows.insert(row.id.clone(), row);
    }

    /// Adds a row that was changed just now.
    pub fn add(&mut self, id: &str) {
        let modified = self.present();
        self.put(Row { id: id.to_owned(), modified, rev: 0 });
    }

    /// Changes a row, just now.
    pub fn change(&mut self, id: &str) {
        if let Some(row) = self.rows.get(id) {
            let row = Row { modified: self.present(), rev: row.rev + 1, ..row.clone() };
            self.put(row);
        }
    }

    /// Returns all rows as they are now.
    pub fn rows(&self) -> Vec<Row> {
        self.rows.values().cloned().collect()
    }

    pub(super) fn feed(&self) -> &[Row] {
        &self.feed
    }

    /// Returns the rows of a window, both ends included, oldest change first.
    pub(super) fn window(&self, from: u64, to: u64) -> Vec<Row> {
        let inside = |row: &&Row| (from..=to).contains(&row.modified);
        let mut rows: Vec<Row> = self.rows.values().filter(inside).cloned().collect();
        rows.sort_by(|one, other| (one.modified, &one.id).cmp(&(other.modified, &other.id)));
        rows
    }
}
