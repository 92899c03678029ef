//! Stored runs: opening the store to look, finding a run, and the report of one.

use std::collections::BTreeSet;

use super::present::FAILURES_SHOWN;
use crate::base::{Problems, RunId, SafeName};
use crate::cli::{Session, UsageError};
use crate::config::{Config, Overrides};
use crate::eval::{EvalReport, JudgeRules, Summarizer};
use crate::record::{CorpusMeasure, Incomparable, MetricVersion, Outcome, comparable};
use crate::score::metric_versions;
use crate::store::{Access, Store, StoreError, TrialFilter};

/// Opens the store of the project to read.
///
/// # Errors
/// [`UsageError`] when there is none yet.
pub(super) fn open_to_read(session: &Session) -> anyhow::Result<(Store, Config)> {
    let mut problems = Problems::new();
    let config = session.config(Overrides::default(), &mut problems);
    session.stop_on(problems)?;
    let path = &config.store.value;
    if !path.exists() {
        let message = format!("there is no results store at `{}`", session.shown(path).display());
        return Err(UsageError::of("no-store", message, "`karat eval` makes it with the first run").into());
    }
    Ok((Store::open(path, Access::Read)?, config))
}

/// The run that the user named: its id, the start of one, or `latest`.
///
/// # Errors
/// [`UsageError`] when there is none, or several.
pub(super) fn find(store: &Store, named: &str) -> Result<RunId, UsageError> {
    store
        .find_run(named)
        .map_err(|error| UsageError::of("unknown-run", error.to_string(), "`karat eval list` shows the stored runs"))
}

/// The report of a stored run: computed from its rows each time, so it is the same whenever it is asked for.
pub(super) fn report_of(store: &Store, run: &RunId, max_errors: u32) -> anyhow::Result<EvalReport> {
    let header = store.header(run)?;
    let mut summary = Summarizer::new(&header, &store.suites(run)?, &store.variants(run)?);
    store.facts(run, |facts| summary.add(&facts))?;
    let scored: BTreeSet<MetricVersion> = store.metric_versions(run)?.into_values().flatten().collect();
    // Scores are read once more only where some of them count for a figure over all replies.
    if scored.iter().any(|metric| CorpusMeasure::of_check(&metric.check).is_some()) {
        store.segments(run, |facts| summary.segment(facts))?;
    }
    let row = store.run_row(run)?;
    summary.judging(store.judging(run)?);
    summary.comparing(store.comparing(run)?);
    summary.breakers(store.breaker_openings(run)?);
    summary.bill(row.spent.known, row.spent.unknown_calls);
    let counts = row.counts;
    let total = counts.fail + counts.error + counts.ungraded;
    let filter = TrialFilter {
        outcomes: vec![Outcome::Fail, Outcome::Error, Outcome::Ungraded],
        limit: Some(FAILURES_SHOWN),
        ..TrialFilter::default()
    };
    let failures = store.trials(run, &filter)?;
    let mut report = summary.finish(&failures, total, JudgeRules { max_errors: u64::from(max_errors) });
    report.run.batch = store.batch_progress(run)?;
    report.outdated_checks = comparable(&scored, &metric_versions()).err();
    Ok(report)
}

/// The checks that gave scores of a run, or of one of its suites, in other versions than today's.
///
/// # Errors
/// When the store cannot be read.
pub(super) fn outdated(
    store: &Store,
    run: &RunId,
    suite: Option<&SafeName>,
) -> Result<Option<Incomparable>, StoreError> {
    let all = store.metric_versions(run)?.into_iter();
    let of_suites = all.filter(|(name, _)| suite.is_none_or(|suite| suite == name)).map(|(_, versions)| versions);
    let scored: BTreeSet<MetricVersion> = of_suites.flatten().collect();
    Ok(comparable(&scored, &metric_versions()).err())
}
