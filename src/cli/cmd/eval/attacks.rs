//! `--adversarial`: which strategies attack the cases, and how much text their models take.

use std::path::Path;
use std::sync::Arc;

use super::load::Loaded;
use super::options::PlanOptions;
use crate::base::{CaseId, ModelRef, Problems, SafeName};
use crate::cli::{Session, UsageError};
use crate::config::{CallMode, Config};
use crate::price::PriceTable;
use crate::suite::{Attacks, Suite, attack_of, choose_strategies, read_strategies};

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

/// Refuses to replay attacks where none was recorded: thousands of trials without a reply say nothing.
///
/// # Errors
/// [`UsageError`] with the way out.
pub(super) fn refuse_unrecorded(loaded: &Loaded) -> Result<(), UsageError> {
    let config = &loaded.config;
    if loaded.attacks.is_none() || config.calls.value != CallMode::Replay {
        return Ok(());
    }
    let is_scripted =
        |model: &ModelRef| config.provider(&model.provider).is_some_and(|provider| provider.wire.is_free());
    let mut names = loaded.suites.iter().map(|surveyed| &surveyed.suite.name);
    if loaded.answering_models().iter().all(is_scripted) || names.any(|name| has_attacks(config, name)) {
        return Ok(());
    }
    let message = "--adversarial sends what the cassettes hold no reply to, and replayed runs call nothing";
    let help = "add `--calls live`, or record the attacks once: `--adversarial --record`";
    Err(UsageError::of("nothing-recorded", message, help))
}

/// Whether a suite's cassette holds a reply to an attack. One that cannot be read is told when it is replayed.
fn has_attacks(config: &Config, suite: &SafeName) -> bool {
    let Ok(tape) = std::fs::read_to_string(config.cassettes.value.join(format!("{suite}.jsonl"))) else { return false };
    let is_attack = |line: &str| {
        let entry: Option<serde_json::Value> = serde_json::from_str(line).ok();
        let case = entry.as_ref().and_then(|entry| entry["case"].as_str()?.split_once('/'));
        case.and_then(|(_, id)| CaseId::parse(id).ok()).is_some_and(|id| attack_of(&id).is_some())
    };
    tape.lines().any(is_attack)
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
