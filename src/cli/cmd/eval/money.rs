//! The money guard before a run: which limits hold, whether prices are known, whether to start at all.

use std::sync::Arc;

use anyhow::bail;

use super::drive::is_cached;
use super::load::Loaded;
use super::providers::Providers;
use crate::base::{ModelRef, RunId, Usd};
use crate::cli::{Session, UsageError};
use crate::config::CallMode;
use crate::eval::{Grant, Limit, SharedLimit, trials};
use crate::provider::Caller;
use crate::store::{Ledger, SetAside, Store};

const MAX_COST: &str = "--max-cost";
pub(super) const DAILY_LIMIT: &str = "DAILY_COST_LIMIT_USD";

/// Trials that are rendered and counted before a run with a limit.
const COUNTED_TRIALS: usize = 2_000;

/// The limits of a run that has already spent `spent`, most of them absent. Replayed runs spend nothing.
///
/// # Errors
/// When the store cannot say what was spent today.
pub(super) fn limits(loaded: &Loaded, spent: Usd, store: &Store, session: &Session) -> anyhow::Result<Vec<Limit>> {
    let mut limits = Vec::new();
    if loaded.config.calls.value == CallMode::Replay {
        return Ok(limits);
    }
    if let Some(most) = loaded.config.max_cost.value {
        limits.push(Limit { name: MAX_COST, most, spent });
    }
    if let Some(most) = loaded.config.daily_cost_limit.value {
        let today = store.spent_since(session.clock.now().start_of_utc_day())?;
        if today.unknown_calls > 0 {
            let text = format!(
                "warning: {} calls of today have no known cost; the daily limit counts the others",
                today.unknown_calls
            );
            session.ui.note(&text);
        }
        limits.push(Limit { name: DAILY_LIMIT, most, spent: today.known });
    }
    Ok(limits)
}

/// The daily limit of a run, kept together with other processes that use the same store; `None` when none is set.
///
/// # Errors
/// When the store cannot say what the run has spent.
pub(super) fn shared_limit(
    limits: &[Limit],
    run: &RunId,
    store: &Store,
    session: &Session,
) -> anyhow::Result<Option<DailyLimit>> {
    let Some(limit) = limits.iter().find(|limit| limit.name == DAILY_LIMIT) else { return Ok(None) };
    let ledger = store.ledger(run, session.clock.now().start_of_utc_day(), limit.most)?;
    Ok(Some(DailyLimit { ledger: Arc::new(ledger), most: limit.most }))
}

/// The daily limit of all processes.
#[derive(Clone)]
pub(super) struct DailyLimit {
    ledger: Arc<Ledger>,
    most: Usd,
}

impl DailyLimit {
    /// Gives back what was set aside and not spent: when everything that was spent is durable, not before.
    pub(super) fn release(&self) {
        if let Err(error) = self.ledger.release() {
            tracing::warn!(%error, "what was set aside under the daily limit is given back when this process has ended");
        }
    }
}

impl SharedLimit for DailyLimit {
    fn set_aside(&mut self, upto: Usd) -> Grant {
        let most = self.most;
        match self.ledger.set_aside(upto) {
            Ok(SetAside::Granted) => Grant::Granted,
            Ok(SetAside::Held { spent, held }) => Grant::NotYet(format!(
                "{DAILY_LIMIT} is {most}, {spent} are spent today, and other karat processes have set aside {held}"
            )),
            Ok(SetAside::Spent { spent }) => Grant::Refused(format!(
                "{DAILY_LIMIT} is {most}, {spent} are spent today, and the next call may cost more than is left"
            )),
            Err(error) => Grant::Refused(format!("{DAILY_LIMIT} cannot be kept: {error}")),
        }
    }
}

/// Refuses models whose price is unknown: a limit on spend cannot hold for them.
///
/// # Errors
/// [`UsageError`] that names them.
pub(super) fn refuse_unknown_prices(
    loaded: &Loaded,
    providers: &Providers,
    session: &Session,
) -> Result<(), UsageError> {
    let config = &loaded.config;
    let limit = match (config.max_cost.value, config.daily_cost_limit.value) {
        _ if config.calls.value == CallMode::Replay => return Ok(()),
        (Some(_), _) => MAX_COST,
        (None, Some(_)) => DAILY_LIMIT,
        (None, None) => return Ok(()),
    };
    let estimator = loaded.estimator(session);
    let is_free = |name: &str| {
        loaded.config.providers.iter().any(|provider| provider.name.as_str() == name && provider.wire.is_free())
    };
    let has_price =
        |model: &ModelRef, output: u64| is_free(model.provider.as_str()) || estimator.cost(model, 1, output).is_some();
    let (models, embedding) = (loaded.answering_models(), loaded.all_embedding_models());
    let moderation = loaded.moderation_models();
    let chats = models.iter().filter(|model| !has_price(model, 1));
    // Embedding models have no price for output, because they have none.
    let unknown = chats.chain(embedding.iter().map(|embedding| &embedding.model).filter(|model| !has_price(model, 0)));
    let has_no_price = |model: &&ModelRef| !is_free(model.provider.as_str()) && !providers.moderates_free(model);
    let unknown = unknown.chain(moderation.iter().filter(has_no_price));
    let unknown: Vec<String> = unknown.map(|model| format!("`{model}`")).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let message = format!("{limit} cannot hold: the price of {} is unknown", unknown.join(", "));
    Err(UsageError::of("unknown-price", message, "state it under `prices:` in karat.yaml, or lift the limit"))
}

/// Whether a run may start whose cheapest outcome is already dearer than what is left: asks on a terminal, refuses
/// elsewhere, goes ahead with `--yes`.
///
/// # Errors
/// A refusal, with the figures.
pub(super) fn guard(
    loaded: &Loaded,
    limits: &[Limit],
    providers: &Providers,
    store: &Store,
    session: &Session,
) -> anyhow::Result<()> {
    if limits.is_empty() || session.ui.says_yes() {
        return Ok(());
    }
    let caller = providers.caller(loaded, store, None, session)?;
    let low = least_cost(loaded, &caller, session)?;
    for limit in limits {
        let left = Usd::from_picos(limit.most.picos().saturating_sub(limit.spent.picos()).max(0));
        if low <= left {
            continue;
        }
        let text = format!("this run costs at least {low}, and {} leaves {left}", limit.name);
        if !session.ui.may_ask() {
            bail!("{text}; raise the limit, select fewer cases, or start anyway with `--yes` (it stops at the limit)");
        }
        if !session.ui.confirm(&format!("{text}. Start anyway and stop at the limit?"))? {
            bail!("not started: {text}");
        }
    }
    Ok(())
}

/// What the run costs at least: the input of every trial that the response cache does not answer, and one token each.
/// Counts the first 2,000 trials and extrapolates beyond.
fn least_cost(loaded: &Loaded, caller: &Caller, session: &Session) -> anyhow::Result<Usd> {
    let estimator = loaded.estimator(session);
    let (mut low, mut counted) = (0_i128, 0_i128);
    for trial in trials(&loaded.suites, &loaded.selection).take(COUNTED_TRIALS) {
        let trial = trial.map_err(UsageError)?;
        counted += 1;
        let model = &trial.variant.model;
        let Ok(request) = trial.request() else { continue };
        if trial.skip.is_some() || is_cached(caller, &trial) {
            continue;
        }
        let input = estimator.request(model, &request).input;
        low += i128::from(estimator.least_cost(model, input, 1).unwrap_or_default().picos());
    }
    let scaled = low * i128::from(loaded.trials()) / counted.max(1);
    Ok(Usd::from_picos(i64::try_from(scaled).unwrap_or(i64::MAX)))
}
