//! `karat eval`: a new run.

use std::mem::ManuallyDrop;

use rand::RngExt as _;

use super::args::EvalArgs;
use super::batch::{BatchWish, Patience, refuse_what_has_no_batch};
use super::changed::nothing_changed;
use super::drive::{Drive, drive, take};
use super::load::{Before, Loaded, configure, load};
use super::options::PlanOptions;
use super::present::check_outputs;
use super::stored::{find, open_to_read, outdated};
use super::{attacks, batch, caches, fuzz, money, providers, shutdowns};
use crate::base::{Problems, RunId, Usd};
use crate::cli::{Exit, Session, UsageError};
use crate::eval::{Finished, goal_json};
use crate::record::{RunHeader, RunKind, RunStatus, SuiteRecord, VariantRecord};
use crate::store::{Access, Store};

/// Runs suites from the start.
pub(super) fn run(args: &EvalArgs, session: &Session) -> anyhow::Result<Exit> {
    let mut options = PlanOptions::of(args, session);
    if let Some(named) = &args.select.failed_in {
        only_failed(&mut options, named, session)?;
    }
    // Not freed: it is many small pieces, and the process is about to end when they are done with.
    let loaded = ManuallyDrop::new(prepare(&options, args, Before::default(), session)?);
    if let Some(revision) = &options.changed_since {
        if loaded.suites.is_empty() {
            return nothing_changed(revision, args, session);
        }
        options.changed_suites = Some(loaded.suites.iter().map(|surveyed| surveyed.suite.name.clone()).collect());
    }
    attacks::refuse_unrecorded(&loaded)?;
    options.max_cost = loaded.config.max_cost.value;
    options.cache = Some(caches::facts(&loaded.config));
    let providers = providers::settle(&loaded, args.how.untrusted, session)?;
    money::refuse_unknown_prices(&loaded, &providers, session)?;
    let store = Store::open(&loaded.config.store.value, Access::Write)?;
    if let Some(rest) = options.batch {
        refuse_what_has_no_batch(&loaded, rest, &providers, &store, session)?;
    }
    let limits = money::limits(&loaded, Usd::ZERO, &store, session)?;
    money::guard(&loaded, &limits, &providers, &store, session)?;
    let header = header(&loaded, &options, session);
    let Some(_held) = take(&store, &header.id, session)? else { return Ok(Exit::Locked) };
    store.begin_run(&header, &suite_records(&loaded), &variant_records(&loaded))?;
    let run = Drive { args, session, loaded: &loaded, store, header, finished: Finished::default(), limits, providers };
    let Some(rest) = options.batch else { return drive(&run) };
    let detach = args.how.detach;
    let patience = if detach { Patience::None } else { Patience::Endless };
    let wish = BatchWish { rest, patience, detach, cancel: false, renew: false, retry_errors: false };
    batch::drive(&run, wish)
}

/// Settings and suites, everything checked. Shared with `--dry-run` and `--resume`.
pub(super) fn prepare(
    options: &PlanOptions,
    args: &EvalArgs,
    before: Before,
    session: &Session,
) -> anyhow::Result<Loaded> {
    check_outputs(&args.show.output)?;
    let mut problems = Problems::new();
    let config = configure(args, before, session, &mut problems)?;
    let loaded = load(options, config, session, problems)?;
    shutdowns::warn(&loaded, session);
    Ok(match options.fuzz {
        Some(count) => fuzz::plan(loaded, count, options)?,
        None => loaded,
    })
}

/// Narrows a plan to the cases that did not pass in an earlier run.
pub(super) fn only_failed(options: &mut PlanOptions, named: &str, session: &Session) -> anyhow::Result<()> {
    let (store, _) = open_to_read(session)?;
    let run = find(&store, named)?;
    let cases = store.failed_cases(&run)?;
    if cases.is_empty() {
        // What has no result has not passed.
        if store.header(&run)?.status != RunStatus::Complete {
            let message = format!("no case has failed in run `{run}`, which is not finished");
            let help = format!("`karat eval --resume {run}` runs the rest");
            return Err(UsageError::of("nothing-failed", message, help).into());
        }
        let message = format!("every case passed in run `{run}`");
        return Err(UsageError::of("nothing-failed", message, "there is nothing to run again").into());
    }
    if let Some(why) = outdated(&store, &run, None)? {
        session.ui.problem(&format!(
            "warning: run {run} was scored by other versions of checks than today's: {why}; what failed then is run again, and \
             its new scores are not comparable with those of then"
        ));
    }
    options.only(cases, &store.header(&run)?.options);
    Ok(())
}

fn header(loaded: &Loaded, options: &PlanOptions, session: &Session) -> RunHeader {
    let now = session.clock.now();
    RunHeader {
        id: RunId::new(now, rand::rng().random()),
        kind: RunKind::Eval,
        status: RunStatus::Running,
        karat_version: env!("CARGO_PKG_VERSION").to_owned(),
        seed: options.seed,
        git: crate::git::facts(&session.root),
        started: now,
        ended: None,
        planned: loaded.trials(),
        options: options.with_attacks(loaded.attacks.as_deref()).to_json(),
        calls: loaded.config.calls.value.word().to_owned(),
    }
}

/// The suites as the store keeps them.
pub(super) fn suite_records(loaded: &Loaded) -> Vec<SuiteRecord> {
    let record = |surveyed: &crate::eval::SurveyedSuite| SuiteRecord {
        name: surveyed.suite.name.clone(),
        path: surveyed.suite.path.display().to_string(),
        digest: surveyed.survey.digest,
        cases: surveyed.survey.selected,
        repeat: surveyed.suite.repeat,
        goal: goal_json(surveyed),
        verdict: None,
    };
    loaded.suites.iter().map(record).collect()
}

/// The variants as the store keeps them, each once.
pub(super) fn variant_records(loaded: &Loaded) -> Vec<VariantRecord> {
    let mut records: Vec<VariantRecord> = Vec::new();
    for variant in loaded.suites.iter().flat_map(|surveyed| &surveyed.variants) {
        if records.iter().any(|record| record.digest == variant.digest) {
            continue;
        }
        records.push(VariantRecord {
            digest: variant.digest,
            prompt: variant.prompt.name.clone(),
            prompt_digest: variant.prompt.digest,
            model: variant.model.clone(),
            params: serde_json::to_value(variant.prompt.params_for(&variant.model).overlaid(&variant.params).settled())
                .unwrap_or_default(),
        });
    }
    records
}
