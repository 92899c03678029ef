//! What a writer adds to the calls that the response cache may answer from.

use rusqlite::Connection;

use super::known::{KnownKeys, Place};
use super::reuse::newest;
use super::settle::{Numbers, start_of_key};
use crate::base::{Digest, Timestamp};
use crate::record::CallRecord;

/// The calls of the present transaction, which nobody else can see before it is committed.
pub(super) struct NewCalls<'db> {
    db: &'db Connection,
    keys: &'db KnownKeys,
    /// Those that may answer others, by the start of their key.
    fresh: Vec<(u64, Place)>,
    /// The last calls before the transaction and in it.
    before: i64,
    last: i64,
}

impl<'db> NewCalls<'db> {
    pub(super) fn new(db: &'db Connection, keys: &'db KnownKeys) -> NewCalls<'db> {
        NewCalls { db, keys, fresh: Vec::new(), before: 0, last: 0 }
    }

    /// A transaction begins, and these are the last rows of all.
    pub(super) fn begin(&mut self, last: Numbers) {
        (self.before, self.last) = (last.calls, last.calls);
        self.fresh.clear();
    }

    /// The call was written as row `id`.
    pub(super) fn add(&mut self, id: i64, call: &CallRecord, reusable: bool) {
        self.last = id;
        if reusable {
            self.fresh.push((start_of_key(&call.cache_key), Place { started: call.started.0, id }));
        }
    }

    /// Tells the response cache: the transaction was committed.
    pub(super) fn tell(&self) -> rusqlite::Result<()> {
        self.keys.learn(&self.fresh, self.before, self.last, self.db)
    }

    /// Tells it which rows are settled.
    pub(super) fn settled(&self, upto: Numbers) {
        self.keys.settled(upto.calls);
    }

    /// The newest call that may answer others of this key; in this transaction, or before it.
    pub(super) fn original(&self, key: &Digest) -> rusqlite::Result<Option<i64>> {
        let start = start_of_key(key);
        if let Some((_, place)) = self.fresh.iter().rev().find(|(other, _)| *other == start) {
            return Ok(Some(place.id));
        }
        newest(self.db, key, Timestamp(i64::MIN), self.keys.places(key, self.db)?)
    }
}
