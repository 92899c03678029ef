//! What summaries and `--resume` need of a run's trials: plain columns, streamed, no JSON.

use std::collections::HashMap;
use std::hash::BuildHasher;

use rusqlite::Row;

use super::StoreError;
use super::columns::{CALL_COLUMNS, CallColumns};
use super::run::Store;
use super::semantic::{MATCH_COLUMNS, MATCH_COUNT, read_match_facts};
use super::words::{digest, millis, parsed, small, unreadable, unsigned, usd, word, word_option};
use crate::base::{CaseId, Digest, ModelRef, Ratio, RunId, SafeName, Usd};
use crate::record::{ErrorKind, Outcome, Prediction, TrialFacts, TrialKey};

impl Store {
    /// Hands every stored trial of a run to `take`, by ordinal. Memory does not grow with their number.
    ///
    /// # Errors
    /// [`StoreError::RunNotFound`]; otherwise why the store cannot be read.
    pub fn facts(&self, run: &RunId, mut take: impl FnMut(TrialFacts)) -> Result<(), StoreError> {
        let names = Names::invert(self.run_rows(run)?);
        let sorts = self.suites(run)?.iter().any(|suite| suite.goal.get("classification").is_some());
        // The first check of a suite that sorts is the one on its label.
        let (label, labels) = if sorts {
            let join = "LEFT JOIN score l ON l.trial = t.id AND l.position = 0 AND l.check_name = 'label' \
                        LEFT JOIN score_detail d ON d.trial = l.trial AND d.position = 0";
            ("d.detail", join)
        } else {
            ("NULL", "")
        };
        // The index is named because the other one on `run` would need a sort of all rows.
        let query = format!(
            "SELECT t.key, t.ordinal, t.suite, t.variant, t.case_id, t.case_group, t.weight, t.repeat, t.outcome, \
             t.score, c.spent, c.error_kind, c.altered, c.reply IS NOT NULL, c.ttft_ms, \
             c.answered_by, c.possible_double_charge, c.batched, {CALL_COLUMNS}, {MATCH_COLUMNS}, {label} \
             FROM trial t INDEXED BY trial_ordinal LEFT JOIN call c ON c.id = t.call \
             LEFT JOIN semantic_match m ON m.call = t.call {labels} \
             WHERE t.run = ?1 ORDER BY t.ordinal"
        );
        self.read(|db| {
            let mut statement = db.prepare_cached(&query)?;
            let mut rows = statement.query([names.run])?;
            while let Some(row) = rows.next()? {
                take(read_facts(row, &names)?);
            }
            Ok(())
        })
    }

    /// The trials that a run has, with their outcome and place in the plan: what `--resume` need not do again.
    ///
    /// # Errors
    /// [`StoreError::RunNotFound`]; otherwise why the store cannot be read.
    pub fn finished(&self, run: &RunId) -> Result<HashMap<TrialKey, (Outcome, u64)>, StoreError> {
        let id = self.run_number(run)?;
        self.read(|db| {
            let mut statement =
                db.prepare_cached("SELECT key, outcome, ordinal FROM trial INDEXED BY trial_ordinal WHERE run = ?1")?;
            let trials = statement.query_map([id], |row| {
                Ok((TrialKey(digest(row, 0)?), (word(row, 1, Outcome::parse)?, unsigned(row.get(2)?))))
            })?;
            trials.collect()
        })
    }

    /// Suite and id of every case of a run with a trial that failed, errored or could not be graded; each once, by
    /// ordinal. For `--failed-in`.
    ///
    /// # Errors
    /// [`StoreError::RunNotFound`]; otherwise why the store cannot be read.
    pub fn failed_cases(&self, run: &RunId) -> Result<Vec<(SafeName, CaseId)>, StoreError> {
        let id = self.run_number(run)?;
        self.read(|db| {
            let query = "SELECT s.name, t.case_id FROM trial t JOIN suite s ON s.id = t.suite \
                         WHERE t.run = ?1 AND t.outcome IN ('fail', 'error', 'ungraded') \
                         GROUP BY s.id, t.case_id ORDER BY min(t.ordinal)";
            let mut statement = db.prepare_cached(query)?;
            let cases = statement
                .query_map([id], |row| Ok((parsed(row, 0, SafeName::parse)?, parsed(row, 1, CaseId::parse)?)))?;
            cases.collect()
        })
    }
}

/// Names of a run's suites and variants by the numbers of their rows.
pub(super) struct Names {
    pub(super) run: i64,
    suites: HashMap<i64, SafeName>,
    variants: HashMap<i64, Digest>,
}

impl Names {
    pub(super) fn invert(rows: super::insert::RunRows) -> Names {
        Names {
            run: rows.run,
            suites: rows.suites.into_iter().map(|(name, id)| (id, name)).collect(),
            variants: rows.variants.into_iter().map(|(digest, id)| (id, digest)).collect(),
        }
    }

    pub(super) fn suite(&self, row: &Row<'_>, index: usize) -> rusqlite::Result<SafeName> {
        look_up(&self.suites, row, index, "suite")
    }

    pub(super) fn variant(&self, row: &Row<'_>, index: usize) -> rusqlite::Result<Digest> {
        look_up(&self.variants, row, index, "variant")
    }
}

fn look_up<T: Clone, S: BuildHasher>(
    known: &HashMap<i64, T, S>,
    row: &Row<'_>,
    index: usize,
    what: &str,
) -> rusqlite::Result<T> {
    let id: i64 = row.get(index)?;
    known.get(&id).cloned().ok_or_else(|| unreadable(index, format!("{what} {id} is not of this run")))
}

pub(super) fn ratio(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<Ratio>> {
    let value: Option<f64> = row.get(index)?;
    value.map(|value| Ratio::new(value).map_err(|error| unreadable(index, error.to_string()))).transpose()
}

/// The details of the check on the label; `None` where there is none.
fn prediction(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<Prediction>> {
    let text: Option<String> = row.get(index)?;
    let unlike = |error: serde_json::Error| unreadable(index, format!("the details of a label: {error}"));
    text.map(|text| serde_json::from_str(&text).map_err(unlike)).transpose()
}

fn read_facts(row: &Row<'_>, names: &Names) -> rusqlite::Result<TrialFacts> {
    let call = CallColumns::read(row, 18)?;
    let replied: bool = row.get(13)?;
    let outcome = word(row, 8, Outcome::parse)?;
    Ok(TrialFacts {
        key: TrialKey(digest(row, 0)?),
        ordinal: unsigned(row.get(1)?),
        suite: names.suite(row, 2)?,
        variant: names.variant(row, 3)?,
        case_id: parsed(row, 4, CaseId::parse)?,
        group: row.get(5)?,
        weight: row.get(6)?,
        repeat: small(row.get(7)?),
        outcome,
        score: ratio(row, 9)?,
        latency_ms: call.as_ref().filter(|_| replied).map(|call| call.latency_ms),
        ttft_ms: row.get::<_, Option<i64>>(14)?.map(millis),
        batched: row.get::<_, Option<bool>>(17)?.unwrap_or(false),
        usage: call.as_ref().and_then(|call| call.usage),
        cost: call.as_ref().and_then(|call| call.cost),
        // No call costs nothing; a call without a number costs nobody knows what.
        spent: if call.is_some() { usd(row.get(10)?) } else { Some(Usd::ZERO) },
        source: call.as_ref().map(|call| call.source),
        attempts: call.as_ref().map_or(0, |call| call.attempts),
        error: word_option(row, 11, ErrorKind::parse)?.filter(|_| outcome == Outcome::Error),
        semantic: read_match_facts(row, 18 + CallColumns::COUNT)?,
        prediction: prediction(row, 18 + CallColumns::COUNT + MATCH_COUNT)?,
        altered: row.get::<_, Option<bool>>(12)?.unwrap_or(false),
        answered_by: row.get::<_, Option<String>>(15)?.map(|_| parsed(row, 15, ModelRef::parse)).transpose()?,
        possible_double_charge: row.get::<_, Option<bool>>(16)?.unwrap_or(false),
    })
}
