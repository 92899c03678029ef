//! The daily limit, kept by all processes together: money is set aside here before a call may spend it.

use rusqlite::{Connection, params};

use super::StoreError;
use super::batch::reserved_by_others;
use super::run::Store;
use crate::base::files::Lock;
use crate::base::{RunId, Timestamp, Usd};

/// Sets money aside for one run. Every process that keeps the limit does so in the same store.
#[derive(Debug)]
pub struct Ledger {
    store: Store,
    run: RunId,
    since: Timestamp,
    most: Usd,
    /// What the run had spent before `since`, which this limit does not count.
    base: Usd,
    /// What the run had spent in all when this process took it up.
    before: Usd,
}

/// Whether money was set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetAside {
    /// It was.
    Granted,
    /// Other processes have set aside what is left, and may give some of it back.
    Held {
        /// Spent by all runs.
        spent: Usd,
        /// Set aside by other processes and not spent yet.
        held: Usd,
    },
    /// It is spent.
    Spent {
        /// Spent by all runs.
        spent: Usd,
    },
}

impl Store {
    /// The ledger of a run of this process, for a limit of `most` on everything that is spent from `since` on.
    ///
    /// # Errors
    /// [`StoreError::RunNotFound`]; otherwise why the store cannot be read.
    pub fn ledger(&self, run: &RunId, since: Timestamp, most: Usd) -> Result<Ledger, StoreError> {
        let id = self.run_number(run)?;
        let (base, before) = self.read(|db| Ok((spent_before(db, id, since)?, spent_by(db, id)?)))?;
        Ok(Ledger { store: self.clone(), run: run.clone(), since, most, base, before })
    }
}

impl Ledger {
    /// Sets aside what is missing for this process to spend `upto` in total. Asking again for less gives money back.
    ///
    /// # Errors
    /// Why the store cannot be written: then nothing may be spent.
    pub fn set_aside(&self, upto: Usd) -> Result<SetAside, StoreError> {
        let id = self.store.run_number(&self.run)?;
        let upto = self.before.saturating_add(upto);
        let dead = self.abandoned()?;
        self.store.write(|db| {
            for run in &dead {
                db.execute("DELETE FROM hold WHERE run = ?1", [run])?;
            }
            let spent = spent_by_all(db, self.since)?;
            let others = spent.saturating_sub(spent_by(db, id)?.saturating_sub(self.base));
            let held = held_by_others(db, id, self.since)?;
            // Nobody gives it back before its batch has ended: it is as good as spent.
            let others = others.saturating_add(reserved_by_others(db, id, self.since)?);
            let wanted = others.saturating_add(upto.saturating_sub(self.base));
            if wanted.saturating_add(held) <= self.most {
                db.execute(
                    "INSERT INTO hold (run, since, upto) VALUES (?1, ?2, ?3) \
                     ON CONFLICT (run) DO UPDATE SET since = ?2, upto = ?3",
                    params![id, self.since.0, upto.picos()],
                )?;
                return Ok(SetAside::Granted);
            }
            let waits = wanted <= self.most;
            Ok(if waits { SetAside::Held { spent, held } } else { SetAside::Spent { spent } })
        })
    }

    /// Gives back what was set aside and not spent.
    ///
    /// # Errors
    /// Why the store cannot be written; the rest is then given back when this process has ended.
    pub fn release(&self) -> Result<(), StoreError> {
        let id = self.store.run_number(&self.run)?;
        self.store.write(|db| db.execute("DELETE FROM hold WHERE run = ?1", [id]).map(|_| ()))
    }

    /// Runs that have money set aside and that nobody is running: their process was killed.
    fn abandoned(&self) -> Result<Vec<i64>, StoreError> {
        let holders: Vec<(i64, String)> = self.store.read(|db| {
            let query = "SELECT r.id, r.name FROM hold h JOIN run r ON r.id = h.run WHERE r.name <> ?1";
            let mut statement = db.prepare_cached(query)?;
            let rows = statement.query_map([self.run.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect()
        })?;
        let is_free = |name: &str| Lock::take(&self.store.lock_path(name)).is_ok_and(|lock| lock.is_some());
        Ok(holders.into_iter().filter(|(_, name)| is_free(name)).map(|(id, _)| id).collect())
    }
}

pub(super) fn spent_by_all(db: &Connection, since: Timestamp) -> rusqlite::Result<Usd> {
    let query = "SELECT coalesce(sum(spent), 0) FROM call INDEXED BY call_live WHERE source = 'live' AND started >= ?1";
    db.prepare_cached(query)?.query_row([since.0], |row| row.get(0).map(Usd::from_picos))
}

/// What a run has spent in all; its row is kept up to date with its calls.
fn spent_by(db: &Connection, run: i64) -> rusqlite::Result<Usd> {
    db.prepare_cached("SELECT spent FROM run WHERE id = ?1")?.query_row([run], |row| row.get(0).map(Usd::from_picos))
}

fn spent_before(db: &Connection, run: i64, since: Timestamp) -> rusqlite::Result<Usd> {
    let query = "SELECT coalesce(sum(spent), 0) FROM call WHERE run = ?1 AND source = 'live' AND started < ?2";
    db.prepare_cached(query)?.query_row([run, since.0], |row| row.get(0).map(Usd::from_picos))
}

/// What other runs may still spend of what they have set aside.
pub(super) fn held_by_others(db: &Connection, run: i64, since: Timestamp) -> rusqlite::Result<Usd> {
    let query = "SELECT coalesce(sum(max(h.upto - r.spent, 0)), 0) FROM hold h JOIN run r ON r.id = h.run \
                 WHERE h.run <> ?1 AND h.since = ?2";
    db.prepare_cached(query)?.query_row([run, since.0], |row| row.get(0).map(Usd::from_picos))
}
