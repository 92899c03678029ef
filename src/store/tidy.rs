//! Housekeeping beside a run and its report: from the log into the file, and from the tail into the sorted tables.

use std::thread::{self, JoinHandle};

use rusqlite::Connection;

use super::StoreError;
use super::run::Store;
use super::settle::{TAIL_LEFT, settle};

/// Housekeeping under way; dropping it waits for its end.
#[derive(Debug)]
#[must_use = "dropping it waits for the end of the work"]
pub struct Tidying(Option<JoinHandle<()>>);

impl Store {
    /// Sorts in what a large run has added, and moves it from the log into the file, which also closing the store would do:
    /// then the user waits for it, here only a second processor has work.
    ///
    /// Nothing depends on it: what fails is told in the log, and is made good by the next run or by closing.
    pub fn tidy(&self) -> Tidying {
        let store = self.clone();
        let work = move || {
            if let Err(error) = store.tidy_now() {
                tracing::warn!(%error, "the results store cannot be tidied up");
            }
        };
        let thread = thread::Builder::new().name("karat-tidy".to_owned()).spawn(work);
        Tidying(thread.inspect_err(|error| tracing::warn!(%error, "the results store is not tidied up")).ok())
    }

    fn tidy_now(&self) -> Result<(), StoreError> {
        let db = self.pool.connect()?;
        // The tables are read once, from end to end: what is kept of them serves nobody.
        db.pragma_update(None, "cache_size", -1000).map_err(|error| self.pool.error(&error))?;
        settle(&db, TAIL_LEFT).map_err(|error| self.pool.error(&error))?;
        empty_log(&db).map_err(|error| self.pool.error(&error))
    }
}

impl Drop for Tidying {
    fn drop(&mut self) {
        // A panic there is no reason for one here: nothing depends on it.
        let _ended = self.0.take().map(JoinHandle::join);
    }
}

/// Moves what the log holds into the file, as far as nobody reads the older state. It waits for nobody.
fn empty_log(db: &Connection) -> rusqlite::Result<()> {
    db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
}
