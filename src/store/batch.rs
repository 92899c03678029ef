//! Chunks of batch runs: what was intended, what the provider has, and what came back.
//!
//! Each step is written before the next one is taken, and flushed to the disk: a chunk that the provider may have must
//! be known after a power cut as well, because nobody can tell otherwise that it was paid for.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};

use super::StoreError;
use super::open::Access;
use super::run::Store;
use super::words::{digest, parsed, signed, small, unsigned, word};
use crate::base::{Digest, RunId, SafeName, Timestamp, Usd};
use crate::record::{BatchChunk, BatchFate, BatchItem, BatchProgress, BatchReply, BatchState};

/// Money that all chunks of the limit's day together may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchLimit {
    /// Start of the day.
    pub since: Timestamp,
    /// The most that may be spent from then on.
    pub most: Usd,
}

/// What came back for one request: its place in the chunk, what became of it, and what the provider said.
pub type BatchResult = (u32, BatchFate, Option<BatchReply>);

const CHUNK_COLUMNS: &str = "number, provider, model, state, items, bytes, reserved, file, remote, word, planned, url";

impl Store {
    /// The number of the next chunk of a run.
    ///
    /// # Errors
    /// [`StoreError::RunNotFound`]; otherwise why the store cannot be read.
    pub fn next_batch(&self, run: &RunId) -> Result<u32, StoreError> {
        let run = self.run_number(run)?;
        self.read(|db| {
            db.query_row("SELECT coalesce(max(number), 0) + 1 FROM batch WHERE run = ?1", [run], |row| {
                Ok(small(row.get(0)?))
            })
        })
    }

    /// Writes down that a chunk will be sent, with the keys of its requests in their order. False when `limit` has no
    /// room for it: then nothing is written. Chunks and calls of other processes are counted in the same transaction.
    ///
    /// # Errors
    /// [`StoreError::RunNotFound`]; otherwise why the store cannot be written.
    pub fn plan_batch(
        &self,
        run: &RunId,
        chunk: &BatchChunk,
        keys: &[Digest],
        limit: Option<BatchLimit>,
    ) -> Result<bool, StoreError> {
        let id = self.run_number(run)?;
        self.write_flushed(|db| {
            if let Some(limit) = limit {
                let taken = taken_by_all(db, id, limit.since)?;
                if taken.saturating_add(chunk.reserved) > limit.most {
                    return Ok(false);
                }
            }
            db.execute(
                "INSERT INTO batch (run, number, provider, model, state, items, bytes, reserved, planned, url) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                params![
                    id,
                    chunk.number,
                    chunk.provider.as_str(),
                    chunk.model,
                    BatchState::Planned.word(),
                    chunk.items,
                    signed(chunk.bytes),
                    chunk.reserved.picos(),
                    chunk.planned.0,
                    chunk.url,
                ],
            )?;
            let batch = db.last_insert_rowid();
            let mut insert =
                db.prepare("INSERT INTO batch_item (batch, position, cache_key, fate) VALUES (?1, ?2, ?3, 'open')")?;
            for (position, key) in (0_i64..).zip(keys) {
                insert.execute(params![batch, position, key.as_bytes()])?;
            }
            Ok(true)
        })
    }

    /// Writes down a step of a chunk: its state, and the provider's ids and word where they are known.
    ///
    /// # Errors
    /// [`StoreError::RunNotFound`]; otherwise why the store cannot be written.
    pub fn move_batch(&self, run: &RunId, chunk: &BatchChunk) -> Result<(), StoreError> {
        let id = self.run_number(run)?;
        self.write_flushed(|db| {
            db.execute(
                "UPDATE batch SET state = ?3, file = ?4, remote = ?5, word = ?6 WHERE run = ?1 AND number = ?2",
                params![id, chunk.number, chunk.state.word(), chunk.file, chunk.remote, chunk.word],
            )?;
            if matches!(chunk.state, BatchState::Lost | BatchState::Failed) {
                db.execute(
                    "UPDATE batch_item SET fate = 'dropped' WHERE fate = 'open' AND batch = \
                     (SELECT id FROM batch WHERE run = ?1 AND number = ?2)",
                    params![id, chunk.number],
                )?;
            }
            Ok(())
        })
    }

    /// Keeps what came of a chunk, all of it or nothing. Requests that `results` does not name become `rest`; of several
    /// results of one request the first counts.
    ///
    /// # Errors
    /// [`StoreError::RunNotFound`]; otherwise why the store cannot be written.
    pub fn collect_batch(
        &self,
        run: &RunId,
        chunk: &BatchChunk,
        results: &[BatchResult],
        rest: BatchFate,
    ) -> Result<(), StoreError> {
        let id = self.run_number(run)?;
        self.write_flushed(|db| {
            let batch: i64 = db.query_row(
                "SELECT id FROM batch WHERE run = ?1 AND number = ?2",
                params![id, chunk.number],
                |row| row.get(0),
            )?;
            let mut update = db.prepare(
                "UPDATE batch_item SET fate = ?3, status = ?4, reply = ?5, request_id = ?6 \
                 WHERE batch = ?1 AND position = ?2 AND fate = 'open'",
            )?;
            for (position, fate, reply) in results {
                let reply = reply.as_ref();
                update.execute(params![
                    batch,
                    position,
                    fate.word(),
                    reply.map(|reply| reply.status),
                    reply.map(|reply| &reply.body),
                    reply.and_then(|reply| reply.request_id.as_ref()),
                ])?;
            }
            db.execute(
                "UPDATE batch_item SET fate = ?2 WHERE batch = ?1 AND fate = 'open'",
                params![batch, rest.word()],
            )?;
            db.execute(
                "UPDATE batch SET state = ?2, word = ?3 WHERE id = ?1",
                params![batch, BatchState::Collected.word(), chunk.word],
            )?;
            Ok(())
        })
    }

    /// The chunks of a run, in their order.
    ///
    /// # Errors
    /// [`StoreError::RunNotFound`]; otherwise why the store cannot be read.
    pub fn batches(&self, run: &RunId) -> Result<Vec<BatchChunk>, StoreError> {
        let id = self.run_number(run)?;
        self.read(|db| {
            let query = format!("SELECT {CHUNK_COLUMNS} FROM batch WHERE run = ?1 ORDER BY number");
            db.prepare_cached(&query)?.query_map([id], read_chunk)?.collect()
        })
    }

    /// Ids of all batches that any run has at its provider: none of them can be one whose id was lost.
    ///
    /// # Errors
    /// Why the store cannot be read.
    pub fn known_batches(&self) -> Result<HashSet<String>, StoreError> {
        self.read(|db| {
            db.prepare_cached("SELECT remote FROM batch WHERE remote IS NOT NULL")?
                .query_map([], |row| row.get(0))?
                .collect()
        })
    }

    /// The requests of all chunks of a run, in their order.
    ///
    /// # Errors
    /// [`StoreError::RunNotFound`]; otherwise why the store cannot be read.
    pub fn batch_items(&self, run: &RunId) -> Result<Vec<BatchItem>, StoreError> {
        let id = self.run_number(run)?;
        self.read(|db| {
            let query = "SELECT b.number, i.position, i.cache_key, i.fate FROM batch b JOIN batch_item i ON i.batch = b.id \
                         WHERE b.run = ?1 ORDER BY b.number, i.position";
            let mut statement = db.prepare_cached(query)?;
            let items = statement.query_map([id], |row| {
                Ok(BatchItem {
                    chunk: small(row.get(0)?),
                    position: small(row.get(1)?),
                    key: digest(row, 2)?,
                    fate: word(row, 3, BatchFate::parse)?,
                })
            })?;
            items.collect()
        })
    }

    /// What the provider said about a request, if it said anything.
    ///
    /// # Errors
    /// [`StoreError::RunNotFound`]; otherwise why the store cannot be read.
    pub fn batch_reply(&self, run: &RunId, chunk: u32, position: u32) -> Result<Option<BatchReply>, StoreError> {
        let id = self.run_number(run)?;
        self.read(|db| {
            let query = "SELECT i.status, i.reply, i.request_id FROM batch b JOIN batch_item i ON i.batch = b.id \
                         WHERE b.run = ?1 AND b.number = ?2 AND i.position = ?3 AND i.reply IS NOT NULL";
            let read =
                |row: &Row<'_>| Ok(BatchReply { status: row.get(0)?, body: row.get(1)?, request_id: row.get(2)? });
            db.prepare_cached(query)?.query_row(params![id, chunk, position], read).optional()
        })
    }

    /// Takes requests of a run with one of these fates out of account, so that they are asked again.
    ///
    /// # Errors
    /// [`StoreError::RunNotFound`]; otherwise why the store cannot be written.
    pub fn drop_batch_items(&self, run: &RunId, fates: &[BatchFate]) -> Result<(), StoreError> {
        let id = self.run_number(run)?;
        self.write(|db| {
            for fate in fates {
                db.execute(
                    "UPDATE batch_item SET fate = 'dropped' WHERE fate = ?2 AND batch IN (SELECT id FROM batch WHERE run = ?1)",
                    params![id, fate.word()],
                )?;
            }
            Ok(())
        })
    }

    /// How far the chunks of a run have come; `None` when it has none.
    ///
    /// # Errors
    /// [`StoreError::RunNotFound`]; otherwise why the store cannot be read.
    pub fn batch_progress(&self, run: &RunId) -> Result<Option<BatchProgress>, StoreError> {
        let id = self.run_number(run)?;
        self.read(|db| {
            let query = "SELECT count(*), count(*) FILTER (WHERE state IN ('collected', 'failed')), \
                         coalesce(sum(items), 0), (SELECT count(*) FROM batch_item i JOIN batch b ON b.id = i.batch \
                         WHERE b.run = ?1 AND i.fate = 'answered') FROM batch WHERE run = ?1 AND state <> 'lost'";
            let progress = db.prepare_cached(query)?.query_row([id], |row| {
                Ok(BatchProgress {
                    chunks: unsigned(row.get(0)?),
                    ended: unsigned(row.get(1)?),
                    items: unsigned(row.get(2)?),
                    answered: unsigned(row.get(3)?),
                })
            })?;
            Ok((progress.chunks > 0).then_some(progress))
        })
    }

    /// Keys of the requests that a run has paid for already.
    ///
    /// # Errors
    /// [`StoreError::RunNotFound`]; otherwise why the store cannot be read.
    pub fn paid_keys(&self, run: &RunId) -> Result<HashSet<Digest>, StoreError> {
        let id = self.run_number(run)?;
        self.read(|db| {
            // Over all calls: one whose trial was replaced was paid for as well.
            let query = "SELECT DISTINCT cache_key FROM call WHERE run = ?1 AND source = 'live' AND reply IS NOT NULL";
            db.prepare_cached(query)?.query_map([id], |row| digest(row, 0))?.collect()
        })
    }

    /// Runs statements in one transaction that is on the disk when this returns.
    fn write_flushed<T>(&self, work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        if self.pool.access() == Access::Read {
            return Err(self.opened_for_reading());
        }
        self.pool.with(|db| {
            let attempt = (|| {
                db.pragma_update(None, "synchronous", "FULL")?;
                let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let result = work(&transaction)?;
                transaction.commit()?;
                Ok(result)
            })();
            // The connection goes back to those who need no flush.
            db.pragma_update(None, "synchronous", "NORMAL").map_err(|error| self.pool.error(&error))?;
            attempt.map_err(|error| self.pool.error(&error))
        })
    }
}

/// Money that chunks of other runs than this may still cost: they were planned at `since` or later, and what they cost is not known.
pub(super) fn reserved_by_others(db: &Connection, run: i64, since: Timestamp) -> rusqlite::Result<Usd> {
    let query = "SELECT coalesce(sum(reserved), 0) FROM batch WHERE run <> ?1 AND planned >= ?2 \
                 AND state IN ('planned', 'uploaded', 'created')";
    db.prepare_cached(query)?.query_row(params![run, since.0], |row| row.get(0).map(Usd::from_picos))
}

/// Money that is spent, set aside by other processes, or on its way in chunks.
fn taken_by_all(db: &Connection, run: i64, since: Timestamp) -> rusqlite::Result<Usd> {
    let own = "SELECT coalesce(sum(reserved), 0) FROM batch WHERE run = ?1 AND planned >= ?2 \
               AND state IN ('planned', 'uploaded', 'created')";
    let own: Usd = db.prepare_cached(own)?.query_row(params![run, since.0], |row| row.get(0).map(Usd::from_picos))?;
    let spent = super::ledger::spent_by_all(db, since)?;
    let held = super::ledger::held_by_others(db, run, since)?;
    Ok([reserved_by_others(db, run, since)?, spent, held].into_iter().fold(own, Usd::saturating_add))
}

fn read_chunk(row: &Row<'_>) -> rusqlite::Result<BatchChunk> {
    Ok(BatchChunk {
        number: small(row.get(0)?),
        provider: parsed(row, 1, SafeName::parse)?,
        model: row.get(2)?,
        state: word(row, 3, BatchState::parse)?,
        items: small(row.get(4)?),
        bytes: unsigned(row.get(5)?),
        reserved: Usd::from_picos(row.get(6)?),
        file: row.get(7)?,
        remote: row.get(8)?,
        word: row.get(9)?,
        planned: Timestamp(row.get(10)?),
        url: row.get(11)?,
    })
}
