//! Comparisons of the variants of a case: scores that trials get when all of them are stored.

use std::collections::HashSet;
use std::ops::ControlFlow;

use rusqlite::{Connection, params};

use super::StoreError;
use super::judging::read_totals;
use super::run::Store;
use super::words::{digest, signed};
use crate::base::RunId;
use crate::record::{JudgeTotals, TrialKey, TrialRecord};

/// Notes that a comparison made a call.
pub(super) fn add(db: &Connection, trial: i64, position: i64, call: i64) -> rusqlite::Result<()> {
    db.prepare_cached("INSERT INTO comparison (trial, position, call) VALUES (?1, ?2, ?3)")?
        .execute([trial, position, call])
        .map(|_| ())
}

/// Removes what belongs to a comparison that is made anew. Its calls stay: they were paid for.
pub(super) fn forget(db: &Connection, trial: i64) -> rusqlite::Result<()> {
    db.prepare_cached("DELETE FROM comparison WHERE trial = ?1")?.execute([trial]).map(|_| ())
}

/// Gives a stored trial another outcome; its scores are written by whoever calls this.
pub(super) fn settle(db: &Connection, id: i64, trial: &TrialRecord) -> rusqlite::Result<()> {
    db.prepare_cached("UPDATE trial SET outcome = ?2, score = ?3, note = ?4 WHERE id = ?1")?
        .execute(params![id, trial.outcome.word(), trial.score.map(crate::base::Ratio::get), trial.note])
        .map(|_| ())
}

impl Store {
    /// What comparisons asked of judges in a run; `None` when there were no such questions. Calls of comparisons that were
    /// made anew are not in it.
    ///
    /// # Errors
    /// [`StoreError::RunNotFound`]; otherwise why the store cannot be read.
    pub fn comparing(&self, run: &RunId) -> Result<Option<JudgeTotals>, StoreError> {
        let id = self.run_number(run)?;
        // By what was asked: in most runs that is nothing.
        if self.is_empty("comparison")? {
            return Ok(None);
        }
        let Some((first, last)) = self.span(id)? else { return Ok(None) };
        let query = "SELECT count(*), sum(c.source = 'live'), sum(c.reply IS NULL), sum(c.cost), \
                     sum(c.reply IS NOT NULL AND c.cost IS NULL), sum(c.spent), sum(c.spent IS NULL) \
                     FROM comparison j CROSS JOIN trial t ON t.id = j.trial JOIN call c ON c.id = j.call \
                     WHERE j.trial BETWEEN ?2 AND ?3 AND t.run = ?1";
        let totals = self.read(|db| {
            db.prepare_cached(query)?.query_row([id, first, last], |row| {
                if row.get::<_, i64>(0)? == 0 { Ok(None) } else { read_totals(row, 0).map(Some) }
            })
        })?;
        Ok(totals)
    }

    /// Trials that are ungraded for want of a comparison alone: their own call and all other checks gave what they have to
    /// give.
    ///
    /// # Errors
    /// [`StoreError::RunNotFound`]; otherwise why the store cannot be read.
    pub fn uncompared(&self, run: &RunId) -> Result<HashSet<TrialKey>, StoreError> {
        let id = self.run_number(run)?;
        let query = "SELECT t.key FROM trial t INDEXED BY trial_ordinal WHERE t.run = ?1 AND t.outcome = 'ungraded' \
                     AND EXISTS (SELECT 1 FROM score s WHERE s.trial = t.id AND s.state = 'ungraded' AND s.weight > 0) \
                     AND NOT EXISTS (SELECT 1 FROM score s LEFT JOIN score_detail d ON d.trial = s.trial \
                     AND d.position = s.position WHERE s.trial = t.id AND s.state = 'ungraded' AND s.weight > 0 \
                     AND coalesce(json_extract(d.detail, '$.among'), '') <> 'variants')";
        self.read(|db| {
            let mut statement = db.prepare_cached(query)?;
            let keys = statement.query_map([id], |row| Ok(TrialKey(digest(row, 0)?)))?;
            keys.collect()
        })
    }

    /// Looks up trials of a run by their places in the plan, one after the other.
    ///
    /// # Errors
    /// [`StoreError::RunNotFound`]; otherwise why the store cannot be read.
    pub fn trials_at(&self, run: &RunId, ordinals: &[u64]) -> Result<Vec<TrialRecord>, StoreError> {
        let places = ordinals.iter().map(|ordinal| signed(*ordinal).to_string()).collect::<Vec<_>>().join(", ");
        let mut trials = Vec::with_capacity(ordinals.len());
        self.stream(run, &format!("AND t.ordinal IN ({places}) ORDER BY t.ordinal"), Vec::new(), |trial| {
            trials.push(trial);
            ControlFlow::Continue(())
        })?;
        Ok(trials)
    }
}
