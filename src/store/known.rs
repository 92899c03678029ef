//! Which cache keys have a reusable call: most questions are new, and need not ask the database to learn that.

use std::collections::HashSet;
use std::sync::{PoisonError, RwLock};

use rusqlite::{Connection, Row};

use crate::base::Digest;

/// Keys that are remembered; in a larger store every question goes to the database.
const MOST_KEYS: usize = 2_000_000;

/// The first 8 bytes of the cache keys of all reusable calls. Nothing is loaded until somebody asks.
#[derive(Debug, Default)]
pub(super) struct KnownKeys(RwLock<Option<Loaded>>);

#[derive(Debug)]
struct Loaded {
    keys: HashSet<u64>,
    /// Calls up to this one are in `keys`.
    upto: i64,
}

impl KnownKeys {
    /// Whether a reusable call with this key may be there. `false` is certain; `true` has to be looked up.
    ///
    /// # Errors
    /// When the keys cannot be read.
    pub(super) fn may_have(&self, key: &Digest, db: &Connection) -> rusqlite::Result<bool> {
        let known = |loaded: &Loaded| loaded.keys.len() > MOST_KEYS || loaded.keys.contains(&start_of(key));
        if let Some(loaded) = &*self.0.read().unwrap_or_else(PoisonError::into_inner) {
            return Ok(known(loaded));
        }
        // Held while loading: a batch that is committed meanwhile is added after it.
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if state.is_none() {
            *state = Some(Loaded::load_all(db)?);
        }
        Ok(state.as_ref().is_some_and(known))
    }

    /// Learns of the calls that were added since: those of the batch that was just committed, and those of other
    /// processes before it. `db` is the connection that committed it.
    ///
    /// # Errors
    /// When the keys cannot be read.
    pub(super) fn catch_up(&self, db: &Connection) -> rusqlite::Result<()> {
        match &mut *self.0.write().unwrap_or_else(PoisonError::into_inner) {
            Some(loaded) => loaded.load_newer(db),
            None => Ok(()),
        }
    }
}

impl Loaded {
    fn load_all(db: &Connection) -> rusqlite::Result<Loaded> {
        // Before the keys: calls that are added in between are then read once more.
        let upto = db.query_row("SELECT coalesce(max(id), 0) FROM call", [], |row| row.get(0))?;
        let mut statement =
            db.prepare_cached("SELECT substr(cache_key, 1, 8) FROM call INDEXED BY call_reuse WHERE reusable = 1")?;
        let mut rows = statement.query([])?;
        let mut keys = HashSet::new();
        while let Some(row) = rows.next()? {
            keys.extend(start(row, 0)?);
        }
        Ok(Loaded { keys, upto })
    }

    fn load_newer(&mut self, db: &Connection) -> rusqlite::Result<()> {
        let mut statement =
            db.prepare_cached("SELECT id, reusable, substr(cache_key, 1, 8) FROM call NOT INDEXED WHERE id > ?1")?;
        let mut rows = statement.query([self.upto])?;
        while let Some(row) = rows.next()? {
            self.upto = self.upto.max(row.get(0)?);
            if row.get(1)? {
                self.keys.extend(start(row, 2)?);
            }
        }
        Ok(())
    }
}

/// The start of a key that SQLite has cut.
fn start(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<u64>> {
    Ok(<[u8; 8]>::try_from(row.get_ref(column)?.as_blob()?).ok().map(u64::from_be_bytes))
}

fn start_of(key: &Digest) -> u64 {
    let mut start = [0; 8];
    start.iter_mut().zip(key.as_bytes()).for_each(|(to, from)| *to = *from);
    u64::from_be_bytes(start)
}
