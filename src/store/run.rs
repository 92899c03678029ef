//! The store itself, and runs from their beginning to their end.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};

use super::StoreError;
use super::insert::RunRows;
use super::open::{Access, Pool};
use super::words::{
    digest, from_json, from_json_option, json, kind_of, kind_word, parsed, signed, small, unsigned, word,
};
use crate::base::{ModelRef, RunId, SafeName, Timestamp};
use crate::record::{GitFacts, RunHeader, RunStatus, SuiteRecord, VariantRecord, Verdict};

/// Columns of a run's header, in the order [`read_header`] takes them.
pub(super) const HEADER_COLUMNS: &str = "name, kind, status, karat_version, seed, git_commit, git_branch, git_dirty, \
     started, ended, planned, options, calls";

/// One results file. Usable from many threads at once.
#[derive(Debug, Clone)]
pub struct Store {
    pub(super) pool: Arc<Pool>,
}

impl Store {
    /// Opens the results file.
    ///
    /// With [`Access::Write`] the file and its folder are created when missing, and an older schema is migrated.
    ///
    /// # Errors
    /// [`StoreError`] when there is none to read, when it is damaged, something else, or of a newer karat, and when it
    /// may not be written.
    pub fn open(path: &Path, access: Access) -> Result<Store, StoreError> {
        Ok(Store { pool: Arc::new(Pool::open(path, access)?) })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        self.pool.path()
    }

    /// The file that a process locks while it runs this run.
    pub fn lock_path(&self, run: &str) -> PathBuf {
        self.path().with_file_name(format!("{run}.lock"))
    }

    /// Writes a run with its suites and variants, before its first call.
    ///
    /// # Errors
    /// [`StoreError::RunExists`] for an id that is taken; otherwise why the store cannot be written.
    pub fn begin_run(
        &self,
        header: &RunHeader,
        suites: &[SuiteRecord],
        variants: &[VariantRecord],
    ) -> Result<(), StoreError> {
        let taken = self.write(|db| {
            let name = header.id.as_str();
            if db.prepare("SELECT 1 FROM run WHERE name = ?1")?.exists([name])? {
                return Ok(true);
            }
            let git = header.git.as_ref();
            db.execute(
                &format!(
                    "INSERT INTO run ({HEADER_COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"
                ),
                params![
                    name,
                    kind_word(header.kind),
                    header.status.word(),
                    header.karat_version,
                    header.seed.cast_signed(),
                    git.map(|git| &git.commit),
                    git.and_then(|git| git.branch.as_ref()),
                    git.map(|git| git.dirty),
                    header.started.0,
                    header.ended.map(|ended| ended.0),
                    signed(header.planned),
                    json(&header.options),
                    header.calls,
                ],
            )?;
            put_plan(db, db.last_insert_rowid(), suites, variants)?;
            Ok(false)
        })?;
        if taken { Err(StoreError::RunExists { run: header.id.clone() }) } else { Ok(()) }
    }

    /// Makes a stored run `running` again: its end is forgotten, and suites and variants of the present plan are added
    /// or brought up to date. Those that are no longer planned stay, because trials refer to them.
    ///
    /// # Errors
    /// [`StoreError::RunNotFound`]; otherwise why the store cannot be written.
    pub fn reopen_run(
        &self,
        run: &RunId,
        planned: u64,
        suites: &[SuiteRecord],
        variants: &[VariantRecord],
    ) -> Result<(), StoreError> {
        let id = self.run_number(run)?;
        self.write(|db| {
            db.execute(
                "UPDATE run SET status = ?2, ended = NULL, planned = ?3 WHERE id = ?1",
                params![id, RunStatus::Running.word(), signed(planned)],
            )?;
            put_plan(db, id, suites, variants)
        })
    }

    /// Writes how a run ended, with the verdicts of its suites.
    ///
    /// # Errors
    /// [`StoreError::RunNotFound`]; otherwise why the store cannot be written.
    pub fn finish_run(
        &self,
        run: &RunId,
        status: RunStatus,
        ended: Timestamp,
        verdicts: &[(SafeName, Verdict)],
    ) -> Result<(), StoreError> {
        let id = self.run_number(run)?;
        self.write(|db| {
            db.execute("UPDATE run SET status = ?2, ended = ?3 WHERE id = ?1", params![id, status.word(), ended.0])?;
            for (suite, verdict) in verdicts {
                db.execute(
                    "UPDATE suite SET verdict = ?3 WHERE run = ?1 AND name = ?2",
                    params![id, suite.as_str(), json(verdict)],
                )?;
            }
            Ok(())
        })
    }

    /// A run's own facts.
    ///
    /// # Errors
    /// [`StoreError::RunNotFound`]; otherwise why the store cannot be read.
    pub fn header(&self, run: &RunId) -> Result<RunHeader, StoreError> {
        let found = self.read(|db| {
            let query = format!("SELECT {HEADER_COLUMNS} FROM run WHERE name = ?1");
            db.prepare_cached(&query)?.query_row([run.as_str()], |row| read_header(row, 0)).optional()
        })?;
        found.ok_or_else(|| not_found(run))
    }

    /// The suites of a run, in the order of its plan.
    ///
    /// # Errors
    /// [`StoreError::RunNotFound`]; otherwise why the store cannot be read.
    pub fn suites(&self, run: &RunId) -> Result<Vec<SuiteRecord>, StoreError> {
        let id = self.run_number(run)?;
        self.read(|db| {
            let query = "SELECT name, path, digest, cases, repeat, goal, verdict FROM suite WHERE run = ?1 ORDER BY id";
            db.prepare_cached(query)?.query_map([id], read_suite)?.collect()
        })
    }

    /// The variants of a run, in the order of its plan.
    ///
    /// # Errors
    /// [`StoreError::RunNotFound`]; otherwise why the store cannot be read.
    pub fn variants(&self, run: &RunId) -> Result<Vec<VariantRecord>, StoreError> {
        let id = self.run_number(run)?;
        self.read(|db| {
            let query = "SELECT digest, prompt, prompt_digest, model, params FROM variant WHERE run = ?1 ORDER BY id";
            db.prepare_cached(query)?.query_map([id], read_variant)?.collect()
        })
    }

    /// The run that is meant by an id, the start of one, or `latest` (also `last`): the one that began last.
    ///
    /// # Errors
    /// [`StoreError::NoRuns`], [`StoreError::RunNotFound`] or [`StoreError::AmbiguousRun`]; otherwise why the store
    /// cannot be read.
    pub fn find_run(&self, given: &str) -> Result<RunId, StoreError> {
        let names = |query: &str, parameter: &str| {
            self.read(|db| {
                let mut statement = db.prepare_cached(query)?;
                let names = statement.query_map([parameter], |row| parsed(row, 0, RunId::parse))?;
                names.collect::<rusqlite::Result<Vec<RunId>>>()
            })
        };
        if given == "latest" || given == "last" {
            let newest = names("SELECT name FROM run WHERE ?1 <> '' ORDER BY started DESC, id DESC LIMIT 1", given)?;
            return newest.into_iter().next().ok_or(StoreError::NoRuns);
        }
        let missing = || StoreError::RunNotFound { given: given.to_owned() };
        let wanted = RunId::parse(given).map_err(|_| missing())?;
        // An id has no letters that mean something to GLOB.
        let pattern = format!("{}*", wanted.as_str());
        let matches =
            names("SELECT name FROM run WHERE name GLOB ?1 ORDER BY started DESC, id DESC LIMIT 10", &pattern)?;
        if let Some(exact) = matches.iter().find(|name| **name == wanted) {
            return Ok(exact.clone());
        }
        match matches.as_slice() {
            [] => Err(missing()),
            [one] => Ok(one.clone()),
            _ => Err(StoreError::AmbiguousRun { given: given.to_owned(), matches }),
        }
    }

    /// The number of the run's row.
    pub(super) fn run_number(&self, run: &RunId) -> Result<i64, StoreError> {
        let found = self.read(|db| {
            let query = "SELECT id FROM run WHERE name = ?1";
            db.prepare_cached(query)?.query_row([run.as_str()], |row| row.get(0)).optional()
        })?;
        found.ok_or_else(|| not_found(run))
    }

    /// The numbers of the rows that trials of the run refer to.
    pub(super) fn run_rows(&self, run: &RunId) -> Result<RunRows, StoreError> {
        let id = self.run_number(run)?;
        self.read(|db| {
            let suites = db
                .prepare("SELECT name, id FROM suite WHERE run = ?1")?
                .query_map([id], |row| Ok((parsed(row, 0, SafeName::parse)?, row.get(1)?)))?
                .collect::<rusqlite::Result<_>>()?;
            let variants = db
                .prepare("SELECT digest, id FROM variant WHERE run = ?1")?
                .query_map([id], |row| Ok((digest(row, 0)?, row.get(1)?)))?
                .collect::<rusqlite::Result<_>>()?;
            let repeats = db.prepare("SELECT 1 FROM suite WHERE run = ?1 AND repeat > 1")?.exists([id])?;
            Ok(RunRows { run: id, suites, variants, repeats })
        })
    }

    pub(super) fn opened_for_reading(&self) -> StoreError {
        StoreError::ReadOnly { path: self.path().to_path_buf(), detail: "it was opened for reading".to_owned() }
    }

    /// Runs queries.
    pub(super) fn read<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        self.pool.with(|db| work(db).map_err(|error| self.pool.error(&error)))
    }

    /// Runs statements in one transaction of their own.
    pub(super) fn write<T>(&self, work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        if self.pool.access() == Access::Read {
            return Err(self.opened_for_reading());
        }
        self.pool.with(|db| {
            let attempt = (|| {
                let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let result = work(&transaction)?;
                transaction.commit()?;
                Ok(result)
            })();
            attempt.map_err(|error| self.pool.error(&error))
        })
    }
}

fn not_found(run: &RunId) -> StoreError {
    StoreError::RunNotFound { given: run.to_string() }
}

fn put_plan(
    db: &Transaction<'_>,
    run: i64,
    suites: &[SuiteRecord],
    variants: &[VariantRecord],
) -> rusqlite::Result<()> {
    let mut suite_row = db.prepare(
        "INSERT INTO suite (run, name, path, digest, cases, repeat, goal, verdict) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (run, name) DO UPDATE SET path = excluded.path, \
         digest = excluded.digest, cases = excluded.cases, repeat = excluded.repeat, goal = excluded.goal, \
         verdict = excluded.verdict",
    )?;
    for suite in suites {
        suite_row.execute(params![
            run,
            suite.name.as_str(),
            suite.path,
            suite.digest.as_bytes(),
            signed(suite.cases),
            suite.repeat,
            json(&suite.goal),
            suite.verdict.as_ref().map(json),
        ])?;
    }
    let mut variant_row = db.prepare(
        "INSERT INTO variant (run, digest, prompt, prompt_digest, model, params) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
         ON CONFLICT (run, digest) DO UPDATE SET prompt = excluded.prompt",
    )?;
    for variant in variants {
        variant_row.execute(params![
            run,
            variant.digest.as_bytes(),
            variant.prompt,
            variant.prompt_digest.as_bytes(),
            variant.model.to_string(),
            json(&variant.params),
        ])?;
    }
    Ok(())
}

/// Reads the columns [`HEADER_COLUMNS`] from `first` on.
pub(super) fn read_header(row: &Row<'_>, first: usize) -> rusqlite::Result<RunHeader> {
    let git = match row.get::<_, Option<String>>(first + 5)? {
        Some(commit) => Some(GitFacts {
            commit,
            branch: row.get(first + 6)?,
            dirty: row.get::<_, Option<bool>>(first + 7)?.unwrap_or(false),
        }),
        None => None,
    };
    Ok(RunHeader {
        id: parsed(row, first, RunId::parse)?,
        kind: word(row, first + 1, kind_of)?,
        status: word(row, first + 2, RunStatus::parse)?,
        karat_version: row.get(first + 3)?,
        seed: row.get::<_, i64>(first + 4)?.cast_unsigned(),
        git,
        started: Timestamp(row.get(first + 8)?),
        ended: row.get::<_, Option<i64>>(first + 9)?.map(Timestamp),
        planned: unsigned(row.get(first + 10)?),
        options: from_json(row, first + 11)?,
        calls: row.get(first + 12)?,
    })
}

fn read_suite(row: &Row<'_>) -> rusqlite::Result<SuiteRecord> {
    Ok(SuiteRecord {
        name: parsed(row, 0, SafeName::parse)?,
        path: row.get(1)?,
        digest: digest(row, 2)?,
        cases: unsigned(row.get(3)?),
        repeat: small(row.get(4)?),
        goal: from_json(row, 5)?,
        verdict: from_json_option(row, 6)?,
    })
}

fn read_variant(row: &Row<'_>) -> rusqlite::Result<VariantRecord> {
    Ok(VariantRecord {
        digest: digest(row, 0)?,
        prompt: row.get(1)?,
        prompt_digest: digest(row, 2)?,
        model: parsed(row, 3, ModelRef::parse)?,
        params: from_json(row, 4)?,
    })
}
