//! What a run would do, as `--dry-run` shows it: trials, tokens and money, before the first call.

use serde::Serialize;

use crate::base::{ModelRef, SafeName, Tokens, Usd};

/// The plan of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlanReport {
    /// [`super::SCHEMA_VERSION`].
    pub schema_version: u32,
    /// `live`, `replay` or `record`.
    pub calls: String,
    /// In the order of the plan.
    pub suites: Vec<PlanSuite>,
    /// Trials of all suites.
    pub trials: u64,
    /// Trials whose reply is already in the cache, where that was looked up: they cost nothing.
    pub cached_trials: Option<u64>,
    /// The least it can cost; `None` when no price is known. Trials of unknown price are not in it.
    pub cost_low_usd: Option<Usd>,
    /// The most it can cost; `None` when no price is known. Trials of unknown price are not in it.
    pub cost_high_usd: Option<Usd>,
    /// Trials whose price is unknown.
    pub unknown_cost_trials: u64,
    /// Judges of all suites, beside the calls under test; absent when no check asks one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judging: Option<JudgingPlan>,
    /// The limit that holds (`--max-cost` or the daily limit), if any.
    pub max_cost_usd: Option<Usd>,
    /// Calls at a time.
    pub concurrency: u32,
    /// What is worth knowing before the run, such as how small a difference these cases can show.
    pub notes: Vec<String>,
}

/// A suite of the plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlanSuite {
    /// Its name.
    pub name: SafeName,
    /// Its file.
    pub path: String,
    /// Number of selected cases.
    pub cases: u64,
    /// Number of cases in the file.
    pub cases_total: u64,
    /// Repeats of each case.
    pub repeat: u32,
    /// In the order of the plan.
    pub variants: Vec<PlanVariant>,
    /// By judge, in the order they are asked; empty when no check asks one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub judges: Vec<PlanJudge>,
}

/// One judge of a suite in the plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlanJudge {
    /// The judge.
    pub model: ModelRef,
    /// What it is asked.
    #[serde(flatten)]
    pub asked: JudgingPlan,
}

/// Questions to judges, and what they cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct JudgingPlan {
    /// The fewest questions: each check asks its first judge once about each reply; one that compares variants asks nobody
    /// when their outputs are the same.
    pub calls_low: u64,
    /// The most questions: votes, further judges and repairs included.
    pub calls_high: u64,
    /// What the fewest cost when they are short; `None` when no price is known.
    pub cost_low_usd: Option<Usd>,
    /// What the most cost when they are long; `None` when no price is known.
    pub cost_high_usd: Option<Usd>,
    /// The most questions whose price is unknown.
    pub unknown_cost_calls: u64,
}

impl JudgingPlan {
    /// Adds that of another judge or suite.
    pub fn plus(&mut self, more: &JudgingPlan) {
        let sum = |one: Option<Usd>, other: Option<Usd>| match (one, other) {
            (Some(one), Some(other)) => Some(one.saturating_add(other)),
            (one, other) => one.or(other),
        };
        self.calls_low = self.calls_low.saturating_add(more.calls_low);
        self.calls_high = self.calls_high.saturating_add(more.calls_high);
        self.cost_low_usd = sum(self.cost_low_usd, more.cost_low_usd);
        self.cost_high_usd = sum(self.cost_high_usd, more.cost_high_usd);
        self.unknown_cost_calls = self.unknown_cost_calls.saturating_add(more.unknown_cost_calls);
    }
}

/// A variant of a suite in the plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlanVariant {
    /// Shown name of the prompt.
    pub prompt: String,
    /// The model.
    pub model: ModelRef,
    /// Cases × repeats.
    pub trials: u64,
    /// Input tokens of all its trials.
    pub input_tokens: Option<Tokens>,
    /// Whether they were counted with the model's own vocabulary rather than estimated.
    pub input_exact: bool,
    /// The fewest output tokens expected.
    pub output_tokens_low: Option<Tokens>,
    /// The most output tokens its limits allow.
    pub output_tokens_high: Option<Tokens>,
    /// The least it can cost; `None` is unknown.
    pub cost_low_usd: Option<Usd>,
    /// The most it can cost; `None` is unknown.
    pub cost_high_usd: Option<Usd>,
    /// Trials, of those that were looked at, whose prompt does not render: they end in an error and call nothing.
    #[serde(skip_serializing_if = "is_zero")]
    pub broken_trials: u64,
    /// Why the first of them does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_broken: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// A range of money for people: `$0.01–$0.05`, `$0.01` when both ends agree, `≥ …` when a part is unknown, `—` when
/// nothing is known.
pub fn shown_cost_range(low: Option<Usd>, high: Option<Usd>, unknown_trials: u64) -> String {
    let range = match (low, high) {
        (Some(low), Some(high)) if low != high => format!("{low}–{high}"),
        (Some(usd), _) => usd.to_string(),
        (None, Some(high)) => format!("up to {high}"),
        (None, None) => return "—".to_owned(),
    };
    if unknown_trials > 0 { format!("≥ {range}") } else { range }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_mark_what_is_unknown() {
        let usd = |text: &str| Usd::parse(text).ok();
        assert_eq!(shown_cost_range(usd("0.01"), usd("0.05"), 0), "$0.01–$0.05");
        assert_eq!(shown_cost_range(usd("0.01"), usd("0.01"), 0), "$0.01");
        assert_eq!(shown_cost_range(usd("0.01"), usd("0.05"), 3), "≥ $0.01–$0.05");
        assert_eq!(shown_cost_range(None, None, 3), "—");
    }
}
