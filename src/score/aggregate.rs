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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn scored(weight: f64, value: f64, passed: bool) -> Score {
        state(weight, ScoreState::Scored { value: Ratio::clamped(value), passed })
    }

    fn state(weight: f64, state: ScoreState) -> Score {
        Score {
            name: "n".into(),
            check: "c".into(),
            version: 1,
            weight,
            state,
            reason: "because".into(),
            details: None,
        }
    }

    fn all(scores: &[Score]) -> (Outcome, Option<f64>) {
        let graded = aggregate(scores, &PassRule::All);
        (graded.outcome, graded.score.map(Ratio::get))
    }

    fn over(threshold: f64, scores: &[Score]) -> Outcome {
        aggregate(scores, &PassRule::Threshold(Ratio::clamped(threshold))).outcome
    }

    #[test]
    fn all_checks_must_pass_and_the_score_is_the_weighted_mean() {
        assert_eq!(all(&[scored(1.0, 1.0, true), scored(3.0, 0.5, true)]), (Outcome::Pass, Some(0.625)));
        assert_eq!(all(&[scored(1.0, 1.0, true), scored(3.0, 0.0, false)]), (Outcome::Fail, Some(0.25)));
    }

    #[test]
    fn a_failure_decides_before_doubt_and_doubt_before_a_pass() {
        let doubt = || state(1.0, ScoreState::Ungraded);
        assert_eq!(all(&[doubt(), scored(1.0, 0.0, false)]), (Outcome::Fail, Some(0.0)));
        assert_eq!(all(&[scored(1.0, 1.0, true), doubt()]), (Outcome::Ungraded, Some(1.0)));
        assert_eq!(over(0.1, &[scored(1.0, 1.0, true), doubt()]), Outcome::Ungraded);
        let note = aggregate(&[doubt()], &PassRule::All).note;
        assert_eq!(note.as_deref(), Some("`n` could not be graded: because"));
    }

    #[test]
    fn weight_zero_informs_only() {
        let informing = [scored(0.0, 0.0, false), state(0.0, ScoreState::Ungraded)];
        assert_eq!(all(&informing), (Outcome::Ungraded, None));
        assert_eq!(all(&[&informing[..], &[scored(1.0, 1.0, true)]].concat()), (Outcome::Pass, Some(1.0)));
    }

    #[test]
    fn nothing_checked_is_nothing_passed() {
        assert_eq!(all(&[]), (Outcome::Ungraded, None));
        assert_eq!(all(&[state(1.0, ScoreState::NotApplicable)]), (Outcome::Ungraded, None));
        assert_eq!(over(0.0, &[]), Outcome::Ungraded);
        let note = aggregate(&[state(1.0, ScoreState::NotApplicable)], &PassRule::All).note;
        assert_eq!(note.as_deref(), Some("no check applies to this reply"));
        assert_eq!(all(&[state(1.0, ScoreState::NotApplicable), scored(1.0, 1.0, true)]), (Outcome::Pass, Some(1.0)));
    }

    #[test]
    fn a_threshold_lets_single_checks_fail() {
        let scores = [scored(0.1, 1.0, true), scored(0.2, 1.0, true), scored(0.3, 1.0, true), scored(0.4, 0.0, false)];
        assert_eq!(over(0.6, &scores), Outcome::Pass);
        assert_eq!(over(0.61, &scores), Outcome::Fail);
    }

    fn any_score() -> impl Strategy<Value = Score> {
        let weight = prop_oneof![Just(0.0), 0.0..1e6f64, Just(f64::MAX), Just(f64::NAN), Just(-1.0), Just(5e-324)];
        let any_state = prop_oneof![
            (0.0..=1.0f64, any::<bool>())
                .prop_map(|(value, passed)| ScoreState::Scored { value: Ratio::clamped(value), passed }),
            Just(ScoreState::Ungraded),
            Just(ScoreState::NotApplicable),
        ];
        (weight, any_state).prop_map(|(weight, of)| state(weight, of))
    }

    proptest! {
        #[test]
        fn the_score_lies_between_the_lowest_and_the_highest(
            scores in prop::collection::vec(any_score(), 0..8),
            threshold in 0.0..=1.0f64,
        ) {
            for rule in [PassRule::All, PassRule::Threshold(Ratio::clamped(threshold))] {
                let graded = aggregate(&scores, &rule);
                let values: Vec<f64> =
                    scores.iter().filter(|s| counts(s.weight)).filter_map(value_of).map(|(_, v)| v.get()).collect();
                let (low, high) = (values.iter().copied().fold(1.0, f64::min), values.iter().copied().fold(0.0, f64::max));
                match graded.score {
                    Some(score) => prop_assert!(score.get() >= low - 1e-12 && score.get() <= high + 1e-12),
                    None => prop_assert!(values.is_empty() && graded.outcome == Outcome::Ungraded),
                }
                prop_assert_eq!(graded.outcome == Outcome::Ungraded, graded.note.is_some());
                let doubt = scores.iter().any(|s| counts(s.weight) && s.state == ScoreState::Ungraded);
                prop_assert!(!(doubt && graded.outcome == Outcome::Pass), "a doubt never passes");
            }
        }
    }
}
