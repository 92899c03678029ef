//! From the first step of a batch run to its report and exit code.

use std::thread;

use anyhow::Context;

use super::flow::{BatchWish, Flow, Flown, Halt};
use crate::cli::cmd::eval::caches;
use crate::cli::cmd::eval::compare::has_comparisons;
use crate::cli::cmd::eval::drive::{Drive, conclude};
use crate::cli::cmd::eval::listen::Heard;
use crate::cli::cmd::eval::present::{Shown, show_report};
use crate::cli::cmd::eval::stored::report_of;
use crate::cli::signals::Signals;
use crate::cli::{Exit, is_closed_pipe};
use crate::eval::Stop;
use crate::record::{CallError, RunStatus};
use crate::report::Format;

/// Runs it as far as the wish goes, and reports.
pub(in crate::cli::cmd::eval) fn drive(run: &Drive<'_>, wish: BatchWish) -> anyhow::Result<Exit> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("the runtime cannot start")?;
    let (ended, mut flown, signals) = thread::scope(|scope| {
        runtime.block_on(async {
            let stop = Stop::default();
            let words = "stopping: the batches go on (once more to stop at once)";
            let signals = Signals::listen(stop.clone(), run.session.ui.clone(), words);
            let mut flow = match Flow::new(run, wish, scope, stop).await {
                Ok(flow) => flow,
                Err(halt) => {
                    return (Err(halt), Flown { done: run.finished.count(), ..Flown::default() }, signals);
                }
            };
            let mut ended = flow.go().await;
            if ended.is_ok() {
                ended = flow.compare().await;
            }
            let openings = flow.means.caller.breaker_openings();
            if let Err(error) = run.store.add_breaker_openings(&run.header.id, &openings) {
                ended = Err(Halt::Broken(error.into()));
            }
            if let Err(error) = flow.means.caller.finish() {
                ended = Err(Halt::Broken(anyhow::Error::new(error).context("the cassettes cannot be written")));
            }
            let problem = flow.means.caller.semantic_problem();
            caches::settle(&run.loaded.config, &run.store, problem.as_deref(), run.session);
            let done = run.finished.count() + u64::try_from(flow.graded.len()).unwrap_or(u64::MAX);
            (ended, Flown { done, ..flow.flown }, signals)
        })
    });
    runtime.shutdown_background();
    if ended.is_err() && has_comparisons(run) {
        // Whatever stopped it came before the comparison, or in it.
        flown.uncompared.get_or_insert(RunStatus::Interrupted);
    }
    let fatal = match ended {
        Ok(()) | Err(Halt::Stopped) => None,
        Err(Halt::Fatal(error)) => Some(error),
        Err(Halt::Broken(error)) => return Err(error),
        Err(Halt::Ended(status)) => {
            flown.halted = Some(status);
            None
        }
    };
    let is_open = run.store.batches(&run.header.id)?.iter().any(|chunk| chunk.state.is_open());
    if is_open {
        return under_way(run, wish, fatal.as_ref(), &signals);
    }
    let status = status_of(run, &flown, fatal.is_some(), &signals);
    if let Some(why) = flown.short.filter(|_| status == RunStatus::OverBudget) {
        run.session.ui.problem(&format!("stopped at the cost limit: {why}"));
    }
    conclude(run, Heard { status, fatal, watch: None }, &signals)
}

fn status_of(run: &Drive<'_>, flown: &Flown, failed: bool, signals: &Signals) -> RunStatus {
    if flown.done >= run.loaded.trials() && flown.uncompared.is_none() {
        return RunStatus::Complete;
    }
    match flown.halted.or(flown.uncompared) {
        _ if failed => RunStatus::Aborted,
        _ if signals.came() => RunStatus::Interrupted,
        Some(status) => status,
        None if flown.short.is_some() => RunStatus::OverBudget,
        None => RunStatus::Interrupted,
    }
}

/// Tells about a run whose batches are still under way.
fn under_way(run: &Drive<'_>, wish: BatchWish, fatal: Option<&CallError>, signals: &Signals) -> anyhow::Result<Exit> {
    let Drive { session, store, header, args, loaded, .. } = run;
    let shown = Shown::of(store, &header.calls, &loaded.config, session);
    let is_plain = matches!(args.show.format, Format::Auto | Format::Table | Format::Plain);
    if wish.detach && is_plain && args.show.output.is_empty() {
        session.ui.answer(&format!("{}\n", header.id))?;
    } else {
        let report = report_of(store, &header.id, loaded.config.max_errors.value)?;
        match show_report(&report, args.show.format, &args.show.output, &shown, session) {
            Err(error) if !is_closed_pipe(&error) => return Err(error),
            _ => {}
        }
    }
    if let Some(error) = fatal {
        session.ui.problem(&format!("error: {}", error.message));
    }
    if let Some(progress) = store.batch_progress(&header.id)? {
        let command = shown.command(&format!("karat eval collect {}", header.id));
        session.ui.problem(&format!("batch: {}; `{command}` gets the rest", progress.sentence()));
    }
    Ok(match (fatal, signals.came(), signals.was_terminate()) {
        (Some(_), _, _) => Exit::Undecided,
        (None, true, true) => Exit::Terminated,
        (None, true, false) => Exit::Interrupted,
        (None, false, _) => Exit::Detached,
    })
}
