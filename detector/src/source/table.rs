//! Reads series from CSV, so that a rule can be tried on figures that lie in no cluster.
//!
//! The first line names the columns: `timestamp`, then `value` (and `n`, if known) or `part` and `whole`, then one column
//! for each group field of the rule, under the field's name. An empty figure is unknown.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use csv::StringRecord;
use jiff::Timestamp;

use super::{Answer, Ask, Group, Readings, SeriesSource};
use crate::model::Reading;
use crate::rule::Rule;

/// What counts as the number of documents where the file does not say it: no guard holds such a figure back.
const UNCOUNTED: f64 = 1e9;

/// Series that were read from a file.
#[derive(Debug, Clone)]
pub struct Table {
    readings: Readings,
}

/// A file that holds no series.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: csv::Error,
    },
    /// A column is missing.
    #[error("{} has no column {column}", path.display())]
    Column {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
    },
    /// A line makes no sense.
    #[error("{}:{line}: {column} is {value:?}, which is not {allowed}", path.display())]
    Value {
        /// The file.
        path: PathBuf,
        /// Counted from 1, the line with the names included.
        line: u64,
        /// The column.
        column: &'static str,
        /// What stands there.
        value: String,
        /// What could stand there.
        allowed: &'static str,
    },
}

/// Where the figures of a line stand.
enum Figures {
    Value { value: usize, n: Option<usize> },
    Share { part: usize, whole: usize },
}

impl Table {
    /// Reads the series of a rule from a file.
    ///
    /// # Errors
    /// Names file, line, column and value of the first thing that makes no sense.
    pub fn open(path: &Path, rule: &Rule) -> Result<Self, TableError> {
        let reader = csv::Reader::from_path(path)
            .map_err(|source| TableError::Read { path: path.to_owned(), source })?;
        Self::read(path, reader, rule)
    }

    fn read<R: Read>(
        path: &Path,
        mut from: csv::Reader<R>,
        rule: &Rule,
    ) -> Result<Self, TableError> {
        let unread = |source| TableError::Read { path: path.to_owned(), source };
        let names = from.headers().map_err(unread)?.clone();
        let place = |column: &str| names.iter().position(|name| name.trim() == column);
        let needed = |column: &str| {
            place(column).ok_or_else(|| TableError::Column {
                path: path.to_owned(),
                column: column.to_owned(),
            })
        };
        let time = needed("timestamp")?;
        let figures = match place("part") {
            Some(part) => Figures::Share { part, whole: needed("whole")? },
            None => Figures::Value { value: needed("value")?, n: place("n") },
        };
        let groups: Vec<usize> =
            rule.group_by.iter().map(|field| needed(field.path())).collect::<Result<_, _>>()?;
        let mut readings = Readings::new();
        for record in from.records() {
            let record = record.map_err(unread)?;
            let line = Line { path, record: &record };
            let bucket = rule.span.floor(line.timestamp(time)?);
            let group = Group(groups.iter().map(|&at| line.text(at).to_owned()).collect());
            readings.entry(group).or_default().insert(bucket, line.reading(&figures)?);
        }
        Ok(Self { readings })
    }

    /// Returns the first and the last bucket, if there are any.
    pub fn extent(&self) -> Option<(Timestamp, Timestamp)> {
        let starts = || self.readings.values().flat_map(BTreeMap::keys);
        Some((*starts().min()?, *starts().max()?))
    }
}

struct Line<'a> {
    path: &'a Path,
    record: &'a StringRecord,
}

impl Line<'_> {
    fn text(&self, at: usize) -> &str {
        self.record.get(at).unwrap_or_default().trim()
    }

    fn wrong(&self, column: &'static str, at: usize, allowed: &'static str) -> TableError {
        let line = self.record.position().map_or(0, csv::Position::line);
        let value = self.text(at).to_owned();
        TableError::Value { path: self.path.to_owned(), line, column, value, allowed }
    }

    fn timestamp(&self, at: usize) -> Result<Timestamp, TableError> {
        let text = self.text(at);
        let seconds =
            text.parse::<i64>().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
        seconds
            .or_else(|| text.parse().ok())
            .ok_or_else(|| self.wrong("timestamp", at, "RFC 3339 or seconds since 1970"))
    }

    fn number(&self, column: &'static str, at: usize) -> Result<Option<f64>, TableError> {
        match self.text(at) {
            "" => Ok(None),
            text => match text.parse::<f64>() {
                Ok(number) if number.is_finite() => Ok(Some(number)),
                Ok(_) | Err(_) => Err(self.wrong(column, at, "a finite number or empty")),
            },
        }
    }

    fn reading(&self, figures: &Figures) -> Result<Reading, TableError> {
        match *figures {
            Figures::Value { value, n } => {
                let n = n.map(|at| self.number("n", at)).transpose()?.flatten();
                let value = self.number("value", value)?;
                Ok(value.map_or(Reading::Unknown, |value| Reading::Value {
                    value,
                    n: n.unwrap_or(UNCOUNTED),
                }))
            }
            Figures::Share { part, whole } => {
                let shares = (self.number("part", part)?, self.number("whole", whole)?);
                Ok(match shares {
                    (Some(part), Some(whole)) => Reading::Share { part, whole },
                    (None, _) | (_, None) => Reading::Unknown,
                })
            }
        }
    }
}

impl SeriesSource for Table {
    async fn read(&self, asks: &[Ask<'_>]) -> Vec<Answer> {
        let within = |ask: &Ask<'_>| {
            let mut found = Readings::new();
            for (group, series) in &self.readings {
                let part: BTreeMap<_, _> = series
                    .range(ask.window.from..ask.window.to)
                    .map(|(bucket, reading)| (*bucket, *reading))
                    .collect();
                if !part.is_empty() {
                    found.insert(group.clone(), part);
                }
            }
            Answer::Whole(found)
        };
        asks.iter().map(within).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::RuleSet;

    fn check(csv: &str) -> Result<Table, String> {
        let set = RuleSet::load(None, "UTC").unwrap();
        let rule = set.get("payment-failures").unwrap();
        Table::read(Path::new("x.csv"), csv::Reader::from_reader(csv.as_bytes()), rule)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn figures_fall_into_the_buckets_of_their_group() {
        let table = check(
            "timestamp,store.payment.provider,part,whole\n\
             2026-03-02T10:01:00Z,northpay,1,30\n\
             1772445900,eastbank,,\n",
        )
        .unwrap();
        let (first, last) = table.extent().unwrap();
        assert_eq!(first, "2026-03-02T10:00:00Z".parse().unwrap());
        assert_eq!(last, "2026-03-02T10:05:00Z".parse().unwrap());
        let shares: Vec<_> = table.readings.values().flat_map(BTreeMap::values).collect();
        assert_eq!(shares, [&Reading::Unknown, &Reading::Share { part: 1.0, whole: 30.0 }]);
    }

    #[test]
    fn a_wrong_line_is_named() {
        assert_eq!(
            check("timestamp,value\n").unwrap_err(),
            "x.csv has no column store.payment.provider"
        );
        assert_eq!(
            check("timestamp,store.payment.provider,value\n2026-03-02T10:01:00Z,a,NaN\n")
                .unwrap_err(),
            "x.csv:2: value is \"NaN\", which is not a finite number or empty"
        );
        assert_eq!(
            check("timestamp,store.payment.provider,value\nyesterday,a,1\n").unwrap_err(),
            "x.csv:2: timestamp is \"yesterday\", which is not RFC 3339 or seconds since 1970"
        );
    }
}
