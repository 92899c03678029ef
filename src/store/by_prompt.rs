//! Which runs used a prompt, by the digest of its content: whatever its name or version was then.

use std::collections::{HashMap, HashSet};

use super::StoreError;
use super::run::Store;
use super::words::{digest, parsed};
use crate::base::{Digest, RunId};

/// The runs that used a prompt.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PromptRuns {
    /// How many there are.
    pub count: u64,
    /// The newest of them, newest first; as many as were asked for.
    pub newest: Vec<RunId>,
}

impl Store {
    /// For each of these prompts that was ever used, its runs with the `newest` ones by name.
    ///
    /// One pass over the variants of all runs, which are few per run, whatever the number of prompts; trials are not
    /// read.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub fn runs_by_prompt(
        &self,
        prompts: &HashSet<Digest>,
        newest: usize,
    ) -> Result<HashMap<Digest, PromptRuns>, StoreError> {
        if prompts.is_empty() {
            return Ok(HashMap::new());
        }
        self.read(|db| {
            let mut used: HashMap<Digest, HashSet<i64>> = HashMap::new();
            let mut variants = db.prepare_cached("SELECT run, prompt_digest FROM variant")?;
            let mut rows = variants.query([])?;
            while let Some(row) = rows.next()? {
                let prompt = digest(row, 1)?;
                if prompts.contains(&prompt) {
                    used.entry(prompt).or_default().insert(row.get(0)?);
                }
            }
            if used.is_empty() {
                return Ok(HashMap::new());
            }
            // The index holds all that is asked of it, so the runs themselves are not read.
            let mut order =
                db.prepare_cached("SELECT id FROM run INDEXED BY run_started ORDER BY started DESC, id DESC")?;
            let ranks: HashMap<i64, usize> = order
                .query_map([], |row| row.get(0))?
                .enumerate()
                .map(|(rank, id)| id.map(|id: i64| (id, rank)))
                .collect::<rusqlite::Result<_>>()?;
            let mut name = db.prepare_cached("SELECT name FROM run WHERE id = ?1")?;
            let mut found = HashMap::with_capacity(used.len());
            for (prompt, runs) in used {
                let count = u64::try_from(runs.len()).unwrap_or(u64::MAX);
                let mut runs: Vec<i64> = runs.into_iter().collect();
                runs.sort_unstable_by_key(|run| ranks.get(run).copied().unwrap_or(usize::MAX));
                runs.truncate(newest);
                let names = runs.iter().map(|run| name.query_row([run], |row| parsed(row, 0, RunId::parse)));
                found.insert(prompt, PromptRuns { count, newest: names.collect::<rusqlite::Result<_>>()? });
            }
            Ok(found)
        })
    }
}
