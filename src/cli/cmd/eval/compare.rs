//! The last stage of a run: when all trials are stored, the variants of each case are compared, where checks want that.
//!
//! What is left to compare follows from the store alone, so that a run which was stopped on the way goes on where it was.

use std::iter::Peekable;
use std::sync::Arc;
use std::thread::Scope;

use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::drive::{Drive, Planned, Stage, money_bounds, run_trials};
use super::listen::Heard;
use super::money::{self, DailyLimit, shared_limit};
use crate::base::{Diagnostic, Problems};
use crate::eval::{Bounds, Means, PlannedComparison, PlannedTrial, Stop, Work, trials};
use crate::record::TrialRecord;
use crate::store::StoreError;

/// Comparisons that are planned ahead of the engine: each holds the outputs of all variants.
const PLANNED_AHEAD: usize = 16;

/// Whether a check of the plan compares variants.
pub(super) fn has_comparisons(run: &Drive<'_>) -> bool {
    run.loaded.suites.iter().any(|surveyed| !surveyed.survey.asked.comparing.is_empty())
}

/// Compares what is not compared yet. To be called when every trial of the plan is stored.
pub(super) async fn compare_variants<'scope, 'env>(
    run: &'env Drive<'env>,
    scope: &'scope Scope<'scope, 'env>,
    means: Means,
    stop: Stop,
) -> anyhow::Result<Heard> {
    let Drive { loaded, store, header, session, .. } = run;
    let (planned, plan) = mpsc::channel(PLANNED_AHEAD);
    let handle = Handle::current();
    scope.spawn(move || make_plan(run, &planned, &handle));
    // What the trials cost is spent by now.
    let spent = store.run_row(&header.id)?.spent.known;
    let limits = money::limits(loaded, spent, store, session)?;
    let daily = shared_limit(&limits, &header.id, store, session)?;
    let money = money_bounds(run, limits, daily.as_ref(), &means.caller, true);
    let bounds = Bounds { concurrency: usize::try_from(loaded.config.concurrency.value)?, money, batch: false };
    let stage = Stage { total: groups(run), already: 0, watch: None };
    let heard = run_trials(run, plan, means, bounds, stop, stage, |_| ()).await;
    daily.iter().for_each(DailyLimit::release);
    heard
}

/// Cases and repeats of suites with comparisons: no more can be compared.
fn groups(run: &Drive<'_>) -> u64 {
    let suites = run.loaded.suites.iter().filter(|surveyed| !surveyed.survey.asked.comparing.is_empty());
    let count = |variants: usize| u64::try_from(variants.max(1)).unwrap_or(1);
    suites.map(|surveyed| surveyed.survey.trials / count(surveyed.variants.len())).sum()
}

fn make_plan(run: &Drive<'_>, planned: &mpsc::Sender<Planned>, runtime: &Handle) {
    let again = run.args.how.retry_errors;
    let mut plan = trials(&run.loaded.suites, &run.loaded.selection).peekable();
    while let Some(case) = next_case(&mut plan) {
        let case = match case {
            Ok(case) => case,
            Err(problems) => {
                runtime.block_on(planned.send(Err(problems))).ok();
                return;
            }
        };
        if !case.first().is_some_and(PlannedComparison::is_for) {
            continue;
        }
        for group in by_repeat(case) {
            let work = match stored(run, group) {
                Ok(comparison) if comparison.is_settled(again) => continue,
                Ok(comparison) => Ok(Work::Comparison(Box::new(comparison))),
                Err(error) => Err(problems_of(&error)),
            };
            let is_last = work.is_err();
            if runtime.block_on(planned.send(work)).is_err() || is_last {
                return;
            }
        }
    }
}

/// All trials of the next case, which follow each other in the plan.
fn next_case(
    plan: &mut Peekable<impl Iterator<Item = Result<PlannedTrial, Problems>>>,
) -> Option<Result<Vec<PlannedTrial>, Problems>> {
    let first = match plan.next()? {
        Ok(first) => first,
        Err(problems) => return Some(Err(problems)),
    };
    let case = Arc::clone(&first.case);
    let mut trials = vec![first];
    let is_same =
        |next: &Result<PlannedTrial, Problems>| next.as_ref().is_ok_and(|next| Arc::ptr_eq(&next.case, &case));
    while let Some(Ok(next)) = plan.next_if(is_same) {
        trials.push(next);
    }
    Some(Ok(trials))
}

/// The trials of a case by repeat, each in the order of the plan.
fn by_repeat(case: Vec<PlannedTrial>) -> Vec<Vec<PlannedTrial>> {
    let mut groups: Vec<Vec<PlannedTrial>> = Vec::new();
    for trial in case {
        match groups.iter_mut().find(|group| group.first().is_some_and(|first| first.repeat == trial.repeat)) {
            Some(group) => group.push(trial),
            None => groups.push(vec![trial]),
        }
    }
    groups
}

/// With what the store has of them.
fn stored(run: &Drive<'_>, group: Vec<PlannedTrial>) -> Result<PlannedComparison, StoreError> {
    let Drive { store, header, .. } = run;
    let places: Vec<u64> = group.iter().map(|trial| trial.ordinal).collect();
    let mut found: Vec<TrialRecord> = store.trials_at(&header.id, &places)?;
    let mut members = Vec::with_capacity(group.len());
    for trial in group {
        let at = found.iter().position(|stored| stored.key == trial.key);
        let stored = match at {
            Some(at) => Some(found.swap_remove(at)),
            // Its place is another: slower to find, and never so after a run that was done as planned.
            None => store.trial(&header.id, &trial.key)?,
        };
        members.push((trial, stored));
    }
    Ok(PlannedComparison::new(members))
}

fn problems_of(error: &StoreError) -> Problems {
    let mut problems = Problems::new();
    problems.push(Diagnostic::error("store", format!("the trials to compare cannot be read: {error}")));
    problems
}
