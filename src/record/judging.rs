//! What judging cost.

use serde::Serialize;

use crate::base::Usd;

/// Calls that checks made, and their money: apart from the calls under test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct JudgeTotals {
    /// Calls of checks.
    pub calls: u64,
    /// Of these, those that went over the network.
    pub live: u64,
    /// Calls without a reply.
    pub failed: u64,
    /// What the replies cost, whoever paid; `None` when no price is known.
    pub cost_usd: Option<Usd>,
    /// Calls whose cost is unknown.
    pub unknown_cost_calls: u64,
    /// What the run spent on them.
    pub spent_usd: Usd,
    /// Calls of which it is unknown.
    pub unknown_spent_calls: u64,
}

impl JudgeTotals {
    /// Adds those of another group.
    pub fn plus(&mut self, more: &JudgeTotals) {
        self.calls += more.calls;
        self.live += more.live;
        self.failed += more.failed;
        self.cost_usd = match (self.cost_usd, more.cost_usd) {
            (Some(one), Some(other)) => Some(one.saturating_add(other)),
            (one, other) => one.or(other),
        };
        self.unknown_cost_calls += more.unknown_cost_calls;
        self.spent_usd = self.spent_usd.saturating_add(more.spent_usd);
        self.unknown_spent_calls += more.unknown_spent_calls;
    }
}
