//! Whole trials as they were written: case, request, reply, scores.

use std::ops::ControlFlow;
use std::sync::Arc;

use rusqlite::types::Value as SqlValue;
use rusqlite::{Connection, Row, Statement};
use serde::Deserialize;
use serde_json::Value;

use super::StoreError;
use super::columns::{CALL_COLUMNS, CallColumns};
use super::facts::{Names, ratio};
use super::judging::Judging;
use super::run::Store;
use super::semantic::{MATCH_COLUMNS, read_match};
use super::words::{digest, from_json, from_json_option, millis, parsed, signed, small, unreadable, unsigned, word};
use crate::base::{CaseId, Digest, ModelRef, RunId, SafeName, Timestamp};
use crate::record::{CallError, CallRecord, Case, ChatReply, Outcome, Score, ScoreState, TrialKey, TrialRecord, Vars};

/// Which trials of a run are wanted; an empty filter means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrialFilter {
    /// Only these outcomes; empty means all.
    pub outcomes: Vec<Outcome>,
    /// Only this suite.
    pub suite: Option<SafeName>,
    /// Only this case id.
    pub case: Option<String>,
    /// Only this variant.
    pub variant: Option<Digest>,
    /// Only these places in the plan; empty means all.
    pub ordinals: Vec<u64>,
    /// At most this many.
    pub limit: Option<u64>,
}

impl Store {
    /// Whole trials of a run, by ordinal.
    ///
    /// # Errors
    /// [`StoreError::RunNotFound`]; otherwise why the store cannot be read.
    pub fn trials(&self, run: &RunId, filter: &TrialFilter) -> Result<Vec<TrialRecord>, StoreError> {
        let mut trials = Vec::new();
        self.each_trial(run, filter, |trial| {
            trials.push(trial);
            ControlFlow::Continue(())
        })?;
        Ok(trials)
    }

    /// The first trial of a key, if the run has it.
    ///
    /// # Errors
    /// [`StoreError::RunNotFound`]; otherwise why the store cannot be read.
    pub fn trial(&self, run: &RunId, key: &TrialKey) -> Result<Option<TrialRecord>, StoreError> {
        let wanted = vec![SqlValue::Blob(key.0.as_bytes().to_vec())];
        let mut found = None;
        self.stream(run, "AND t.key = ?2", wanted, |trial| {
            found = Some(trial);
            ControlFlow::Break(())
        })?;
        Ok(found)
    }

    /// Hands whole trials to `take` one by one, by ordinal, until it breaks off. For exports of large runs.
    ///
    /// # Errors
    /// [`StoreError::RunNotFound`]; otherwise why the store cannot be read.
    pub fn each_trial(
        &self,
        run: &RunId,
        filter: &TrialFilter,
        take: impl FnMut(TrialRecord) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let (condition, values) = filter.to_sql();
        self.stream(run, &condition, values, take)
    }

    pub(super) fn stream(
        &self,
        run: &RunId,
        condition: &str,
        values: Vec<SqlValue>,
        mut take: impl FnMut(TrialRecord) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let names = Names::invert(self.run_rows(run)?);
        let query = format!(
            "SELECT t.id, t.key, t.ordinal, t.suite, t.variant, t.repeat, t.outcome, t.score, t.note, t.wall_ms, \
             e.content, {} \
             FROM trial t JOIN eval_case e ON e.id = t.eval_case LEFT JOIN call c ON c.id = t.call \
             LEFT JOIN body q ON q.id = c.request LEFT JOIN body r ON r.id = c.reply \
             LEFT JOIN semantic_match m ON m.call = c.id \
             WHERE t.run = ?1 {condition}",
            call_details()
        );
        let parameters: Vec<SqlValue> = std::iter::once(SqlValue::Integer(names.run)).chain(values).collect();
        self.read(|db| {
            let mut scores = Scores::prepare(db)?;
            let mut judging = Judging::prepare(db)?;
            let mut statement = db.prepare(&query)?;
            let mut rows = statement.query(rusqlite::params_from_iter(parameters))?;
            while let Some(row) = rows.next()? {
                if take(read_trial(row, &names, &mut scores, &mut judging)?).is_break() {
                    break;
                }
            }
            Ok(())
        })
    }
}

impl TrialFilter {
    /// Conditions with their values from `?2` on, the order, and the limit.
    fn to_sql(&self) -> (String, Vec<SqlValue>) {
        let mut condition = String::new();
        let mut values: Vec<SqlValue> = Vec::new();
        let mut place = |value: SqlValue| {
            values.push(value);
            format!("?{}", values.len() + 1)
        };
        if !self.outcomes.is_empty() {
            let places: Vec<String> =
                self.outcomes.iter().map(|outcome| place(SqlValue::Text(outcome.word().to_owned()))).collect();
            condition.push_str(&format!(" AND t.outcome IN ({})", places.join(", ")));
        }
        if let Some(suite) = &self.suite {
            let at = place(SqlValue::Text(suite.to_string()));
            condition.push_str(&format!(" AND t.suite = (SELECT id FROM suite WHERE run = ?1 AND name = {at})"));
        }
        if let Some(variant) = &self.variant {
            let at = place(SqlValue::Blob(variant.as_bytes().to_vec()));
            condition.push_str(&format!(" AND t.variant = (SELECT id FROM variant WHERE run = ?1 AND digest = {at})"));
        }
        if let Some(case) = &self.case {
            let at = place(SqlValue::Text(case.clone()));
            condition.push_str(&format!(" AND t.case_id = {at}"));
        }
        if !self.ordinals.is_empty() {
            let places: Vec<String> =
                self.ordinals.iter().map(|ordinal| place(SqlValue::Integer(signed(*ordinal)))).collect();
            condition.push_str(&format!(" AND t.ordinal IN ({})", places.join(", ")));
        }
        condition.push_str(" ORDER BY t.ordinal");
        if let Some(limit) = self.limit {
            let at = place(SqlValue::Integer(signed(limit)));
            condition.push_str(&format!(" LIMIT {at}"));
        }
        (condition, values)
    }
}

struct Scores<'db>(Statement<'db>);

impl<'db> Scores<'db> {
    fn prepare(db: &'db Connection) -> rusqlite::Result<Scores<'db>> {
        let query = "SELECT name, check_name, version, weight, state, value, passed, reason FROM score \
                     WHERE trial = ?1 ORDER BY position";
        db.prepare(query).map(Scores)
    }

    fn of(&mut self, trial: i64) -> rusqlite::Result<Vec<Score>> {
        self.0.query_map([trial], read_score)?.collect()
    }
}

fn read_score(row: &Row<'_>) -> rusqlite::Result<Score> {
    let state = match row.get_ref(4)?.as_str()? {
        "scored" => {
            let value = ratio(row, 5)?.ok_or_else(|| unreadable(5, "a score without a value"))?;
            ScoreState::Scored { value, passed: row.get(6)? }
        }
        "ungraded" => ScoreState::Ungraded,
        "not_applicable" => ScoreState::NotApplicable,
        other => return Err(unreadable(4, format!("`{other}` is not a state of a score"))),
    };
    Ok(Score {
        name: row.get(0)?,
        check: row.get(1)?,
        version: small(row.get(2)?),
        weight: row.get(3)?,
        state,
        reason: row.get(7)?,
        details: None,
    })
}

fn read_trial(
    row: &Row<'_>,
    names: &Names,
    scores: &mut Scores<'_>,
    judging: &mut Judging<'_>,
) -> rusqlite::Result<TrialRecord> {
    let id = row.get(0)?;
    let mut scores = scores.of(id)?;
    judging.complete(id, &mut scores)?;
    Ok(TrialRecord {
        key: TrialKey(digest(row, 1)?),
        ordinal: unsigned(row.get(2)?),
        suite: names.suite(row, 3)?,
        variant: names.variant(row, 4)?,
        case: Arc::new(from_json::<StoredCase>(row, 10)?.into()),
        repeat: small(row.get(5)?),
        outcome: word(row, 6, Outcome::parse)?,
        score: ratio(row, 7)?,
        scores,
        note: row.get(8)?,
        call: read_call(row, 11)?,
        judging: judging.calls(id)?,
        wall_ms: millis(row.get(9)?),
    })
}

/// Columns of a whole call, in the order [`read_call`] takes them: of `call c`, its request `q`, its reply `r`, and what
/// the semantic cache had, `m`.
pub(super) fn call_details() -> String {
    format!(
        "c.cache_key, c.model, q.content, r.content, c.error, c.waited_ms, c.started, c.possible_double_charge, \
         c.answered_by, c.route, c.hedges, {CALL_COLUMNS}, {MATCH_COLUMNS}"
    )
}

/// Reads the columns that start at `first`; `None` when the row has no call.
pub(super) fn read_call(row: &Row<'_>, first: usize) -> rusqlite::Result<Option<CallRecord>> {
    let Some(columns) = CallColumns::read(row, first + 11)? else { return Ok(None) };
    let reply = match (from_json_option::<ChatReply>(row, first + 3)?, from_json_option::<CallError>(row, first + 4)?) {
        (Some(reply), _) => Ok(reply),
        (None, Some(error)) => Err(error),
        (None, None) => return Err(unreadable(first + 3, "a call with neither reply nor error")),
    };
    let answered_by = row.get::<_, Option<String>>(first + 8)?;
    Ok(Some(CallRecord {
        written: None,
        cache_key: digest(row, first)?,
        model: parsed(row, first + 1, ModelRef::parse)?,
        request: from_json(row, first + 2)?,
        reply,
        source: columns.source,
        latency_ms: columns.latency_ms,
        attempts: columns.attempts,
        waited_ms: millis(row.get(first + 5)?),
        started: Timestamp(row.get(first + 6)?),
        cost: columns.cost,
        possible_double_charge: row.get(first + 7)?,
        semantic: read_match(row, first + 11 + CallColumns::COUNT)?,
        hedges: small(row.get(first + 10)?),
        answered_by: answered_by.map(|_| parsed(row, first + 8, ModelRef::parse)).transpose()?,
        route: from_json_option(row, first + 9)?,
    }))
}

/// A case as it is written: [`Case`] has no reader of its own.
#[derive(Deserialize)]
struct StoredCase {
    id: CaseId,
    digest: Digest,
    vars: Vars,
    expected: Option<Value>,
    context: Vec<String>,
    tags: Vec<String>,
    group: Option<String>,
    weight: f64,
}

impl From<StoredCase> for Case {
    fn from(stored: StoredCase) -> Case {
        let StoredCase { id, digest, vars, expected, context, tags, group, weight } = stored;
        Case { id, digest, vars, expected, context, tags, group, weight }
    }
}
