//! The schema, as a list that is only ever appended to.

use rusqlite::{Connection, TransactionBehavior};

/// Marks the file as a karat store (`krat` read as a number): `PRAGMA application_id`.
pub(super) const APPLICATION_ID: i64 = 0x6b72_6174;

/// The steps from an empty file to today's schema. Released steps never change: append.
pub(super) const MIGRATIONS: &[&str] = &[
    include_str!("schema/v1.sql"),
    include_str!("schema/v2.sql"),
    include_str!("schema/v3.sql"),
    include_str!("schema/v4.sql"),
    include_str!("schema/v5.sql"),
    include_str!("schema/v6.sql"),
    include_str!("schema/v7.sql"),
    include_str!("schema/v8.sql"),
    include_str!("schema/v9.sql"),
    include_str!("schema/v10.sql"),
];

/// What a file says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Identity {
    /// Nothing is in it yet.
    Empty,
    /// A karat store of this schema version.
    Karat(i64),
    /// Something else.
    Foreign,
}

/// Reads what kind of file it is.
pub(super) fn identify(db: &Connection) -> rusqlite::Result<Identity> {
    // One statement, one snapshot: another process may be creating the file at this moment.
    let query = "SELECT (SELECT count(*) FROM sqlite_schema), (SELECT application_id FROM pragma_application_id), \
                 (SELECT user_version FROM pragma_user_version)";
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let (tables, application, version): (i64, i64, i64) = db.query_row(query, [], read)?;
    if application == APPLICATION_ID && version > 0 {
        return Ok(Identity::Karat(version));
    }
    Ok(if tables == 0 && version == 0 && application == 0 { Identity::Empty } else { Identity::Foreign })
}

/// The number of steps, as a version.
pub(super) fn newest(steps: &[&str]) -> i64 {
    i64::try_from(steps.len()).unwrap_or(i64::MAX)
}

/// Applies the steps that the file lacks, all or none, while no other process can look.
///
/// Returns what the file was before; a foreign or newer file is left as it is.
pub(super) fn migrate(db: &mut Connection, steps: &[&str]) -> rusqlite::Result<Identity> {
    // The state is read again inside: another process may have been faster.
    let transaction = db.transaction_with_behavior(TransactionBehavior::Exclusive)?;
    let before = identify(&transaction)?;
    let done = match before {
        Identity::Empty => 0,
        Identity::Karat(version) if version < newest(steps) => version,
        Identity::Karat(_) | Identity::Foreign => return Ok(before),
    };
    for step in steps.iter().skip(usize::try_from(done).unwrap_or(usize::MAX)) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", newest(steps))?;
    transaction.commit()?;
    Ok(before)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_row() -> Connection {
        let mut db = Connection::open_in_memory().unwrap();
        migrate(&mut db, &["CREATE TABLE t (a INTEGER) STRICT;"]).unwrap();
        db.execute("INSERT INTO t VALUES (7)", []).unwrap();
        db
    }

    #[test]
    fn later_steps_are_added_and_rows_stay() {
        let mut db = with_row();
        let steps =
            ["CREATE TABLE t (a INTEGER) STRICT;", "ALTER TABLE t ADD COLUMN b TEXT;", "CREATE TABLE u (c INT);"];
        assert_eq!(migrate(&mut db, &steps).unwrap(), Identity::Karat(1));
        assert_eq!(identify(&db).unwrap(), Identity::Karat(3));
        let row: (i64, Option<String>) =
            db.query_row("SELECT a, b FROM t", [], |r| Ok((r.get(0)?, r.get(1)?))).unwrap();
        assert_eq!(row, (7, None));
        assert_eq!(migrate(&mut db, &steps).unwrap(), Identity::Karat(3));
    }

    #[test]
    fn a_failing_step_changes_nothing() {
        let mut db = with_row();
        let steps = ["", "ALTER TABLE t ADD COLUMN b TEXT;", "CREATE TABLE t (again INTEGER);"];
        assert!(migrate(&mut db, &steps).is_err());
        assert_eq!(identify(&db).unwrap(), Identity::Karat(1));
        assert!(db.prepare("SELECT b FROM t").is_err());
    }

    #[test]
    fn newer_and_foreign_files_are_left_alone() {
        let mut db = with_row();
        db.pragma_update(None, "user_version", 9).unwrap();
        assert_eq!(migrate(&mut db, &["", ""]).unwrap(), Identity::Karat(9));
        let mut foreign = Connection::open_in_memory().unwrap();
        foreign.execute_batch("CREATE TABLE theirs (x);").unwrap();
        assert_eq!(migrate(&mut foreign, MIGRATIONS).unwrap(), Identity::Foreign);
        assert!(foreign.prepare("SELECT * FROM run").is_err());
        assert!(foreign.prepare("SELECT * FROM theirs").is_ok());
    }
}
