//! The log: emptied beside the writer, so that it begins again, and gone when the store is closed.

use std::fs;
use std::path::PathBuf;

use super::sample::{Folder, raw, trial, write};

fn log_of(folder: &Folder) -> PathBuf {
    folder.db().with_file_name("karat.db-wal")
}

#[test]
fn a_log_that_was_emptied_begins_again_from_its_start() {
    let folder = Folder::new();
    let (store, run) = folder.with_run("r1");
    let length = || fs::metadata(log_of(&folder)).unwrap().len();
    write(&store, &run, (0..100).map(trial));
    let once = length();
    write(&store, &run, (100..200).map(trial));
    let twice = length();
    assert!(twice > once + once / 4, "without it the log grows: {once}, then {twice} bytes");
    store.pool.emptying.begin(&store.pool);
    store.pool.emptying.begin(&store.pool);
    store.pool.emptying.wait();
    write(&store, &run, (200..300).map(trial));
    assert_eq!(length(), twice, "what comes next is written over what is in the file");
    // Once it has been waited for, it can be asked again.
    store.pool.emptying.begin(&store.pool);
    drop(store);
    assert!(!log_of(&folder).exists(), "closing waits for it: a connection that is open would keep the log");
    assert_eq!(raw(&folder.db(), "SELECT count(*) FROM trial"), 300);
}

#[test]
fn what_a_reader_still_needs_stays_in_the_log_and_nobody_waits() {
    let folder = Folder::new();
    let (store, run) = folder.with_run("r1");
    write(&store, &run, [trial(0)]);
    let reader = rusqlite::Connection::open(folder.db()).unwrap();
    reader.execute_batch("BEGIN").unwrap();
    let seen = || reader.query_row("SELECT count(*) FROM trial", [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(seen(), 1);
    write(&store, &run, [trial(1)]);
    store.pool.emptying.begin(&store.pool);
    store.pool.emptying.wait();
    drop(store.tidy());
    assert_eq!(seen(), 1);
    reader.execute_batch("COMMIT").unwrap();
    assert_eq!(seen(), 2);
}
