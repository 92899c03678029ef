//! A rate seen through a judge that errs, corrected for its errors.

use serde::Serialize;

use super::normal::two_sided_z;
use super::wilson::Interval;

/// A part of a whole: 27 of 30.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// How many.
    pub of: u64,
    /// Of how many.
    pub total: u64,
}

/// What is known of a judge's errors, from cases that people have labelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JudgeErrors {
    /// Cases that people pass and the judge passes, of those that people pass: the sensitivity.
    pub passed_right: Part,
    /// Cases that people fail and the judge fails, of those that people fail: the specificity.
    pub failed_right: Part,
}

/// A corrected rate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Corrected {
    /// The corrected rate, 0..=1.
    pub estimate: f64,
    /// Its interval, within 0..=1; it holds the uncertainty of the rate and of the judge's errors.
    pub interval: Interval,
    /// Whether the formula gave a value outside 0..=1, which was set to the nearer end: the judge's errors do not fit
    /// what it says here.
    pub clipped: bool,
}

/// The share that people would pass, from the share a judge passes and the judge's known errors (Rogan and Gladen
/// 1978): (q + Sp − 1) / (Se + Sp − 1), with the interval of Lang and Reiczigel (2014) at `confidence`.
///
/// The interval adds, in the manner of Agresti and Coull, z²/2 passes and z²/2 fails to the rate and one right and one
/// wrong case to each error rate; with p, Se, Sp and their counts n, a, b so adjusted, J = Se + Sp − 1 and
/// π = (p + Sp − 1)/J, its middle is π + 2z²·(π·Se(1 − Se)/a − (1 − π)·Sp(1 − Sp)/b) and its half width
/// z/J·√(p(1 − p)/n + π²·Se(1 − Se)/a + (1 − π)²·Sp(1 − Sp)/b).
///
/// `None` when a total is 0 or a part larger than its total, when Se + Sp ≤ 1 (the judge says nothing about the truth),
/// or `confidence` is not between 0 and 1. The labelled cases must be others than those of the rate.
pub fn rogan_gladen(passed: Part, errors: &JudgeErrors, confidence: f64) -> Option<Corrected> {
    let (rate, sensitivity, specificity) =
        (passed.share()?, errors.passed_right.share()?, errors.failed_right.share()?);
    let z = two_sided_z(confidence)?;
    let informed = sensitivity + specificity - 1.0;
    if informed <= 0.0 {
        return None;
    }
    let raw = (rate + specificity - 1.0) / informed;
    let estimate = raw.clamp(0.0, 1.0);
    Some(Corrected {
        estimate,
        interval: lang_reiczigel(passed, errors, z, estimate),
        clipped: !(0.0..=1.0).contains(&raw),
    })
}

fn lang_reiczigel(passed: Part, errors: &JudgeErrors, z: f64, estimate: f64) -> Interval {
    let adjusted = |part: Part, extra: f64| {
        let n = part.real_total() + extra;
        ((part.real() + extra / 2.0) / n, n)
    };
    let (rate, n) = adjusted(passed, z * z);
    let (sensitivity, positives) = adjusted(errors.passed_right, 2.0);
    let (specificity, negatives) = adjusted(errors.failed_right, 2.0);
    let informed = sensitivity + specificity - 1.0;
    if informed <= 0.0 {
        // The few labelled cases do not exclude a judge that says nothing.
        return Interval { low: 0.0, high: 1.0 };
    }
    let middle = (rate + specificity - 1.0) / informed;
    let of_passes = sensitivity * (1.0 - sensitivity) / positives;
    let of_fails = specificity * (1.0 - specificity) / negatives;
    let shift = 2.0 * z * z * (middle * of_passes - (1.0 - middle) * of_fails);
    let variance = rate * (1.0 - rate) / n + middle * middle * of_passes + (1.0 - middle).powi(2) * of_fails;
    let half = z / informed * variance.sqrt();
    // The estimate belongs to its interval, also where clipping moved it.
    let low = (middle + shift - half).clamp(0.0, 1.0).min(estimate);
    let high = (middle + shift + half).clamp(0.0, 1.0).max(estimate);
    Interval { low, high }
}

impl Part {
    fn share(self) -> Option<f64> {
        (self.total > 0 && self.of <= self.total).then(|| self.real() / self.real_total())
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of cases")]
    fn real(self) -> f64 {
        self.of as f64
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of cases")]
    fn real_total(self) -> f64 {
        self.total as f64
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::{Rng, SeedableRng};

    use super::*;

    fn part(of: u64, total: u64) -> Part {
        Part { of, total }
    }

    fn judge(passed_right: (u64, u64), failed_right: (u64, u64)) -> JudgeErrors {
        JudgeErrors {
            passed_right: part(passed_right.0, passed_right.1),
            failed_right: part(failed_right.0, failed_right.1),
        }
    }

    #[test]
    fn the_rate_is_corrected_by_hand() {
        // q = 0.6, Se = 0.9, Sp = 0.8: (0.6 − 0.2) / 0.7 = 4/7.
        let found = rogan_gladen(part(120, 200), &judge((45, 50), (40, 50)), 0.95).expect("rate");
        assert!((found.estimate - 4.0 / 7.0).abs() < 1e-12 && !found.clipped);
        assert!(found.interval.contains(found.estimate), "{found:?}");
        // A perfect judge corrects nothing.
        let plain = rogan_gladen(part(120, 200), &judge((50, 50), (50, 50)), 0.95).expect("rate");
        assert!((plain.estimate - 0.6).abs() < 1e-12);
        // The example of a herd: 23 of 150 with Se 0.96 and Sp 0.89 is 5.1 % (manual of the R package epiR).
        let herd = rogan_gladen(part(23, 150), &judge((96, 100), (89, 100)), 0.95).expect("rate");
        assert!((herd.estimate - 0.051).abs() < 5e-4, "{}", herd.estimate);
    }

    #[test]
    fn a_judge_that_knows_nothing_corrects_nothing() {
        assert_eq!(rogan_gladen(part(5, 10), &judge((5, 10), (5, 10)), 0.95), None);
        assert_eq!(rogan_gladen(part(5, 10), &judge((2, 10), (3, 10)), 0.95), None);
        assert_eq!(rogan_gladen(part(0, 0), &judge((9, 10), (9, 10)), 0.95), None);
        assert_eq!(rogan_gladen(part(5, 10), &judge((0, 0), (9, 10)), 0.95), None);
        assert_eq!(rogan_gladen(part(11, 10), &judge((9, 10), (9, 10)), 0.95), None);
        assert_eq!(rogan_gladen(part(5, 10), &judge((9, 10), (9, 10)), 1.0), None);
        let few = rogan_gladen(part(5, 10), &judge((1, 1), (1, 9)), 0.95).expect("rate");
        assert_eq!(few.interval, Interval { low: 0.0, high: 1.0 });
    }

    #[test]
    fn a_rate_outside_is_set_to_the_nearer_end_and_told() {
        let low = rogan_gladen(part(1, 100), &judge((90, 100), (90, 100)), 0.95).expect("rate");
        assert!(low.clipped && low.estimate <= 0.0 && low.interval.low <= 0.0 && low.interval.high < 0.2, "{low:?}");
        let high = rogan_gladen(part(99, 100), &judge((90, 100), (90, 100)), 0.95).expect("rate");
        assert!(high.clipped && high.estimate >= 1.0 && high.interval.high >= 1.0, "{high:?}");
    }

    /// Successes among `n` draws.
    fn draw(random: &mut ChaCha8Rng, n: u64, share: f64) -> u64 {
        (0..n).map(|_| u64::from(f64::from(random.next_u32()) / 4_294_967_296.0 < share)).sum()
    }

    #[test]
    fn the_interval_holds_the_truth_as_often_as_it_says() {
        let mut random = ChaCha8Rng::seed_from_u64(7);
        for (truth, se, sp, n, labelled) in
            [(0.8, 0.9, 0.8, 100, 50), (0.5, 0.85, 0.75, 200, 30), (0.95, 0.95, 0.7, 100, 40), (0.2, 0.8, 0.9, 300, 60)]
        {
            let mut held = 0;
            for _ in 0..1_000 {
                let passed = part(draw(&mut random, n, truth * se + (1.0 - truth) * (1.0 - sp)), n);
                let errors =
                    judge((draw(&mut random, labelled, se), labelled), (draw(&mut random, labelled, sp), labelled));
                let found = rogan_gladen(passed, &errors, 0.95).expect("rate");
                held += u32::from(found.interval.contains(truth));
            }
            assert!((930..=995).contains(&held), "{truth} {se} {sp}: {held} of 1000");
        }
    }

    proptest! {
        #[test]
        fn rates_and_intervals_stay_inside_and_mirror(
            passed in 0_u64..=60, tp in 0_u64..=30, tn in 0_u64..=30,
        ) {
            let errors = judge((tp, 30), (tn, 30));
            let found = rogan_gladen(part(passed, 60), &errors, 0.9);
            prop_assert_eq!(found.is_none(), tp + tn <= 30);
            if let Some(found) = found {
                prop_assert!((0.0..=1.0).contains(&found.estimate) && found.interval.contains(found.estimate));
                prop_assert!(found.interval.low >= 0.0 && found.interval.high <= 1.0);
                // Passes and fails change places.
                let mirrored = rogan_gladen(part(60 - passed, 60), &judge((tn, 30), (tp, 30)), 0.9).expect("rate");
                prop_assert!((found.estimate - (1.0 - mirrored.estimate)).abs() < 1e-9);
                prop_assert!((found.interval.low - (1.0 - mirrored.interval.high)).abs() < 1e-9);
            }
        }
    }
}
