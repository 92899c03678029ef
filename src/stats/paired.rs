//! Two lists of scores of the same cases.

use serde::Serialize;

use super::mean::Moments;
use super::mean_interval::MeanEstimate;
use super::student::two_sided_t_p;
use super::wilson::Interval;

/// The difference of two means, tested against none.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct MeanTest {
    /// Mean of the second list minus mean of the first.
    pub difference: f64,
    /// Its standard error.
    pub stderr: f64,
    /// difference / stderr; `None` when nothing varies.
    pub t: Option<f64>,
    /// Degrees of freedom.
    pub df: f64,
    /// Two-sided p-value; `None` when nothing varies.
    pub p: Option<f64>,
}

impl MeanTest {
    pub(super) fn of(estimate: MeanEstimate) -> MeanTest {
        let t = Some(estimate.mean / estimate.stderr).filter(|t| estimate.stderr > 0.0 && t.is_finite());
        let p = t.and_then(|t| two_sided_t_p(t, estimate.df));
        MeanTest { difference: estimate.mean, stderr: estimate.stderr, t, df: estimate.df, p }
    }

    /// The two-sided interval of the difference. `None` when nothing varies, or unless 0 < confidence < 1.
    pub fn interval(&self, confidence: f64) -> Option<Interval> {
        self.t?;
        MeanEstimate { mean: self.difference, stderr: self.stderr, df: self.df }.t_interval(confidence)
    }
}

/// The paired t test (Student 1908) of `b` against `a`: entries at the same place belong to the same case. It sees far
/// smaller differences than a test of unrelated lists, since what makes a case hard drops out.
///
/// `None` when the lists differ in length, hold fewer than two entries or one that is not finite.
pub fn paired_t(a: &[f64], b: &[f64]) -> Option<MeanTest> {
    if a.len() != b.len() {
        return None;
    }
    let mut differences = Moments::new();
    for (a, b) in a.iter().zip(b) {
        if !differences.add(b - a) {
            return None;
        }
    }
    let mut estimate = MeanEstimate::of(&differences)?;
    // Differences that are equal but for the rounding of the scores do not vary.
    let largest = a.iter().chain(b).fold(0.0_f64, |largest, value| largest.max(value.abs()));
    if differences.deviation()? <= 4.0 * f64::EPSILON * largest {
        estimate.stderr = 0.0;
    }
    Some(MeanTest::of(estimate))
}

/// Compares a test with what a row says of it, one-sided where the row is.
#[cfg(test)]
pub(super) fn compare(row: &crate::base::vectors::Row, found: Option<MeanTest>) {
    use super::student::t_tail;

    row.relative("t", found.and_then(|found| found.t), 1e-9);
    let confidence = row.param("conf").as_f64().expect("confidence");
    let interval = |confidence: f64| found.and_then(|found| found.interval(confidence));
    // One-sided bounds are those of a two-sided interval with twice the risk.
    let one_sided = interval(2.0 * confidence - 1.0);
    let tail = |sign: f64| found.and_then(|found| t_tail(sign * found.t?, found.df));
    let (p, low, high) = match row.param("alternative").as_str() {
        Some("greater") => (tail(1.0), one_sided.map(|interval| interval.low), None),
        Some("less") => (tail(-1.0), None, one_sided.map(|interval| interval.high)),
        _ => {
            let interval = interval(confidence);
            (found.and_then(|found| found.p), interval.map(|ends| ends.low), interval.map(|ends| ends.high))
        }
    };
    row.relative("p", p, 1e-7);
    row.within("ci_low", low, 1e-9);
    row.within("ci_high", high, 1e-9);
    if row.expects("se") {
        row.relative("se", found.map(|found| found.stderr), 1e-9);
        row.within("ci2_low", interval(confidence).map(|ends| ends.low), 1e-9);
        row.within("ci2_high", interval(confidence).map(|ends| ends.high), 1e-9);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::base::vectors::Vectors;
    use crate::stats::{mcnemar, pearson, welch_t};

    #[test]
    fn tests_match_the_vectors() {
        let vectors = Vectors::open("metrics/stats", 72);
        let mut seen = 0;
        for row in vectors.of("kind", "paired") {
            let (a, b) = (row.numbers("a"), row.numbers("b"));
            let mean = |values: &[f64]| values.iter().copied().collect::<Moments>().mean();
            row.close("mean_a", mean(&a));
            row.close("mean_b", mean(&b));
            let paired = paired_t(&a, &b).expect("test");
            row.close("diff", paired.difference);
            row.relative("paired_stderr", paired.stderr, 1e-9);
            let interval = paired.interval(row.param("ci").as_f64().expect("confidence"));
            // Figures that are undefined because nothing varies are not there.
            assert_eq!(paired.t.is_some(), row.expects("paired_t"), "{}", row.id());
            if let Some(interval) = interval {
                row.relative("paired_t", paired.t, 1e-9);
                row.relative("paired_t_p", paired.p, 1e-9);
                row.close("paired_ci_low", interval.low);
                row.close("paired_ci_high", interval.high);
            }
            row.close("pearson", pearson(&a, &b));
            let welch = welch_t(&a, &b).expect("test");
            row.relative("unpaired_stderr", welch.stderr, 1e-9);
            if row.expects("welch_t") {
                row.relative("welch_t", welch.t, 1e-9);
                row.relative("welch_p", welch.p, 1e-9);
            }
            if row.expects("mcnemar_exact_p") {
                let only = |x: &[f64], y: &[f64]| -> u64 {
                    x.iter().zip(y).map(|(x, y)| u64::from(*x > 0.5 && *y < 0.5)).sum()
                };
                let (gained, lost) = (only(&b, &a), only(&a, &b));
                row.same("mcnemar_n01", gained);
                row.same("mcnemar_n10", lost);
                row.relative("mcnemar_exact_p", mcnemar(gained, lost).p_exact, 1e-9);
            }
            row.finish();
            seen += 1;
        }
        assert_eq!(seen, 10);
    }

    #[test]
    fn tests_match_the_other_vectors() {
        let vectors = Vectors::open("stats/paired_t", 36);
        for row in vectors.rows() {
            let (a, b) = (row.numbers("a"), row.numbers("b"));
            let found = paired_t(&a, &b);
            row.same("n", a.len());
            let mean = a.iter().zip(&b).map(|(a, b)| b - a).collect::<Moments>().mean();
            row.close("mean_diff", mean);
            row.relative("sd_diff", found.map(|found| found.stderr * (found.df + 1.0).sqrt()), 1e-9);
            row.within("df", found.map(|found| found.df), 1e-9);
            compare(row, found);
        }
        vectors.finish(&[]);
    }

    #[test]
    fn little_says_little() {
        assert_eq!((paired_t(&[], &[]), paired_t(&[1.0], &[2.0]), paired_t(&[1.0, 2.0], &[1.0])), (None, None, None));
        assert_eq!(paired_t(&[f64::NAN, 1.0], &[1.0, 2.0]), None);
        let same = paired_t(&[1.0, 2.0, 3.0], &[2.0, 3.0, 4.0]).expect("test");
        assert_eq!((same.difference, same.stderr, same.t, same.p), (1.0, 0.0, None, None));
        assert_eq!(same.interval(0.95), None);
    }

    proptest! {
        #[test]
        fn swapping_turns_the_sign_and_shifts_change_nothing(pairs in prop::collection::vec((-100_i32..100, -100_i32..100), 2..30)) {
            let (a, b): (Vec<f64>, Vec<f64>) = pairs.iter().map(|(a, b)| (f64::from(*a), f64::from(*b))).unzip();
            let (found, swapped) = (paired_t(&a, &b).expect("test"), paired_t(&b, &a).expect("test"));
            prop_assert!((found.difference + swapped.difference).abs() < 1e-9);
            prop_assert_eq!(found.p.is_some(), swapped.p.is_some());
            if let (Some(p), Some(other)) = (found.p, swapped.p) {
                prop_assert!((p - other).abs() < 1e-9 && (0.0..=1.0).contains(&p));
                // The interval excludes no difference exactly where the test does.
                let interval = found.interval(0.95).expect("interval");
                prop_assert!((p - 0.05).abs() < 1e-9 || (p < 0.05) != interval.contains(0.0));
            }
            let moved: Vec<f64> = b.iter().map(|value| value + 1_000.0).collect();
            prop_assert!((paired_t(&a, &moved).expect("test").stderr - found.stderr).abs() < 1e-9);
        }
    }
}
