//! The counts behind figures over all replies: the details of checks such as `bleu` and `wer`.

use rusqlite::Row;

use super::StoreError;
use super::facts::Names;
use super::run::Store;
use super::words::{from_json, unreadable};
use crate::base::RunId;
use crate::record::{CorpusMeasure, Counted, SegmentFacts};

impl Store {
    /// Hands what every reply of a run adds to figures over all replies to `take`, in the order of the plan. Memory does
    /// not grow with their number.
    ///
    /// # Errors
    /// [`StoreError::RunNotFound`]; otherwise why the store cannot be read.
    pub fn segments(&self, run: &RunId, mut take: impl FnMut(&SegmentFacts)) -> Result<(), StoreError> {
        let names = Names::invert(self.run_rows(run)?);
        let checks: Vec<String> =
            CorpusMeasure::ALL.iter().map(|(_, check, ..)| format!("'{check}', 'not_{check}'")).collect();
        let query = format!(
            "SELECT t.suite, t.variant, s.name, s.check_name, s.state, d.detail \
             FROM trial t INDEXED BY trial_ordinal JOIN score s ON s.trial = t.id \
             LEFT JOIN score_detail d ON d.trial = s.trial AND d.position = s.position \
             WHERE t.run = ?1 AND s.check_name IN ({}) ORDER BY t.ordinal, s.position",
            checks.join(", ")
        );
        self.read(|db| {
            let mut statement = db.prepare_cached(&query)?;
            let mut rows = statement.query([names.run])?;
            while let Some(row) = rows.next()? {
                take(&read(row, &names)?);
            }
            Ok(())
        })
    }
}

fn read(row: &Row<'_>, names: &Names) -> rusqlite::Result<SegmentFacts> {
    let check: String = row.get(3)?;
    let measure = CorpusMeasure::of_check(&check).ok_or_else(|| unreadable(3, format!("`{check}` counts nothing")))?;
    let state: String = row.get(4)?;
    let has_detail = row.get_ref(5)? != rusqlite::types::ValueRef::Null;
    let counted = match state.as_str() {
        "ungraded" => Counted::Ungraded,
        "not_applicable" => Counted::NotApplicable,
        _ if has_detail => Counted::Segment(from_json(row, 5)?),
        _ => Counted::NotKept,
    };
    Ok(SegmentFacts {
        suite: names.suite(row, 0)?,
        variant: names.variant(row, 1)?,
        name: row.get(2)?,
        measure,
        counted,
    })
}
