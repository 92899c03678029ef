//! The mean of independent numbers, with its standard error and interval.

use serde::Serialize;

use super::mean::Moments;
use super::normal::two_sided_z;
use super::student::two_sided_t;
use super::wilson::Interval;

/// A mean and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct MeanEstimate {
    /// The mean.
    pub mean: f64,
    /// Its standard error.
    pub stderr: f64,
    /// Degrees of freedom of the standard error.
    pub df: f64,
}

impl MeanEstimate {
    /// The mean of independent numbers: s/√n with n − 1 degrees of freedom. `None` with fewer than two.
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    pub fn of(values: &Moments) -> Option<MeanEstimate> {
        let n = values.count() as f64;
        let (mean, deviation) = (values.mean()?, values.deviation()?);
        finite(MeanEstimate { mean, stderr: deviation / n.sqrt(), df: n - 1.0 })
    }

    /// mean ± t·stderr, by Student's law. `None` unless 0 < confidence < 1.
    pub fn t_interval(&self, confidence: f64) -> Option<Interval> {
        self.around(two_sided_t(confidence, self.df)?)
    }

    /// mean ± z·stderr, by the normal law: too narrow for few numbers. `None` unless 0 < confidence < 1.
    pub fn z_interval(&self, confidence: f64) -> Option<Interval> {
        self.around(two_sided_z(confidence)?)
    }

    fn around(&self, times: f64) -> Option<Interval> {
        // Nothing varies: the interval is the mean, whatever t is.
        let half = if self.stderr > 0.0 { times * self.stderr } else { 0.0 };
        let (low, high) = (self.mean - half, self.mean + half);
        (low.is_finite() && high.is_finite()).then_some(Interval { low, high })
    }
}

/// What overflowed is undefined.
pub(super) fn finite(estimate: MeanEstimate) -> Option<MeanEstimate> {
    (estimate.mean.is_finite() && estimate.stderr.is_finite()).then_some(estimate)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::base::vectors::Vectors;

    fn of(values: &[f64]) -> Option<MeanEstimate> {
        MeanEstimate::of(&values.iter().copied().collect())
    }

    #[test]
    fn means_and_intervals_match_the_vectors() {
        let vectors = Vectors::open("metrics/stats", 72);
        let mut seen = 0;
        for row in vectors.of("kind", "mean_ci") {
            let found = of(&row.numbers("scores")).expect("mean");
            row.close("mean", found.mean);
            row.relative("stderr", found.stderr, 1e-9);
            for confidence in [0.9, 0.95, 0.99] {
                let (t, z) = (found.t_interval(confidence).expect("t"), found.z_interval(confidence).expect("z"));
                for (law, interval) in [("t", t), ("z", z)] {
                    row.close(&format!("{law}_ci_low_{confidence}"), interval.low);
                    row.close(&format!("{law}_ci_high_{confidence}"), interval.high);
                }
            }
            row.finish();
            seen += 1;
        }
        assert_eq!(seen, 12);
    }

    /// Each kind is compared in the file of its subject, which counts its rows as well.
    #[test]
    fn every_kind_of_the_vectors_has_its_file() {
        let vectors = Vectors::open("metrics/stats", 72);
        let kinds = [
            ("mean_ci", 12),
            ("proportion_ci", 16),
            ("clustered_stderr", 8),
            ("paired", 10),
            ("pass_k", 15),
            ("multiple_testing", 6),
            ("sample_size", 5),
        ];
        for (kind, rows) in kinds {
            assert_eq!(vectors.of("kind", kind).count(), rows, "{kind}");
        }
        assert_eq!(kinds.iter().map(|(_, rows)| rows).sum::<usize>(), 72);
    }

    #[test]
    fn few_and_equal_numbers() {
        assert_eq!((of(&[]), of(&[0.5])), (None, None));
        let same = of(&[0.7; 9]).expect("mean");
        assert_eq!(same.t_interval(0.95), Some(Interval { low: 0.7, high: 0.7 }));
        assert_eq!((same.t_interval(1.0), same.z_interval(f64::NAN)), (None, None));
        // The spread of these is beyond the numbers there are.
        assert_eq!(of(&[1e300, -1e300]), None);
    }

    proptest! {
        #[test]
        fn intervals_hold_the_mean_and_grow_with_confidence(values in prop::collection::vec(-1e9_f64..1e9, 2..60), confidence in 0.01_f64..0.99) {
            let found = of(&values).expect("mean");
            let (t, z) = (found.t_interval(confidence).expect("t"), found.z_interval(confidence).expect("z"));
            prop_assert!(t.contains(found.mean) && t.low <= z.low && t.high >= z.high);
            prop_assert!(((t.high - found.mean) - (found.mean - t.low)).abs() <= 1e-6 * t.width() + 1e-6);
            prop_assert!(found.t_interval(confidence + 0.009).expect("t").width() >= t.width());
        }
    }
}
