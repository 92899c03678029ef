//! One trial: render, call, score.

use std::time::Instant;

use tokio_util::sync::CancellationToken;

use super::plan::PlannedTrial;
use crate::base::Millis;
use crate::provider::{Ask, Caller};
use crate::record::{CallRecord, ChatRequest, Outcome, ToolChoice, TrialRecord};
use crate::score::{ScoreInput, aggregate, score};

/// What will be asked, and what a reader of the trial must know about it.
struct Prepared {
    request: ChatRequest,
    /// What of the case was not sent as it is.
    note: Option<String>,
}

impl PlannedTrial {
    /// What will be asked.
    ///
    /// # Errors
    /// A sentence on why the prompt does not render with the case's variables.
    pub fn request(&self) -> Result<ChatRequest, String> {
        self.prepare().map(|prepared| prepared.request)
    }

    fn prepare(&self) -> Result<Prepared, String> {
        let variant = &self.variant;
        let rendered = variant.prompt.render(&self.case.vars, &variant.model).map_err(|error| error.to_string())?;
        let cuts: Vec<String> = rendered.truncated.iter().map(ToString::to_string).collect();
        let request = ChatRequest {
            messages: rendered.messages,
            model: variant.model.model.clone(),
            output: rendered.output,
            params: rendered.params.overlaid(&variant.params).overlaid(&self.params),
            tool_choice: ToolChoice::Auto,
            tools: Vec::new(),
        };
        Ok(Prepared { request, note: (!cuts.is_empty()).then(|| cuts.join("; ")) })
    }
}

/// Runs a trial to its outcome. Never fails: what goes wrong is the outcome.
pub(super) async fn run(trial: PlannedTrial, caller: &Caller, abort: &CancellationToken) -> Box<TrialRecord> {
    let begun = Instant::now();
    if let Some(reason) = &trial.skip {
        let note = reason.clone();
        return finished(trial, Outcome::Skipped, Some(note), None, begun);
    }
    let Prepared { request, note } = match trial.prepare() {
        Ok(prepared) => prepared,
        Err(why) => return finished(trial, Outcome::Error, Some(why), None, begun),
    };
    let label = format!("{}/{}", trial.suite, trial.case.id);
    let ask = Ask { model: &trial.variant.model, request, repeat: trial.repeat, label: &label };
    let call = caller.call(ask, abort).await;
    let mut record = graded(trial, call, begun);
    // Kept with every outcome: a trial whose input was cut is not comparable with one whose input was not.
    if let Some(note) = note {
        record.note = Some(record.note.map_or(note.clone(), |own| format!("{own}; {note}")));
    }
    record
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
