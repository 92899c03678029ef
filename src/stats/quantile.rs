//! Sample quantiles.

/// The `q` quantile of values in ascending order, interpolated between neighbours (type 7 of Hyndman and Fan 1996, the
/// default of R and `NumPy`): `q` 0.5 is the median, 0.95 the p95.
///
/// `None` when there are no values, or `q` is not between 0 and 1. Values must be finite and ascending.
pub fn quantile_of_sorted(sorted: &[f64], q: f64) -> Option<f64> {
    if !(0.0..=1.0).contains(&q) {
        return None;
    }
    let last = sorted.len().checked_sub(1)?;
    let (below, share) = position(last, q);
    let low = *sorted.get(below)?;
    let high = *sorted.get(below + 1).unwrap_or(&low);
    // Ends that are equal stay exact.
    Some(if share > 0.0 { low + (high - low) * share } else { low })
}

/// The `q` quantile of values in any order; see [`quantile_of_sorted`]. Values that are not finite are left out.
pub fn quantile(values: &[f64], q: f64) -> Option<f64> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    quantile_of_sorted(&sorted, q)
}

/// Index of the neighbour below and the share of the way to the next one.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "an index of a slice, scaled by 0..=1: below 2^53 and not negative"
)]
fn position(last: usize, q: f64) -> (usize, f64) {
    let at = last as f64 * q;
    let below = (at.floor() as usize).min(last);
    (below, at - below as f64)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[test]
    fn quantiles_match_the_vectors() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/vectors/stats/quantile_ci.jsonl");
        let text = fs::read_to_string(path).expect("vectors");
        let mut seen = 0;
        for line in text.lines() {
            let vector: Value = serde_json::from_str(line).expect(line);
            let values: Vec<f64> =
                vector["inputs"]["x"].as_array().expect("x").iter().map(|x| x.as_f64().expect("number")).collect();
            let found = quantile(&values, vector["params"]["q"].as_f64().expect("q"));
            let wanted = vector["expected"]["quantile_type7"].as_f64();
            let (found, wanted) = (found.expect("value"), wanted.expect("value"));
            assert!((found - wanted).abs() <= 1e-9 * wanted.abs() + 1e-12, "{}: {found} {wanted}", vector["id"]);
            seen += 1;
        }
        assert_eq!(seen, 40);
    }

    #[test]
    fn ends_and_empty_samples() {
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(quantile(&[f64::NAN, f64::INFINITY], 0.5), None);
        assert_eq!(quantile(&[3.0, 1.0, 2.0], 0.0), Some(1.0));
        assert_eq!(quantile(&[3.0, 1.0, 2.0], 1.0), Some(3.0));
        assert_eq!(quantile(&[4.0, 1.0, 2.0, f64::NAN, 3.0], 0.5), Some(2.5));
        for q in [-0.1, 1.1, f64::NAN] {
            assert_eq!(quantile(&[1.0], q), None, "{q}");
        }
    }

    proptest! {
        #[test]
        fn quantiles_rise_stay_inside_and_follow_shift_and_scale(values in prop::collection::vec(-1e6_f64..1e6, 1..60), a in 0.0_f64..=1.0, b in 0.0_f64..=1.0) {
            let (low, high) = if a <= b { (a, b) } else { (b, a) };
            let at = |values: &[f64], q: f64| quantile(values, q).expect("value");
            prop_assert!(at(&values, low) <= at(&values, high));
            prop_assert!(values.iter().any(|value| *value <= at(&values, low)));
            prop_assert!(values.iter().any(|value| *value >= at(&values, high)));
            let moved: Vec<f64> = values.iter().rev().map(|value| 2.0 * value + 8.0).collect();
            prop_assert!((at(&moved, a) - (2.0 * at(&values, a) + 8.0)).abs() < 1e-6);
            // The share of values below the quantile is q, give or take one value.
            let below = values.iter().filter(|value| **value < at(&values, a)).count();
            prop_assert!(f64::from(u32::try_from(below).expect("small")) <= a * f64::from(u32::try_from(values.len()).expect("small")) + 1.0);
        }
    }
}
