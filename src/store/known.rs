//! Which cache keys have a reusable call: most questions are new, and need not ask the database to learn that.

use std::sync::{PoisonError, RwLock};

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use rusqlite::Connection;

use super::settle::{Numbers, start, start_of_key};
use crate::base::Digest;

/// Keys that are remembered; in a larger store every question goes to the database.
const MOST_KEYS: usize = 2_000_000;

/// The starts of the cache keys of all reusable calls. Nothing is loaded until somebody asks.
#[derive(Debug, Default)]
pub(super) struct KnownKeys(RwLock<Option<Loaded>>);

#[derive(Debug)]
struct Loaded {
    /// Of settled calls.
    settled: HashSet<u64>,
    /// Of the others, with the call that began last.
    tail: HashMap<u64, Place>,
    /// Calls up to this one are in either.
    upto: i64,
}

/// A call of the tail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) started: i64,
    pub(super) id: i64,
}

/// Where a reusable call with a key may be; its whole key has to be compared yet.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Places {
    /// Among those that are settled.
    pub(super) settled: bool,
    /// In the tail; the one of its key that began last.
    pub(super) tail: Option<Place>,
}

impl KnownKeys {
    /// Where a reusable call with this key may be. That there is none is certain, up to what other processes have
    /// written since this one last wrote or began.
    ///
    /// # Errors
    /// When the keys cannot be read.
    pub(super) fn places(&self, key: &Digest, db: &Connection) -> rusqlite::Result<Places> {
        let start = start_of_key(key);
        if let Some(loaded) = &*self.0.read().unwrap_or_else(PoisonError::into_inner) {
            return Ok(loaded.places(start));
        }
        // Held while loading: a batch that is committed meanwhile is added after it.
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if state.is_none() {
            *state = Some(Loaded::load_all(db)?);
        }
        Ok(state.as_ref().map(|loaded| loaded.places(start)).unwrap_or_default())
    }

    /// Learns of the reusable calls of a batch that was just committed, and of those of other processes before it. `db`
    /// is the connection that committed it; its calls come right after number `before` and end with `last`.
    ///
    /// # Errors
    /// When the keys cannot be read.
    pub(super) fn learn(&self, new: &[(u64, Place)], before: i64, last: i64, db: &Connection) -> rusqlite::Result<()> {
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let Some(loaded) = &mut *state else { return Ok(()) };
        if loaded.upto != before {
            return loaded.load_newer(db);
        }
        new.iter().for_each(|(start, place)| loaded.add(*start, *place));
        loaded.upto = last;
        Ok(())
    }

    /// Takes note that calls up to this one are settled.
    pub(super) fn settled(&self, upto: i64) {
        if let Some(loaded) = &mut *self.0.write().unwrap_or_else(PoisonError::into_inner) {
            let Loaded { settled, tail, .. } = loaded;
            // Several calls may have one key: the one that is kept may come after others that are settled.
            settled.extend(tail.keys());
            tail.retain(|_, place| place.id > upto);
            tail.shrink_to_fit();
        }
    }
}

impl Loaded {
    fn places(&self, start: u64) -> Places {
        let settled = self.settled.len() > MOST_KEYS || self.settled.contains(&start);
        Places { settled, tail: self.tail.get(&start).copied() }
    }

    fn load_all(db: &Connection) -> rusqlite::Result<Loaded> {
        // One view of all tables: another process may settle its tail at this moment. The writer is inside of one.
        let view = if db.is_autocommit() { Some(db.unchecked_transaction()?) } else { None };
        let upto = Numbers::settled(db)?.calls;
        let mut loaded = Loaded { settled: HashSet::new(), tail: HashMap::new(), upto };
        let mut statement = db.prepare_cached("SELECT start FROM settled_call")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            loaded.settled.insert(start(row, 0)?);
        }
        loaded.load_newer(db)?;
        drop(view);
        Ok(loaded)
    }

    fn load_newer(&mut self, db: &Connection) -> rusqlite::Result<()> {
        let mut statement = db.prepare_cached(
            "SELECT id, reusable, substr(cache_key, 1, 8), started FROM call NOT INDEXED WHERE id > ?1",
        )?;
        let mut rows = statement.query([self.upto])?;
        while let Some(row) = rows.next()? {
            let place = Place { started: row.get(3)?, id: row.get(0)? };
            if row.get(1)? {
                self.add(start(row, 2)?, place);
            }
            self.upto = self.upto.max(place.id);
        }
        Ok(())
    }

    fn add(&mut self, start: u64, place: Place) {
        let newest = self.tail.entry(start).or_insert(place);
        *newest = place.max(*newest);
    }
}
