//! The exact interval of a share.

use super::beta::{beta_factor, beta_tails};
use super::wilson::{Interval, wilson};

/// The two-sided exact interval of a share (Clopper and Pearson 1934): `passed` of `total` at `confidence`. It holds the
/// true share at least as often as it says, and is wider than [`wilson`]'s for that.
///
/// Its lower end is where `passed` or more would come up with (1 − confidence)/2, its upper end where `passed` or fewer
/// would; 0 when nothing passed, 1 when everything did. `None` when `total` is 0, `passed > total`, or `confidence` is not
/// between 0 and 1.
#[expect(clippy::cast_precision_loss, reason = "counts beyond 2^53 lose digits that no interval shows")]
pub fn clopper_pearson(passed: u64, total: u64, confidence: f64) -> Option<Interval> {
    // A good start, and the same refusals.
    let start = wilson(passed, total, confidence)?;
    let tail = (1.0 - confidence) / 2.0;
    let (k, n) = (passed as f64, total as f64);
    let missed = (total - passed) as f64;
    let low = match passed {
        0 => 0.0,
        // Everything passed: x^n is the tail.
        _ if passed == total => (tail.ln() / n).exp(),
        _ => solve(start.low, |x| Some((beta_tails(k, missed + 1.0, x, 1.0 - x)?.0, slope(k, missed + 1.0, x))), tail)?,
    };
    let high = match passed {
        _ if passed == total => 1.0,
        // Nothing passed: (1 − x)^n is the tail.
        0 => -(tail.ln() / n).exp_m1(),
        _ => {
            solve(start.high, |x| Some((beta_tails(k + 1.0, missed, x, 1.0 - x)?.1, -slope(k + 1.0, missed, x))), tail)?
        }
    };
    Some(Interval { low, high })
}

/// How fast the lower tail of a beta law rises.
fn slope(a: f64, b: f64, x: f64) -> f64 {
    beta_factor(a, b, x, 1.0 - x) / (x * (1.0 - x))
}

/// x in 0..=1 where `tail_and_slope` reaches `wanted`: Newton's method on the logarithm, within a bracket.
fn solve(start: f64, tail_and_slope: impl Fn(f64) -> Option<(f64, f64)>, wanted: f64) -> Option<f64> {
    let (mut low, mut high, mut x) = (0.0, 1.0, start.clamp(1e-300, 1.0 - 1e-16));
    for _ in 0..300 {
        let (found, slope) = tail_and_slope(x)?;
        if (found < wanted) == (slope > 0.0) {
            low = x;
        } else {
            high = x;
        }
        let newton = x - (found / wanted).ln() * found / slope;
        let next = if newton > low && newton < high { newton } else { f64::midpoint(low, high) };
        if (next - x).abs() <= 1e-15 * x {
            return Some(next);
        }
        x = next;
    }
    Some(x)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::base::vectors::Vectors;

    #[test]
    fn intervals_match_the_vectors() {
        for row in Vectors::open("stats/wilson", 31).rows() {
            let (k, n) = (row.count("k"), row.count("n"));
            let confidence = row.param("conf").as_f64().expect("confidence");
            let found = clopper_pearson(k, n, confidence);
            let ends = row.expected("clopper_pearson");
            let Some(found) = found else {
                assert!(ends.is_null(), "{}", row.id());
                continue;
            };
            for (found, wanted) in [(found.low, &ends[0]), (found.high, &ends[1])] {
                let wanted = wanted.as_f64().expect("end");
                assert!((found - wanted).abs() <= 1e-9 * wanted, "{}: {found} instead of {wanted}", row.id());
            }
            // The ends of a two-sided interval are those of one-sided ones at half the risk.
            let ends = clopper_pearson(k, n, 2.0 * confidence - 1.0).expect("interval");
            row.relative("cp_lower_one_sided", ends.low, 1e-9);
            row.relative("cp_upper_one_sided", ends.high, 1e-9);
        }
    }

    #[test]
    fn the_rule_of_three_and_nonsense() {
        // 30 clean cases still allow 9.5 % of failures at one-sided 95 %.
        let clean = clopper_pearson(0, 30, 0.9).expect("interval");
        assert!((clean.high - 0.095).abs() < 5e-4 && clean.low <= 0.0, "{clean:?}");
        for (passed, total, confidence) in [(0, 0, 0.95), (2, 1, 0.95), (1, 2, 0.0), (1, 2, 1.0), (1, 2, f64::NAN)] {
            assert_eq!(clopper_pearson(passed, total, confidence), None);
        }
    }

    proptest! {
        #[test]
        fn intervals_contain_the_share_mirror_and_grow_with_confidence(total in 1_u64..5_000, part in 0_u64..5_000, confidence in 0.5_f64..0.999) {
            let passed = part.min(total);
            let found = clopper_pearson(passed, total, confidence).expect("interval");
            #[expect(clippy::cast_precision_loss, reason = "small")]
            let share = passed as f64 / total as f64;
            prop_assert!(found.contains(share) && found.low >= 0.0 && found.high <= 1.0);
            let other = clopper_pearson(total - passed, total, confidence).expect("interval");
            prop_assert!((found.low - (1.0 - other.high)).abs() < 1e-11);
            let surer = clopper_pearson(passed, total, confidence + 0.0009).expect("interval");
            prop_assert!(surer.width() > found.width());
        }
    }
}
