//! One trial: render, call, score.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use tokio_util::sync::CancellationToken;

use super::agreement::same_answer;
use super::embedder::NoRequest;
use super::execute::{Beside, Means};
use super::fuzz::{Reworded, reworded};
use super::plan::PlannedTrial;
use super::world::TrialWorld;
use crate::base::{Digest, Millis, ModelRef, Timestamp, Usd};
use crate::prompt::{Nearby, Rendered};
use crate::provider::{Ask, Spend};
use crate::record::{
    Agreement, CallError, CallRecord, CallSource, ChatRequest, ErrorKind, Outcome, OutputFormat, Params, Score,
    ToolChoice, TrialRecord,
};
use crate::score::{ScoreInput, aggregate, score, score_asking};
use crate::suite::attack_of;

/// What will be asked, and what a reader of the trial must know about it.
pub(super) struct Prepared {
    pub(super) request: ChatRequest,
    /// What of the case was not sent as it is.
    pub(super) note: Option<String>,
}

impl PlannedTrial {
    /// What will be asked. For a prompt whose examples are compared by embeddings (see
    /// [`crate::suite::Variant::embedding`]) it is near to that: words are compared instead.
    ///
    /// # Errors
    /// A sentence on why the prompt does not render with the case's variables.
    pub fn request(&self) -> Result<ChatRequest, String> {
        self.request_near(None).map(|prepared| prepared.request)
    }

    /// What will be asked, given what embeddings say about the case.
    pub(super) fn request_near(&self, nearby: Option<Nearby<'_>>) -> Result<Prepared, String> {
        let variant = &self.variant;
        let (vars, model) = (&self.case.vars, Some(&variant.model));
        let rendered = match self.examples {
            Some(examples) => variant.prompt.render_scaled(vars, model, nearby, examples),
            None => variant.prompt.render_near(vars, model, nearby),
        };
        let rendered = rendered.map_err(|error| error.to_string())?;
        let cuts: Vec<String> = rendered.truncated.iter().map(ToString::to_string).collect();
        let note = (!cuts.is_empty()).then(|| cuts.join("; "));
        Ok(Prepared { request: self.request_of(rendered), note })
    }

    /// The longest request that may be asked: until the vectors are there, nobody knows which examples are the nearest.
    pub(super) fn dearest_request(&self) -> Result<ChatRequest, String> {
        if self.variant.embedding.is_none() || self.examples.is_some() {
            return self.request();
        }
        let rendered = self.variant.prompt.render_longest(&self.case.vars, &self.variant.model);
        Ok(self.request_of(rendered.map_err(|error| error.to_string())?))
    }

    fn request_of(&self, rendered: Rendered) -> ChatRequest {
        let variant = &self.variant;
        let request = rendered.request(variant.model.model.clone(), &variant.params.overlaid(&self.params));
        ChatRequest { vars: variant.takes_vars.then(|| self.case.vars.clone()), ..request }
    }
}

/// Runs a trial to its outcome. Never fails: what goes wrong is the outcome.
/// `beside` tells what vectors and moderation cost on the way.
pub(super) async fn run(
    trial: Box<PlannedTrial>,
    means: &Means,
    beside: &mut Beside,
    abort: &CancellationToken,
) -> Box<TrialRecord> {
    let begun = Instant::now();
    if let Some(reason) = &trial.skip {
        let note = reason.clone();
        return finished(*trial, Outcome::Skipped, Some(note), None, begun);
    }
    let mut trial = trial;
    let mut rewording = Vec::new();
    if let Some(wish) = trial.paraphrase.take() {
        // Boxed: it is rare, and would be part of every trial under way.
        match Box::pin(reworded(&trial, &wish, means, beside, abort)).await {
            Reworded::Case(case, call) => {
                trial.case = case;
                rewording.push(*call);
            }
            Reworded::Not(outcome, why, call) => {
                let mut record = finished(*trial, outcome, Some(why), None, begun);
                record.judging.push(*call);
                return record;
            }
        }
    }
    let prepared = prepare(&trial, means, &mut beside.spend, abort).await;
    let Prepared { request, note } = match prepared {
        Ok(prepared) => prepared,
        Err(NoRequest::Prompt(why)) => return finished(*trial, Outcome::Error, Some(why), None, begun),
        // As a call that failed: what stops a run for a chat model stops it for an embedding model.
        Err(NoRequest::Embedding(model, error)) => {
            let note = format!("examples cannot be chosen: {error}");
            let call = failed_aside(model, error);
            return finished(*trial, Outcome::Error, Some(note), Some(call), begun);
        }
    };
    let label = format!("{}/{}", trial.suite, trial.case.id);
    let aside = Mutex::default();
    let ask = Ask {
        model: &trial.variant.model,
        request,
        repeat: trial.repeat,
        label: &label,
        turn: trial.turn,
        alike: trial.repeats == 1,
        aside: Some(&aside),
    };
    let call = means.caller.call(ask, abort).await;
    beside.spend.plus(aside.into_inner().unwrap_or_else(PoisonError::into_inner));
    let asks = trial.checks.iter().any(|check| !check.asks().is_empty());
    let (scores, judging) = if asks && call.reply.is_ok() {
        // Boxed: it is rare, and would be part of every trial under way.
        Box::pin(judged(&trial, &call, means, beside, abort)).await
    } else {
        (input_of(&trial, &call).map(|input| scored(&trial, &input)).unwrap_or_default(), Vec::new())
    };
    let mut record = graded(*trial, call, scores, begun);
    rewording.extend(judging);
    record.judging = rewording;
    // Kept with every outcome: a trial whose input was cut is not comparable with one whose input was not.
    if let Some(note) = note {
        record.note = Some(record.note.map_or(note.clone(), |own| format!("{own}; {note}")));
    }
    record
}

/// Runs one trial outside of a run's loop: its calls are for the caller of this to keep.
pub async fn try_one(trial: PlannedTrial, means: &Means, abort: &CancellationToken) -> Box<TrialRecord> {
    run(Box::new(trial), means, &mut Beside::default(), abort).await
}

async fn prepare(
    trial: &PlannedTrial,
    means: &Means,
    spend: &mut Spend,
    abort: &CancellationToken,
) -> Result<Prepared, NoRequest> {
    match (&trial.variant.embedding, &means.embedder) {
        // Boxed: it is rare, and its tens of kilobytes would be part of every trial under way.
        (Some(model), Some(embedder)) => Box::pin(embedder.request(trial, model, spend, abort)).await,
        _ => trial.request_near(None).map_err(NoRequest::Prompt),
    }
}

/// What a trial will ask when it is run; `None` when it asks nothing: its outcome tells why.
/// `spend` counts what vectors cost on the way.
pub async fn request_of(
    trial: &PlannedTrial,
    means: &Means,
    spend: &mut Spend,
    abort: &CancellationToken,
) -> Option<ChatRequest> {
    prepare(trial, means, spend, abort).await.ok().map(|prepared| prepared.request)
}

/// The record of a call that has none of its own, for vectors or moderation. What they cost is counted beside.
pub(super) fn failed_aside(model: ModelRef, error: CallError) -> Box<CallRecord> {
    let request = ChatRequest {
        messages: Vec::new(),
        model: model.model.clone(),
        output: OutputFormat::Text,
        params: Params::default(),
        parallel_tools: None,
        vars: None,
        prediction: None,
        tool_choice: ToolChoice::Auto,
        tools: Vec::new(),
    };
    Box::new(CallRecord {
        written: None,
        cache_key: Digest::of_bytes(b""),
        model,
        request,
        source: if error.kind == ErrorKind::NotRecorded { CallSource::Cassette } else { CallSource::Live },
        reply: Err(error),
        latency_ms: Millis(0),
        attempts: 0,
        waited_ms: Millis(0),
        started: Timestamp(0),
        cost: Some(Usd::ZERO),
        possible_double_charge: false,
        semantic: None,
        hedges: 0,
        answered_by: None,
        route: None,
    })
}

/// What checks see of a call; `None` when there is no reply.
fn input_of<'a>(trial: &'a PlannedTrial, call: &'a CallRecord) -> Option<ScoreInput<'a>> {
    let reply = call.reply.as_ref().ok()?;
    let (latency, cost) = (call.latency_ms, call.cost);
    Some(ScoreInput { reply, latency, cost, case: &trial.case, request: Some(&call.request) })
}

/// Applies checks that ask nobody, in order.
fn scored(trial: &PlannedTrial, input: &ScoreInput<'_>) -> Vec<Score> {
    trial.checks.iter().map(|check| score(check, input)).collect()
}

/// Applies the checks, in order; gives back what they asked, too.
async fn judged(
    trial: &PlannedTrial,
    call: &CallRecord,
    means: &Means,
    beside: &mut Beside,
    abort: &CancellationToken,
) -> (Vec<Score>, Vec<CallRecord>) {
    let Some(input) = input_of(trial, call) else { return (Vec::new(), Vec::new()) };
    let label = format!("{}/{}", trial.suite, trial.case.id);
    let world = TrialWorld::new(trial, &label, means, abort);
    let mut scores = Vec::with_capacity(trial.checks.len());
    for check in trial.checks.iter() {
        scores.push(score_asking(check, &input, &world).await);
    }
    let (judging, more) = world.finish();
    beside.spend.plus(more.spend);
    beside.failure = more.failure;
    (scores, judging)
}

/// The record of a call with the scores of its reply, or of why there is none.
fn graded(trial: PlannedTrial, call: Box<CallRecord>, scores: Vec<Score>, begun: Instant) -> Box<TrialRecord> {
    if let Err(error) = &call.reply {
        let note = error.message.clone();
        // Who attacks is to be refused: a provider that does so has warded the attack off.
        if error.kind == ErrorKind::Filtered && attack_of(&trial.case.id).is_some() {
            let note = format!("warded off by the provider: {note}");
            return finished(trial, Outcome::Pass, Some(note), Some(call), begun);
        }
        return finished(trial, Outcome::Error, Some(note), Some(call), begun);
    }
    let grade = aggregate(&scores, &trial.rule);
    let agreement = agreement_of(&trial, &call, grade.outcome);
    let mut call = call;
    if let Some(found) = &mut call.semantic {
        found.kept = None;
        found.agreement = agreement;
    }
    let mut record = finished(trial, grade.outcome, grade.note, Some(call), begun);
    record.score = grade.score;
    record.scores = scores;
    record
}

/// How the answer that the semantic cache had for this trial compares with the one the model gave.
fn agreement_of(trial: &PlannedTrial, call: &CallRecord, outcome: Outcome) -> Option<Agreement> {
    let (kept, fresh) = (call.semantic.as_ref()?.kept.as_ref()?, call.reply.as_ref().ok()?);
    let input = ScoreInput {
        reply: &kept.reply,
        latency: kept.latency_ms,
        cost: kept.cost,
        case: &trial.case,
        request: Some(&call.request),
    };
    let scores: Vec<_> = trial.checks.iter().map(|check| score(check, &input)).collect();
    let then = aggregate(&scores, &trial.rule).outcome;
    let is_graded = |outcome| matches!(outcome, Outcome::Pass | Outcome::Fail);
    let same_outcome = (is_graded(then) && is_graded(outcome)).then_some(then == outcome);
    Some(Agreement { same_text: same_answer(&kept.reply, fresh), same_outcome })
}

fn finished(
    trial: PlannedTrial,
    outcome: Outcome,
    note: Option<String>,
    call: Option<Box<CallRecord>>,
    begun: Instant,
) -> Box<TrialRecord> {
    Box::new(TrialRecord {
        key: trial.key,
        ordinal: trial.ordinal,
        suite: trial.suite,
        variant: trial.variant.digest,
        case: trial.case,
        repeat: trial.repeat,
        outcome,
        score: None,
        scores: Vec::new(),
        note,
        call: call.map(|call| *call),
        judging: Vec::new(),
        wall_ms: Millis::of(begun.elapsed()),
    })
}
