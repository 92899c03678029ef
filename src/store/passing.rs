//! Whether a prompt has passed.

use rusqlite::OptionalExtension;

use super::StoreError;
use super::run::Store;
use super::words::parsed;
use crate::base::{Digest, RunId};

impl Store {
    /// The newest run that this very content of a prompt has passed: a complete run with trials of it, all of whose suites
    /// have the verdict `pass`.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub fn passing_run(&self, prompt: &Digest) -> Result<Option<RunId>, StoreError> {
        self.read(|db| {
            let query = "SELECT run.name FROM run WHERE status = 'complete' \
                 AND EXISTS (SELECT 1 FROM variant JOIN trial ON trial.variant = variant.id \
                     WHERE variant.run = run.id AND variant.prompt_digest = ?1 AND trial.run = run.id) \
                 AND EXISTS (SELECT 1 FROM suite WHERE suite.run = run.id) \
                 AND NOT EXISTS (SELECT 1 FROM suite WHERE suite.run = run.id \
                     AND coalesce(json_extract(verdict, '$.verdict'), '') <> 'pass') \
                 ORDER BY started DESC, id DESC LIMIT 1";
            db.prepare_cached(query)?.query_row([prompt.as_bytes()], |row| parsed(row, 0, RunId::parse)).optional()
        })
    }

    /// Whether this very content of a prompt has passed a run; see [`Store::passing_run`].
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub fn has_passing_run(&self, prompt: &Digest) -> Result<bool, StoreError> {
        Ok(self.passing_run(prompt)?.is_some())
    }
}
