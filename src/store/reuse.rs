//! The response cache: replies of earlier live calls, found by cache key.

use std::sync::Arc;

use rusqlite::OptionalExtension;

use super::StoreError;
use super::open::Pool;
use super::run::Store;
use super::words::{from_json, millis, usd};
use crate::base::{Digest, Timestamp};
use crate::record::CachedReply;

/// Answers from the calls that are stored already. Cheap to clone; usable from many threads at once, each lookup on a
/// connection of its own.
#[derive(Debug, Clone)]
pub struct ReplyReader {
    pool: Arc<Pool>,
}

impl Store {
    /// The reader for the response cache.
    pub fn reply_reader(&self) -> ReplyReader {
        ReplyReader { pool: Arc::clone(&self.pool) }
    }
}

impl ReplyReader {
    /// The newest reply of a live call with this key that began at `not_before` or later.
    ///
    /// Only whole replies count: no errors, no replies that ended in an error, none that a secret was cut from. A
    /// store that cannot be read answers nothing, with a warning in the log: the call is then made.
    pub fn get(&self, key: &Digest, not_before: Timestamp) -> Option<CachedReply> {
        self.look_up(key, not_before).unwrap_or_else(|error| {
            tracing::warn!(%error, "the response cache cannot be read");
            None
        })
    }

    /// The same, with the reason when the store cannot be read.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub fn look_up(&self, key: &Digest, not_before: Timestamp) -> Result<Option<CachedReply>, StoreError> {
        let query = "SELECT r.content, c.latency_ms, c.cost, c.started FROM body r JOIN (\
                         SELECT reply, latency_ms, cost, started FROM call INDEXED BY call_reuse \
                         WHERE substr(cache_key, 1, 8) = substr(?1, 1, 8) AND cache_key = ?1 AND reusable = 1 \
                         AND started >= ?2 ORDER BY started DESC LIMIT 1\
                     ) c ON r.id = c.reply";
        self.pool.with(|db| {
            let may_have = self.pool.known.may_have(key, db).map_err(|error| self.pool.error(&error))?;
            if !may_have {
                return Ok(None);
            }
            let attempt = db.prepare_cached(query).and_then(|mut statement| {
                let found = statement.query_row((key.as_bytes(), not_before.0), |row| {
                    Ok(CachedReply {
                        reply: from_json(row, 0)?,
                        latency_ms: millis(row.get(1)?),
                        cost: usd(row.get(2)?),
                        started: Timestamp(row.get(3)?),
                    })
                });
                found.optional()
            });
            attempt.map_err(|error| self.pool.error(&error))
        })
    }
}
