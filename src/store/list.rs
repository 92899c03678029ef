//! Lists of runs, their counts, and money spent.

use rusqlite::Row;

use serde::Serialize;

use super::StoreError;
use super::run::{HEADER_COLUMNS, Store, read_header};
use super::words::{parsed, unsigned};
use crate::base::{RunId, SafeName, Timestamp, Usd};
use crate::record::{Outcome, RunHeader};

/// Stored trials by outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// All checks hold.
    pub pass: u64,
    /// A check does not hold.
    pub fail: u64,
    /// The call failed.
    pub error: u64,
    /// We could not tell.
    pub ungraded: u64,
    /// Not run.
    pub skipped: u64,
}

impl Counts {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.pass + self.fail + self.error + self.ungraded + self.skipped
    }

    /// Those of one outcome.
    pub fn of(&self, outcome: Outcome) -> u64 {
        match outcome {
            Outcome::Pass => self.pass,
            Outcome::Fail => self.fail,
            Outcome::Error => self.error,
            Outcome::Ungraded => self.ungraded,
            Outcome::Skipped => self.skipped,
        }
    }
}

/// Money spent by live calls: what is known, and how many calls have no known price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Spent {
    /// Known money.
    pub known: Usd,
    /// Live calls whose cost is unknown.
    pub unknown_calls: u64,
}

/// A run as a list shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunRow {
    /// Its own facts.
    pub header: RunHeader,
    /// Names of its suites, in the order of the plan.
    pub suites: Vec<SafeName>,
    /// Its stored trials.
    pub counts: Counts,
    /// What all its calls cost, those of replaced trials included.
    pub spent: Spent,
}

const COUNT_COLUMNS: &str = "pass, fail, error, ungraded, skipped, spent, unknown_calls";

impl Store {
    /// Runs, newest first.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub fn runs(&self, limit: u32) -> Result<Vec<RunRow>, StoreError> {
        self.run_rows_where("?1 = ?1", "", limit)
    }

    /// One run as a list shows it.
    ///
    /// # Errors
    /// [`StoreError::RunNotFound`]; otherwise why the store cannot be read.
    pub fn run_row(&self, run: &RunId) -> Result<RunRow, StoreError> {
        let rows = self.run_rows_where("name = ?1", run.as_str(), 1)?;
        rows.into_iter().next().ok_or_else(|| StoreError::RunNotFound { given: run.to_string() })
    }

    /// What live calls of all runs that began at `since` or later cost, for the daily limit.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub fn spent_since(&self, since: Timestamp) -> Result<Spent, StoreError> {
        self.read(|db| {
            let query = "SELECT coalesce(sum(spent), 0), count(*) - count(spent) FROM call INDEXED BY call_live \
                         WHERE source = 'live' AND started >= ?1";
            db.prepare_cached(query)?.query_row([since.0], |row| read_spent(row, 0))
        })
    }

    fn run_rows_where(&self, condition: &str, parameter: &str, limit: u32) -> Result<Vec<RunRow>, StoreError> {
        self.read(|db| {
            let query = format!(
                "SELECT {HEADER_COLUMNS}, {COUNT_COLUMNS}, id FROM run WHERE {condition} \
                 ORDER BY started DESC, id DESC LIMIT ?2"
            );
            let mut suites = db.prepare_cached("SELECT name FROM suite WHERE run = ?1 ORDER BY id")?;
            let mut runs = db.prepare_cached(&query)?;
            let rows = runs.query_map((parameter, limit), |row| {
                let names = suites.query_map([row.get::<_, i64>(20)?], |row| parsed(row, 0, SafeName::parse))?;
                Ok(RunRow {
                    header: read_header(row, 0)?,
                    suites: names.collect::<rusqlite::Result<_>>()?,
                    counts: read_counts(row, 13)?,
                    spent: read_spent(row, 18)?,
                })
            })?;
            rows.collect()
        })
    }
}

fn read_counts(row: &Row<'_>, first: usize) -> rusqlite::Result<Counts> {
    let count = |offset| Ok::<u64, rusqlite::Error>(unsigned(row.get(first + offset)?));
    Ok(Counts { pass: count(0)?, fail: count(1)?, error: count(2)?, ungraded: count(3)?, skipped: count(4)? })
}

fn read_spent(row: &Row<'_>, first: usize) -> rusqlite::Result<Spent> {
    Ok(Spent { known: Usd::from_picos(row.get(first)?), unknown_calls: unsigned(row.get(first + 1)?) })
}
