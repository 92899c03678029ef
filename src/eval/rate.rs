//! Pass rates with honest intervals: the unit is the case, whatever the number of repeats.

use std::collections::HashMap;

use super::report::Rate;
use crate::base::CaseId;
use crate::stats::{Cluster, quantile_of_sorted, wilson_of_share};

/// Confidence of all intervals.
pub(super) const CONFIDENCE: f64 = 0.95;

/// Collects graded trials and scores. Without repeats and groups it is two counters and a list of scores; otherwise one
/// small entry per case.
#[derive(Debug, Default)]
pub(super) struct RateTally {
    single_pass: u64,
    single_graded: u64,
    /// Score and weight.
    single_scores: Vec<(f64, f64)>,
    cases: HashMap<CaseId, CaseTally>,
    groups: HashMap<String, u32>,
}

/// One case that may come again, or that belongs to a group.
#[derive(Debug, Default)]
pub(super) struct CaseTally {
    pub(super) pass: u32,
    pub(super) graded: u32,
    /// Number of its group.
    pub(super) group: Option<u32>,
    /// Scores of its repeats, each counting the same.
    scores: Cluster,
    /// What the case counts in the mean score.
    weight: f64,
}

impl RateTally {
    /// Adds a graded trial. `repeated` says whether the case may come again.
    pub(super) fn add(&mut self, case: &CaseId, group: Option<&str>, repeated: bool, passed: bool) {
        if !repeated && group.is_none() {
            self.single_graded += 1;
            self.single_pass += u64::from(passed);
            return;
        }
        let tally = self.case(case, group);
        tally.graded += 1;
        tally.pass += u32::from(passed);
    }

    /// Adds a trial's score, from 0 to 1. A case without weight has no part in the mean.
    pub(super) fn add_score(&mut self, case: &CaseId, group: Option<&str>, repeated: bool, score: f64, weight: f64) {
        if !repeated && group.is_none() {
            self.single_scores.push((score, weight));
            return;
        }
        let tally = self.case(case, group);
        tally.scores.add(score, 1.0);
        tally.weight = weight;
    }

    /// The mean score of each case, with its weight and the number of its group. Repeats are averaged first: a case of
    /// which more were scored counts no more than others.
    pub(super) fn scores(&self) -> impl Iterator<Item = (Cluster, Option<u32>)> + Clone {
        let singles = self.single_scores.iter().map(|(score, weight)| (Cluster::single(*score, *weight), None));
        let of_case = |case: &CaseTally| Some((Cluster::single(case.scores.mean()?, case.weight), case.group));
        singles.chain(self.cases.values().filter_map(of_case))
    }

    /// The cases that may come again or belong to a group.
    pub(super) fn cases(&self) -> impl Iterator<Item = &CaseTally> {
        self.cases.values()
    }

    fn case(&mut self, case: &CaseId, group: Option<&str>) -> &mut CaseTally {
        let group = group.map(|name| self.group_index(name));
        self.cases.entry(case.clone()).or_insert_with(|| CaseTally { group, ..CaseTally::default() })
    }

    fn group_index(&mut self, name: &str) -> u32 {
        if let Some(index) = self.groups.get(name) {
            return *index;
        }
        let index = u32::try_from(self.groups.len()).unwrap_or(u32::MAX);
        self.groups.insert(name.to_owned(), index);
        index
    }

    /// The rate with its 95 % interval; `None` when nothing was graded.
    ///
    /// Repeats of a case are averaged first (Miller 2024). Cases of one group are a cluster: n is divided by the design
    /// effect (`SE_CR1` / `SE_naive`)², at least 1. The interval is Wilson's.
    pub(super) fn rate(&self) -> Option<Rate> {
        self.rate_over((self.single_pass, self.single_graded), CaseTally::share)
    }

    /// The mean over cases of a figure from 0 to 1, of those that have it, with the same interval as the rate. Only cases
    /// that may come again or belong to a group have it.
    pub(super) fn rate_of_cases(&self, figure: impl Fn(&CaseTally) -> Option<f64>) -> Option<Rate> {
        self.rate_over((0, 0), figure)
    }

    fn rate_over(&self, singles: (u64, u64), figure: impl Fn(&CaseTally) -> Option<f64>) -> Option<Rate> {
        let figures: Vec<(f64, Option<u32>)> =
            self.cases.values().filter_map(|case| Some((figure(case)?, case.group))).collect();
        let (pass, graded) = singles;
        let n = graded + count(figures.len());
        if n == 0 {
            return None;
        }
        let mean = ((real(pass) + sum(figures.iter().map(|(figure, _)| *figure))) / real(n)).clamp(0.0, 1.0);
        let (clusters, effective) = effective_n(singles, &figures, mean);
        let interval = wilson_of_share(mean, effective, CONFIDENCE)?;
        let clustered = clusters < n || self.cases.values().any(|case| case.graded > 1);
        Some(Rate { estimate: mean, low: interval.low, high: interval.high, confidence: CONFIDENCE, n, clustered })
    }
}

/// Number of clusters and the number of independent cases that the cases are worth. `singles` are passed and all cases
/// that stand alone, `figures` those of the others with their groups.
fn effective_n(singles: (u64, u64), figures: &[(f64, Option<u32>)], mean: f64) -> (u64, f64) {
    let (pass, graded) = singles;
    let n = graded + count(figures.len());
    let mut errors: HashMap<u32, f64> = HashMap::new();
    let mut alone = 0_u64;
    let mut squares = real(pass) * (1.0 - mean).powi(2) + real(graded - pass) * mean.powi(2);
    let mut cluster_squares = squares;
    for (figure, group) in figures {
        let error = figure - mean;
        squares += error * error;
        if let Some(group) = group {
            *errors.entry(*group).or_default() += error;
        } else {
            alone += 1;
            cluster_squares += error * error;
        }
    }
    let clusters = graded + alone + count(errors.len());
    if clusters >= n {
        return (n, real(n));
    }
    cluster_squares += sum(errors.values().map(|error| error * error));
    if clusters < 2 || squares < 1e-12 {
        return (clusters, real(clusters));
    }
    let naive = squares / real(n - 1) / real(n);
    let cr1 = cluster_squares / real(n).powi(2) * real(clusters) / real(clusters - 1);
    let effect = (cr1 / naive).max(1.0);
    (clusters, (real(n) / effect).max(1.0))
}

impl CaseTally {
    /// Share of its graded repeats that pass; `None` when none was graded.
    fn share(&self) -> Option<f64> {
        (self.graded > 0).then(|| f64::from(self.pass) / f64::from(self.graded))
    }
}

/// The sum, whatever the order in which a hash map gives its values: the report of one run must not vary.
fn sum(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.iter().sum()
}

/// A count as a real number.
#[expect(clippy::cast_precision_loss, reason = "counts of trials are far below 2^53")]
pub(super) fn real(count: u64) -> f64 {
    count as f64
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// Quantile of whole numbers, see [`quantile_of_sorted`]; `None` when there are none.
pub(super) fn quantile(sorted: &[u32], q: f64) -> Option<f64> {
    let values: Vec<f64> = sorted.iter().copied().map(f64::from).collect();
    quantile_of_sorted(&values, q)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::wilson;

    fn id(text: &str) -> CaseId {
        CaseId::parse(text).expect("id")
    }

    fn close(found: f64, wanted: f64) {
        assert!((found - wanted).abs() < 5e-5, "{found} is not {wanted}");
    }

    #[test]
    fn single_trials_give_the_published_wilson_interval() {
        // Newcombe (1998), Statistics in Medicine 17:857, method 3.
        for (passed, total, low, high) in [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)] {
            let mut tally = RateTally::default();
            (0..total).for_each(|i| tally.add(&id(&format!("c{i}")), None, false, i < passed));
            let rate = tally.rate().expect("graded");
            close(rate.low, low);
            close(rate.high, high);
            assert!(!rate.clustered && rate.n == total);
        }
        assert_eq!(RateTally::default().rate(), None);
    }

    #[test]
    fn repeats_do_not_narrow_the_interval() {
        let mut once = RateTally::default();
        let mut thrice = RateTally::default();
        for i in 0..10 {
            once.add(&id(&format!("c{i}")), None, false, i < 8);
            (0..3).for_each(|_| thrice.add(&id(&format!("c{i}")), None, true, i < 8));
        }
        let (once, thrice) = (once.rate().expect("rate"), thrice.rate().expect("rate"));
        assert_eq!((once.estimate, once.low, once.high, once.n), (thrice.estimate, thrice.low, thrice.high, thrice.n));
        assert!(thrice.clustered && !once.clustered);
    }

    #[test]
    fn thirds_add_up_to_whole_successes() {
        let mut tally = RateTally::default();
        for (case, passes) in [("a", 1), ("b", 2), ("c", 3)] {
            (0..3).for_each(|i| tally.add(&id(case), None, true, i < passes));
        }
        let rate = tally.rate().expect("rate");
        close(rate.estimate, 2.0 / 3.0);
        let whole = wilson(2, 3, 0.95).expect("interval");
        close(rate.low, whole.low);
        close(rate.high, whole.high);
    }

    #[test]
    fn groups_that_move_together_count_as_one_case_each() {
        // 4 groups of 5 equal cases, 2 of them pass. Naive SE² = s²/n = (5/19)/20, CR1 = 4·(5·½)²/400·(4/3) = 1/12:
        // design effect 19/3, so they are worth 60/19 = 3.16 cases: ½ ± √(¼/n + z²/4n²)·z / (1 + z²/n).
        let mut tally = RateTally::default();
        for i in 0..20 {
            tally.add(&id(&format!("c{i}")), Some(&format!("g{}", i / 5)), false, i < 10);
        }
        let rate = tally.rate().expect("rate");
        assert_eq!((rate.n, rate.clustered), (20, true));
        close(rate.estimate, 0.5);
        close(rate.low, 0.129_58);
        close(rate.high, 0.870_42);
    }

    #[test]
    fn a_single_group_is_worth_one_case() {
        let mut tally = RateTally::default();
        (0..9).for_each(|i| tally.add(&id(&format!("c{i}")), Some("g"), false, true));
        let rate = tally.rate().expect("rate");
        assert_eq!((rate.estimate, rate.high), (1.0, 1.0));
        close(rate.low, 0.2065);
    }

    #[test]
    fn quantiles_interpolate_like_numpy() {
        // numpy.quantile([1, 2, 3, 4], …) and [1128, 2727].
        for (values, q, wanted) in [
            (&[1, 2, 3, 4][..], 0.5, 2.5),
            (&[1, 2, 3, 4], 0.95, 3.85),
            (&[1128, 2727], 0.95, 2647.05),
            (&[7], 0.95, 7.0),
        ] {
            close(quantile(values, q).expect("value"), wanted);
        }
        assert_eq!(quantile(&[], 0.5), None);
    }
}
