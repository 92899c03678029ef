//! A case of a suite, named as `SUITE:ID`.

use crate::base::{Diagnostic, Problems, closest};
use crate::cli::UsageError;
use crate::config::Config;
use crate::prompt::Registry;
use crate::suite::{LoadContext, LoadedCase, Suite, discover, load};

/// Cases whose ids are kept for a suggestion.
const KEPT_IDS: usize = 10_000;

/// The suite and the case.
///
/// # Errors
/// [`UsageError`] when there is no such suite or case, and with what is wrong with the suite.
pub(super) fn find_case(named: &str, config: &Config, registry: &Registry) -> Result<(Suite, LoadedCase), UsageError> {
    let Some((suite, id)) = named.split_once(':').filter(|(suite, id)| !suite.is_empty() && !id.is_empty()) else {
        let message = format!("`{named}` is not a case");
        return Err(UsageError::of("invalid-case", message, "write the suite and the case's id: `SUITE:ID`"));
    };
    let mut problems = Problems::new();
    let paths = discover(&config.evals.value, &mut problems);
    let wanted = [suite.to_owned()];
    let context = LoadContext { config, registry, suites: &wanted };
    let suites = load(&paths, &context, &mut problems);
    if problems.has_errors() {
        return Err(UsageError(problems));
    }
    let mut ids: Vec<String> = Vec::new();
    let mut broken = Problems::new();
    for suite in suites {
        let mut found = None;
        for case in suite.cases() {
            match case {
                Ok(case) if case.case.id.as_str() == id => {
                    found = Some(case);
                    break;
                }
                Ok(case) if ids.len() < KEPT_IDS => ids.push(case.case.id.to_string()),
                Ok(_) => {}
                Err(problems) => broken.absorb(problems),
            }
        }
        if let Some(case) = found {
            return Ok((suite, case));
        }
    }
    // The case may be one of those that cannot be read.
    broken.push(
        Diagnostic::error("unknown-case", format!("suite `{suite}` has no case `{id}`"))
            .did_you_mean(closest(id, ids.iter().map(String::as_str)))
            .help("cases are named by their `id`; `karat eval --dry-run` counts them"),
    );
    Err(UsageError(broken))
}
