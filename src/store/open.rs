//! Opening the file: what it is, whether this version may touch it, and connections to it.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::StoreError;
use super::known::KnownKeys;
use super::migrate::{self, Identity, MIGRATIONS};
use super::tidy::Emptying;

/// How long to wait for another process before giving up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);
/// First bytes of every SQLite file that is not empty.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// What a store is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Reading an existing store; nothing is created.
    Read,
    /// Reading and writing; the file and its folder are created when missing.
    Write,
}

/// Connections to one file, handed out one per use: each thread that reads at the same time has its own.
#[derive(Debug)]
pub(super) struct Pool {
    path: PathBuf,
    access: Access,
    /// Whether the file is read as one that nobody can change, because its folder is not writable.
    frozen: bool,
    /// Before the connections: the last of them to be closed removes the log.
    pub(super) emptying: Emptying,
    idle: Mutex<Vec<Connection>>,
    /// Cache keys that have an answer.
    pub(super) known: KnownKeys,
}

impl Pool {
    /// Opens the file: creates or migrates it where needed and allowed.
    pub(super) fn open(path: &Path, access: Access) -> Result<Pool, StoreError> {
        if path.is_dir() {
            let detail = "it is a directory".to_owned();
            return Err(StoreError::NotKarat { path: path.to_path_buf(), detail });
        }
        match access {
            Access::Write => create_folder(path)?,
            Access::Read if !path.exists() => return Err(StoreError::Missing { path: path.to_path_buf() }),
            Access::Read => {}
        }
        let mut db = raw_connection(path, access)?;
        let mut seen = identify(&db);
        let frozen = access == Access::Read && seen.as_ref().is_err_and(needs_folder);
        if frozen {
            db = frozen_connection(path)?;
            seen = identify(&db);
        }
        let identity = seen.map_err(|error| unidentified(&error, path))?;
        let known = migrate::newest(MIGRATIONS);
        let behind = matches!(identity, Identity::Karat(version) if version < known);
        match (access, behind) {
            (Access::Read, false) => check(identity, path)?,
            // An older file is brought up to date even for reading: queries speak today's schema.
            (Access::Read, true) => drop(Pool::open(path, Access::Write)?),
            (Access::Write, _) => {
                check_or_empty(identity, path)?;
                let has_log = use_wal(&db, path)?;
                if has_log && identity == Identity::Empty {
                    not_waiting(&db).map_err(|error| StoreError::of(&error, path))?;
                }
                let before = migrate::migrate(&mut db, MIGRATIONS).map_err(|error| StoreError::of(&error, path))?;
                check_or_empty(before, path)?;
            }
        }
        tune(&db).map_err(|error| StoreError::of(&error, path))?;
        let (emptying, known) = (Emptying::default(), KnownKeys::default());
        Ok(Pool { path: path.to_path_buf(), access, frozen, emptying, idle: Mutex::new(vec![db]), known })
    }

    /// The file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What it was opened for.
    pub(super) fn access(&self) -> Access {
        self.access
    }

    /// A further connection of its own.
    pub(super) fn connect(&self) -> Result<Connection, StoreError> {
        let db = if self.frozen { frozen_connection(&self.path)? } else { raw_connection(&self.path, self.access)? };
        tune(&db).map_err(|error| self.error(&error))?;
        Ok(db)
    }

    /// Runs `work` on a connection that nobody else uses meanwhile.
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut db = match idle {
            Some(db) => db,
            None => self.connect()?,
        };
        let result = work(&mut db);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(db);
        result
    }

    /// The class of an error of SQLite on this file.
    pub(super) fn error(&self, error: &rusqlite::Error) -> StoreError {
        StoreError::of(error, &self.path)
    }
}

fn create_folder(path: &Path) -> Result<(), StoreError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.map_or(Ok(()), fs::create_dir_all).map_err(|error| StoreError::of_io(&error, path))
}

/// In one transaction: read piece by piece, a file that another process is just making looks like a stranger's.
fn identify(db: &Connection) -> rusqlite::Result<Identity> {
    db.unchecked_transaction().and_then(|view| migrate::identify(&view))
}

/// Whether reading failed because SQLite could not make or change the files it needs beside the store.
fn needs_folder(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied))
}

/// The log beside the file that holds changes which the file itself has not.
fn unmerged_log(path: &Path) -> Option<PathBuf> {
    ["-wal", "-journal"].into_iter().find_map(|ending| {
        let mut log = path.as_os_str().to_owned();
        log.push(ending);
        let log = PathBuf::from(log);
        fs::metadata(&log).is_ok_and(|log| log.len() > 0).then_some(log)
    })
}

/// A connection that takes no locks and makes no files: for a folder that is not writable. All changes must be in the
/// file itself.
pub(super) fn frozen_connection(path: &Path) -> Result<Connection, StoreError> {
    if let Some(log) = unmerged_log(path) {
        return Err(StoreError::FrozenLog { path: path.to_path_buf(), log });
    }
    let Some(uri) = frozen_uri(path) else {
        let detail = "its folder is not writable, and its path is not UTF-8".to_owned();
        return Err(StoreError::ReadOnly { path: path.to_path_buf(), detail });
    };
    let mode = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(uri, mode).map_err(|error| StoreError::of(&error, path))
}

/// The address by which SQLite takes the file for one that cannot change.
fn frozen_uri(path: &Path) -> Option<String> {
    let mut uri = String::from("file:");
    let text = path.to_str()?;
    let text = if cfg!(windows) { text.replace('\\', "/") } else { text.to_owned() };
    if path.is_absolute() {
        uri.push_str(if text.starts_with('/') { "//" } else { "///" });
    }
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' | b':' => {
                uri.push(char::from(byte));
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri.push_str("?immutable=1");
    Some(uri)
}

fn raw_connection(path: &Path, access: Access) -> Result<Connection, StoreError> {
    let mode = match access {
        Access::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
        Access::Write => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
    };
    // A connection is used by one thread at a time, so SQLite need not lock it.
    let opened = Connection::open_with_flags(path, mode | OpenFlags::SQLITE_OPEN_NO_MUTEX);
    let db = opened.map_err(|error| StoreError::of(&error, path))?;
    db.busy_timeout(BUSY_TIMEOUT).map_err(|error| StoreError::of(&error, path))?;
    Ok(db)
}

fn check(identity: Identity, path: &Path) -> Result<(), StoreError> {
    if identity == Identity::Empty {
        return Err(StoreError::Missing { path: path.to_path_buf() });
    }
    check_or_empty(identity, path)
}

fn check_or_empty(identity: Identity, path: &Path) -> Result<(), StoreError> {
    let known = migrate::newest(MIGRATIONS);
    let path = path.to_path_buf();
    match identity {
        Identity::Karat(found) if found > known => Err(StoreError::NewerSchema { path, found, known }),
        Identity::Karat(_) | Identity::Empty => Ok(()),
        Identity::Foreign => {
            Err(StoreError::NotKarat { path, detail: "it is an SQLite file of another program".to_owned() })
        }
    }
}

/// A file that SQLite cannot read: damaged when it begins like one of SQLite's, something else otherwise.
fn unidentified(error: &rusqlite::Error, path: &Path) -> StoreError {
    if error.sqlite_error_code() != Some(ErrorCode::NotADatabase) {
        return StoreError::of(error, path);
    }
    let mut start = Vec::new();
    let read = fs::File::open(path).and_then(|file| file.take(16).read_to_end(&mut start));
    if read.is_ok() && MAGIC.starts_with(&start) {
        let detail = "its header is cut or overwritten".to_owned();
        return StoreError::Corrupt { path: path.to_path_buf(), detail };
    }
    StoreError::NotKarat { path: path.to_path_buf(), detail: "it is not an SQLite file".to_owned() }
}

/// Until [`tune`], commits do not wait for the disk. For the tables of a new file only: they are in the log, and reach the
/// disk with the first commit or checkpoint that waits for it. Without them the file is as empty as before, and is made
/// again.
fn not_waiting(db: &Connection) -> rusqlite::Result<()> {
    db.pragma_update(None, "synchronous", "OFF")
}

/// Switches to the write-ahead log, so that readers and the writer do not wait for each other. A file system without
/// shared memory keeps the old journal, which is slower but as safe. Whether there is a log now.
fn use_wal(db: &Connection, path: &Path) -> Result<bool, StoreError> {
    let began = Instant::now();
    loop {
        let mode = db.query_row("PRAGMA journal_mode = WAL", [], |row| row.get::<_, String>(0));
        match mode.map_err(|error| StoreError::of(&error, path)) {
            Ok(mode) => return Ok(mode == "wal"),
            // SQLite does not wait here by itself when two processes switch at once.
            Err(StoreError::Locked { .. }) if began.elapsed() < BUSY_TIMEOUT => {
                std::thread::sleep(Duration::from_millis(5));
            }
            Err(error) => return Err(error),
        }
    }
}

fn tune(db: &Connection) -> rusqlite::Result<()> {
    db.set_prepared_statement_cache_capacity(64);
    // Without it, SQLite plans queries over partial indexes anew for every bound value.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    db.execute_batch(
        // NORMAL: a commit survives a killed process at once, and a power cut up to the last checkpoint.
        "PRAGMA synchronous = NORMAL;
         PRAGMA foreign_keys = ON;
         PRAGMA cache_size = -8000;
         PRAGMA wal_autocheckpoint = 16000;
         PRAGMA journal_size_limit = 67108864;",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_is_tuned_like_one_that_was_there() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("k.db");
        for _ in 0..2 {
            let pool = Pool::open(&path, Access::Write).expect("opened");
            let read = |db: &mut Connection| {
                let synchronous = db.query_row("PRAGMA synchronous", [], |row| row.get::<_, i64>(0));
                let journal = db.query_row("PRAGMA journal_mode", [], |row| row.get::<_, String>(0));
                synchronous.and_then(|level| Ok((level, journal?))).map_err(|error| pool.error(&error))
            };
            // 1 is NORMAL.
            assert_eq!(pool.with(read).expect("read"), (1, "wal".to_owned()));
        }
    }

    fn failure(code: i32) -> rusqlite::Error {
        rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None)
    }

    #[test]
    fn only_what_a_folder_refuses_leads_to_reading_without_it() {
        use rusqlite::ffi;
        for code in [ffi::SQLITE_CANTOPEN, ffi::SQLITE_READONLY_DIRECTORY, ffi::SQLITE_READONLY_CANTINIT] {
            assert!(needs_folder(&failure(code)), "{code}");
        }
        for code in [ffi::SQLITE_BUSY, ffi::SQLITE_CORRUPT, ffi::SQLITE_NOTADB, ffi::SQLITE_IOERR, ffi::SQLITE_FULL] {
            assert!(!needs_folder(&failure(code)), "{code}");
        }
    }

    #[test]
    fn addresses_hold_any_name() {
        assert_eq!(frozen_uri(Path::new("a b/k?#%.db")).as_deref(), Some("file:a%20b/k%3F%23%25.db?immutable=1"));
        #[cfg(unix)]
        assert_eq!(frozen_uri(Path::new("/é/k.db")).as_deref(), Some("file:///%C3%A9/k.db?immutable=1"));
    }
}
