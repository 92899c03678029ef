//! `karat eval --dry-run`: what a run would do.

use super::args::EvalArgs;
use super::changed::nothing_changed;
use super::load::{Before, Loaded};
use super::options::PlanOptions;
use super::run::{only_failed, prepare};
use crate::base::Usd;
use crate::cli::{Exit, Session, UsageError, show};
use crate::config::CallMode;
use crate::eval::{JudgingPlan, PlanReport, SCHEMA_VERSION};
use crate::stats::wilson;

/// Prints the plan, tokens and cost. Calls nothing and stores nothing.
pub(super) fn run(args: &EvalArgs, session: &Session) -> anyhow::Result<Exit> {
    let mut options = PlanOptions::of(args, session);
    if let Some(named) = &args.select.failed_in {
        only_failed(&mut options, named, session)?;
    }
    let loaded = prepare(&options, args, Before::default(), session)?;
    if let Some(revision) = options.changed_since.as_ref().filter(|_| loaded.suites.is_empty()) {
        return nothing_changed(revision, args, session);
    }
    let config = &loaded.config;
    let estimator = loaded.estimator(session);
    let suites = estimator.plan(&loaded.suites, &loaded.selection).map_err(UsageError)?;
    let variants = || suites.iter().flat_map(|suite| &suite.variants);
    let unknown = variants().filter(|variant| variant.cost_high_usd.is_none()).map(|variant| variant.trials).sum();
    let sum = |costs: Vec<Option<Usd>>| costs.into_iter().flatten().reduce(Usd::saturating_add);
    let mut judging: Option<JudgingPlan> = None;
    suites.iter().flat_map(|suite| &suite.judges).for_each(|judge| judging.get_or_insert_default().plus(&judge.asked));
    let report = PlanReport {
        schema_version: SCHEMA_VERSION,
        calls: config.calls.value.word().to_owned(),
        trials: loaded.trials(),
        cached_trials: None,
        cost_low_usd: sum(variants().map(|variant| variant.cost_low_usd).collect()),
        cost_high_usd: sum(variants().map(|variant| variant.cost_high_usd).collect()),
        unknown_cost_trials: unknown,
        judging,
        max_cost_usd: config.max_cost.value.or(config.daily_cost_limit.value),
        concurrency: config.concurrency.value,
        notes: notes(&loaded, &suites),
        suites,
    };
    show(&report, args.show.format, session)?;
    Ok(Exit::Passed)
}

/// Trials that will end in an error before anything is called.
fn broken(suite: &crate::eval::PlanSuite) -> Vec<String> {
    let told = |variant: &crate::eval::PlanVariant| {
        let why = variant.why_broken.as_deref()?;
        let trials = match variant.broken_trials {
            1 => "1 trial ends in an error, because its prompt does not render".to_owned(),
            many => format!("{many} trials end in an error, because their prompts do not render"),
        };
        Some(format!("{}: {trials} for `{}`: {why}", suite.name, variant.model))
    };
    suite.variants.iter().filter_map(told).collect()
}

fn notes(loaded: &Loaded, suites: &[crate::eval::PlanSuite]) -> Vec<String> {
    let mut notes = Vec::new();
    if loaded.batch {
        notes.push(
            "prices are those of batches: replies come within a day, and what fails there is sent again".to_owned(),
        );
    }
    if loaded.config.calls.value == CallMode::Replay {
        notes.push("replies come from cassettes: this run calls nothing and costs nothing; the figures are those of a live run".to_owned());
    }
    if suites.iter().any(|suite| suite.variants.iter().any(|variant| !variant.input_exact)) {
        notes.push("input tokens are estimated where a model's own vocabulary is not published".to_owned());
    }
    for model in loaded.embedding_models() {
        let text = "a run compares examples by the embeddings of";
        notes.push(format!(
            "{text} `{model}`; here nothing is called, and the examples are those of a comparison by words"
        ));
    }
    let asked = || loaded.suites.iter().map(|surveyed| &surveyed.survey.asked);
    let embeddings = asked().flat_map(|asked| &asked.embeddings).map(|(model, _)| model.to_string());
    let moderations = asked().flat_map(|asked| &asked.moderations).map(|(model, _)| model.to_string());
    let mut beside: Vec<String> = embeddings.chain(moderations).collect();
    beside.dedup();
    notes.extend(
        beside.iter().map(|model| format!("checks also ask `{model}` about each reply, which is not in the figures")),
    );
    notes.extend(suites.iter().flat_map(broken));
    notes.extend(suites.iter().filter_map(reach));
    notes
}

/// What a suite of so few cases leaves open even when all of them pass; from 100 cases on there is little to say.
fn reach(suite: &crate::eval::PlanSuite) -> Option<String> {
    let cases = suite.cases;
    let low = wilson(cases, cases, 0.95)?.low;
    let text = format!(
        "{}: {cases} of {cases} passing would still allow a true pass rate of {:.0} % (95 %)",
        suite.name,
        low * 100.0
    );
    (cases < 100).then_some(text)
}
