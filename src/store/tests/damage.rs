//! Files that cannot be used, and writes that fail.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::channel;

use rusqlite::Connection;

use super::sample::{Folder, begin, header, raw, suites, trial, variants, write};
use crate::base::Redactor;
use crate::store::migrate::{MIGRATIONS, newest};
use crate::store::open::frozen_connection;
use crate::store::{Access, Store, StoreError, TrialFilter, Writer, WriterEvent};

fn open_error(path: &Path, access: Access) -> StoreError {
    let error = Store::open(path, access).unwrap_err();
    assert!(!error.to_string().is_empty() && !error.help().is_empty());
    assert!(error.to_string().contains(&path.display().to_string()), "{error}");
    error
}

#[test]
fn nothing_is_created_for_reading() {
    let folder = Folder::new();
    assert_eq!(open_error(&folder.db(), Access::Read), StoreError::Missing { path: folder.db() });
    assert!(!folder.db().parent().unwrap().exists());
    fs::create_dir_all(folder.db().parent().unwrap()).unwrap();
    fs::write(folder.db(), "").unwrap();
    assert_eq!(open_error(&folder.db(), Access::Read), StoreError::Missing { path: folder.db() });
    assert!(Store::open(&folder.db(), Access::Write).is_ok(), "an empty file becomes a store");
}

#[test]
fn a_folder_that_cannot_be_made_or_written_is_told() {
    let folder = Folder::new();
    let file = folder.path().join("file");
    fs::write(&file, "x").unwrap();
    assert!(matches!(open_error(&file.join("sub/karat.db"), Access::Write), StoreError::Io { .. }));
    for access in [Access::Read, Access::Write] {
        let error = open_error(folder.path(), access);
        assert!(matches!(error, StoreError::NotKarat { .. }) && error.to_string().ends_with("it is a directory"));
    }
    // No process, not even one of root, can make files there.
    let proc = open_error(Path::new("/proc/self/fdinfo/karat.db"), Access::Write);
    assert!(matches!(proc, StoreError::Io { .. } | StoreError::ReadOnly { .. }), "{proc:?}");
}

#[test]
fn a_store_opened_for_reading_refuses_writes() {
    let folder = Folder::new();
    let (_, run) = folder.with_run("r1");
    let reader = Store::open(&folder.db(), Access::Read).unwrap();
    let refused = reader.begin_run(&header("r2", 1), &suites(), &variants()).unwrap_err();
    assert!(matches!(refused, StoreError::ReadOnly { .. }));
    let refused = reader.writer(&run, Redactor::default(), |_| ()).unwrap_err();
    assert!(matches!(refused, StoreError::ReadOnly { .. }));
    assert_eq!(reader.runs(10).unwrap().len(), 1);
}

/// Starts a writer on `db`, sends trials until it fails, and returns the failure with the number told durable.
fn write_until_failure(store: &Store, run: &str, db: Connection) -> (StoreError, usize) {
    let rows = store.run_rows(&super::sample::run_id(run)).unwrap();
    let (sender, events) = channel();
    let on_event = move |event| sender.send(event).unwrap_or_default();
    let writer = Writer::start(db, Arc::clone(&store.pool), rows, Redactor::default(), on_event).unwrap();
    let refused = (0..1_000_000).find_map(|ordinal| writer.send_blocking(Box::new(trial(ordinal))).err()).unwrap();
    assert_eq!(writer.send_blocking(Box::new(trial(1))), Err(refused.clone()), "it stays failed");
    assert_eq!(writer.close(), Err(refused.clone()));
    let mut durable = 0;
    let mut told = None;
    for event in events {
        match event {
            WriterEvent::Committed(trials) => durable += trials.len(),
            WriterEvent::Compared(_) => {}
            WriterEvent::Failed(error) => told = Some(error),
        }
    }
    assert_eq!(told, Some(refused.clone()));
    (refused, durable)
}

#[test]
fn a_full_disk_stops_with_an_error_and_keeps_what_was_committed() {
    let folder = Folder::new();
    let (store, run) = folder.with_run("r1");
    let db = store.pool.connect().unwrap();
    let pages: i64 = db.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    db.query_row(&format!("PRAGMA max_page_count = {}", pages + 800), [], |_| Ok(())).unwrap();
    let (error, durable) = write_until_failure(&store, "r1", db);
    assert_eq!(error, StoreError::DiskFull { path: folder.db() });
    assert!(error.help().contains("--resume"));
    assert!(durable > 0);
    assert_eq!(store.finished(&run).unwrap().len(), durable);
    assert_eq!(store.trials(&run, &TrialFilter::default()).unwrap().len(), durable);
    // With space again, the run goes on.
    write(&store, &run, [trial(2_000_000)]);
    assert_eq!(store.finished(&run).unwrap().len(), durable + 1);
}

#[test]
fn a_file_system_that_turns_read_only_stops_the_writer() {
    let folder = Folder::new();
    let (store, _) = folder.with_run("r1");
    let db = store.pool.connect().unwrap();
    db.pragma_update(None, "query_only", true).unwrap();
    let (error, durable) = write_until_failure(&store, "r1", db);
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error:?}");
    assert_eq!(durable, 0);
}

#[test]
fn garbage_in_the_middle_is_told_as_damage() {
    let folder = Folder::new();
    let (store, run) = folder.with_run("r1");
    write(&store, &run, (0..400).map(trial));
    drop(store);
    // Into the main file, then past the first pages, so that the header and every table still look well.
    Connection::open(folder.db()).unwrap().query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    let mut bytes = fs::read(folder.db()).unwrap();
    let length = bytes.len();
    bytes[4096 * 64..length - 4096].fill(0xA5);
    fs::write(folder.db(), bytes).unwrap();
    let store = folder.store();
    let error = store.trials(&run, &TrialFilter::default()).unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
    assert!(error.help().contains(".recover"));
    let (error, _) = write_until_failure(&store, "r1", store.pool.connect().unwrap());
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
}

#[test]
fn cut_and_foreign_files_are_told_apart() {
    let folder = Folder::new();
    drop(folder.with_run("r1"));
    let whole = fs::read(folder.db()).unwrap();
    let at = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    for access in [Access::Read, Access::Write] {
        let cut = at("cut.db", &whole[..60]);
        assert!(matches!(open_error(&cut, access), StoreError::Corrupt { .. }));
        let text = at("text.db", &b"these are my notes, do not touch them\n".repeat(200));
        assert!(matches!(open_error(&text, access), StoreError::NotKarat { .. }));
        assert!(fs::read(&text).unwrap().starts_with(b"these are my notes"));
        let other = folder.path().join(format!("other-{access:?}.db"));
        Connection::open(&other).unwrap().execute_batch("CREATE TABLE theirs (x); PRAGMA user_version = 1;").unwrap();
        assert!(matches!(open_error(&other, access), StoreError::NotKarat { .. }));
        assert_eq!(raw(&other, "SELECT count(*) FROM sqlite_schema"), 1, "it was changed");
    }
}

#[test]
fn a_newer_file_is_refused_with_both_versions() {
    let folder = Folder::new();
    drop(folder.with_run("r1"));
    let known = newest(MIGRATIONS);
    Connection::open(folder.db()).unwrap().pragma_update(None, "user_version", 77).unwrap();
    for access in [Access::Read, Access::Write] {
        let error = open_error(&folder.db(), access);
        assert_eq!(error, StoreError::NewerSchema { path: folder.db(), found: 77, known });
        assert!(error.to_string().contains("version 77") && error.to_string().contains(&format!("up to {known}")));
    }
    assert_eq!(raw(&folder.db(), "PRAGMA user_version"), 77);
}

#[test]
fn a_store_locked_by_another_process_is_told() {
    let folder = Folder::new();
    let (store, _) = folder.with_run("r1");
    let other = Connection::open(folder.db()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let db = store.pool.connect().unwrap();
    db.busy_timeout(std::time::Duration::ZERO).unwrap();
    let (error, durable) = write_until_failure(&store, "r1", db);
    assert_eq!((error, durable), (StoreError::Locked { path: folder.db() }, 0));
    other.execute_batch("ROLLBACK").unwrap();
    begin(&store, "r2");
}

#[test]
fn a_disk_that_is_full_for_the_shared_memory_is_full() {
    let failure = |code| rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None);
    let path = Path::new("karat.db");
    let class = |code| StoreError::of(&failure(code), path);
    assert!(matches!(class(rusqlite::ffi::SQLITE_IOERR_SHMSIZE), StoreError::DiskFull { .. }));
    assert!(matches!(class(rusqlite::ffi::SQLITE_FULL), StoreError::DiskFull { .. }));
    assert!(matches!(class(rusqlite::ffi::SQLITE_IOERR_READ), StoreError::Io { .. }));
}

#[test]
fn a_frozen_store_is_read_unless_changes_wait_beside_it() {
    let folder = Folder::new();
    let (store, _) = folder.with_run("r1");
    drop(store);
    Connection::open(folder.db()).unwrap().query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    let db = frozen_connection(&folder.db()).unwrap();
    assert_eq!(db.query_row("SELECT count(*) FROM run", [], |row| row.get::<_, i64>(0)).unwrap(), 1);
    let log = folder.db().with_file_name("karat.db-wal");
    fs::write(&log, "x").unwrap();
    let error = frozen_connection(&folder.db()).unwrap_err();
    assert_eq!(error, StoreError::FrozenLog { path: folder.db(), log });
    assert!(error.help().contains("copy both files"));
}
