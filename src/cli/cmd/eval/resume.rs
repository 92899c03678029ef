//! `karat eval --resume [RUN]`: goes on with a stopped run, by the content of its trials.

use std::mem::ManuallyDrop;

use super::args::EvalArgs;
use super::batch::{BatchWish, Patience};
use super::drive::{Drive, drive, exit_of_verdict, take};
use super::load::Before;
use super::options::{BatchRest, PlanOptions};
use super::present::{Shown, show_report};
use super::run::{prepare, suite_records, variant_records};
use super::stored::{find, open_to_read, report_of};
use super::{batch, money, providers};
use crate::base::RunId;
use crate::cli::{Exit, Session, UsageError};
use crate::config::CallMode;
use crate::eval::{Finished, Fit, trials};
use crate::record::{RunStatus, SuiteRecord};
use crate::store::{Access, Store};

/// How a stored run is taken up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// `--resume`: what is missing is asked for.
    Resume,
    /// `karat eval collect`: what is under way is waited for.
    Collect {
        /// How long.
        patience: Patience,
        /// Cancel it instead.
        cancel: bool,
    },
}

/// Continues a run.
pub(super) fn run(named: &str, args: &EvalArgs, session: &Session) -> anyhow::Result<Exit> {
    take_up(named, args, Manner::Resume, session)
}

/// Continues a run in this manner.
pub(super) fn take_up(named: &str, args: &EvalArgs, manner: Manner, session: &Session) -> anyhow::Result<Exit> {
    let (reader, _) = open_to_read(session)?;
    let id = find(&reader, named)?;
    let mut header = reader.header(&id)?;
    drop(reader);
    let options = PlanOptions::stored(&header.options)?;
    let wish = wish_of(&id, options.batch, manner, args)?;
    let before = Before {
        calls: CallMode::parse(&header.calls),
        max_cost: options.max_cost,
        drop_rejected: options.drop_rejected,
        cache: options.cache_mode().filter(|_| !args.how.no_cache),
    };
    // Not freed: it is many small pieces, and the process is about to end when they are done with.
    let loaded = ManuallyDrop::new(prepare(&options, args, before, session)?);
    let providers = providers::settle(&loaded, args.how.untrusted, session)?;
    money::refuse_unknown_prices(&loaded, &providers, session)?;
    let store = Store::open(&loaded.config.store.value, Access::Write)?;
    let Some(_held) = take(&store, &id, session)? else { return Ok(Exit::Locked) };
    let stored_suites = store.suites(&id)?;
    let suites = suite_records(&loaded);
    let retry_errors = args.how.retry_errors;
    let mut finished = Finished::new(store.finished(&id)?, retry_errors).with_uncompared(store.uncompared(&id)?);
    let changed = changed_suites(&stored_suites, &suites);
    if !changed.is_empty() {
        let fit = finished.fit(trials(&loaded.suites, &loaded.selection)).map_err(UsageError)?;
        session.ui.problem(&told_change(&changed, &fit, loaded.trials()));
        store.refit(&id, &fit.moved, &fit.stale)?;
        finished.forget(&fit.stale);
    }
    let left = loaded.trials().saturating_sub(finished.count());
    let is_all = left == 0 && !(retry_errors && finished.has_uncompared());
    if is_all && changed.is_empty() && header.status == RunStatus::Complete {
        session.ui.note(&format!("run {id} is complete: there is nothing to resume"));
        let report = report_of(&store, &id, loaded.config.max_errors.value)?;
        let shown = Shown::of(&store, &header.calls, &loaded.config, session);
        show_report(&report, args.show.format, &args.show.output, &shown, session)?;
        return Ok(exit_of_verdict(&report, args));
    }
    header.planned = loaded.trials();
    header.status = RunStatus::Running;
    session.ui.note(&format!(
        "resuming {id}: {} of {} trials are stored, {left} are left",
        finished.count(),
        loaded.trials()
    ));
    let limits = money::limits(&loaded, spent_by(&store, &id)?, &store, session)?;
    store.reopen_run(&id, loaded.trials(), &suites, &variant_records(&loaded))?;
    let run = Drive { args, session, loaded: &loaded, store, header, finished, limits, providers };
    match wish {
        Some(wish) => batch::drive(&run, wish),
        None => drive(&run),
    }
}

/// What is wanted of the batches of a run; `None` when it has none.
fn wish_of(
    id: &RunId,
    batch: Option<BatchRest>,
    manner: Manner,
    args: &EvalArgs,
) -> Result<Option<BatchWish>, UsageError> {
    let (patience, cancel) = match (batch, manner) {
        (None, Manner::Resume) => return Ok(None),
        (None, Manner::Collect { .. }) => {
            let message = format!("run `{id}` was not started with --batch");
            return Err(UsageError::of("no-batches", message, format!("`karat eval --resume {id}` continues it")));
        }
        (Some(_), Manner::Resume) => (Patience::Endless, false),
        (Some(_), Manner::Collect { patience, cancel }) => (patience, cancel),
    };
    let renew = manner == Manner::Resume;
    let retry_errors = args.how.retry_errors;
    Ok(batch.map(|rest| BatchWish { rest, patience, detach: false, cancel, renew, retry_errors }))
}

fn spent_by(store: &Store, id: &RunId) -> anyhow::Result<crate::base::Usd> {
    Ok(store.run_row(id)?.spent.known)
}

/// Names of suites that are not what they were when the run began, those that are new or gone included.
fn changed_suites(then: &[SuiteRecord], now: &[SuiteRecord]) -> Vec<String> {
    let differs =
        |a: &SuiteRecord, others: &[SuiteRecord]| !others.iter().any(|b| b.name == a.name && b.digest == a.digest);
    let mut names: Vec<String> =
        now.iter().filter(|suite| differs(suite, then)).map(|suite| suite.name.to_string()).collect();
    names.extend(
        then.iter()
            .filter(|suite| !now.iter().any(|other| other.name == suite.name))
            .map(|suite| suite.name.to_string()),
    );
    names
}

fn told_change(changed: &[String], fit: &Fit, planned: u64) -> String {
    let names = changed.join(", ");
    let kept = fit.kept;
    let stale = fit.stale.len();
    format!(
        "warning: the suite changed since this run began ({names}): {kept} of {planned} trials keep their results, {stale} stored trials are no longer part of it"
    )
}
