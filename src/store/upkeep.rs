//! The response cache as a whole: how large it is, what it saved, and letting go of parts of it.
//!
//! Replies are the results of runs first, and answers to later questions second. So what is let go of is the right to
//! answer, never the result: a call keeps its reply, its numbers and its trial. Only [`Store::prune`] takes texts away,
//! those of old runs, and only when somebody says so.
//!
//! When a reply was last used is not written anywhere: every hit is a call of its own with the same cache key.

use rusqlite::{Connection, Transaction, params};
use serde::Serialize;

use super::StoreError;
use super::run::Store;
use super::words::{json, unsigned};
use crate::base::{Millis, RunId, Timestamp, Usd};
use crate::record::{ChatReply, ChatRequest, Finish, Message, OutputFormat, Params, Role, ToolChoice};

/// Text of a reply that was pruned.
pub const PRUNED: &str = "(removed by `karat cache prune`)";

/// How large the cache is and what it saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct CacheTotals {
    /// Replies that may answer again, one per question.
    pub entries: u64,
    /// Bytes of their texts.
    pub bytes: u64,
    /// When the oldest of them was made, in milliseconds since 1970.
    #[serde(skip)]
    pub oldest: Option<Timestamp>,
    /// Questions of the semantic cache.
    pub semantic_entries: u64,
    /// Calls that a reply of an earlier run answered.
    pub hits: u64,
    /// Calls that the answer to a similar question answered.
    pub semantic_hits: u64,
    /// What those calls would have cost, as far as known.
    pub saved_usd: Usd,
    /// Calls of which that is unknown.
    pub unknown_saved_calls: u64,
    /// What those calls would have taken.
    pub saved_ms: Millis,
    /// Bytes of the results file.
    pub file_bytes: u64,
}

/// What a run saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunSavings {
    /// The run.
    pub run: RunId,
    /// Calls that were answered by kept replies.
    pub hits: u64,
    /// What they would have cost, as far as known.
    pub saved_usd: Usd,
    /// Calls of which that is unknown.
    pub unknown_saved_calls: u64,
    /// What they would have taken.
    pub saved_ms: Millis,
}

/// How much may answer again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CacheCap {
    /// Replies.
    pub entries: Option<u64>,
    /// Bytes of their texts.
    pub bytes: Option<u64>,
}

/// What pruning took away, or would.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Pruned {
    /// Runs.
    pub runs: u64,
    /// Texts of requests and replies.
    pub texts: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Calls that saved one.
const SAVING: &str = "source IN ('cache', 'semantic')";

impl Store {
    /// How large the cache is and what it saved in all runs.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub fn cache_totals(&self) -> Result<CacheTotals, StoreError> {
        self.read(|db| {
            let mut totals = db.query_row(
                "SELECT count(*), coalesce(sum(bytes), 0), min(started) FROM (\
                   SELECT max(octet_length(b.content)) AS bytes, min(c.started) AS started FROM call c \
                   JOIN body b ON b.id = c.reply WHERE c.reusable = 1 GROUP BY c.cache_key)",
                [],
                |row| {
                    let oldest = row.get::<_, Option<i64>>(2)?.map(Timestamp);
                    let (entries, bytes) = (unsigned(row.get(0)?), unsigned(row.get(1)?));
                    Ok(CacheTotals { entries, bytes, oldest, ..CacheTotals::default() })
                },
            )?;
            totals.semantic_entries =
                db.query_row("SELECT count(*) FROM semantic_entry", [], |row| row.get(0).map(unsigned))?;
            let query = format!(
                "SELECT count(*) FILTER (WHERE source = 'cache'), count(*) FILTER (WHERE source = 'semantic'), \
                 coalesce(sum(cost), 0), count(*) - count(cost), coalesce(sum(latency_ms), 0) FROM call WHERE {SAVING}"
            );
            db.query_row(&query, [], |row| {
                totals.hits = unsigned(row.get(0)?);
                totals.semantic_hits = unsigned(row.get(1)?);
                totals.saved_usd = Usd::from_picos(row.get(2)?);
                totals.unknown_saved_calls = unsigned(row.get(3)?);
                totals.saved_ms = Millis(unsigned(row.get(4)?));
                Ok(())
            })?;
            let query = "SELECT (SELECT page_count FROM pragma_page_count) * (SELECT page_size FROM pragma_page_size)";
            totals.file_bytes = db.query_row(query, [], |row| row.get(0).map(unsigned))?;
            Ok(totals)
        })
    }

    /// What the newest runs saved, newest first; runs without a hit are left out.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub fn savings(&self, limit: u32) -> Result<Vec<RunSavings>, StoreError> {
        self.read(|db| {
            let query = format!(
                "SELECT r.name, count(*), coalesce(sum(c.cost), 0), count(*) - count(c.cost), \
                 coalesce(sum(c.latency_ms), 0) FROM call c JOIN run r ON r.id = c.run WHERE c.{SAVING} \
                 GROUP BY r.id ORDER BY r.started DESC, r.id DESC LIMIT ?1"
            );
            let mut statement = db.prepare(&query)?;
            let rows = statement.query_map([limit], |row| {
                Ok(RunSavings {
                    run: super::words::parsed(row, 0, RunId::parse)?,
                    hits: unsigned(row.get(1)?),
                    saved_usd: Usd::from_picos(row.get(2)?),
                    unknown_saved_calls: unsigned(row.get(3)?),
                    saved_ms: Millis(unsigned(row.get(4)?)),
                })
            })?;
            rows.collect()
        })
    }

    /// Takes the right to answer from those replies beyond the cap that were not used the longest; returns from how many.
    ///
    /// # Errors
    /// Why the store cannot be written.
    pub fn evict(&self, cap: CacheCap) -> Result<u64, StoreError> {
        if cap == CacheCap::default() {
            return Ok(0);
        }
        self.write(|db| {
            let entries = least_used_last(db)?;
            let (mut count, mut bytes) = (0_u64, 0_u64);
            let mut drop_key = db.prepare(
                "UPDATE call SET reusable = 0 WHERE cache_key = ?1 AND reusable = 1 AND \
                 (id IN (SELECT call FROM settled_call WHERE start = substr(?1, 1, 8)) \
                 OR id > (SELECT calls FROM settled))",
            )?;
            let mut evicted = 0;
            let mut is_full = false;
            for (key, size) in entries {
                count += 1;
                bytes = bytes.saturating_add(size);
                // Once one is let go, all that were used before it are: a smaller one must not outlive it.
                is_full = is_full
                    || cap.entries.is_some_and(|most| count > most)
                    || cap.bytes.is_some_and(|most| bytes > most);
                if is_full {
                    drop_key.execute([key])?;
                    evicted += 1;
                }
            }
            Ok(evicted)
        })
    }

    /// Takes the right to answer from all replies, and forgets the questions of the semantic cache. Results stay.
    ///
    /// # Errors
    /// Why the store cannot be written.
    pub fn clear_cache(&self) -> Result<(u64, u64), StoreError> {
        self.write(|db| {
            let query = "SELECT count(DISTINCT cache_key) FROM call WHERE reusable = 1";
            let entries = db.query_row(query, [], |row| row.get(0).map(unsigned))?;
            db.execute("UPDATE call SET reusable = 0 WHERE reusable = 1", [])?;
            let questions = db.execute("DELETE FROM semantic_entry", [])?;
            Ok((entries, u64::try_from(questions).unwrap_or(u64::MAX)))
        })
    }

    /// Replaces the requests and replies of runs that ended before `before` by a mark, and takes their right to answer.
    /// Outcomes, scores, reasons, tokens, money and times stay, and so does a text that a later run shares. With
    /// `really` unset it only tells what that would be.
    ///
    /// # Errors
    /// Why the store cannot be written.
    pub fn prune(&self, before: Timestamp, really: bool) -> Result<Pruned, StoreError> {
        let pruned = self.write(|db| {
            db.execute_batch(
                "CREATE TEMP TABLE IF NOT EXISTS old_body (id INTEGER PRIMARY KEY, is_reply INTEGER NOT NULL); \
                 DELETE FROM old_body;",
            )?;
            let old = "SELECT id FROM run WHERE ended IS NOT NULL AND ended < ?1";
            for (column, is_reply) in [("request", 0), ("reply", 1)] {
                db.execute(
                    &format!(
                        "INSERT OR IGNORE INTO old_body SELECT {column}, {is_reply} FROM call \
                         WHERE run IN ({old}) AND {column} IS NOT NULL"
                    ),
                    [before.0],
                )?;
            }
            db.execute(
                &format!(
                    "DELETE FROM old_body WHERE id IN (SELECT request FROM call WHERE run NOT IN ({old}) \
                     UNION ALL SELECT reply FROM call WHERE run NOT IN ({old}) AND reply IS NOT NULL)"
                ),
                [before.0],
            )?;
            db.execute(
                "DELETE FROM old_body WHERE id IN (SELECT id FROM body WHERE content IN (?1, ?2))",
                params![pruned_request(), pruned_reply()],
            )?;
            let pruned = counted(db, &old.replace("SELECT id", "SELECT count(*)"), before)?;
            if really {
                let stop = format!("UPDATE call SET reusable = 0 WHERE reusable = 1 AND run IN ({old})");
                db.execute(&stop, [before.0])?;
                // Raw answers of judges are in there.
                let details =
                    format!("DELETE FROM score_detail WHERE trial IN (SELECT id FROM trial WHERE run IN ({old}))");
                db.execute(&details, [before.0])?;
                let mark = "UPDATE body SET content = iif((SELECT is_reply FROM old_body o WHERE o.id = body.id), ?2, \
                            ?1) WHERE id IN (SELECT id FROM old_body)";
                db.execute(mark, params![pruned_request(), pruned_reply()])?;
            }
            db.execute_batch("DROP TABLE old_body")?;
            Ok(pruned)
        })?;
        Ok(pruned)
    }

    /// Gives free pages of the file back to the system. Nobody else may use the store meanwhile.
    ///
    /// # Errors
    /// Why it cannot be done; nothing is lost then.
    pub fn compact(&self) -> Result<(), StoreError> {
        self.read(|db| db.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE);"))
    }
}

/// Cache key and bytes of every reply that may answer, the one that was used last first.
fn least_used_last(db: &Transaction<'_>) -> rusqlite::Result<Vec<(Vec<u8>, u64)>> {
    let mut statement = db.prepare(
        // Once through all calls: there is no index on their keys.
        "SELECT cache_key, size FROM (SELECT c.cache_key AS cache_key, max(c.started) AS used, max(c.id) AS last, \
           max(iif(c.reusable = 1, octet_length(b.content), 0)) AS size FROM call c JOIN body b ON b.id = c.reply \
           GROUP BY c.cache_key HAVING max(c.reusable) = 1) ORDER BY used DESC, last DESC",
    )?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, unsigned(row.get(1)?))))?;
    rows.collect()
}

fn counted(db: &Connection, runs: &str, before: Timestamp) -> rusqlite::Result<Pruned> {
    let runs = db.query_row(runs, [before.0], |row| row.get(0).map(unsigned))?;
    let query =
        "SELECT count(*), coalesce(sum(octet_length(content)), 0) FROM body WHERE id IN (SELECT id FROM old_body)";
    db.query_row(query, [], |row| Ok(Pruned { runs, texts: unsigned(row.get(0)?), bytes: unsigned(row.get(1)?) }))
}

fn pruned_request() -> String {
    json(&ChatRequest {
        messages: vec![Message::text(Role::User, PRUNED)],
        model: String::new(),
        output: OutputFormat::Text,
        params: Params::default(),
        parallel_tools: None,
        prediction: None,
        tool_choice: ToolChoice::Auto,
        tools: Vec::new(),
        vars: None,
    })
}

fn pruned_reply() -> String {
    json(&ChatReply { finish: Finish::Other, ..ChatReply::of_text(PRUNED) })
}
