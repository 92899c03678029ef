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
        self.read(|db| {
            // Grouped by the suite's number first: names are looked up once for each group, not for each score.
            let query = "SELECT u.name, g.check_name, g.version FROM \
                         (SELECT DISTINCT t.suite, s.check_name, s.version FROM trial t \
                         JOIN score s ON s.trial = t.id WHERE t.run = ?1) g JOIN suite u ON u.id = g.suite";
            let mut statement = db.prepare_cached(query)?;
            let mut rows = statement.query([id])?;
            let mut found: BTreeMap<SafeName, BTreeSet<MetricVersion>> = BTreeMap::new();
            while let Some(row) = rows.next()? {
                let check: String = row.get(1)?;
                let metric = MetricVersion::of(&check, row.get(2)?);
                found.entry(parsed(row, 0, SafeName::parse)?).or_default().insert(metric);
            }
            Ok(found)
        })
    }
}
