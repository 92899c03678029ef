//! Fits a stored run to a plan that has changed since it began.

use std::collections::HashMap;

use rusqlite::{Connection, params};

use super::StoreError;
use super::judging;
use super::run::Store;
use super::words::signed;
use crate::base::RunId;
use crate::record::{Outcome, TrialKey};

impl Store {
    /// Gives trials their place in the present plan, and takes out those it no longer has. Their calls stay: they were
    /// paid for. Suites and variants that are left without a trial go, too; [`Store::reopen_run`] adds those of the plan.
    ///
    /// # Errors
    /// [`StoreError::RunNotFound`]; otherwise why the store cannot be written. Nothing is changed then.
    pub fn refit(&self, run: &RunId, moved: &[(TrialKey, u64)], stale: &[TrialKey]) -> Result<(), StoreError> {
        let id = self.run_number(run)?;
        self.write(|db| {
            let rows = rows_by_key(db, id)?;
            place(db, &rows, moved)?;
            take_out(db, &rows, stale)?;
            recount(db, id)?;
            db.execute(
                "DELETE FROM suite WHERE run = ?1 AND id NOT IN (SELECT suite FROM trial WHERE run = ?1)",
                [id],
            )?;
            db.execute(
                "DELETE FROM variant WHERE run = ?1 AND id NOT IN (SELECT variant FROM trial WHERE run = ?1)",
                [id],
            )?;
            Ok(())
        })
    }
}

/// Numbers of the run's rows by trial key: there is no index by key, and one pass serves all.
fn rows_by_key(db: &Connection, run: i64) -> rusqlite::Result<HashMap<Vec<u8>, i64>> {
    db.prepare("SELECT key, id FROM trial WHERE run = ?1")?
        .query_map([run], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

fn place(db: &Connection, rows: &HashMap<Vec<u8>, i64>, moved: &[(TrialKey, u64)]) -> rusqlite::Result<()> {
    let mut statement = db.prepare("UPDATE trial SET ordinal = ?2 WHERE id = ?1")?;
    for (key, ordinal) in moved {
        if let Some(id) = rows.get(key.0.as_bytes().as_slice()) {
            statement.execute(params![id, signed(*ordinal)])?;
        }
    }
    Ok(())
}

fn take_out(db: &Connection, rows: &HashMap<Vec<u8>, i64>, stale: &[TrialKey]) -> rusqlite::Result<()> {
    let mut scores = db.prepare("DELETE FROM score WHERE trial = ?1")?;
    let mut trial = db.prepare("DELETE FROM trial WHERE id = ?1")?;
    for id in stale.iter().filter_map(|key| rows.get(key.0.as_bytes().as_slice())) {
        scores.execute([id])?;
        judging::forget(db, *id)?;
        trial.execute([id])?;
    }
    Ok(())
}

fn recount(db: &Connection, run: i64) -> rusqlite::Result<()> {
    for (word, _) in Outcome::ALL {
        // The words are ours, and each is the name of its column.
        let update = format!(
            "UPDATE run SET {word} = (SELECT count(*) FROM trial WHERE run = ?1 AND outcome = ?2) WHERE id = ?1"
        );
        db.execute(&update, params![run, word])?;
    }
    Ok(())
}
