//! Cross-checks of one case: what its prompts and its checks need of it.

use super::Suite;
use super::loaded::LoadedCase;
use crate::base::{Diagnostic, Place, Problems};
use crate::prompt::VarProblem;
use crate::score::Comparing;

/// Knows where a case stands.
pub(super) trait Places {
    /// The case.
    fn place(&self) -> Place;

    /// One of its variables, its name or its value; the case when it is not written there.
    fn place_of_var(&self, variable: &str, name: bool) -> Place;
}

/// Reports what is wrong with a case in the light of the suite's prompts and the case's checks.
pub(super) fn check(suite: &Suite, loaded: &LoadedCase, places: &impl Places, problems: &mut Problems) {
    check_vars(suite, loaded, places, problems);
    let case = &loaded.case;
    for check in loaded.checks.iter() {
        if check.needs_expected() && case.expected.is_none() {
            let message = format!("the check `{}` needs `expected`, which this case lacks", check.name());
            let among = check.spec().options.iter().any(|option| option.name == "among");
            let help = if among {
                "add `expected:` to the case, give the check a value of its own, or compare the variants: `among: variants`"
            } else {
                "add `expected:` to the case, or give the check a value of its own"
            };
            problems.push(Diagnostic::error("missing-expected", message).at(places.place()).help(help));
        }
        let others = || loaded.checks.iter().any(|other| other.comparing().is_none() && other.weight() > 0.0);
        if check.comparing().is_some_and(|form| **form == Comparing::Scores) && !others() {
            let message =
                format!("`{}` compares the scores of other checks, and this case has none that count", check.name());
            let help = "add a check that looks at the output itself";
            problems.push(Diagnostic::error("no-other-check", message).at(places.place()).help(help));
        }
        if check.needs_context() && case.context.is_empty() {
            let message = format!("the check `{}` needs `context`, which this case lacks", check.name());
            let help = "add `context:` to the case";
            problems.push(Diagnostic::error("missing-context", message).at(places.place()).help(help));
        }
        for variable in check.needed_vars().filter(|name| !case.vars.contains_key(*name)) {
            let message =
                format!("the check `{}` takes a value from `vars.{variable}`, which this case lacks", check.name());
            let help = format!("add `{variable}` to the case's `vars:`");
            problems.push(Diagnostic::error("missing-variable", message).at(places.place()).help(help));
        }
    }
}

fn check_vars(suite: &Suite, loaded: &LoadedCase, places: &impl Places, problems: &mut Problems) {
    let mut told: Vec<VarProblem> = Vec::new();
    // How many prompts do not know a variable: only when none does, it is a slip. Prompts under comparison may differ
    // in what they use.
    let mut strangers: Vec<(VarProblem, usize)> = Vec::new();
    for prompt in &suite.prompts {
        for problem in prompt.check_vars(&loaded.case.vars) {
            if problem.code == "unknown-variable" {
                match strangers.iter_mut().find(|(known, _)| known.variable == problem.variable) {
                    Some((_, count)) => *count += 1,
                    None => strangers.push((problem, 1)),
                }
            } else if !told.iter().any(|known| known.variable == problem.variable && known.message == problem.message) {
                told.push(problem);
            }
        }
    }
    // Token counts depend on the model; what the rules above refuse anyway is not told a second time.
    for variant in &suite.variants {
        for problem in variant.prompt.check_tokens(&loaded.case.vars, Some(&variant.model)) {
            if !told.iter().any(|known| known.variable == problem.variable) {
                let message = format!("{} for `{}`", problem.message, variant.model);
                told.push(VarProblem { message, ..problem });
            }
        }
    }
    if !suite.gaps.prompts {
        let of_checks = |name: &str| {
            loaded
                .checks
                .iter()
                .any(|check| check.needed_vars().any(|needed| needed == name) || check.may_look_at(name))
        };
        let slips = strangers.into_iter().filter(|(_, count)| *count == suite.prompts.len());
        told.extend(slips.map(|(problem, _)| problem).filter(|problem| !of_checks(&problem.variable)));
    }
    // A misspelt variable is one mistake: told at the name, not a second time as the one that is missing.
    let meant: Vec<String> = told
        .iter()
        .filter(|problem| problem.code == "unknown-variable")
        .filter_map(|problem| problem.near.clone())
        .collect();
    told.retain(|problem| problem.code != "missing-variable" || !meant.contains(&problem.variable));
    for problem in told {
        let place = places.place_of_var(&problem.variable, problem.code == "unknown-variable");
        let mut diagnostic =
            Diagnostic::error(problem.code, problem.message).at(place).did_you_mean(problem.near.as_deref());
        diagnostic.help = problem.help;
        problems.push(diagnostic);
    }
}
