//! Rows that are found by digest: the settled ones through sorted tables, the tail after them through memory.
//!
//! Several processes may write at once. What is settled changes only inside of a write transaction, and rows are numbered
//! in the order of their transactions, so each process knows its tail exactly: all rows after the number up to which rows
//! were settled when it looked first. Rows of the tail that somebody settles later are simply found twice.

use rusqlite::{Connection, Row, params};

use crate::base::Digest;

/// Rows of a tail, of cases or calls, that are left as they are when a run ends: reading as many costs the next run about
/// ten milliseconds, and most runs are smaller than what settling them among all others would rewrite.
pub(super) const TAIL_LEFT: i64 = 16_384;
/// Rows after which a tail is settled while the run goes on, so that memory stays bounded.
pub(super) const TAIL_MOST: i64 = 262_144;
/// Most rows of each table that one transaction settles: other processes wait meanwhile.
const ROWS_AT_ONCE: i64 = 32_768;

/// Numbers of rows, of cases and of calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Numbers {
    pub(super) cases: i64,
    pub(super) calls: i64,
}

impl Numbers {
    /// Rows up to these are settled.
    pub(super) fn settled(db: &Connection) -> rusqlite::Result<Numbers> {
        Numbers::read(db, "SELECT cases, calls FROM settled")
    }

    /// The last rows of all.
    pub(super) fn last(db: &Connection) -> rusqlite::Result<Numbers> {
        Numbers::read(
            db,
            "SELECT (SELECT coalesce(max(id), 0) FROM eval_case), (SELECT coalesce(max(id), 0) FROM call)",
        )
    }

    fn read(db: &Connection, query: &str) -> rusqlite::Result<Numbers> {
        db.prepare_cached(query)?.query_row([], |row| Ok(Numbers { cases: row.get(0)?, calls: row.get(1)? }))
    }

    /// Whether more than this many rows of one table come after `settled`.
    fn are_past(self, settled: Numbers, many: i64) -> bool {
        (self.cases - settled.cases).max(self.calls - settled.calls) > many
    }
}

/// Settles the tail when it has more than `left` rows, the rows of other processes included. Several short transactions:
/// whatever was settled when one fails stays so, and the rest is the tail as before. Says whether there was so much.
pub(super) fn settle(db: &Connection, left: i64) -> rusqlite::Result<bool> {
    let has_many = Numbers::last(db)?.are_past(Numbers::settled(db)?, left);
    while has_many && settle_some(db)? {}
    Ok(has_many)
}

/// One transaction of it; says whether there was anything left to do.
fn settle_some(db: &Connection) -> rusqlite::Result<bool> {
    db.execute_batch("BEGIN IMMEDIATE")?;
    let done = sort_in(db).and_then(|more| db.execute_batch("COMMIT").map(|()| more));
    if done.is_err() {
        // SQLite may have rolled back by itself already; the first error is the one to tell.
        let _rolled_back = db.execute_batch("ROLLBACK");
    }
    done
}

fn sort_in(db: &Connection) -> rusqlite::Result<bool> {
    let (from, last) = (Numbers::settled(db)?, Numbers::last(db)?);
    let upto = Numbers {
        cases: last.cases.min(from.cases + ROWS_AT_ONCE).max(from.cases),
        calls: last.calls.min(from.calls + ROWS_AT_ONCE).max(from.calls),
    };
    if upto == from {
        return Ok(false);
    }
    // In order, so that each page is changed once.
    db.prepare_cached(
        "INSERT INTO settled_case SELECT substr(identity, 1, 8), id FROM eval_case WHERE id > ?1 AND id <= ?2 \
         ORDER BY 1, 2",
    )?
    .execute([from.cases, upto.cases])?;
    db.prepare_cached(
        "INSERT INTO settled_call SELECT substr(cache_key, 1, 8), id FROM call NOT INDEXED \
         WHERE id > ?1 AND id <= ?2 AND reusable = 1 ORDER BY 1, 2",
    )?
    .execute([from.calls, upto.calls])?;
    db.prepare_cached("UPDATE settled SET cases = ?1, calls = ?2")?.execute(params![upto.cases, upto.calls])?;
    Ok(true)
}

/// The start of a digest that SQLite has cut.
pub(super) fn start(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    Ok(start_of(row.get_ref(column)?.as_blob()?))
}

/// The start of a cache key.
pub(super) fn start_of_key(key: &Digest) -> u64 {
    start_of(key.as_bytes())
}

/// The first 8 bytes: enough to find a row, and half of what must be kept in memory for one.
pub(super) fn start_of(digest: &[u8]) -> u64 {
    let mut start = [0; 8];
    start.iter_mut().zip(digest).for_each(|(to, from)| *to = *from);
    u64::from_be_bytes(start)
}
