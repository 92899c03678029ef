//! From the routes of `karat.yaml` to those of the caller, and what the store knows for them.

use crate::base::{ModelRef, Timestamp};
use crate::config::{Config, RouteConfig};
use crate::provider::{History, ModelHistory, ROUTE, ROUTE_NEEDS, RouteSettings, Weights};
use crate::store::Store;

/// How far back the store is asked.
const HISTORY_MS: i64 = 30 * 86_400_000;

/// The models that may answer a reference: those of a route, else the model itself.
pub(super) fn members(config: &Config, model: &ModelRef) -> Vec<ModelRef> {
    let route = config.routes.iter().find(|route| *model.model == *route.name.as_str());
    let route = route.filter(|_| model.provider.as_str() == ROUTE);
    route.map_or_else(|| vec![model.clone()], |route| route.models.clone())
}

/// The routes as the caller takes them.
pub(super) fn settings(config: &Config) -> Vec<RouteSettings> {
    config.routes.iter().map(settings_of).collect()
}

fn settings_of(route: &RouteConfig) -> RouteSettings {
    let needs = ROUTE_NEEDS.iter().filter(|(word, _)| route.needs.contains(word)).map(|(_, need)| *need);
    let usual = RouteSettings::new(route.name.clone(), route.strategy, route.models.clone());
    RouteSettings {
        on: route.on.clone(),
        needs: needs.collect(),
        weights: route.weights.map_or(usual.weights, |[success, cost, latency]| Weights { success, cost, latency }),
        continue_partial: route.continue_partial,
        place: Some(route.place.clone()),
        ..usual
    }
}

/// What the calls of the last 30 days say about models.
pub(super) struct StoredHistory {
    store: Store,
    not_before: Timestamp,
}

impl StoredHistory {
    pub(super) fn new(store: Store, now: Timestamp) -> StoredHistory {
        StoredHistory { store, not_before: Timestamp(now.0.saturating_sub(HISTORY_MS)) }
    }
}

impl History for StoredHistory {
    fn of(&self, model: &ModelRef) -> Option<ModelHistory> {
        let calls = self.store.model_calls(model, self.not_before).unwrap_or_else(|error| {
            tracing::warn!(%error, "the history of a model cannot be read");
            None
        })?;
        Some(ModelHistory {
            calls: calls.calls,
            failed: calls.failed,
            p50_latency_ms: calls.p50_latency_ms,
            mean_cost: calls.mean_cost,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_and_caller_know_the_same_needs() {
        let words: Vec<&str> = ROUTE_NEEDS.iter().map(|(word, _)| *word).collect();
        assert_eq!(words, crate::config::ROUTE_NEED_WORDS);
    }
}
