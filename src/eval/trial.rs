//! One trial: render, call, score.

use std::time::Instant;

use tokio_util::sync::CancellationToken;

use super::plan::PlannedTrial;
use crate::base::Millis;
use crate::provider::{Ask, Caller};
use crate::record::{CallRecord, ChatRequest, Outcome, ToolChoice, TrialRecord};
use crate::score::{ScoreInput, aggregate, score};

impl PlannedTrial {
    /// What will be asked.
    ///
    /// # Errors
    /// A sentence on why the prompt does not render with the case's variables.
    pub fn request(&self) -> Result<ChatRequest, String> {
        let variant = &self.variant;
        let rendered = variant.prompt.render(&self.case.vars, &variant.model).map_err(|error| error.to_string())?;
        Ok(ChatRequest {
            messages: rendered.messages,
            model: variant.model.model.clone(),
            output: rendered.output,
            params: rendered.params.overlaid(&variant.params).overlaid(&self.params),
            tool_choice: ToolChoice::Auto,
            tools: Vec::new(),
        })
    }
}

/// Runs a trial to its outcome. Never fails: what goes wrong is the outcome.
pub(super) async fn run(trial: PlannedTrial, caller: &Caller, abort: &CancellationToken) -> Box<TrialRecord> {
    let begun = Instant::now();
    if let Some(reason) = &trial.skip {
        let note = reason.clone();
        return finished(trial, Outcome::Skipped, Some(note), None, begun);
    }
    let request = match trial.request() {
        Ok(request) => request,
        Err(why) => return finished(trial, Outcome::Error, Some(why), None, begun),
    };
    let label = format!("{}/{}", trial.suite, trial.case.id);
    let ask = Ask { model: &trial.variant.model, request, repeat: trial.repeat, label: &label };
    let call = caller.call(ask, abort).await;
    graded(trial, call, begun)
}

/// Scores the reply of a call, or says why there is none.
fn graded(trial: PlannedTrial, call: CallRecord, begun: Instant) -> Box<TrialRecord> {
    let reply = match &call.reply {
        Ok(reply) => reply,
        Err(error) => {
            let note = error.message.clone();
            return finished(trial, Outcome::Error, Some(note), Some(call), begun);
        }
    };
    let input = ScoreInput { reply, latency: call.latency_ms, cost: call.cost, case: &trial.case };
    let scores: Vec<_> = trial.checks.iter().map(|check| score(check, &input)).collect();
    let grade = aggregate(&scores, &trial.rule);
    let mut record = finished(trial, grade.outcome, grade.note, Some(call), begun);
    record.score = grade.score;
    record.scores = scores;
    record
}

fn finished(
    trial: PlannedTrial,
    outcome: Outcome,
    note: Option<String>,
    call: Option<CallRecord>,
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
        call,
        wall_ms: Millis::of(begun.elapsed()),
    })
}
