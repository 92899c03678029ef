//! Stored runs: opening the store to look, finding a run, and the report of one.

use std::collections::BTreeSet;

use super::tally::Tally;
use crate::base::{Problems, RunId, SafeName};
use crate::cli::{Session, UsageError};
use crate::config::{Config, Overrides};
use crate::eval::EvalReport;
use crate::record::{Incomparable, MetricVersion, comparable};
use crate::score::metric_versions;
use crate::store::{Access, Store, StoreError};

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
    Tally::read(store, run)?.report(store, run, max_errors)
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
