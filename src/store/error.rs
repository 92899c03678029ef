//! Why the store cannot do what it was asked, in classes a caller can act on.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;
use rusqlite::ffi::SQLITE_IOERR_SHMSIZE;
use thiserror::Error;

use crate::base::RunId;

/// What went wrong with the store. The message says what happened, [`StoreError::help`] what to do.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StoreError {
    /// There is no store yet, and it was opened for reading only.
    #[error("there is no results store at `{path}` yet")]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The file or its folder may not be written.
    #[error("the results store `{path}` cannot be written: {detail}")]
    ReadOnly {
        /// The file.
        path: PathBuf,
        /// What the system said.
        detail: String,
    },
    /// The file's latest changes are in a log beside it, which can only be read where files can be made.
    #[error("the results store `{path}` has changes in `{log}` that cannot be read in a folder that is not writable")]
    FrozenLog {
        /// The file.
        path: PathBuf,
        /// The log beside it.
        log: PathBuf,
    },
    /// No space left.
    #[error("there is no space left for the results store `{path}`")]
    DiskFull {
        /// The file.
        path: PathBuf,
    },
    /// The file is damaged.
    #[error("the results store `{path}` is damaged: {detail}")]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        detail: String,
    },
    /// A newer karat wrote the file.
    #[error(
        "the results store `{path}` has schema version {found}, written by a newer karat; this one knows versions up to {known}"
    )]
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// Version in the file.
        found: i64,
        /// Newest version this karat knows.
        known: i64,
    },
    /// The file is something else.
    #[error("`{path}` is not a karat results store: {detail}")]
    NotKarat {
        /// The file.
        path: PathBuf,
        /// What it is.
        detail: String,
    },
    /// Another process holds the file for too long.
    #[error("another process keeps the results store `{path}` locked")]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// Any other failure of the file system.
    #[error("the results store `{path}` cannot be used: {detail}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        detail: String,
    },
    /// No run has this id.
    #[error("there is no run `{given}`")]
    RunNotFound {
        /// What was asked for.
        given: String,
    },
    /// No run at all.
    #[error("there are no runs yet")]
    NoRuns,
    /// Several runs start with what was given.
    #[error("`{given}` is the start of {} runs: {}", matches.len(), list(matches))]
    AmbiguousRun {
        /// What was asked for.
        given: String,
        /// Runs that start with it, newest first, at most ten.
        matches: Vec<RunId>,
    },
    /// A run of this id is already there.
    #[error("run `{run}` is already in the store")]
    RunExists {
        /// Its id.
        run: RunId,
    },
    /// A trial names a suite or variant that its run does not have.
    #[error("internal error: a trial names {what}, which its run does not have")]
    Unplanned {
        /// What it names.
        what: String,
    },
    /// A value in the store is not what karat writes.
    #[error("the results store `{path}` has an unreadable value: {detail}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Which one.
        detail: String,
    },
    /// The writing thread is gone without having said why.
    #[error("internal error: the store's writer ended early")]
    WriterGone,
}

impl StoreError {
    /// What to do about it: a command or an edit.
    pub fn help(&self) -> String {
        match self {
            StoreError::Missing { .. } | StoreError::NoRuns => "run `karat eval` first".to_owned(),
            StoreError::ReadOnly { .. } | StoreError::Io { .. } => {
                "choose another place with `--store FILE`, `KARAT_STORE` or `store:` in karat.yaml".to_owned()
            }
            StoreError::FrozenLog { .. } => {
                "copy both files into a writable folder and name the copy with `--store FILE`".to_owned()
            }
            StoreError::DiskFull { .. } => {
                "free some space, then continue with `karat eval --resume`; what was stored before is kept".to_owned()
            }
            StoreError::Corrupt { path, .. } | StoreError::Unreadable { path, .. } => format!(
                "move it away (`mv '{0}' '{0}.damaged'`) and run again; `sqlite3 '{0}.damaged' .recover` may save rows",
                path.display()
            ),
            StoreError::NewerSchema { .. } => "update karat, or choose another store with `--store FILE`".to_owned(),
            StoreError::NotKarat { .. } => "choose another file with `--store FILE`".to_owned(),
            StoreError::Locked { .. } => "wait for the other karat to end, or stop it".to_owned(),
            StoreError::RunNotFound { .. } | StoreError::AmbiguousRun { .. } => {
                "`karat eval list` shows the runs; give more of the id, or `latest`".to_owned()
            }
            StoreError::RunExists { .. } | StoreError::Unplanned { .. } | StoreError::WriterGone => {
                "this is a defect of karat; please report it".to_owned()
            }
        }
    }

    /// The class of an error of SQLite on `path`.
    pub(super) fn of(error: &rusqlite::Error, path: &Path) -> StoreError {
        let path = path.to_path_buf();
        let detail = error.to_string();
        let Some(code) = error.sqlite_error_code() else {
            return StoreError::Unreadable { path, detail };
        };
        // Making the shared memory of the log larger fails for lack of space only.
        if error.sqlite_error().is_some_and(|error| error.extended_code == SQLITE_IOERR_SHMSIZE) {
            return StoreError::DiskFull { path };
        }
        match code {
            ErrorCode::ReadOnly | ErrorCode::PermissionDenied => StoreError::ReadOnly { path, detail },
            ErrorCode::DiskFull => StoreError::DiskFull { path },
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => StoreError::Corrupt { path, detail },
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed => {
                StoreError::Locked { path }
            }
            // ErrorCode grows with SQLite.
            _ => StoreError::Io { path, detail },
        }
    }

    /// The class of an error of the file system on `path`.
    pub(super) fn of_io(error: &io::Error, path: &Path) -> StoreError {
        let path = path.to_path_buf();
        let detail = error.to_string();
        match error.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                StoreError::ReadOnly { path, detail }
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::DiskFull { path },
            _ => StoreError::Io { path, detail },
        }
    }
}

fn list(runs: &[RunId]) -> String {
    let names: Vec<&str> = runs.iter().map(RunId::as_str).collect();
    names.join(", ")
}
