//! The mean score of a variant, with an interval that repeats and related cases do not narrow.

use std::collections::HashMap;

use serde::Serialize;

use super::rate::{CONFIDENCE, RateTally, real};
use crate::stats::{Cluster, ClusteredMean, Interval, MeanEstimate, Sum, wilson_of_share};

/// Clusters from which on Student's law holds for scores however they are spread.
const MANY: u64 = 30;

/// The 95 % interval of a mean score.
///
/// The unit is the case: repeats of a case are one cluster, and so are all cases of one `group`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ScoreInterval {
    /// Lower end, within 0..=1.
    pub low: f64,
    /// Upper end, within 0..=1.
    pub high: f64,
    /// Confidence of the interval.
    pub confidence: f64,
    /// Standard error over clusters (Miller 2024, times √(G/(G−1)) for G clusters); `None` with a single one.
    pub stderr: Option<f64>,
    /// Clusters: cases, or groups of cases, with a score.
    pub clusters: u64,
    /// What the interval is made by.
    pub method: ScoreMethod,
}

/// How an interval of a mean score is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ScoreMethod {
    /// mean ± t·stderr with G − 1 degrees of freedom, for 30 and more clusters.
    T,
    /// Wilson's for that many passes, for fewer clusters or scores that do not vary: on the safe side, because of all
    /// scores with this mean, 0 and 1 vary most.
    Wilson,
}

/// The weighted mean of all scores, with its interval; `None` when nothing was scored.
pub(super) fn mean_score(tally: &RateTally) -> Option<(f64, Option<ScoreInterval>)> {
    let by_case = ClusteredMean::of(&tally.scores().map(|(scores, _)| scores))?;
    // Scores lie in 0..=1, and so does their mean, but for rounding.
    let mean = by_case.mean.clamp(0.0, 1.0);
    let groups = grouped(tally);
    let clustered = match &groups {
        None => by_case,
        Some(groups) => ClusteredMean::of(&groups.values().copied().chain(alone(tally)))?,
    };
    let estimate = clustered.estimate();
    let by_t = estimate.filter(|estimate| clustered.clusters >= MANY && estimate.stderr > 1e-9).and_then(t_interval);
    let (interval, method) = match by_t {
        Some(interval) => (Some(interval), ScoreMethod::T),
        None => (wilson_of_share(mean, worth(tally, &by_case, &clustered), CONFIDENCE), ScoreMethod::Wilson),
    };
    let interval = interval.map(|Interval { low, high }| ScoreInterval {
        low,
        high,
        confidence: CONFIDENCE,
        stderr: estimate.map(|estimate| estimate.stderr),
        clusters: clustered.clusters,
        method,
    });
    Some((mean, interval))
}

fn t_interval(estimate: MeanEstimate) -> Option<Interval> {
    let found = estimate.t_interval(CONFIDENCE)?;
    Some(Interval { low: found.low.clamp(0.0, 1.0), high: found.high.clamp(0.0, 1.0) })
}

/// The scores of each group; `None` without groups.
fn grouped(tally: &RateTally) -> Option<HashMap<u32, Cluster>> {
    let mut groups: HashMap<u32, Cluster> = HashMap::new();
    for (scores, group) in tally.scores() {
        if let Some(group) = group {
            groups.entry(group).or_default().merge(&scores);
        }
    }
    (!groups.is_empty()).then_some(groups)
}

/// The scores of each case without a group.
fn alone(tally: &RateTally) -> impl Iterator<Item = Cluster> + Clone {
    tally.scores().filter(|(_, group)| group.is_none()).map(|(scores, _)| scores)
}

/// The number of equal, unrelated cases that the cases are worth: (Σw)²/Σw² (Kish 1965), divided by the design effect of
/// groups, (error over clusters / error over cases)², at least 1.
fn worth(tally: &RateTally, by_case: &ClusteredMean, clustered: &ClusteredMean) -> f64 {
    let weights = || tally.scores().map(|(scores, _)| scores.weight());
    let squares = weights().map(|weight| weight * weight).collect::<Sum>().total();
    let equal = weights().collect::<Sum>().total().powi(2) / squares;
    if clustered.clusters == by_case.clusters {
        return equal;
    }
    match (clustered.estimate(), by_case.estimate()) {
        (Some(over_clusters), Some(over_cases)) if over_cases.stderr > 1e-9 => {
            equal / (over_clusters.stderr / over_cases.stderr).powi(2).max(1.0)
        }
        _ => real(clustered.clusters).min(equal),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::base::CaseId;
    use crate::stats::{two_sided_t, wilson};

    fn tally(scores: &[(u32, Option<&str>, f64, f64)], repeated: bool) -> RateTally {
        let mut tally = RateTally::default();
        for (case, group, score, weight) in scores {
            let id = CaseId::parse(&format!("c{case}")).expect("id");
            tally.add_score(&id, *group, repeated, *score, *weight);
        }
        tally
    }

    #[track_caller]
    fn close(found: f64, wanted: f64) {
        assert!((found - wanted).abs() < 1e-12, "{found} is not {wanted}");
    }

    #[test]
    fn many_cases_have_the_interval_of_student() {
        // 20 × 0.5 and 20 × 1: mean 0.75, s² = 40·(1/16)/39, stderr = s/√40.
        let scores: Vec<_> = (0..40).map(|case| (case, None, if case < 20 { 0.5 } else { 1.0 }, 1.0)).collect();
        let (mean, interval) = mean_score(&tally(&scores, false)).expect("mean");
        let interval = interval.expect("interval");
        let stderr = (40.0_f64 / 16.0 / 39.0 / 40.0).sqrt();
        close(mean, 0.75);
        close(interval.stderr.expect("error"), stderr);
        close(interval.high, 0.75 + two_sided_t(0.95, 39.0).expect("t") * stderr);
        assert_eq!((interval.clusters, interval.method), (40, ScoreMethod::T));
    }

    #[test]
    fn few_cases_and_equal_scores_have_the_interval_of_a_share() {
        let of = |count: u32, score: f64| {
            let scores: Vec<_> = (0..count).map(|case| (case, None, score, 1.0)).collect();
            mean_score(&tally(&scores, false)).and_then(|(_, interval)| interval).expect("interval")
        };
        for (count, found) in [(8, of(8, 1.0)), (50, of(50, 1.0))] {
            let wanted = wilson(count, count, 0.95).expect("interval");
            close(found.low, wanted.low);
            assert_eq!((found.high, found.method), (1.0, ScoreMethod::Wilson));
        }
        let wanted = wilson(6, 8, 0.95).expect("interval");
        close(of(8, 0.75).low, wanted.low);
        close(of(8, 0.75).high, wanted.high);
        assert_eq!(of(1, 0.5).stderr, None);
    }

    #[test]
    fn repeats_of_a_case_are_one_cluster() {
        // 40 cases, half of them always 1, half always 0, once and five times each: the same interval.
        let scores = |times: u32| -> Vec<_> {
            (0..40 * times).map(|i| (i % 40, None, f64::from(u8::from(i % 40 < 20)), 1.0)).collect()
        };
        let (once, often) = (mean_score(&tally(&scores(1), true)), mean_score(&tally(&scores(5), true)));
        let (once, often) = (once.and_then(|m| m.1).expect("interval"), often.and_then(|m| m.1).expect("interval"));
        close(once.low, often.low);
        close(once.high, often.high);
        assert_eq!((often.clusters, often.method), (40, ScoreMethod::T));
        // By hand: stderr² = ¼/40 · 40/39.
        close(often.stderr.expect("error"), (0.25 / 39.0_f64).sqrt());
    }

    #[test]
    fn a_case_with_more_repeats_counts_no_more() {
        // One case twice, at ½ on average, and two cases once, at 1.
        let scores = [(0, None, 1.0, 1.0), (0, None, 0.0, 1.0), (1, None, 1.0, 1.0), (2, None, 1.0, 1.0)];
        let (mean, interval) = mean_score(&tally(&scores, true)).expect("mean");
        close(mean, 2.5 / 3.0);
        close(interval.expect("interval").low, wilson_of_share(2.5 / 3.0, 3.0, 0.95).expect("interval").low);
    }

    #[test]
    fn cases_of_a_group_are_one_cluster() {
        let scores: Vec<_> = (0..20)
            .map(|case| (case, Some(["a", "b", "c", "d"][case as usize / 5]), f64::from(u8::from(case < 10)), 1.0))
            .collect();
        let (mean, interval) = mean_score(&tally(&scores, false)).expect("mean");
        let interval = interval.expect("interval");
        close(mean, 0.5);
        assert_eq!((interval.clusters, interval.method), (4, ScoreMethod::Wilson));
        // As for the pass rate of the same cases: they are worth 60/19.
        close(interval.low, wilson_of_share(0.5, 60.0 / 19.0, 0.95).expect("interval").low);
        let one: Vec<_> = (0..9).map(|case| (case, Some("g"), f64::from(u8::from(case < 5)), 1.0)).collect();
        let alone = mean_score(&tally(&one, false)).and_then(|m| m.1).expect("interval");
        assert_eq!((alone.clusters, alone.stderr), (1, None));
        close(alone.low, wilson_of_share(5.0 / 9.0, 1.0, 0.95).expect("interval").low);
    }

    #[test]
    fn a_case_without_weight_has_no_part() {
        assert_eq!(mean_score(&tally(&[(0, None, 1.0, 0.0)], false)), None);
        assert_eq!(mean_score(&RateTally::default()), None);
        let (mean, interval) = mean_score(&tally(&[(0, None, 1.0, 3.0), (1, None, 0.0, 1.0)], false)).expect("mean");
        close(mean, 0.75);
        // (3 + 1)²/(9 + 1) = 1.6 cases.
        close(interval.expect("interval").low, wilson_of_share(0.75, 1.6, 0.95).expect("interval").low);
    }

    proptest! {
        #[test]
        fn intervals_hold_the_mean_whatever_the_order(
            scores in prop::collection::vec((0_u32..50, 0.0_f64..=1.0), 1..120),
            repeated: bool,
        ) {
            let names = [None, None, Some("a"), Some("b")];
            let mut trials: Vec<_> =
                scores.iter().map(|(case, score)| (*case, names[*case as usize % 4], *score, f64::from(case % 3))).collect();
            let found = mean_score(&tally(&trials, repeated));
            trials.reverse();
            let reversed = mean_score(&tally(&trials, repeated));
            prop_assert_eq!(found.is_some(), reversed.is_some());
            if let (Some((mean, Some(interval))), Some((other, Some(turned)))) = (found, reversed) {
                prop_assert!((0.0..=1.0).contains(&mean) && interval.low >= 0.0 && interval.high <= 1.0);
                prop_assert!(interval.low <= mean && mean <= interval.high);
                prop_assert_eq!(mean.to_bits(), other.to_bits());
                prop_assert!((interval.low - turned.low).abs() < 1e-12 && (interval.high - turned.high).abs() < 1e-12);
                prop_assert!(interval.stderr.is_none_or(f64::is_finite));
            }
        }
    }
}
