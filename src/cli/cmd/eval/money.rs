//! The money guard before a run: which limits hold, whether prices are known, whether to start at all.

use anyhow::bail;

use super::load::Loaded;
use crate::base::Usd;
use crate::cli::{Session, UsageError};
use crate::config::{CallMode, WireName};
use crate::eval::Limit;
use crate::store::Store;

const MAX_COST: &str = "--max-cost";
const DAILY_LIMIT: &str = "DAILY_COST_LIMIT_USD";

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

/// Refuses models whose price is unknown: a limit on spend cannot hold for them.
///
/// # Errors
/// [`UsageError`] that names them.
pub(super) fn refuse_unknown_prices(loaded: &Loaded, session: &Session) -> Result<(), UsageError> {
    let config = &loaded.config;
    let limit = match (config.max_cost.value, config.daily_cost_limit.value) {
        _ if config.calls.value == CallMode::Replay => return Ok(()),
        (Some(_), _) => MAX_COST,
        (None, Some(_)) => DAILY_LIMIT,
        (None, None) => return Ok(()),
    };
    let estimator = loaded.estimator(session);
    let is_mock = |name: &str| {
        loaded.config.providers.iter().any(|provider| provider.name.as_str() == name && provider.wire == WireName::Mock)
    };
    let unknown: Vec<String> = loaded
        .models()
        .iter()
        .filter(|model| !is_mock(model.provider.as_str()) && estimator.cost(model, 1, 1).is_none())
        .map(|model| format!("`{model}`"))
        .collect();
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
pub(super) fn guard(loaded: &Loaded, limits: &[Limit], session: &Session) -> anyhow::Result<()> {
    if limits.is_empty() || session.ui.says_yes() {
        return Ok(());
    }
    let plan = loaded.estimator(session).plan(&loaded.suites, &loaded.selection).map_err(UsageError)?;
    let low = plan.iter().flat_map(|suite| &suite.variants).filter_map(|variant| variant.cost_low_usd);
    let low = low.fold(Usd::ZERO, Usd::saturating_add);
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
