//! From the scores of a trial to its outcome.

use crate::base::Ratio;
use crate::record::{Outcome, Score, ScoreState};

/// Slack for sums of decimal weights: `0.1 + 0.2 + 0.3` is not 0.6 in binary, and must not fail a threshold of 0.6.
const SLACK: f64 = 1e-9;

/// When a trial passes.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum PassRule {
    /// Every check that applies and has weight passes. The default.
    #[default]
    All,
    /// The trial's score reaches this value; single checks may fail.
    Threshold(Ratio),
}

/// The outcome of a trial.
#[derive(Debug, Clone, PartialEq)]
pub struct Graded {
    /// `Pass`, `Fail` or `Ungraded`.
    pub outcome: Outcome,
    /// Σ weight · value / Σ weight over the scored checks with weight; `None` when there are none. Also told for an
    /// ungraded trial, where it covers only what could be scored: never average it with others then.
    pub score: Option<Ratio>,
    /// Why it is ungraded; `None` otherwise.
    pub note: Option<String>,
}

/// The outcome of a trial from the scores of its checks.
///
/// Checks of weight 0 inform only, and inapplicable checks count neither way: both are left out of everything below.
/// - Score: Σ weight · value / Σ weight over scored checks.
/// - [`PassRule::All`]: a failed check fails the trial, even beside an ungraded one: no grade of the other could save
///   it. Otherwise an ungraded check leaves it ungraded. Otherwise it passes.
/// - [`PassRule::Threshold`]: an ungraded check leaves it ungraded. Otherwise it passes when score ≥ threshold, with a
///   slack of 1e-9 for binary fractions.
/// - Without a check that counts, the trial is ungraded: nothing was checked, so nothing passed.
pub fn aggregate(scores: &[Score], rule: &PassRule) -> Graded {
    let counted: Vec<&Score> =
        scores.iter().filter(|score| counts(score.weight) && score.state != ScoreState::NotApplicable).collect();
    let mean = weighted_mean(counted.iter().filter_map(|score| value_of(score)));
    let graded = |outcome, note| Graded { outcome, score: mean, note };
    let ungraded = counted.iter().find(|score| score.state == ScoreState::Ungraded);
    let any_failed = counted.iter().any(|score| score.is_fail());
    if *rule == PassRule::All && any_failed {
        return graded(Outcome::Fail, None);
    }
    if let Some(first) = ungraded {
        return graded(Outcome::Ungraded, Some(format!("`{}` could not be graded: {}", first.name, first.reason)));
    }
    match (rule, mean) {
        (_, None) => graded(Outcome::Ungraded, Some(nothing_counted(scores))),
        (PassRule::All, Some(_)) => graded(Outcome::Pass, None),
        (PassRule::Threshold(threshold), Some(mean)) => {
            let reached = mean.get() + SLACK >= threshold.get();
            graded(if reached { Outcome::Pass } else { Outcome::Fail }, None)
        }
    }
}

/// Whether a weight counts towards pass and score.
pub(super) fn counts(weight: f64) -> bool {
    weight.is_finite() && weight > 0.0
}

/// Weight and value of a scored check.
pub(super) fn value_of(score: &Score) -> Option<(f64, Ratio)> {
    match score.state {
        ScoreState::Scored { value, .. } => Some((score.weight, value)),
        ScoreState::Ungraded | ScoreState::NotApplicable => None,
    }
}

/// Σ weight · value / Σ weight; `None` without any weight. Weights are scaled by the largest, so sums never overflow.
pub(super) fn weighted_mean(values: impl Iterator<Item = (f64, Ratio)>) -> Option<Ratio> {
    let values: Vec<(f64, Ratio)> = values.filter(|(weight, _)| counts(*weight)).collect();
    let largest = values.iter().map(|(weight, _)| *weight).fold(0.0, f64::max);
    if values.is_empty() {
        return None;
    }
    let total: f64 = values.iter().map(|(weight, _)| weight / largest).sum();
    let sum: f64 = values.iter().map(|(weight, value)| weight / largest * value.get()).sum();
    Some(Ratio::clamped(sum / total))
}

fn nothing_counted(scores: &[Score]) -> String {
    if scores.is_empty() {
        return "the trial has no checks".to_owned();
    }
    if scores.iter().all(|score| !counts(score.weight)) {
        return "all checks have weight 0: they inform, but nothing decides".to_owned();
    }
    "no check applies to this reply".to_owned()
}
