//! How many cases tell two shares apart, and how small a drop so many cases tell.

use super::{normal_quantile, two_sided_z};

/// Cases per run that tell the shares `p1` and `p2` apart, two-sided at level `alpha`, with this `power`; not rounded.
///
/// `(z₁₋α/₂ √(2 p̄ q̄) + z_power √(p₁q₁ + p₂q₂))² / (p₁ − p₂)²`, where `p̄` is their mean (Fleiss, Levin and Paik 2003,
/// 4.14, without the correction for continuity). `None` unless the shares differ and lie in 0..=1.
pub fn cases_to_tell_apart(p1: f64, p2: f64, alpha: f64, power: f64) -> Option<f64> {
    let is_share = |p: f64| (0.0..=1.0).contains(&p);
    let gap = (p1 - p2).abs();
    if !is_share(p1) || !is_share(p2) || gap <= 0.0 {
        return None;
    }
    let mean = f64::midpoint(p1, p2);
    let null = two_sided_z(1.0 - alpha)? * (2.0 * mean * (1.0 - mean)).sqrt();
    let other = normal_quantile(power)? * (p1 * (1.0 - p1) + p2 * (1.0 - p2)).sqrt();
    Some((null + other).powi(2) / (gap * gap))
}

/// Two variants scored on the same cases, each case so many times, before it is known how many cases there must be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DifferenceOfMeans {
    /// The difference of the mean scores that is to be told.
    pub difference: f64,
    /// Variance over cases of the difference of a case's expected scores.
    pub between_cases: f64,
    /// Variance of the first variant's scores of one case, divided by how often it is repeated.
    pub within_first: f64,
    /// The same of the second.
    pub within_second: f64,
}

impl DifferenceOfMeans {
    /// Cases that tell it, two-sided at level `alpha`, with this `power`; not rounded (Miller 2024, 6):
    /// `(z₁₋α/₂ + z_power)² (ω² + σ₁²/K₁ + σ₂²/K₂) / δ²`.
    ///
    /// `None` when the difference is 0, a variance negative or one of them not finite, or `alpha` or `power` is not between
    /// 0 and 1.
    pub fn cases(&self, alpha: f64, power: f64) -> Option<f64> {
        let variances = [self.between_cases, self.within_first, self.within_second];
        if variances.iter().any(|variance| !(*variance >= 0.0 && variance.is_finite())) {
            return None;
        }
        let reach = two_sided_z(1.0 - alpha)? + normal_quantile(power)?;
        let cases = reach * reach * variances.iter().sum::<f64>() / (self.difference * self.difference);
        (self.difference.abs() > 0.0 && cases.is_finite()).then_some(cases)
    }
}

/// The smallest drop from a share of `before` that two runs of `cases` each tell, two-sided at level `alpha`, with this
/// `power`. `None` when even a drop to 0 is not told.
pub fn smallest_drop(before: f64, cases: u64, alpha: f64, power: f64) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "no suite has 2^53 cases")]
    let cases = cases as f64;
    let is_told = |drop: f64| cases_to_tell_apart(before, before - drop, alpha, power).is_some_and(|n| n <= cases);
    if !is_told(before) {
        return None;
    }
    // What is told by so many cases is a range that ends at `before`: fewer cases are needed for larger drops.
    let (mut low, mut high) = (0.0, before);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if is_told(middle) { high = middle } else { low = middle }
    }
    Some(high)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::base::vectors::Vectors;

    #[test]
    fn sizes_for_means_match_the_vectors() {
        let vectors = Vectors::open("metrics/stats", 72);
        let mut seen = 0;
        for row in vectors.of("kind", "sample_size") {
            let plan = DifferenceOfMeans {
                difference: row.number("delta"),
                between_cases: row.number("omega2"),
                within_first: row.number("sigma2_a") / row.number("k_a"),
                within_second: row.number("sigma2_b") / row.number("k_b"),
            };
            let found = plan.cases(row.number("alpha"), row.number("power")).expect("size");
            row.relative("n_required", found, 1e-9);
            row.close("n_required_ceil", found.ceil());
            let turned = DifferenceOfMeans { difference: -plan.difference, ..plan };
            assert_eq!(turned.cases(row.number("alpha"), row.number("power")), Some(found));
            for nonsense in [
                DifferenceOfMeans { difference: 0.0, ..plan },
                DifferenceOfMeans { within_first: -1.0, ..plan },
                DifferenceOfMeans { between_cases: f64::NAN, ..plan },
            ] {
                assert_eq!(nonsense.cases(0.05, 0.8), None);
            }
            row.finish();
            seen += 1;
        }
        assert_eq!(seen, 5);
    }

    #[test]
    fn sizes_are_those_of_another_implementation() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/vectors/stats/power_proportions.jsonl");
        let text = std::fs::read_to_string(path).expect("vectors");
        let mut seen = 0;
        for line in text.lines() {
            let row: Value = serde_json::from_str(line).expect("json");
            let number = |part: &str, name: &str| row[part][name].as_f64();
            let (Some(p1), Some(p2)) = (number("inputs", "p1"), number("inputs", "p2")) else { continue };
            let (Some(alpha), Some(power)) = (number("params", "alpha"), number("params", "power")) else { continue };
            let Some(wanted) = number("expected", "n_per_arm_pooled") else { continue };
            let found = cases_to_tell_apart(p1, p2, alpha, power).expect("a size");
            assert!((found / wanted - 1.0).abs() < 1e-9, "{}: {found} against {wanted}", row["id"]);
            seen += 1;
        }
        assert!(seen >= 10, "{seen} vectors");
    }

    #[test]
    fn a_few_cases_tell_only_large_drops() {
        let drop = |cases| smallest_drop(0.9, cases, 0.05, 0.8);
        // Twelve cases: 0.9 against 0.33 or so; a hundred: against 0.75.
        assert!(drop(12).is_some_and(|drop| drop > 0.5 && drop < 0.6), "{:?}", drop(12));
        assert!(drop(100).is_some_and(|drop| drop > 0.14 && drop < 0.16), "{:?}", drop(100));
        assert_eq!((drop(1), drop(0)), (None, None));
    }

    proptest! {
        #[test]
        fn more_cases_tell_smaller_drops(before in 0.2_f64..1.0, cases in 20_u32..5_000) {
            let few = smallest_drop(before, u64::from(cases), 0.05, 0.8);
            let more = smallest_drop(before, u64::from(cases) * 2, 0.05, 0.8);
            if let Some(few) = few {
                let more = more.expect("told by more");
                prop_assert!(more <= few && more > 0.0);
                let needed = cases_to_tell_apart(before, before - few, 0.05, 0.8).expect("a size");
                prop_assert!(needed <= f64::from(cases) + 1e-6);
            }
        }
    }
}
