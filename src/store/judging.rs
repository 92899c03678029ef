//! What checks asked of judges, and what they keep beside their scores.

use rusqlite::{Connection, Row, Statement, params};

use super::StoreError;
use super::comparison;
use super::run::Store;
use super::trials::{call_details, read_call};
use super::words::{from_json, json, small, unsigned, usd};
use crate::base::{Digest, RunId, SafeName, Usd};
use crate::record::{CallRecord, JudgeTotals, Score};

/// Notes that a check of a trial made a call.
pub(super) fn add(db: &Connection, trial: i64, position: i64, call: i64) -> rusqlite::Result<()> {
    db.prepare_cached("INSERT INTO judging (trial, position, call) VALUES (?1, ?2, ?3)")?
        .execute([trial, position, call])
        .map(|_| ())
}

/// Keeps the details of those scores that have some.
pub(super) fn add_details(db: &Connection, trial: i64, scores: &[Score]) -> rusqlite::Result<()> {
    for (score, position) in scores.iter().zip(0_i64..) {
        let Some(details) = &score.details else { continue };
        db.prepare_cached("INSERT INTO score_detail (trial, position, detail) VALUES (?1, ?2, ?3)")?
            .execute(params![trial, position, json(details)])?;
    }
    Ok(())
}

/// Removes what belongs to a trial's scores besides themselves. The judges' calls stay: they were paid for.
pub(super) fn forget(db: &Connection, trial: i64) -> rusqlite::Result<()> {
    db.prepare_cached("DELETE FROM judging WHERE trial = ?1")?.execute([trial])?;
    forget_details(db, trial)?;
    comparison::forget(db, trial)
}

/// Removes what the scores of a trial keep.
pub(super) fn forget_details(db: &Connection, trial: i64) -> rusqlite::Result<()> {
    db.prepare_cached("DELETE FROM score_detail WHERE trial = ?1")?.execute([trial]).map(|_| ())
}

/// Reads what the checks of trials asked and kept.
pub(super) struct Judging<'db> {
    calls: Statement<'db>,
    details: Statement<'db>,
}

impl<'db> Judging<'db> {
    pub(super) fn prepare(db: &'db Connection) -> rusqlite::Result<Judging<'db>> {
        let calls = format!(
            "SELECT {} FROM (SELECT 0 AS part, position, call FROM judging WHERE trial = ?1 UNION ALL \
             SELECT 1, position, call FROM comparison WHERE trial = ?1) j \
             JOIN call c ON c.id = j.call LEFT JOIN body q ON q.id = c.request \
             LEFT JOIN body r ON r.id = c.reply LEFT JOIN semantic_match m ON m.call = c.id \
             ORDER BY j.part, j.position",
            call_details()
        );
        let details = "SELECT position, detail FROM score_detail WHERE trial = ?1";
        Ok(Judging { calls: db.prepare(&calls)?, details: db.prepare(details)? })
    }

    /// The calls of a trial's checks, in the order they were made; those of the comparison that begins with it last.
    pub(super) fn calls(&mut self, trial: i64) -> rusqlite::Result<Vec<CallRecord>> {
        let mut calls = Vec::new();
        let mut rows = self.calls.query([trial])?;
        while let Some(row) = rows.next()? {
            calls.extend(read_call(row, 0)?);
        }
        Ok(calls)
    }

    /// Puts what the checks of a trial kept beside their scores.
    pub(super) fn complete(&mut self, trial: i64, scores: &mut [Score]) -> rusqlite::Result<()> {
        let mut rows = self.details.query([trial])?;
        while let Some(row) = rows.next()? {
            let position = usize::try_from(row.get::<_, i64>(0)?).unwrap_or(usize::MAX);
            if let Some(score) = scores.get_mut(position) {
                score.details = Some(from_json(row, 1)?);
            }
        }
        Ok(())
    }
}

/// Reads counts and sums from column `first` on.
pub(super) fn read_totals(row: &Row<'_>, first: usize) -> rusqlite::Result<JudgeTotals> {
    Ok(JudgeTotals {
        calls: unsigned(row.get(first)?),
        live: unsigned(row.get(first + 1)?),
        failed: unsigned(row.get(first + 2)?),
        cost_usd: usd(row.get(first + 3)?),
        unknown_cost_calls: u64::from(small(row.get(first + 4)?)),
        spent_usd: usd(row.get(first + 5)?).unwrap_or(Usd::ZERO),
        unknown_spent_calls: u64::from(small(row.get(first + 6)?)),
    })
}

impl Store {
    /// What judging cost in a run, by suite and variant; only those with judges. Calls of replaced trials are not in it.
    ///
    /// # Errors
    /// [`StoreError::RunNotFound`]; otherwise why the store cannot be read.
    pub fn judging(&self, run: &RunId) -> Result<Vec<(SafeName, Digest, JudgeTotals)>, StoreError> {
        let names = super::facts::Names::invert(self.run_rows(run)?);
        // By what was asked: in most runs that is nothing.
        if self.is_empty("judging")? {
            return Ok(Vec::new());
        }
        let Some((first, last)) = self.span(names.run)? else { return Ok(Vec::new()) };
        let query = "SELECT t.suite, t.variant, count(*), sum(c.source = 'live'), sum(c.reply IS NULL), sum(c.cost), \
                     sum(c.reply IS NOT NULL AND c.cost IS NULL), sum(c.spent), sum(c.spent IS NULL) \
                     FROM judging j CROSS JOIN trial t ON t.id = j.trial JOIN call c ON c.id = j.call \
                     WHERE j.trial BETWEEN ?2 AND ?3 AND t.run = ?1 GROUP BY t.suite, t.variant ORDER BY min(t.ordinal)";
        self.read(|db| {
            let mut statement = db.prepare_cached(query)?;
            let mut rows = statement.query([names.run, first, last])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push((names.suite(row, 0)?, names.variant(row, 1)?, read_totals(row, 2)?));
            }
            Ok(found)
        })
    }
}
