//! One finished trial as rows.

use foldhash::{HashMap, HashMapExt};
use rusqlite::{Connection, Row, Statement, ToSql, params};

use super::StoreError;
use super::cases::CaseRows;
use super::comparison;
use super::judging;
use super::known::KnownKeys;
use super::new_calls::NewCalls;
use super::ready::{CallText, Part, Ready};
use super::semantic::add_match;
use super::settle::{Numbers, settle};
use super::words::{json, picos, signed, word};
use crate::base::{Digest, SafeName};
use crate::record::{CallRecord, CallSource, ChatReply, Finish, Outcome, Score, ScoreState, TrialRecord, Usage};

/// Bytes of request texts that are remembered, so that repeats of a case share one row.
const REMEMBERED_BYTES: usize = 2 * 1024 * 1024;

/// Numbers of the rows that the trials of a run refer to.
#[derive(Debug, Default)]
pub(super) struct RunRows {
    pub(super) run: i64,
    pub(super) suites: HashMap<SafeName, i64>,
    pub(super) variants: HashMap<Digest, i64>,
    /// Whether a case is asked more than once, so that equal requests are to be expected.
    pub(super) repeats: bool,
}

/// What a batch changed in the run's counts.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Change {
    /// By outcome, in the order of [`Outcome::ALL`].
    pub(super) outcomes: [i64; Outcome::ALL.len()],
    pub(super) spent: i64,
    pub(super) unknown_calls: i64,
}

impl Change {
    fn count(&mut self, outcome: Outcome, by: i64) {
        for (slot, (_, known)) in self.outcomes.iter_mut().zip(Outcome::ALL) {
            if *known == outcome {
                *slot += by;
            }
        }
    }
}

/// Why a trial could not be written.
#[derive(Debug)]
pub(super) enum InsertError {
    Sqlite(rusqlite::Error),
    Store(StoreError),
}

impl From<rusqlite::Error> for InsertError {
    fn from(error: rusqlite::Error) -> InsertError {
        InsertError::Sqlite(error)
    }
}

/// The prepared statements of the writer, and what it remembers of texts it has written.
pub(super) struct Inserts<'db> {
    db: &'db Connection,
    rows: RunRows,
    remembered: HashMap<String, i64>,
    remembered_bytes: usize,
    /// Rows of the run's trials by the first half of their keys.
    known: HashMap<[u8; 16], i64>,
    /// Rows up to this one are in `known`; `None` before the first batch.
    seen: Option<i64>,
    cases: CaseRows<'db>,
    calls: NewCalls<'db>,
    add_body: Statement<'db>,
    add_bodies: Statement<'db>,
    load_original: Statement<'db>,
    add_call: Statement<'db>,
    load_keys: Statement<'db>,
    load_newer_keys: Statement<'db>,
    last_id: Statement<'db>,
    find_outcome: Statement<'db>,
    drop_scores: Statement<'db>,
    drop_trial: Statement<'db>,
    add_trial: Statement<'db>,
    /// Calls of comparisons that are kept and belong to no comparison yet, by key and time.
    kept: HashMap<(Digest, i64), i64>,
    /// For one score, two, and so on.
    add_scores: Vec<Statement<'db>>,
    count: Statement<'db>,
}

impl<'db> Inserts<'db> {
    pub(super) fn prepare(db: &'db Connection, rows: RunRows, keys: &'db KnownKeys) -> rusqlite::Result<Inserts<'db>> {
        Ok(Inserts {
            db,
            rows,
            kept: HashMap::new(),
            remembered: HashMap::new(),
            remembered_bytes: 0,
            known: HashMap::new(),
            seen: None,
            cases: CaseRows::prepare(db)?,
            calls: NewCalls::new(db, keys),
            add_body: db.prepare("INSERT INTO body (content) VALUES (?1)")?,
            // Running a statement costs as much as writing a small row: rows that go together are written together. OR
            // FAIL: an error rolls the whole transaction back, so SQLite need not copy pages to undo one statement.
            add_bodies: db.prepare("INSERT OR FAIL INTO body (content) VALUES (?1), (?2)")?,
            load_original: db.prepare(
                "SELECT c.request, c.reply, q.content, r.content FROM call c JOIN body q ON q.id = c.request \
                 JOIN body r ON r.id = c.reply WHERE c.id = ?1",
            )?,
            add_call: db.prepare(
                "INSERT INTO call (run, cache_key, reusable, model, source, request, reply, error_kind, error, \
                 latency_ms, attempts, waited_ms, started, cost, spent, possible_double_charge, altered, ambiguous, \
                 input, cache_read, cache_write, cache_write_1h, cache_write_12h, output, reasoning, input_audio, \
                 input_image, cache_read_audio, output_audio, output_image, citation, web_searches, ttft_ms, \
                 answered_by, route, hedges, batched) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, \
                 ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, \
                 ?34, ?35, ?36, ?37)",
            )?,
            load_keys: db
                .prepare("SELECT id, substr(key, 1, 16) FROM trial INDEXED BY trial_ordinal WHERE run = ?1")?,
            load_newer_keys: db
                .prepare("SELECT id, substr(key, 1, 16) FROM trial NOT INDEXED WHERE id > ?2 AND run = ?1")?,
            last_id: db.prepare("SELECT coalesce(max(id), 0) FROM trial")?,
            find_outcome: db.prepare("SELECT outcome FROM trial WHERE id = ?1")?,
            drop_scores: db.prepare("DELETE FROM score WHERE trial = ?1")?,
            drop_trial: db.prepare("DELETE FROM trial WHERE id = ?1")?,
            add_trial: db.prepare(
                "INSERT INTO trial (id, run, key, ordinal, suite, variant, eval_case, case_id, case_group, weight, \
                 repeat, outcome, score, note, wall_ms, call) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
            )?,
            add_scores: (1..=SCORES_AT_ONCE).map(|rows| db.prepare(&insert_scores(rows))).collect::<Result<_, _>>()?,
            count: db.prepare(
                "UPDATE run SET pass = pass + ?2, fail = fail + ?3, error = error + ?4, ungraded = ungraded + ?5, \
                 skipped = skipped + ?6, spent = spent + ?7, unknown_calls = unknown_calls + ?8 WHERE id = ?1",
            )?,
        })
    }

    /// Writes the rows of one trial. A trial of the same key is replaced; its call stays, because it was paid for.
    pub(super) fn add(&mut self, ready: &Ready, change: &mut Change) -> Result<(), InsertError> {
        let trial = &ready.trial;
        match ready.part {
            Part::Calls => return Ok(self.keep_calls(ready, change)?),
            Part::Scores => return self.rescore(ready, change),
            Part::Whole => {}
        }
        let unplanned = |what: String| InsertError::Store(StoreError::Unplanned { what });
        let suite = self.rows.suites.get(&trial.suite).copied();
        let suite = suite.ok_or_else(|| unplanned(format!("suite `{}`", trial.suite)))?;
        let variant = self.rows.variants.get(&trial.variant).copied();
        let variant = variant.ok_or_else(|| unplanned(format!("variant {}", trial.variant.short())))?;
        let case = self.cases.of(ready)?;
        let call = trial.call.as_ref().map(|call| self.call(call, ready.call_text(), change)).transpose()?;
        if let Some((id, found)) = call.zip(trial.call.as_ref().and_then(|call| call.semantic.as_ref())) {
            add_match(self.db, id, found)?;
        }
        let replaced = self.forget(trial, change)?;
        let id = self.add_trial.insert(params![
            replaced,
            self.rows.run,
            trial.key.0.as_bytes(),
            signed(trial.ordinal),
            suite,
            variant,
            case,
            trial.case.id.as_str(),
            trial.case.group,
            trial.case.weight,
            trial.repeat,
            trial.outcome.word(),
            trial.score.map(crate::base::Ratio::get),
            trial.note,
            signed(trial.wall_ms.0),
            call,
        ])?;
        self.known.insert(short(&trial.key.0), id);
        self.seen = self.seen.max(Some(id));
        self.all_scores(id, &trial.scores)?;
        self.add_judging(id, ready, change)?;
        change.count(trial.outcome, 1);
        Ok(())
    }

    /// Writes those calls of a trial without an outcome that were answered.
    fn keep_calls(&mut self, ready: &Ready, change: &mut Change) -> rusqlite::Result<()> {
        let call = ready.trial.call.iter().map(|call| (call, ready.call_text()));
        for (call, text) in call.chain(ready.trial.judging.iter().zip(ready.judging_texts())) {
            if call.reply.is_ok() {
                let id = self.call(call, text, change)?;
                if ready.trial.call.is_none() {
                    self.kept.insert((call.cache_key, call.started.0), id);
                }
            }
        }
        Ok(())
    }

    /// Writes the scores and outcomes of a comparison, and what it asked: all of it in the present transaction.
    fn rescore(&mut self, ready: &Ready, change: &mut Change) -> Result<(), InsertError> {
        for one in std::iter::once(ready).chain(&ready.rest) {
            let trial = &one.trial;
            let gone = || InsertError::Store(StoreError::Unplanned { what: format!("trial {}", trial.key.0.short()) });
            let id = self.known.get(&short(&trial.key.0)).copied().ok_or_else(gone)?;
            let before = self.find_outcome.query_row([id], |row| word(row, 0, Outcome::parse))?;
            change.count(before, -1);
            change.count(trial.outcome, 1);
            comparison::settle(self.db, id, trial)?;
            self.drop_scores.execute([id])?;
            judging::forget_details(self.db, id)?;
            comparison::forget(self.db, id)?;
            self.all_scores(id, &trial.scores)?;
            judging::add_details(self.db, id, &trial.scores)?;
            for ((call, text), position) in trial.judging.iter().zip(one.judging_texts()).zip(0_i64..) {
                // Who shared an answer may have begun at the same time as who asked for it: what is kept is the latter's.
                let is_own = call.source == CallSource::Live;
                let kept = is_own.then(|| self.kept.remove(&(call.cache_key, call.started.0))).flatten();
                let call = kept.map_or_else(|| self.call(call, text, change), Ok)?;
                comparison::add(self.db, id, position, call)?;
            }
        }
        Ok(())
    }

    /// What the checks of a trial asked, and what they keep beside their scores. Few trials have any.
    fn add_judging(&mut self, trial: i64, ready: &Ready, change: &mut Change) -> Result<(), InsertError> {
        for ((call, text), position) in ready.trial.judging.iter().zip(ready.judging_texts()).zip(0_i64..) {
            let call = self.call(call, text, change)?;
            judging::add(self.db, trial, position, call)?;
        }
        judging::add_details(self.db, trial, &ready.trial.scores)?;
        Ok(())
    }

    /// Adds a batch's change to the counts of the run.
    pub(super) fn add_change(&mut self, change: &Change) -> rusqlite::Result<()> {
        let [pass, fail, error, ungraded, skipped] = change.outcomes;
        let rest = (change.spent, change.unknown_calls);
        self.count.execute(params![self.rows.run, pass, fail, error, ungraded, skipped, rest.0, rest.1])?;
        Ok(())
    }

    /// Learns of trials that are there already, or that another process has added to the same run meanwhile. Called
    /// first in each transaction: until its end nobody else can write.
    pub(super) fn catch_up(&mut self) -> rusqlite::Result<()> {
        let numbers = Numbers::last(self.db)?;
        self.cases.catch_up(numbers)?;
        self.calls.begin(numbers);
        let last: i64 = self.last_id.query_row([], |row| row.get(0))?;
        let key = |row: &Row<'_>| Ok((row.get(1)?, row.get(0)?));
        let newer = match self.seen {
            Some(seen) if seen >= last => return Ok(()),
            Some(seen) => self.load_newer_keys.query_map([self.rows.run, seen], key)?,
            None => self.load_keys.query_map([self.rows.run], key)?,
        };
        for entry in newer {
            let (key, id) = entry?;
            self.known.insert(key, id);
        }
        self.seen = Some(last);
        Ok(())
    }

    /// Removes the trial of the same key, if there is one, and returns its number for the one that replaces it.
    fn forget(&mut self, trial: &TrialRecord, change: &mut Change) -> rusqlite::Result<Option<i64>> {
        let Some(id) = self.known.get(&short(&trial.key.0)).copied() else { return Ok(None) };
        let outcome = self.find_outcome.query_row([id], |row| word(row, 0, Outcome::parse))?;
        self.drop_scores.execute([id])?;
        judging::forget(self.db, id)?;
        self.drop_trial.execute([id])?;
        change.count(outcome, -1);
        Ok(Some(id))
    }

    fn call(&mut self, call: &CallRecord, text: CallText<'_>, change: &mut Change) -> rusqlite::Result<i64> {
        let reply = call.reply.as_ref().ok();
        // A reply that a secret was cut from may be shown, but not answer another call; nor one that two models wrote.
        let whole = text.intact && call.route.as_ref().is_none_or(|route| route.continued_after.is_none());
        let reusable =
            call.source == CallSource::Live && whole && reply.is_some_and(|reply| reply.finish != Finish::Error);
        let (request, reply_row) = self.bodies(call, text)?;
        let error = call.reply.as_ref().err();
        let spent = call.spent();
        if call.source == CallSource::Live {
            change.spent += spent.map_or(0, crate::base::Usd::picos);
            change.unknown_calls += i64::from(spent.is_none());
        }
        let usage = reply.and_then(|reply| reply.usage);
        let Usage { input, cache_read, cache_write, cache_write_1h, cache_write_12h, output, reasoning, .. } =
            usage.unwrap_or_default();
        let other = usage.unwrap_or_default();
        let id = self.add_call.insert(params![
            self.rows.run,
            call.cache_key.as_bytes(),
            reusable,
            call.model.to_string(),
            call.source.word(),
            request,
            reply_row,
            error.map(|error| error.kind.word()),
            error.map(json),
            signed(call.latency_ms.0),
            call.attempts,
            signed(call.waited_ms.0),
            call.started.0,
            picos(call.cost),
            picos(spent),
            call.possible_double_charge,
            reply.is_some_and(is_altered),
            usage.map(|usage| usage.ambiguous),
            input.map(signed),
            cache_read.map(signed),
            cache_write.map(signed),
            cache_write_1h.map(signed),
            cache_write_12h.map(signed),
            output.map(signed),
            reasoning.map(signed),
            other.input_audio.map(signed),
            other.input_image.map(signed),
            other.cache_read_audio.map(signed),
            other.output_audio.map(signed),
            other.output_image.map(signed),
            other.citation.map(signed),
            other.web_searches.map(signed),
            reply.and_then(|reply| reply.stream?.first_token_ms).map(|time| signed(time.0)),
            call.answered_by.as_ref().map(ToString::to_string),
            call.route.as_ref().map(json),
            call.hedges,
            reply.is_some_and(ChatReply::is_batched),
        ])?;
        self.calls.add(id, call, reusable);
        Ok(id)
    }

    /// Tells the response cache what the transaction that was just committed has added.
    pub(super) fn tell_keys(&self) -> rusqlite::Result<()> {
        self.calls.tell()
    }

    /// Settles a tail of more than `most` rows, between transactions.
    pub(super) fn settle_past(&mut self, most: i64) -> rusqlite::Result<()> {
        if settle(self.db, most)? || self.cases.tail() > most {
            self.calls.settled(Numbers::settled(self.db)?);
            self.cases.forget();
        }
        Ok(())
    }

    /// Rows of the request and the reply. A reply that came from another call shares that call's rows when it is
    /// there and says the same.
    fn bodies(&mut self, call: &CallRecord, text: CallText<'_>) -> rusqlite::Result<(i64, Option<i64>)> {
        let request = text.request;
        let Some(reply) = text.reply else { return Ok((self.request(request)?, None)) };
        if matches!(call.source, CallSource::Cache | CallSource::Shared)
            && let Some(id) = self.calls.original(&call.cache_key)?
        {
            let mut found = self.load_original.query([id])?;
            if let Some(row) = found.next()?
                && row.get_ref(2)?.as_str()? == request
                && row.get_ref(3)?.as_str()? == reply
            {
                return Ok((row.get(0)?, Some(row.get(1)?)));
            }
        }
        if self.remembered.contains_key(request) {
            let reply = self.add_body.insert([reply])?;
            return Ok((self.request(request)?, Some(reply)));
        }
        // Both in one statement; rows get the numbers that follow each other.
        self.add_bodies.execute([request, reply])?;
        let reply = self.db.last_insert_rowid();
        self.remember(request, reply - 1);
        Ok((reply - 1, Some(reply)))
    }

    fn request(&mut self, text: &str) -> rusqlite::Result<i64> {
        if let Some(id) = self.remembered.get(text) {
            return Ok(*id);
        }
        let id = self.add_body.insert([text])?;
        self.remember(text, id);
        Ok(id)
    }

    fn remember(&mut self, text: &str, id: i64) {
        if self.remembered_bytes + text.len() > REMEMBERED_BYTES {
            self.remembered.clear();
            self.remembered_bytes = 0;
        }
        if self.rows.repeats && text.len() <= REMEMBERED_BYTES {
            self.remembered_bytes += text.len();
            self.remembered.insert(text.to_owned(), id);
        }
    }

    /// Writes the scores of a trial.
    fn all_scores(&mut self, trial: i64, scores: &[Score]) -> rusqlite::Result<()> {
        for (chunk, first) in scores.chunks(SCORES_AT_ONCE).zip((0_i64..).step_by(SCORES_AT_ONCE)) {
            self.scores(trial, first, chunk)?;
        }
        Ok(())
    }

    /// Writes up to [`SCORES_AT_ONCE`] scores of a trial, the first of them at position `first`.
    fn scores(&mut self, trial: i64, first: i64, scores: &[Score]) -> rusqlite::Result<()> {
        let Some(statement) = self.add_scores.get_mut(scores.len().saturating_sub(1)) else { return Ok(()) };
        let mut next = 1;
        let mut bind = |statement: &mut Statement<'_>, value: &dyn ToSql| {
            next += 1;
            statement.raw_bind_parameter(next - 1, value)
        };
        for (position, score) in (first..).zip(scores) {
            let (state, value, passed) = match score.state {
                ScoreState::Scored { value, passed } => ("scored", Some(value.get()), Some(passed)),
                ScoreState::Ungraded => ("ungraded", None, None),
                ScoreState::NotApplicable => ("not_applicable", None, None),
            };
            let row: [&dyn ToSql; SCORE_COLUMNS] = [
                &trial,
                &position,
                &score.name,
                &score.check,
                &score.version,
                &score.weight,
                &state,
                &value,
                &passed,
                &score.reason,
            ];
            row.into_iter().try_for_each(|value| bind(statement, value))?;
        }
        statement.raw_execute().map(|_| ())
    }
}

/// Scores that one statement writes.
const SCORES_AT_ONCE: usize = 4;

/// Columns of a score.
const SCORE_COLUMNS: usize = 10;

/// The statement that writes this many scores.
fn insert_scores(rows: usize) -> String {
    let row = format!("({})", ["?"; SCORE_COLUMNS].join(", "));
    let rows = vec![row; rows].join(", ");
    format!(
        "INSERT OR FAIL INTO score (trial, position, name, check_name, version, weight, state, value, passed, reason) VALUES {rows}"
    )
}

fn is_altered(reply: &ChatReply) -> bool {
    !reply.warnings.is_empty()
}

/// The first half of a digest: enough to tell things apart, at half the memory.
pub(super) fn short(digest: &Digest) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(digest.as_bytes().split_at(16).0);
    half
}
