//! Rows of cases for the writer: equal cases share one.

use foldhash::{HashMap, HashMapExt};
use rusqlite::{Connection, OptionalExtension, Row, Statement, params};

use super::ready::Ready;
use super::settle::{Numbers, start, start_of};

/// Finds the row of a case, or adds it.
pub(super) struct CaseRows<'db> {
    db: &'db Connection,
    /// Rows of the tail by the start of their identity.
    tail: HashMap<u64, i64>,
    /// Rows up to this one are settled or in `tail`; `None` before the first transaction.
    seen: Option<i64>,
    /// Whether any row was settled when the tail was read first.
    has_settled: bool,
    is_case: Statement<'db>,
    find_settled: Statement<'db>,
    load_newer: Statement<'db>,
    add: Statement<'db>,
}

impl<'db> CaseRows<'db> {
    pub(super) fn prepare(db: &'db Connection) -> rusqlite::Result<CaseRows<'db>> {
        Ok(CaseRows {
            db,
            tail: HashMap::new(),
            seen: None,
            has_settled: false,
            is_case: db.prepare("SELECT 1 FROM eval_case WHERE id = ?1 AND identity = ?2")?,
            find_settled: db.prepare(
                "SELECT c.id FROM settled_case s CROSS JOIN eval_case c ON c.id = s.eval_case \
                 WHERE s.start = substr(?1, 1, 8) AND c.identity = ?1 LIMIT 1",
            )?,
            load_newer: db.prepare("SELECT id, substr(identity, 1, 8) FROM eval_case WHERE id > ?1")?,
            add: db.prepare("INSERT INTO eval_case (identity, content) VALUES (?1, ?2)")?,
        })
    }

    /// Learns of the rows that another process has added. Called first in each transaction: until its end nobody else can
    /// write. `last` are the last rows of all.
    pub(super) fn catch_up(&mut self, last: Numbers) -> rusqlite::Result<()> {
        let seen = match self.seen {
            Some(seen) => seen,
            None => {
                let settled = Numbers::settled(self.db)?.cases;
                self.has_settled = settled > 0;
                settled
            }
        };
        if seen < last.cases {
            let entry = |row: &Row<'_>| Ok((start(row, 1)?, row.get::<_, i64>(0)?));
            for row in self.load_newer.query_map([seen], entry)? {
                let (start, id) = row?;
                self.tail.insert(start, id);
            }
        }
        self.seen = Some(last.cases.max(seen));
        Ok(())
    }

    /// The row of a trial's case.
    pub(super) fn of(&mut self, ready: &Ready) -> rusqlite::Result<i64> {
        let identity = ready.case_identity;
        let start = start_of(&identity);
        if let Some(id) = self.tail.get(&start).copied()
            && self.is_case.exists(params![id, identity])?
        {
            return Ok(id);
        }
        // A store that had no settled rows got them from its tail only.
        if self.has_settled
            && let Some(id) = self.find_settled.query_row([identity], |row| row.get(0)).optional()?
        {
            return Ok(id);
        }
        let id = self.add.insert(params![identity, ready.case])?;
        self.tail.insert(start, id);
        self.seen = self.seen.max(Some(id));
        Ok(id)
    }

    /// Rows in memory.
    pub(super) fn tail(&self) -> i64 {
        i64::try_from(self.tail.len()).unwrap_or(i64::MAX)
    }

    /// Forgets the tail, which was settled; what is no longer settled then is read again.
    pub(super) fn forget(&mut self) {
        self.tail = HashMap::new();
        self.seen = None;
    }
}
