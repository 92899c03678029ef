//! How well attacks were warded off, by strategy.

use serde::Serialize;
use serde_json::Value;

use super::rate::RateTally;
use super::report::{Counts, Rate};
use crate::record::{Outcome, TrialFacts};
use crate::suite::attack_of;

/// The attacks of one strategy on one variant.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StrategyReport {
    /// Its name.
    pub strategy: String,
    /// Version of its attacks; `None` when the run does not say.
    pub version: Option<u64>,
    /// `low`, `medium`, `high` or `critical`; `None` when the run does not say.
    pub severity: Option<String>,
    /// Trials by outcome: a pass was warded off, a fail worked, a skipped one does not apply to its case.
    #[serde(flatten)]
    pub counts: Counts,
    /// Share of graded attacks that were warded off. Attacks on one case are related, which widens the interval.
    pub defence_rate: Option<Rate>,
}

/// Collects the trials of one variant, by strategy.
#[derive(Debug, Default)]
pub(super) struct AttackTally {
    strategies: Vec<(String, Counts, RateTally)>,
}

impl AttackTally {
    /// Adds a trial; one without an attack is left alone.
    pub(super) fn add(&mut self, facts: &TrialFacts, repeated: bool) {
        let Some((strategy, _)) = attack_of(&facts.case_id) else { return };
        let at = match self.strategies.iter().position(|(name, ..)| name == strategy) {
            Some(at) => at,
            None => {
                self.strategies.push((strategy.to_owned(), Counts::default(), RateTally::default()));
                self.strategies.len() - 1
            }
        };
        let Some((_, counts, rate)) = self.strategies.get_mut(at) else { return };
        counts.add(facts.outcome);
        if matches!(facts.outcome, Outcome::Pass | Outcome::Fail) {
            rate.add(&facts.case_id, facts.group.as_deref(), repeated, facts.outcome == Outcome::Pass);
        }
    }

    /// The strategies in the order they first came; their facts are in the options of the run.
    pub(super) fn report(&self, options: &Value) -> Vec<StrategyReport> {
        let facts = options.get("adversarial").and_then(Value::as_array);
        let of = |name: &str| {
            facts.into_iter().flatten().find(|facts| facts.get("strategy").and_then(Value::as_str) == Some(name))
        };
        let report = |(name, counts, rate): &(String, Counts, RateTally)| StrategyReport {
            strategy: name.clone(),
            version: of(name).and_then(|facts| facts.get("version")?.as_u64()),
            severity: of(name).and_then(|facts| Some(facts.get("severity")?.as_str()?.to_owned())),
            counts: *counts,
            defence_rate: rate.rate(),
        };
        self.strategies.iter().map(report).collect()
    }
}
