//! `karat eval doctor [SUITE]`.

use std::collections::HashMap;
use std::ops::ControlFlow;

use super::args::{DoctorArgs, EvalArgs, SelectArgs};
use super::load::{Before, Loaded};
use super::options::PlanOptions;
use super::run::prepare;
use crate::base::SafeName;
use crate::cli::{Exit, Session, UsageError, show};
use crate::eval::{DoctorReport, Good, examine, visible_output};
use crate::record::Outcome;
use crate::store::{Access, Store, TrialFilter};

/// Runs that are searched for outputs that passed.
const RUNS: u32 = 50;

/// Outputs of one suite that are looked at.
const OUTPUTS: u64 = 5_000;

/// Examines suites without a call; exit code 1 when a check, a case or a goal says nothing.
pub(super) fn run(args: &DoctorArgs, session: &Session) -> anyhow::Result<Exit> {
    let select = SelectArgs { suite: args.suite.clone(), ..SelectArgs::default() };
    let eval = EvalArgs { suites: args.suites.clone(), select, ..EvalArgs::default() };
    let loaded = prepare(&PlanOptions::of(&eval, session), &eval, Before::default(), session)?;
    let good = good_outputs(&loaded)?;
    let mut exams = Vec::with_capacity(loaded.suites.len());
    for surveyed in &loaded.suites {
        let none = Good::new();
        let good = good.get(&surveyed.suite.name).unwrap_or(&none);
        exams.push(examine(surveyed, &loaded.selection, good).map_err(UsageError)?);
    }
    let report = DoctorReport::of(exams);
    show(&report, args.format, session)?;
    Ok(if report.errors == 0 { Exit::Passed } else { Exit::Failed })
}

/// For each suite, what passed in the newest run that has it.
fn good_outputs(loaded: &Loaded) -> anyhow::Result<HashMap<SafeName, Good>> {
    let mut found: HashMap<SafeName, Good> = HashMap::new();
    let path = &loaded.config.store.value;
    if !path.exists() {
        return Ok(found);
    }
    let store = Store::open(path, Access::Read)?;
    let wanted: Vec<&SafeName> = loaded.suites.iter().map(|surveyed| &surveyed.suite.name).collect();
    for row in store.runs(RUNS)? {
        if found.len() == wanted.len() {
            break;
        }
        let id = &row.header.id;
        let missing = |name: &SafeName| wanted.contains(&name) && !found.contains_key(name);
        let suites: Vec<SafeName> =
            store.suites(id)?.into_iter().map(|suite| suite.name).filter(|name| missing(name)).collect();
        for name in suites {
            let filter = TrialFilter {
                suite: Some(name.clone()),
                outcomes: vec![Outcome::Pass],
                limit: Some(OUTPUTS),
                ..TrialFilter::default()
            };
            let mut good = Good::new();
            store.each_trial(id, &filter, |trial| {
                if let Some(Ok(reply)) = trial.call.as_ref().map(|call| &call.reply) {
                    let output = (trial.case.digest, visible_output(reply).into_owned());
                    good.entry(trial.case.id.clone()).or_insert(output);
                }
                ControlFlow::Continue(())
            })?;
            if !good.is_empty() {
                found.insert(name, good);
            }
        }
    }
    Ok(found)
}
