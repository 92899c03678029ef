//! The response cache: replies of earlier live calls, found by cache key.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Row};

use super::StoreError;
use super::known::{Place, Places};
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
        self.pool.with(|db| {
            let attempt = (|| {
                let places = self.pool.known.places(key, db)?;
                let Some(id) = newest(db, key, not_before, places)? else { return Ok(None) };
                let query = "SELECT r.content, c.latency_ms, c.cost, c.started FROM call c JOIN body r ON r.id = c.reply \
                             WHERE c.id = ?1";
                let found = db.prepare_cached(query)?.query_row([id], |row| {
                    Ok(CachedReply {
                        reply: from_json(row, 0)?,
                        latency_ms: millis(row.get(1)?),
                        cost: usd(row.get(2)?),
                        started: Timestamp(row.get(3)?),
                    })
                });
                found.optional()
            })();
            attempt.map_err(|error| self.pool.error(&error))
        })
    }
}

/// The reusable call with this key that began last, `not_before` or later.
pub(super) fn newest(
    db: &Connection,
    key: &Digest,
    not_before: Timestamp,
    places: Places,
) -> rusqlite::Result<Option<i64>> {
    let mut found = None;
    if let Some(place) = places.tail {
        let query = "SELECT started, id FROM call WHERE id = ?3 AND cache_key = ?1 AND reusable = 1 AND started >= ?2";
        found = db.prepare_cached(query)?.query_row((key.as_bytes(), not_before.0, place.id), read_place).optional()?;
    }
    if places.settled {
        // CROSS JOIN: in this order; few calls have one key, and there is no index on the rest.
        let query = "SELECT c.started, c.id FROM settled_call s CROSS JOIN call c ON c.id = s.call \
                     WHERE s.start = substr(?1, 1, 8) AND c.cache_key = ?1 AND c.reusable = 1 AND c.started >= ?2 \
                     ORDER BY c.started DESC, c.id DESC LIMIT 1";
        let older = db.prepare_cached(query)?.query_row((key.as_bytes(), not_before.0), read_place).optional()?;
        found = found.max(older);
    }
    Ok(found.map(|place| place.id))
}

fn read_place(row: &Row<'_>) -> rusqlite::Result<Place> {
    Ok(Place { started: row.get(0)?, id: row.get(1)? })
}
