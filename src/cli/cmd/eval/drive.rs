//! Drives a prepared run to its end: engine on one side, store and progress on the other, then the report.

use std::sync::Arc;
use std::thread::{self, Scope};
use std::time::Duration;

use anyhow::Context;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::args::{EvalArgs, UndecidedArg};
use super::caches;
use super::compare::{compare_variants, has_comparisons};
use super::examples::prepare_examples;
use super::fuzz;
use super::listen::{Heard, listen};
use super::load::Loaded;
use super::money::{DailyLimit, shared_limit};
use super::present::{Shown, show_report};
use super::providers::Providers;
use super::tally::{Watch, report_of_ended};
use crate::base::files::Lock;
use crate::base::{Problems, RunId, Usd};
use crate::cli::progress::Progress;
use crate::cli::signals::Signals;
use crate::cli::{Exit, Session, is_closed_pipe};
use crate::eval::{
    Bounds, EvalReport, Finished, KnownOf, Limit, Means, Money, PlannedTrial, SharedLimit, Stop, Work, WorstCase,
    execute, trials,
};
use crate::provider::Caller;
use crate::record::{RunEvent, RunHeader, RunStatus, TrialKey, TrialRecord, VerdictWord};
use crate::report::Format;
use crate::store::{Store, WriterEvent};

/// Events under way between engine and listener; more would only hold memory.
const EVENTS_UNDER_WAY: usize = 64;

/// Trials that are planned ahead of the engine.
pub(super) const PLANNED_AHEAD: usize = 64;

/// Trials that are handed to the engine at once: waking the planning thread for each of them costs more than planning it.
const PLANNED_AT_ONCE: usize = 32;

/// A trial or a comparison of the plan, or why the plan cannot go on.
pub(super) type Planned = Result<Work, Problems>;

/// A run that is ready to start or to go on: it is in the store, with its suites and variants.
pub(super) struct Drive<'a> {
    pub(super) args: &'a EvalArgs,
    pub(super) session: &'a Session,
    pub(super) loaded: &'a Loaded,
    pub(super) store: Store,
    pub(super) header: RunHeader,
    pub(super) finished: Finished,
    pub(super) limits: Vec<Limit>,
    pub(super) providers: Providers,
}

/// Runs it and reports.
pub(super) fn drive(run: &Drive<'_>) -> anyhow::Result<Exit> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("the runtime cannot start")?;
    let (heard, signals) = thread::scope(|scope| {
        let (planned, plan) = mpsc::channel(PLANNED_AHEAD);
        let handle = runtime.handle().clone();
        scope.spawn(move || make_plan(run, &planned, &handle, |_| false));
        runtime.block_on(run_to_end(run, scope, plan))
    })?;
    let is_fuzzed = run.args.select.fuzz.is_some() || run.header.options.get("fuzz").is_some();
    let found = if is_fuzzed { Some(fuzz::search(run, heard.status, &runtime, &signals)?) } else { None };
    // Connections of calls that were given up must not hold the process.
    runtime.shutdown_background();
    let exit = conclude(run, heard, &signals)?;
    let failed = run.args.how.fail_exit_code.map_or(Exit::Failed, Exit::FailedAs);
    Ok(found.map_or(exit, |found| found.tell(exit, failed, run.session)))
}

/// Takes a run for this process: two at once would pay for the same calls twice. Says so when another has it.
///
/// # Errors
/// When the lock file cannot be made.
pub(super) fn take(store: &Store, id: &RunId, session: &Session) -> anyhow::Result<Option<Lock>> {
    let path = store.lock_path(id.as_str());
    let attempt =
        || Lock::take(&path).with_context(|| format!("`{}` cannot be locked", session.shown(&path).display()));
    let mut lock = attempt()?;
    if lock.is_none() {
        // Another process may only be looking whether this run is still alive, which takes an instant.
        thread::sleep(Duration::from_millis(50));
        lock = attempt()?;
    }
    if lock.is_none() {
        session.ui.problem(&format!("error: another process is running {id}; wait for it, or stop it first"));
    }
    Ok(lock)
}

/// Makes the plan of what is left, without trials that are done since, until nobody wants more of it.
pub(super) fn make_plan(
    run: &Drive<'_>,
    planned: &mpsc::Sender<Planned>,
    runtime: &Handle,
    is_done: impl Fn(&TrialKey) -> bool,
) {
    let is_left = |trial: &Result<PlannedTrial, Problems>| {
        !trial.as_ref().is_ok_and(|trial| run.finished.has(&trial.key) || is_done(&trial.key))
    };
    let left = trials(&run.loaded.suites, &run.loaded.selection).filter(is_left);
    let mut left = left.map(|trial| trial.map(|trial| Work::Trial(Box::new(trial))));
    loop {
        let batch: Vec<Planned> = left.by_ref().take(PLANNED_AT_ONCE).collect();
        if batch.is_empty() {
            return;
        }
        let Ok(places) = runtime.block_on(planned.reserve_many(batch.len())) else { return };
        places.zip(batch).for_each(|(place, trial)| place.send(trial));
    }
}

async fn run_to_end<'scope, 'env>(
    run: &'env Drive<'env>,
    scope: &'scope Scope<'scope, 'env>,
    plan: mpsc::Receiver<Planned>,
) -> anyhow::Result<(Heard, Signals)> {
    let Drive { session, loaded, store, header, finished, providers, .. } = run;
    let caller = Arc::new(providers.caller(loaded, store, Some(&header.id), session)?);
    let stop = Stop::default();
    let words = "stopping: waiting for calls under way (once more to give them up)";
    let signals = Signals::listen(stop.clone(), session.ui.clone(), words);
    let ui = session.ui.clone();
    caller.on_notice(move |text| ui.problem(&text));
    let own_checks = providers.own_checks(loaded, session);
    let (daily, heard) = match prepare_examples(run, &caller, &stop).await {
        Err(halted) => {
            halted.notice.iter().for_each(|notice| session.ui.problem(notice));
            let daily = shared_limit(&run.limits, &header.id, store, session)?;
            (daily, Heard { status: halted.status, fatal: halted.error, watch: None })
        }
        Ok((embedder, limits)) => {
            let daily = shared_limit(&limits, &header.id, store, session)?;
            let money = money_bounds(run, limits, daily.as_ref(), &caller, true);
            let bounds = Bounds { concurrency: usize::try_from(loaded.config.concurrency.value)?, money, batch: false };
            let means = Means { caller: Arc::clone(&caller), embedder, own_checks: Arc::clone(&own_checks) };
            // Comparisons change what is stored.
            let watch = if has_comparisons(run) { None } else { Watch::of(store, &header.id)? };
            let stage = Stage { total: loaded.trials(), already: finished.count(), watch };
            let mut heard = run_trials(run, plan, means.clone(), bounds, stop.clone(), stage, |_| ()).await?;
            if heard.status == RunStatus::Complete && has_comparisons(run) {
                // Its own is asked for by the comparisons.
                daily.iter().for_each(DailyLimit::release);
                heard = compare_variants(run, scope, means, stop).await?;
            }
            (daily, heard)
        }
    };
    daily.iter().for_each(DailyLimit::release);
    store.add_breaker_openings(&header.id, &caller.breaker_openings())?;
    caller.finish().context("the cassettes cannot be written")?;
    own_checks.finish(&providers.redactor()).context("the answers of webhooks cannot be kept")?;
    caches::settle(&loaded.config, store, caller.semantic_problem().as_deref(), session);
    Ok((heard, signals))
}

/// How much a stage of a run has to do, for people.
pub(super) struct Stage {
    /// All of it.
    pub(super) total: u64,
    /// What was done before.
    pub(super) already: u64,
    /// Who adds up what it does.
    pub(super) watch: Option<Watch>,
}

/// Does the work of `plan`, makes each piece durable, and hands trials that are to `saved_some`.
pub(super) async fn run_trials(
    run: &Drive<'_>,
    plan: mpsc::Receiver<Planned>,
    means: Means,
    bounds: Bounds,
    stop: Stop,
    stage: Stage,
    mut saved_some: impl FnMut(&[Box<TrialRecord>]) + Send + 'static,
) -> anyhow::Result<Heard> {
    let Drive { session, store, header, providers, .. } = run;
    let (events, heard_events) = mpsc::channel(EVENTS_UNDER_WAY);
    let progress = Progress::new(&session.ui, stage.total, stage.already);
    // Weak: the listener ends when the engine has said its last word, whoever else could still speak.
    let talk = events.downgrade();
    means.caller.on_notice(move |text| {
        if let Some(events) = talk.upgrade() {
            // A full channel means that more important things are being said.
            events.try_send(RunEvent::Notice(text)).ok();
        }
    });
    let (committed, commits) = mpsc::unbounded_channel();
    let (saving, saved) = mpsc::unbounded_channel();
    let writer = store.writer(&header.id, providers.redactor(), move |event| {
        // The listener outlives the writer; if it is gone, nobody counts any more.
        match &event {
            WriterEvent::Committed(trials) => {
                saved_some(trials);
                saving.send(trials.len()).ok();
            }
            WriterEvent::Compared(comparisons) => {
                saving.send(comparisons.len()).ok();
            }
            WriterEvent::Failed(_) => return,
        }
        committed.send(event).ok();
    })?;
    let listener = tokio::spawn(listen(heard_events, writer, commits, progress, stage.watch));
    let engine = tokio::spawn(execute(plan, means, bounds, stop, events, saved));
    let ended = engine.await.context("the engine ended early")?;
    let mut heard = listener.await.context("the listener ended early")??;
    if let Err(problems) = ended {
        session.ui.problem(&problems.render(session.ui.color_err()));
        heard.status = RunStatus::Aborted;
    }
    Ok(heard)
}

/// The limits of a run with the worst case of each trial; the models under test are in it when the run `calls_models` one
/// by one, and what checks ask always.
pub(super) fn money_bounds(
    run: &Drive<'_>,
    limits: Vec<Limit>,
    daily: Option<&DailyLimit>,
    caller: &Arc<Caller>,
    calls_models: bool,
) -> Option<Money> {
    if limits.is_empty() {
        return None;
    }
    let shared = daily.map(|limit| Box::new(limit.clone()) as Box<dyn SharedLimit>);
    let estimator = run.loaded.estimator(run.session);
    let (free, hedged) = (run.providers.free_names(), run.providers.hedged_names());
    let caller = Arc::clone(caller);
    let worst_case: WorstCase = Box::new(move |work| {
        let known = KnownOf {
            is_free: &|model| free.contains(model.provider.as_str()),
            is_hedged: &|model| hedged.contains(model.provider.as_str()),
            moderates_free: &|model| caller.moderates_free(model),
        };
        let trial = match work {
            Work::Trial(trial) => trial.as_ref(),
            Work::Comparison(comparison) => return estimator.comparison_worst_case(comparison, &known),
        };
        // Whether the cache answers for judges, too, shows only when the reply is there.
        let checks = estimator.checks_worst_case(trial, &known)?;
        let models = caller.candidates(&trial.variant.model);
        let is_free = models.iter().all(|model| free.contains(model.provider.as_str()));
        if !calls_models || is_free || is_cached(&caller, trial) {
            return Some(checks);
        }
        // A hedged request is paid for twice; the dearest model of a route bounds what it may cost.
        let times = if models.iter().any(|model| hedged.contains(model.provider.as_str())) { 2 } else { 1 };
        let once = estimator.worst_case_of(trial, &|model| free.contains(model.provider.as_str()))?;
        Some(Usd::from_picos(once.picos().saturating_mul(times)).saturating_add(checks))
    });
    Some(Money { limits, shared, worst_case })
}

/// Whether the response cache or a batch would answer a trial, so that it costs nothing more.
pub(super) fn is_cached(caller: &Caller, trial: &PlannedTrial) -> bool {
    // Which examples the request holds is known only when the vectors are there.
    trial.variant.embedding.is_none()
        && trial.request().is_ok_and(|request| {
            let model = &trial.variant.model;
            caller.is_batched(model, &request, trial.repeat) || caller.is_cached(model, &request, trial.repeat)
        })
}

/// Closes the run in the store, prints the report, and finds the exit code.
pub(super) fn conclude(run: &Drive<'_>, heard: Heard, signals: &Signals) -> anyhow::Result<Exit> {
    let Drive { session, loaded, store, header, args, .. } = run;
    let id = &header.id;
    let now = session.clock.now();
    store.finish_run(id, heard.status, now, &[])?;
    // Until the end of this function, beside a report that is read from the store.
    let early = heard.watch.is_none().then(|| store.tidy());
    let report = report_of_ended(store, id, heard.watch, loaded.config.max_errors.value)?;
    let verdicts: Vec<_> = report.suites.iter().map(|suite| (suite.name.clone(), suite.verdict.clone())).collect();
    store.finish_run(id, heard.status, now, &verdicts)?;
    // One that is there at once would only wait for its turn to write.
    let _tidying = early.unwrap_or_else(|| store.tidy());
    let shown = Shown::of(store, &header.calls, &loaded.config, session);
    unless_closed(show_report(&report, args.show.format, &args.show.output, &shown, session))?;
    if let Some(error) = &heard.fatal {
        session.ui.problem(&format!("error: the run stopped: {}", error.message));
    }
    // On a terminal the report ends with it.
    let is_read = session.ui.around.stdout_tty && matches!(args.show.format, Format::Auto | Format::Table);
    if heard.status == RunStatus::OverBudget {
        // With the same limit it would stop again before its first call.
        let config = &loaded.config;
        let (until, flag) = match (config.max_cost.value, config.daily_cost_limit.value) {
            (Some(_), _) => ("with a higher limit", " --max-cost USD"),
            (None, _) => ("tomorrow or with a higher DAILY_COST_LIMIT_USD", ""),
        };
        let command = shown.command(&format!("karat eval --resume {id}{flag}"));
        session.ui.problem(&format!("what finished is stored; {until} `{command}` goes on from there"));
    } else if heard.status != RunStatus::Complete && !is_read {
        let command = shown.command(&format!("karat eval --resume {id}"));
        session.ui.problem(&format!("what finished is stored; `{command}` goes on from there"));
    }
    Ok(exit_of(&report, args, heard.status, signals))
}

/// A reader that went away changes nothing about the verdict.
fn unless_closed(shown: anyhow::Result<()>) -> anyhow::Result<()> {
    match shown {
        Err(error) if is_closed_pipe(&error) => Ok(()),
        other => other,
    }
}

fn exit_of(report: &EvalReport, args: &EvalArgs, status: RunStatus, signals: &Signals) -> Exit {
    if status == RunStatus::Interrupted && signals.came() {
        return if signals.was_terminate() { Exit::Terminated } else { Exit::Interrupted };
    }
    exit_of_verdict(report, args)
}

/// The exit code of a run that was not stopped by a signal.
pub(super) fn exit_of_verdict(report: &EvalReport, args: &EvalArgs) -> Exit {
    let failed = args.how.fail_exit_code.map_or(Exit::Failed, Exit::FailedAs);
    match (report.verdict.verdict, args.how.undecided) {
        (VerdictWord::Pass, _) | (VerdictWord::Undecided, UndecidedArg::Pass) => Exit::Passed,
        (VerdictWord::Fail, _) | (VerdictWord::Undecided, UndecidedArg::Fail) => failed,
        (VerdictWord::Undecided, UndecidedArg::Report) => Exit::Undecided,
    }
}
