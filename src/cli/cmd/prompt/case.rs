//! A case of a suite, named as `SUITE:ID`.

use crate::base::{Diagnostic, Problems, closest};
use crate::config::Config;
use crate::prompt::Registry;
use crate::suite::{LoadContext, LoadedCase, Suite, discover, glob_matches, load};

/// Cases whose ids are kept for a suggestion.
const KEPT_IDS: usize = 10_000;

/// The case that was found, and its suite.
pub(super) struct FoundCase {
    pub(super) suite: Suite,
    pub(super) case: LoadedCase,
}

impl FoundCase {
    /// Its name: `SUITE:ID`.
    pub(super) fn name(&self) -> String {
        format!("{}:{}", self.suite.name, self.case.case.id)
    }
}

/// The first case that `SUITE:ID` names; `*` in the id stands for any characters. What is wrong goes to `problems`.
pub(super) fn find_case(
    named: &str,
    config: &Config,
    registry: &Registry,
    problems: &mut Problems,
) -> Option<FoundCase> {
    let Some((suite, id)) = named.split_once(':').filter(|(suite, id)| !suite.is_empty() && !id.is_empty()) else {
        let message = format!("--case: `{named}` is not SUITE:ID");
        problems.push(Diagnostic::error("invalid-case", message).help("such as `--case code-review:sql-injection`"));
        return None;
    };
    let before = problems.error_count();
    let paths = discover(&config.evals.value, problems);
    let wanted = [suite.to_owned()];
    let context = LoadContext { config, registry, suites: &wanted };
    let suites = load(&paths, &context, problems);
    if problems.error_count() > before {
        return None;
    }
    let mut ids: Vec<String> = Vec::new();
    let mut broken = Problems::new();
    for suite in suites {
        let mut found = None;
        for case in suite.cases() {
            match case {
                Ok(case) if glob_matches(id, case.case.id.as_str()) => {
                    found = Some(case);
                    break;
                }
                Ok(case) if ids.len() < KEPT_IDS => ids.push(case.case.id.to_string()),
                Ok(_) => {}
                Err(problems) => broken.absorb(problems),
            }
        }
        if let Some(case) = found {
            return Some(FoundCase { suite, case });
        }
    }
    // The case may be one of those that cannot be read.
    problems.absorb(broken);
    problems.push(unknown_case(suite, id, &ids));
    None
}

fn unknown_case(suite: &str, id: &str, ids: &[String]) -> Diagnostic {
    let first: Vec<&str> = ids.iter().take(5).map(String::as_str).collect();
    let help = match first.as_slice() {
        [] => "it has no cases that can be read".to_owned(),
        first => format!("its cases begin with {}", first.join(", ")),
    };
    Diagnostic::error("unknown-case", format!("--case: the suite `{suite}` has no case `{id}`"))
        .did_you_mean(closest(id, ids.iter().map(String::as_str)))
        .help(help)
}
