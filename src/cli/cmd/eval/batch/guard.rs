//! What a batch run cannot do, said before anything is sent.

use crate::base::{Diagnostic, Problems, SafeName};
use crate::cli::cmd::eval::load::Loaded;
use crate::cli::cmd::eval::options::BatchRest;
use crate::cli::cmd::eval::providers::Providers;
use crate::cli::{Session, UsageError};
use crate::config::CallMode;
use crate::eval::goal_json;
use crate::provider::ROUTE;
use crate::store::Store;

/// Refuses providers without batches, unless their calls are made one by one; warns of goals that batches cannot reach.
pub(in crate::cli::cmd::eval) fn refuse_what_has_no_batch(
    loaded: &Loaded,
    rest: BatchRest,
    providers: &Providers,
    store: &Store,
    session: &Session,
) -> anyhow::Result<()> {
    if loaded.config.calls.value == CallMode::Replay {
        let message = "--batch sends requests, and replayed runs send nothing";
        return Err(UsageError::of("nothing-to-send", message, "leave --batch out, or add `--calls live`").into());
    }
    let caller = providers.caller(loaded, store, None, session)?;
    let mut problems = Problems::new();
    let mut seen: Vec<SafeName> = Vec::new();
    for model in loaded.models() {
        if model.provider.as_str() == ROUTE {
            let message = format!("`{model}` is a route, which chooses its model when a call is made");
            let help = "a batch needs one model: choose one with `--model`, or run without `--batch`";
            problems.push(Diagnostic::error("no-batches", message).help(help));
            continue;
        }
        let (is_called, has_batches) = caller.batch_ability(&model.provider);
        if !is_called || has_batches || rest == BatchRest::Live || seen.contains(&model.provider) {
            continue;
        }
        let message = format!("provider `{}` has no batches", model.provider);
        let help = "add `--batch-rest live` to call it one by one, or choose other models with `--model`";
        problems.push(Diagnostic::error("no-batches", message).help(help));
        seen.push(model.provider);
    }
    for surveyed in &loaded.suites {
        if goal_json(surveyed).to_string().contains("latency") {
            let message =
                format!("suite `{}` has a goal for latency, and replies of a batch have none", surveyed.suite.name);
            problems
                .push(Diagnostic::warning("no-latency", message).help("its verdict can be a fail or undecided only"));
        }
    }
    session.stop_on(problems)?;
    Ok(())
}
