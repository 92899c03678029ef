//! Which versions of which checks gave the scores of a run.

use std::collections::{BTreeMap, BTreeSet};

use super::StoreError;
use super::run::Store;
use super::words::parsed;
use crate::base::{RunId, SafeName};
use crate::record::MetricVersion;

impl Store {
    /// The checks of a run's scores with their versions, by suite.
    ///
    /// # Errors
    /// [`StoreError::RunNotFound`]; otherwise why the store cannot be read.
    pub fn metric_versions(&self, run: &RunId) -> Result<BTreeMap<SafeName, BTreeSet<MetricVersion>>, StoreError> {
        let id = self.run_number(run)?;
        let Some((first, last)) = self.span(id)? else { return Ok(BTreeMap::new()) };
        // By the scores: they lie in the order of their trials. Most trials have the checks of those before them, so a
        // few comparisons are less work than SQLite's own search for what is distinct.
        let query = "SELECT t.suite, s.check_name, s.version FROM score s CROSS JOIN trial t ON t.id = s.trial \
                     WHERE s.trial BETWEEN ?2 AND ?3 AND t.run = ?1";
        self.read(|db| {
            let mut seen: Vec<(i64, String, u32)> = Vec::new();
            let mut statement = db.prepare_cached(query)?;
            let mut rows = statement.query([id, first, last])?;
            while let Some(row) = rows.next()? {
                let (suite, check, version) = (row.get(0)?, row.get_ref(1)?.as_str()?, row.get(2)?);
                if !seen.iter().any(|known| known.0 == suite && known.2 == version && known.1 == check) {
                    seen.push((suite, check.to_owned(), version));
                }
            }
            let mut name = db.prepare_cached("SELECT name FROM suite WHERE id = ?1")?;
            let mut found: BTreeMap<SafeName, BTreeSet<MetricVersion>> = BTreeMap::new();
            for (suite, check, version) in seen {
                let suite = name.query_row([suite], |row| parsed(row, 0, SafeName::parse))?;
                found.entry(suite).or_default().insert(MetricVersion::of(&check, version));
            }
            Ok(found)
        })
    }
}
