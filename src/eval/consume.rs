//! Sums of tokens and money, of which a part may be unknown.

use super::report::Consumption;
use crate::base::{Tokens, Usd};
use crate::record::{JudgeTotals, TrialFacts};

/// Adds a trial's tokens and money. Cost and tokens belong to replies; a call that failed has neither, but may have
/// been billed.
pub(super) fn consume(used: &mut Consumption, facts: &TrialFacts) {
    if facts.source.is_some() {
        add_money(&mut used.spent_usd, &mut used.unknown_spent_calls, facts.spent);
    }
    if facts.latency_ms.is_none() {
        return;
    }
    used.replies += 1;
    add_money(&mut used.cost_usd, &mut used.unknown_cost_calls, facts.cost);
    let input = facts.usage.and_then(|usage| usage.total_input());
    let output = facts.usage.and_then(|usage| usage.total_output());
    used.unknown_usage_calls += u64::from(input.is_none() || output.is_none());
    add_tokens(&mut used.input_tokens, input);
    add_tokens(&mut used.output_tokens, output);
}

fn add_tokens(sum: &mut Option<Tokens>, more: Option<Tokens>) {
    if let Some(more) = more {
        *sum = Some(sum.unwrap_or_default().plus(more));
    }
}

/// Adds what is known to a sum, and counts what is not.
pub(super) fn add_money(sum: &mut Option<Usd>, unknown: &mut u64, more: Option<Usd>) {
    match more {
        Some(more) => *sum = Some(sum.unwrap_or_default().saturating_add(more)),
        None => *unknown += 1,
    }
}

/// What judging took in all; `None` when nobody was asked.
pub(super) fn sum_of_judging<'t>(groups: impl Iterator<Item = &'t JudgeTotals>) -> Option<JudgeTotals> {
    groups.copied().reduce(|mut all, more| {
        all.plus(&more);
        all
    })
}
