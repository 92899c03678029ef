//! The mean of numbers that come in clusters: repeats of a case, questions about one document.

use super::mean_interval::{MeanEstimate, finite};
use super::sum::Sum;

/// The numbers of one cluster, summed: each counts by its weight.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Cluster {
    weights: Sum,
    weighted: Sum,
}

impl Cluster {
    /// Adds a number. One that is not finite, or whose weight is not positive, is refused: `false`.
    pub fn add(&mut self, value: f64, weight: f64) -> bool {
        let sound = value.is_finite() && weight.is_finite() && weight > 0.0 && (value * weight).is_finite();
        if sound {
            self.weights.add(weight);
            self.weighted.add(value * weight);
        }
        sound
    }

    /// Adds the numbers of another one.
    pub fn merge(&mut self, other: &Cluster) {
        self.weights.merge(other.weights);
        self.weighted.merge(other.weighted);
    }

    /// Their weighted mean; `None` without a number.
    pub fn mean(&self) -> Option<f64> {
        (self.weight() > 0.0).then(|| self.weighted.total() / self.weight())
    }

    /// The sum of the weights; 0 without a number.
    pub fn weight(&self) -> f64 {
        self.weights.total()
    }

    /// A cluster of one number.
    pub fn single(value: f64, weight: f64) -> Cluster {
        let mut cluster = Cluster::default();
        cluster.add(value, weight);
        cluster
    }
}

/// What the numbers of some clusters say of the mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClusteredMean {
    /// The weighted mean of all numbers.
    pub mean: f64,
    /// Clusters with at least one number.
    pub clusters: u64,
    /// √Σ (sum of the cluster's distances from the mean)² / n (Miller 2024): too small for few clusters.
    pub stderr_miller: f64,
}

impl ClusteredMean {
    /// Of the clusters, in any order; `None` without a number.
    ///
    /// With weights it is the ratio of two totals, Σwx/Σw, and a cluster's distance is Σwx − mean·Σw (Cochran 1977,
    /// 6.3); with equal weights that is Miller's formula.
    pub fn of(clusters: &(impl Iterator<Item = Cluster> + Clone)) -> Option<ClusteredMean> {
        let all = || clusters.clone().filter(|cluster| cluster.weight() > 0.0);
        let count: u64 = all().map(|_| 1).sum();
        let whole = all().map(|cluster| cluster.weight()).collect::<Sum>().total();
        let mean =
            (count > 0).then(|| all().map(|cluster| cluster.weighted.total()).collect::<Sum>().total() / whole)?;
        let distance = |cluster: Cluster| cluster.weighted.total() - mean * cluster.weight();
        let squares = all().map(|cluster| distance(cluster).powi(2)).collect::<Sum>().total();
        Some(ClusteredMean { mean, clusters: count, stderr_miller: squares.sqrt() / whole })
    }

    /// The estimate for reports: Miller's error times √(G/(G−1)), with G − 1 degrees of freedom for G clusters. `None`
    /// with fewer than two clusters, of which nobody knows how they differ.
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    pub fn estimate(&self) -> Option<MeanEstimate> {
        let df = self.clusters.checked_sub(1).filter(|df| *df > 0)? as f64;
        let stderr = self.stderr_miller * ((df + 1.0) / df).sqrt();
        finite(MeanEstimate { mean: self.mean, stderr, df })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::{Rng, SeedableRng};

    use super::*;
    use crate::base::vectors::{Row, Vectors};
    use crate::stats::Moments;

    fn mean(clusters: &[Cluster]) -> Option<ClusteredMean> {
        ClusteredMean::of(&clusters.iter().copied())
    }

    fn clusters(row: &Row, values: &str) -> Vec<Cluster> {
        let mut found: BTreeMap<String, Cluster> = BTreeMap::new();
        for (value, name) in row.numbers(values).iter().zip(row.input("cluster").as_array().expect("list")) {
            assert!(found.entry(name.to_string()).or_default().add(*value, 1.0));
        }
        found.into_values().collect()
    }

    fn naive(values: &[f64]) -> Option<f64> {
        Some(MeanEstimate::of(&values.iter().copied().collect())?.stderr)
    }

    #[test]
    fn errors_match_the_vectors() {
        let vectors = Vectors::open("metrics/stats", 72);
        let mut seen = 0;
        for row in vectors.of("kind", "clustered_stderr") {
            let found = mean(&clusters(row, "scores")).expect("mean");
            row.close("mean", found.mean);
            row.same("n_clusters", found.clusters);
            row.relative("stderr_naive", naive(&row.numbers("scores")), 1e-9);
            if found.clusters > 1 {
                row.relative("stderr_clustered_miller", found.stderr_miller, 1e-9);
            } else {
                row.close("stderr_clustered_miller", found.stderr_miller);
            }
            row.relative("stderr_clustered_finite", found.estimate().map(|estimate| estimate.stderr), 1e-9);
            row.finish();
            seen += 1;
        }
        assert_eq!(seen, 8);
    }

    #[test]
    fn errors_and_intervals_match_the_other_vectors() {
        let vectors = Vectors::open("stats/clustered_se", 38);
        for row in vectors.rows() {
            let values = row.numbers("y");
            let found = mean(&clusters(row, "y"));
            row.within("mean", found.map(|found| found.mean), 1e-9);
            row.same("n", values.len());
            row.same("clusters", found.map_or(0, |found| found.clusters));
            row.within("se_naive", naive(&values), 1e-9);
            // Of one cluster this file says nothing, the other one 0.
            row.within("se_cr0", found.filter(|found| found.clusters > 1).map(|found| found.stderr_miller), 1e-9);
            let estimate = found.and_then(|found| found.estimate());
            row.within("se_cr1", estimate.map(|estimate| estimate.stderr), 1e-9);
            let confidence = row.param("conf").as_f64().expect("confidence");
            let interval = estimate.and_then(|estimate| estimate.t_interval(confidence));
            row.within("ci_low", interval.map(|interval| interval.low), 1e-9);
            row.within("ci_high", interval.map(|interval| interval.high), 1e-9);
        }
        let variance = "splitting the variance into its parts is asked for by no report";
        vectors.finish(&[
            ("icc_anova", variance),
            ("var_between", variance),
            ("var_within", variance),
            ("design_effect", variance),
        ]);
    }

    #[test]
    fn weights_count_like_copies_of_a_cluster_total() {
        // By hand: mean = (3·1 + 1·0)/4; errors 3·¼ and −¾: √(2·(¾)²)/4 = 0.2652; times √2 = 0.375.
        let found = mean(&[Cluster::single(1.0, 3.0), Cluster::single(0.0, 1.0)]).expect("mean");
        assert!((found.mean - 0.75).abs() < 1e-15);
        assert!((found.estimate().expect("two").stderr - 0.375).abs() < 1e-12);
    }

    #[test]
    fn little_says_little() {
        assert_eq!((mean(&[]), mean(&[Cluster::default()])), (None, None));
        let one = mean(&[Cluster::single(0.5, 1.0)]).expect("mean");
        assert_eq!((one.mean, one.clusters, one.estimate()), (0.5, 1, None));
        let mut cluster = Cluster::default();
        for (value, weight) in [(f64::NAN, 1.0), (1.0, 0.0), (1.0, -1.0), (1.0, f64::INFINITY), (1e300, 1e300)] {
            assert!(!cluster.add(value, weight));
        }
        let same = [Cluster::single(0.7, 1.0); 7];
        let interval = mean(&same).and_then(|found| found.estimate()?.t_interval(0.95)).expect("interval");
        assert!((interval.low - 0.7).abs() < 1e-12 && interval.width() < 1e-12, "{interval:?}");
    }

    #[test]
    fn the_interval_holds_the_truth_as_often_as_it_says() {
        // Cases differ (their own pass rates are uniform), repeats of a case share its rate: the true mean is ½. Taking the
        // repeats for cases would hold it far less often.
        let mut random = ChaCha8Rng::seed_from_u64(11);
        let mut uniform = || f64::from(random.next_u32()) / 4_294_967_296.0;
        let (mut held, mut naively) = (0, 0);
        for _ in 0..1_000 {
            let (mut cases, mut rows) = (Vec::new(), Moments::new());
            for _ in 0..25 {
                let (rate, mut cluster) = (uniform(), Cluster::default());
                for _ in 0..8 {
                    let passed = f64::from(u8::from(uniform() < rate));
                    cluster.add(passed, 1.0);
                    rows.add(passed);
                }
                cases.push(cluster);
            }
            let holds = |estimate: MeanEstimate| u32::from(estimate.t_interval(0.95).expect("interval").contains(0.5));
            held += holds(mean(&cases).and_then(|found| found.estimate()).expect("estimate"));
            naively += holds(MeanEstimate::of(&rows).expect("estimate"));
        }
        assert!((930..=970).contains(&held) && naively < 850, "{held} and {naively} of 1000");
    }

    proptest! {
        #[test]
        fn order_does_not_matter_and_singles_are_the_usual_error(values in prop::collection::vec(-1e3_f64..1e3, 2..40), cut in 1_usize..6) {
            let singles: Vec<Cluster> = values.iter().map(|value| Cluster::single(*value, 2.0)).collect();
            let usual = MeanEstimate::of(&values.iter().copied().collect()).expect("mean");
            let found = mean(&singles).expect("mean").estimate().expect("two");
            prop_assert!((found.stderr - usual.stderr).abs() <= 1e-9 * usual.stderr + 1e-12);
            prop_assert!((found.mean - usual.mean).abs() <= 1e-9);
            let grouped = |values: &[f64]| -> Vec<Cluster> {
                let group = |part: &[f64]| part.iter().fold(Cluster::default(), |mut sum, value| {
                    sum.add(*value, 1.0);
                    sum
                });
                values.chunks(cut).map(group).collect()
            };
            let mut clusters = grouped(&values);
            let before = mean(&clusters).expect("mean");
            clusters.reverse();
            let after = mean(&clusters).expect("mean");
            prop_assert!((before.stderr_miller - after.stderr_miller).abs() <= 1e-12 * before.stderr_miller + 1e-12);
            prop_assert!(before.stderr_miller.is_finite());
        }
    }
}
