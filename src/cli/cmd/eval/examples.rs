//! Before a run whose prompts compare examples by embeddings: the vectors of all examples, within the limits on money.

use std::sync::Arc;

use super::drive::Drive;
use super::money::shared_limit;
use crate::base::Usd;
use crate::eval::{Embedder, Grant, Limit, SharedLimit, Stop, embedded_prompts};
use crate::prompt::Prompt;
use crate::provider::{Caller, Spend};
use crate::record::{CallError, EmbeddingModel, ErrorKind, RunStatus};

/// A run that ended before its first trial.
pub(super) struct Halted {
    pub(super) status: RunStatus,
    /// Why, for people.
    pub(super) notice: Option<String>,
    /// The call that failed.
    pub(super) error: Option<CallError>,
}

/// The vectors of all examples, if any prompt needs some, and the limits with what they cost.
pub(super) async fn prepare_examples(
    run: &Drive<'_>,
    caller: &Arc<Caller>,
    stop: &Stop,
) -> Result<(Option<Arc<Embedder>>, Vec<Limit>), Halted> {
    let mut limits = run.limits.clone();
    let prompts = embedded_prompts(&run.loaded.suites);
    if prompts.is_empty() {
        return Ok((None, limits));
    }
    if let Some(limit) = passed_limit(run, caller, &prompts) {
        let notice = format!("stopped at the cost limit: {limit}");
        return Err(Halted { status: RunStatus::OverBudget, notice: Some(notice), error: None });
    }
    let mut spend = Spend::default();
    let made = tokio::select! {
        biased;
        made = Embedder::prepare(Arc::clone(caller), &prompts, &mut spend, &stop.abort) => made,
        // Nothing is under way yet that is worth waiting for.
        () = stop.drain.cancelled() => return Err(interrupted()),
    };
    match made {
        Ok(embedder) => {
            for limit in &mut limits {
                limit.spent = limit.spent.saturating_add(spend.known);
            }
            Ok((Some(Arc::new(embedder)), limits))
        }
        Err(error) if error.kind == ErrorKind::Cancelled => Err(interrupted()),
        Err(error) => {
            let message = format!("the examples have no vectors: {}", error.message);
            Err(Halted { status: RunStatus::Aborted, notice: None, error: Some(CallError { message, ..error }) })
        }
    }
}

fn interrupted() -> Halted {
    Halted { status: RunStatus::Interrupted, notice: None, error: None }
}

/// The limit that the vectors could pass, and how.
fn passed_limit(run: &Drive<'_>, caller: &Caller, prompts: &[(Arc<Prompt>, EmbeddingModel)]) -> Option<String> {
    if run.limits.is_empty() {
        return None;
    }
    let estimator = run.loaded.estimator(run.session);
    let mut most = Usd::ZERO;
    for (prompt, model) in prompts {
        let texts = caller.not_embedded(model, prompt.example_texts());
        match estimator.vectors(&model.model, &texts) {
            Some(cost) => most = most.saturating_add(cost),
            None => return Some(format!("the cost of `{model}` cannot be bounded, so the limit cannot hold")),
        }
    }
    let passed = run.limits.iter().find(|limit| limit.spent.saturating_add(most) > limit.most);
    if let Some(Limit { name, most: limit, spent }) = passed {
        return Some(format!("{name} is {limit}, {spent} are spent, and the vectors of the examples may cost {most}"));
    }
    held_by_others(run, most)
}

/// Sets the money aside where other processes keep the same limit; says why when it is not to be had. What the run sets
/// aside for its trials takes its place.
fn held_by_others(run: &Drive<'_>, most: Usd) -> Option<String> {
    match shared_limit(&run.limits, &run.header.id, &run.store, run.session) {
        Err(error) => Some(error.to_string()),
        Ok(None) => None,
        Ok(Some(mut daily)) => match daily.set_aside(most) {
            Grant::Granted => None,
            Grant::NotYet(why) | Grant::Refused(why) => Some(why),
        },
    }
}
