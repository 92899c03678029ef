//! `--adversarial`: which strategies attack the cases, and how much text their models take.

use std::path::Path;
use std::sync::Arc;

use super::options::PlanOptions;
use crate::base::Problems;
use crate::cli::{Session, UsageError};
use crate::config::Config;
use crate::price::PriceTable;
use crate::suite::{Attacks, Suite, choose_strategies, read_strategies};

/// The word for all strategies.
const ALL: &str = "all";

/// Below the suites' folder: strategies of the project.
const FOLDER: &str = "adversarial";

/// Characters of English that a token has at least on average: text of so many fits the context.
const CHARS_PER_TOKEN: usize = 3;

/// Share of a context that is filled, in percent: the rest is for the prompt itself and the answer.
const FILLED: usize = 90;

/// The attacks of a run; `None` without `--adversarial`.
///
/// # Errors
/// [`UsageError`] for a name that no strategy has.
pub(super) fn read(
    options: &PlanOptions,
    config: &Config,
    suites: &[Suite],
    prices: &PriceTable,
    session: &Session,
    problems: &mut Problems,
) -> Result<Option<Arc<Attacks>>, UsageError> {
    let Some(wanted) = &options.adversarial else { return Ok(None) };
    let folder = config.evals.value.join(FOLDER);
    let before = problems.error_count();
    let known = read_strategies(&folder, &shown(&folder, session), problems);
    if problems.error_count() > before {
        return Ok(None);
    }
    let names: Vec<String> = wanted.iter().map(|wanted| wanted.strategy.clone()).collect();
    let names = if names.iter().any(|name| name == ALL) { Vec::new() } else { names };
    let strategies = choose_strategies(known, &names).map_err(|unknown| UsageError::from(*unknown))?;
    Ok(Some(Arc::new(Attacks::new(strategies, smallest_context(suites, prices)))))
}

fn shown(folder: &Path, session: &Session) -> std::path::PathBuf {
    session.shown(folder).clone()
}

/// Characters that fit the smallest context among the models of the suites; `None` when none is known.
fn smallest_context(suites: &[Suite], prices: &PriceTable) -> Option<usize> {
    let models = suites.iter().flat_map(|suite| suite.variants.iter().map(|variant| &variant.model));
    let window = models.filter_map(|model| {
        let found = prices.resolve(Some(model.provider.as_str()), &model.model, None);
        found.facts()?.context_window
    });
    let tokens = usize::try_from(window.min()?).ok()?;
    Some((tokens * FILLED / 100).saturating_mul(CHARS_PER_TOKEN))
}
