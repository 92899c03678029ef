//! `karat eval calibrate SUITE --labels human.jsonl`.

use std::ops::ControlFlow;

use serde_json::Value;

use super::args::CalibrateArgs;
use super::stored::{find, open_to_read, outdated};
use crate::base::{Problems, RunId, SafeName, closest};
use crate::cli::{Exit, Session, UsageError, show};
use crate::eval::{CalibrationReport, Ledger, calibrate, read_labels};
use crate::record::SuiteRecord;
use crate::score::catalogue;
use crate::store::{Store, TrialFilter};

/// Runs that are looked through for the suite when none is named.
const LOOKED_THROUGH: u32 = 1_000;

/// Compares judges with people, or prints rows to be labelled.
pub(super) fn run(args: &CalibrateArgs, session: &Session) -> anyhow::Result<Exit> {
    let (store, _) = open_to_read(session)?;
    let (run, suite) = run_of(&store, args)?;
    let mut ledger = Ledger::new(&store.variants(&run)?);
    let filter = TrialFilter { suite: Some(suite.name.clone()), ..TrialFilter::default() };
    store.each_trial(&run, &filter, |trial| {
        ledger.add(&trial, |check, name| is_wanted(check, name, &args.check));
        ControlFlow::Continue(())
    })?;
    if ledger.checks().is_empty() {
        let message = format!("suite `{}` has no score of a judge in run {run}", suite.name);
        let help = "judges are checks such as `rubric` (`karat eval --list-checks`); name another check with `--check`";
        return Err(UsageError::of("no-judge", message, help).into());
    }
    let mut outdated = outdated(&store, &run, Some(&suite.name))?;
    // Of checks that are not looked at it does not matter.
    if let Some(why) = &mut outdated {
        why.checks.retain(|change| is_wanted(&change.check, &change.check, &args.check));
    }
    if let Some(why) = outdated.filter(|why| !why.checks.is_empty()) {
        session.ui.problem(&format!(
            "warning: run {run} was scored by other versions of checks than today's: {why}; the figures are about those of then, \
             run the suite again for those of today"
        ));
    }
    if args.template {
        let rows = ledger.template();
        let lines: Result<Vec<String>, _> = rows.iter().map(serde_json::to_string).collect();
        session.ui.answer(&format!("{}\n", lines?.join("\n")))?;
        session.ui.note(&format!("{} rows: set `label` to true or false, then `--labels FILE`", rows.len()));
        return Ok(Exit::Passed);
    }
    let Some(file) = &args.labels else {
        let help = "`--template > human.jsonl` writes the rows to be labelled";
        return Err(UsageError::of("no-labels", "no labels are given: `--labels FILE`", help).into());
    };
    let mut problems = Problems::new();
    let mut labels = read_labels(&session.cwd.join(file), file, &mut problems);
    if !args.check.is_empty() {
        labels.retain(|label| !label.check.as_deref().is_some_and(|check| ledger.leaves_out(check)));
    }
    let joined = ledger.join(&suite.name, &labels, &mut problems);
    session.stop_on(problems)?;
    if joined.is_empty() {
        let help = "set `label` of some rows to true or false";
        return Err(UsageError::of("no-labels", format!("`{}` has no row with a label", file.display()), help).into());
    }
    let report = calibrate(run, suite.name, args.min_kappa, joined);
    let exit = exit(&report);
    show(&report, args.format, session)?;
    Ok(exit)
}

/// A judge, or a check that was asked for by its word or by the name that reports use.
fn is_wanted(word: &str, name: &str, asked: &[String]) -> bool {
    let bare = word.strip_prefix("not_").unwrap_or(word);
    if !asked.is_empty() {
        return asked.iter().any(|asked| asked == word || asked == bare || asked == name);
    }
    catalogue().iter().any(|spec| (spec.name == word || spec.name == bare) && !spec.calls.is_empty())
}

/// The run, and the suite in it: the one that was named, by its name or file. Unless a run is named, those of attacks and of
/// generated inputs are left aside.
fn run_of(store: &Store, args: &CalibrateArgs) -> anyhow::Result<(RunId, SuiteRecord)> {
    let is_it = |suite: &SuiteRecord| suite.name.as_str() == args.suite || suite.path == args.suite;
    if let Some(named) = &args.run {
        let run = find(store, named)?;
        let suites = store.suites(&run)?;
        return match suites.iter().find(|suite| is_it(suite)) {
            Some(suite) => Ok((run, suite.clone())),
            None => Err(unknown_suite(args, &format!("run {run}"), suites.iter().map(|suite| &suite.name)).into()),
        };
    }
    let mut names: Vec<SafeName> = Vec::new();
    let is_of_own_cases = |options: &Value| ["adversarial", "fuzz"].iter().all(|word| options.get(word).is_none());
    for row in store.runs(LOOKED_THROUGH)?.into_iter().filter(|row| is_of_own_cases(&row.header.options)) {
        for suite in store.suites(&row.header.id)? {
            if is_it(&suite) {
                return Ok((row.header.id, suite));
            }
            if !names.contains(&suite.name) {
                names.push(suite.name);
            }
        }
    }
    Err(unknown_suite(args, "any stored run", names.iter()).into())
}

fn unknown_suite<'n>(args: &CalibrateArgs, place: &str, names: impl Iterator<Item = &'n SafeName>) -> UsageError {
    let names: Vec<&str> = names.map(SafeName::as_str).collect();
    let help = match closest(&args.suite, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("suites that were run: {}", names.join(", ")),
    };
    UsageError::of("unknown-suite", format!("there is no suite `{}` in {place}", args.suite), help)
}

/// Without a bound the figures are the answer. With one, a judge below it fails, and one whose kappa is not defined is
/// undecided.
fn exit(report: &CalibrationReport) -> Exit {
    let Some(least) = report.min_kappa else { return Exit::Passed };
    let kappas = || report.checks.iter().map(|check| check.kappa);
    if kappas().flatten().any(|kappa| kappa < least) {
        Exit::Failed
    } else if kappas().any(|kappa| kappa.is_none()) {
        Exit::Undecided
    } else {
        Exit::Passed
    }
}
