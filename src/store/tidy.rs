//! Housekeeping beside a run and its report: from the log into the file, and from the tail into the sorted tables.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use rusqlite::{Connection, Row};

use super::StoreError;
use super::open::Pool;
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
        self.pool.emptying.wait();
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
///
/// Only a log that is wholly in the file is used again from its start, and only then is the file brought to the disk. So
/// what was added meanwhile is moved at once: it is little, and there is a good chance that nothing is added this time.
fn empty_log(db: &Connection) -> rusqlite::Result<()> {
    for _ in 0..ROUNDS {
        let frames = |row: &Row<'_>| Ok((row.get(1)?, row.get(2)?));
        let (logged, moved): (i64, i64) = db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], frames)?;
        if moved >= logged {
            break;
        }
    }
    Ok(())
}

/// Times that what is in the log is moved before it is left to the next occasion.
const ROUNDS: u32 = 5;

/// A thread that empties the log while another one writes, so that the writer does not wait for the disk, and little is
/// left to do at the end.
#[derive(Debug, Default)]
pub(super) struct Emptying(Mutex<Option<Emptier>>);

/// The thread, and the way to ask it.
#[derive(Debug)]
struct Emptier {
    ask: SyncSender<()>,
    thread: JoinHandle<()>,
}

impl Emptier {
    fn start(pool: &Pool) -> Option<Emptier> {
        // Not the pool itself: it waits for this thread when it goes.
        let db = pool.connect().ok()?;
        let (ask, asked) = sync_channel(1);
        let work = move || {
            while asked.recv().is_ok() {
                if let Err(error) = empty_log(&db) {
                    tracing::warn!(%error, "the log of the results store cannot be emptied");
                }
            }
        };
        let thread = thread::Builder::new().name("karat-log".to_owned()).spawn(work).ok()?;
        Some(Emptier { ask, thread })
    }
}

impl Emptying {
    /// Begins; while it is at it, it will begin once more. Nothing depends on it, so failures are told in the log only: SQLite
    /// does the same by itself when the log has grown large, and when the store is closed.
    pub(super) fn begin(&self, pool: &Pool) {
        let mut emptier = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if emptier.is_none() {
            *emptier = Emptier::start(pool);
        }
        if let Some(emptier) = emptier.as_ref() {
            // When there is no room, it has been asked already.
            emptier.ask.try_send(()).ok();
        }
    }

    /// Waits for its end. A connection that is still open would keep the log from being removed.
    pub(super) fn wait(&self) {
        let emptier = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Emptier { ask, thread }) = emptier else { return };
        drop(ask);
        let _ended = thread.join();
    }
}

impl Drop for Emptying {
    fn drop(&mut self) {
        self.wait();
    }
}
