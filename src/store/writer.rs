//! The one thread that writes trials.
//!
//! Trials come through a bounded channel; what came within 20 ms is committed as one transaction. No transaction is
//! open while the thread waits, so other processes get their turn.

use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TryRecvError;

use super::StoreError;
use super::insert::{Change, InsertError, Inserts, RunRows};
use super::open::{Access, Pool};
use super::ready::{Part, Ready};
use super::run::Store;
use super::settle::TAIL_MOST;
use crate::base::{Millis, Redactor, RunId, Usd};
use crate::record::{CallRecord, CallSource, Comparison, Durable, TrialRecord};

/// Longest time a quick reply waits for others to share its transaction.
const BATCH_WAIT: Duration = Duration::from_millis(20);
/// The same while few come: then small transactions cost little, and who waits for them may be waiting for all.
const SHORT_WAIT: Duration = Duration::from_millis(2);
/// Trials of a batch after which many are expected.
const MANY_TRIALS: usize = 32;
/// How long the thread sleeps while a batch of quick replies fills.
const NAP: Duration = Duration::from_millis(1);
/// A reply that took as long as this, or longer, is committed at once: it was waited for, and may have been paid for.
const SLOW_REPLY: Millis = Millis(10);
/// Trials that are worth a transaction: with so many the thread does not wait for more.
const ENOUGH_TRIALS: usize = 256;
/// Most trials of one transaction.
const BATCH_TRIALS: usize = 1024;
/// Trials that wait for the thread before senders wait.
const CHANNEL_TRIALS: usize = 2048;

/// About as much is written before the log is emptied beside: enough for pages that many trials share to be copied once, and
/// so little that the log begins again from its start time after time, and that hardly anything is left to do at the end,
/// when somebody waits for it.
const LOG_BYTES: usize = 2 * 1024 * 1024;
/// And at least so often: what is still in the log does not survive a power cut, and slow calls are the dear ones.
const LOG_AGE: Duration = Duration::from_secs(5);

/// Trials of one transaction, boxed by their senders: a trial is large, and only its address moves.
type Batch = Vec<Box<Ready>>;

/// What the writing thread says.
#[derive(Debug)]
pub enum WriterEvent {
    /// These trials are durable; in the order in which they were sent.
    Committed(Vec<Box<TrialRecord>>),
    /// These comparisons are durable: what each of them spent, `None` where it is not known. In the order in which they were
    /// sent.
    Compared(Vec<Option<Usd>>),
    /// Nothing more is written; what was committed before is kept, what was sent since is lost.
    Failed(StoreError),
}

/// The way to the writing thread of one run. Many tasks may send at once.
#[derive(Debug)]
pub struct Writer {
    sender: mpsc::Sender<Box<Ready>>,
    redactor: Redactor,
    failure: Arc<OnceLock<StoreError>>,
    thread: JoinHandle<()>,
}

impl Store {
    /// Starts the writing thread of a run that [`Store::begin_run`] or [`Store::reopen_run`] prepared.
    ///
    /// `on_event` is called on that thread, after each commit and once on failure; it must not block for long.
    ///
    /// # Errors
    /// [`StoreError`] when the run is not there or the store cannot be written.
    pub fn writer(
        &self,
        run: &RunId,
        redactor: Redactor,
        on_event: impl FnMut(WriterEvent) + Send + 'static,
    ) -> Result<Writer, StoreError> {
        if self.pool.access() == Access::Read {
            return Err(self.opened_for_reading());
        }
        let rows = self.run_rows(run)?;
        Writer::start(self.pool.connect()?, Arc::clone(&self.pool), rows, redactor, on_event)
    }
}

impl Writer {
    pub(super) fn start(
        db: Connection,
        pool: Arc<Pool>,
        rows: RunRows,
        redactor: Redactor,
        mut on_event: impl FnMut(WriterEvent) + Send + 'static,
    ) -> Result<Writer, StoreError> {
        let (sender, mut receiver) = mpsc::channel(CHANNEL_TRIALS);
        let failure = Arc::new(OnceLock::new());
        let told = Arc::clone(&failure);
        let path = pool.path().to_path_buf();
        let io = move |error: std::io::Error| StoreError::of_io(&error, &path);
        let work = move || {
            let ended = write_all(&db, &pool, rows, &mut receiver, &mut on_event);
            if let Err(error) = ended {
                // Before the channel closes, so that a sender which finds it closed finds the reason.
                let _already_set = told.set(error.clone());
                drop(receiver);
                on_event(WriterEvent::Failed(error));
            }
        };
        let thread = thread::Builder::new().name("karat-store".to_owned()).spawn(work).map_err(io)?;
        Ok(Writer { sender, redactor, failure, thread })
    }

    /// Hands a finished trial over; waits while the channel is full. It is durable when the event says so.
    ///
    /// # Errors
    /// The failure that ended the thread; every later call fails the same way.
    pub async fn send(&self, trial: Box<TrialRecord>) -> Result<(), StoreError> {
        let ready = Box::new(Ready::new(trial, &self.redactor));
        self.sender.send(ready).await.map_err(|_| self.failure())
    }

    /// Hands the calls of a trial over that has no outcome: they answer the next run from the cache. No event tells of them;
    /// `durable` is let go when they are.
    ///
    /// # Errors
    /// As [`Writer::send`].
    pub async fn send_calls(&self, trial: Box<TrialRecord>, durable: Option<Durable>) -> Result<(), StoreError> {
        let ready = Box::new(Ready::new(trial, &self.redactor).with_calls_only(durable));
        self.sender.send(ready).await.map_err(|_| self.failure())
    }

    /// Hands a comparison of stored trials over; waits while the channel is full. It is durable, as a whole, when the event
    /// says so.
    ///
    /// # Errors
    /// As [`Writer::send`]; the writer fails when one of the trials is not stored.
    pub async fn send_compared(&self, comparison: Box<Comparison>) -> Result<(), StoreError> {
        let Some(ready) = Ready::compared(*comparison, &self.redactor) else { return Ok(()) };
        self.sender.send(Box::new(ready)).await.map_err(|_| self.failure())
    }

    /// The same for a thread outside of an async runtime; inside of one it panics, as all blocking waits of tokio do.
    ///
    /// # Errors
    /// As [`Writer::send`].
    pub fn send_blocking(&self, trial: Box<TrialRecord>) -> Result<(), StoreError> {
        let ready = Box::new(Ready::new(trial, &self.redactor));
        self.sender.blocking_send(ready).map_err(|_| self.failure())
    }

    /// Waits until everything that was sent is durable, and ends the thread. Blocks the calling thread for as long as
    /// the last batch takes. A writer that is dropped instead also writes what was sent, but nobody waits for it.
    ///
    /// # Errors
    /// The failure that ended the thread early.
    pub fn close(self) -> Result<(), StoreError> {
        drop(self.sender);
        let ended = self.thread.join();
        match (self.failure.get(), ended) {
            (Some(error), _) => Err(error.clone()),
            (None, Ok(())) => Ok(()),
            (None, Err(_)) => Err(StoreError::WriterGone),
        }
    }

    fn failure(&self) -> StoreError {
        self.failure.get().cloned().unwrap_or(StoreError::WriterGone)
    }
}

fn write_all(
    db: &Connection,
    pool: &Pool,
    rows: RunRows,
    receiver: &mut mpsc::Receiver<Box<Ready>>,
    on_event: &mut impl FnMut(WriterEvent),
) -> Result<(), StoreError> {
    tune(db).map_err(|error| pool.error(&error))?;
    let mut inserts = Inserts::prepare(db, rows, &pool.known).map_err(|error| pool.error(&error))?;
    let mut wait = SHORT_WAIT;
    let (mut logged, mut emptied) = (0, Instant::now());
    loop {
        let batch = next_batch(receiver, wait);
        wait = if batch.len() < MANY_TRIALS { SHORT_WAIT } else { BATCH_WAIT };
        if batch.is_empty() {
            return Ok(());
        }
        if let Err(error) = commit(db, &mut inserts, &batch) {
            // SQLite may have rolled back by itself already; the first error is the one to tell.
            let _rolled_back = db.execute_batch("ROLLBACK");
            return Err(match error {
                InsertError::Sqlite(error) => pool.error(&error),
                InsertError::Store(error) => error,
            });
        }
        logged += batch.iter().map(|ready| ready.size()).sum::<usize>();
        if logged > LOG_BYTES || emptied.elapsed() > LOG_AGE {
            (logged, emptied) = (0, Instant::now());
            pool.emptying.begin(pool);
        }
        // What is committed is committed; the response cache then answers less than it could.
        if let Err(error) = inserts.tell_keys() {
            tracing::warn!(%error, "the response cache cannot be brought up to date");
        }
        let (mut trials, mut compared) = (Vec::with_capacity(batch.len()), Vec::new());
        for ready in batch {
            match ready.part {
                Part::Whole => trials.push(ready.trial),
                Part::Scores => compared.push(spent_on(&ready.trial)),
                Part::Calls => {}
            }
        }
        on_event(WriterEvent::Committed(trials));
        if !compared.is_empty() {
            on_event(WriterEvent::Compared(compared));
        }
        inserts.settle_past(TAIL_MOST).map_err(|error| pool.error(&error))?;
    }
}

/// What the judges' calls of a trial cost; `None` when it is not known of one of them.
fn spent_on(trial: &TrialRecord) -> Option<Usd> {
    trial.judging.iter().map(CallRecord::spent).try_fold(Usd::ZERO, |sum, spent| Some(sum.saturating_add(spent?)))
}

/// The trials of the next transaction; empty when no more will come. Quick replies wait a moment for company, because many
/// small transactions cost more than they save. The thread sleeps meanwhile instead of being woken for each of them.
fn next_batch(receiver: &mut mpsc::Receiver<Box<Ready>>, wait: Duration) -> Batch {
    let mut batch = Vec::new();
    batch.extend(receiver.blocking_recv());
    let deadline = Instant::now() + wait;
    while !batch.is_empty() {
        let new = batch.len().saturating_sub(1);
        let is_open = take_waiting(receiver, &mut batch);
        let hurry = batch.iter().skip(new).any(|ready| ready.durable.is_some() || was_slow(&ready.trial));
        if hurry || !is_open || batch.len() >= ENOUGH_TRIALS || Instant::now() >= deadline {
            break;
        }
        thread::sleep(NAP);
    }
    batch
}

/// Takes what waits, up to a full batch; says whether more may come.
fn take_waiting(receiver: &mut mpsc::Receiver<Box<Ready>>, batch: &mut Batch) -> bool {
    while batch.len() < BATCH_TRIALS {
        match receiver.try_recv() {
            Ok(trial) => batch.push(trial),
            Err(TryRecvError::Empty) => return true,
            Err(TryRecvError::Disconnected) => return false,
        }
    }
    true
}

/// Whether the reply of a trial took its time, so that it must not wait.
fn was_slow(trial: &TrialRecord) -> bool {
    let Some(call) = &trial.call else { return false };
    matches!(call.source, CallSource::Live | CallSource::Shared) && call.latency_ms >= SLOW_REPLY
}

fn commit(db: &Connection, inserts: &mut Inserts<'_>, batch: &[Box<Ready>]) -> Result<(), InsertError> {
    // IMMEDIATE: a transaction that begins as a reader cannot wait for another process when it starts to write.
    db.execute_batch("BEGIN IMMEDIATE")?;
    inserts.catch_up()?;
    let mut change = Change::default();
    for trial in batch {
        inserts.add(trial, &mut change)?;
    }
    inserts.add_change(&change)?;
    db.execute_batch("COMMIT")?;
    Ok(())
}

/// The writer makes every row that it refers to itself, so SQLite need not look them up again; it adds to the ends of its
/// tables only, for which a small cache is enough.
fn tune(db: &Connection) -> rusqlite::Result<()> {
    db.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA cache_size = -4000;")
}
