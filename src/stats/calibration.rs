//! Whether confidences mean what they say.

use serde::Serialize;

/// One confidence and whether it was right: `(0.9, true)`.
pub type Forecast = (f64, bool);

/// Confidences of one range against what came of them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CalibrationBin {
    /// Lower end, not included but for 0.
    pub above: f64,
    /// Upper end, included.
    pub up_to: f64,
    /// Confidences in the range.
    pub n: u64,
    /// Their mean; 0 when there are none.
    pub confidence: f64,
    /// Share of them that were right; 0 when there are none.
    pub right: f64,
}

/// The Brier score (1950): mean of (confidence − outcome)², 0 is best, 1 worst.
///
/// `None` without forecasts, or when a confidence is not from 0 to 1.
pub fn brier(forecasts: &[Forecast]) -> Option<f64> {
    let sum: f64 = forecasts.iter().map(|(confidence, right)| (confidence - f64::from(u8::from(*right))).powi(2)).sum();
    sound(forecasts).then(|| sum / real(forecasts.len()))
}

/// Forecasts in `bins` ranges of equal width, (b/B, (b+1)/B], the first with 0.
///
/// `None` without forecasts or bins, or when a confidence is not from 0 to 1.
pub fn calibration_bins(forecasts: &[Forecast], bins: usize) -> Option<Vec<CalibrationBin>> {
    if !sound(forecasts) || bins == 0 {
        return None;
    }
    let width = real(bins);
    let mut sums = vec![(0_u64, 0.0, 0_u64); bins];
    for (confidence, right) in forecasts {
        if let Some((n, sum, hits)) = sums.get_mut(bin_of(*confidence, bins)) {
            *n += 1;
            *sum += confidence;
            *hits += u64::from(*right);
        }
    }
    let range = |(bin, (n, sum, hits)): (usize, (u64, f64, u64))| {
        #[expect(clippy::cast_precision_loss, reason = "counts")]
        let (count, hits) = ((n.max(1)) as f64, hits as f64);
        CalibrationBin {
            above: real(bin) / width,
            up_to: real(bin + 1) / width,
            n,
            confidence: sum / count,
            right: hits / count,
        }
    };
    Some(sums.into_iter().enumerate().map(range).collect())
}

/// The expected calibration error (Naeini et al. 2015): Σ `n_b`/n · |right − confidence| over `bins` ranges of equal
/// width, 0 is best. It depends on the number of bins, which belongs beside it. `None` as in [`calibration_bins`].
pub fn expected_calibration_error(forecasts: &[Forecast], bins: usize) -> Option<f64> {
    let bins = calibration_bins(forecasts, bins)?;
    #[expect(clippy::cast_precision_loss, reason = "counts")]
    let sum: f64 = bins.iter().map(|bin| bin.n as f64 * (bin.right - bin.confidence).abs()).sum();
    Some(sum / real(forecasts.len()))
}

fn sound(forecasts: &[Forecast]) -> bool {
    !forecasts.is_empty() && forecasts.iter().all(|(confidence, _)| (0.0..=1.0).contains(confidence))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to the number of bins")]
fn bin_of(confidence: f64, bins: usize) -> usize {
    // 0.3 · 10 is a hair above 3: the hair does not make it the next bin.
    let above = (confidence * real(bins) - 1e-12).ceil() - 1.0;
    (above.max(0.0) as usize).min(bins.saturating_sub(1))
}

#[expect(clippy::cast_precision_loss, reason = "counts")]
fn real(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[test]
    fn errors_match_the_vectors() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/vectors/metrics/classification.jsonl");
        let mut seen = 0;
        for line in fs::read_to_string(path).expect("vectors").lines() {
            let vector: Value = serde_json::from_str(line).expect(line);
            if vector["params"]["task"] != "probabilities" {
                continue;
            }
            let list = |key: &str| vector["inputs"][key].as_array().expect("list").iter();
            let forecasts: Vec<Forecast> = list("p_positive")
                .zip(list("y_true"))
                .map(|(p, y)| (p.as_f64().expect("p"), y.as_f64() == Some(1.0)))
                .collect();
            let close = |found: Option<f64>, key: &str| {
                let (found, wanted) = (found.expect("value"), vector["expected"][key].as_f64().expect(key));
                assert!((found - wanted).abs() <= 1e-9, "{} {key}: {found} against {wanted}", vector["id"]);
            };
            close(brier(&forecasts), "brier");
            for bins in [5, 10, 15] {
                close(expected_calibration_error(&forecasts, bins), &format!("ece_{bins}"));
            }
            seen += 1;
        }
        assert_eq!(seen, 19);
    }

    #[test]
    fn ends_belong_to_the_range_below() {
        let of = |confidence| calibration_bins(&[(confidence, true)], 10).expect("bins");
        let bin = |confidence| of(confidence).iter().position(|bin| bin.n == 1);
        assert_eq!([0.0, 0.1, 0.1001, 0.3, 0.7, 1.0].map(bin), [0, 0, 1, 2, 6, 9].map(Some));
        for wrong in [1.1, -0.1, f64::NAN] {
            assert_eq!((brier(&[(wrong, true)]), expected_calibration_error(&[(wrong, true)], 10)), (None, None));
        }
        assert_eq!((brier(&[]), expected_calibration_error(&[(0.5, true)], 0)), (None, None));
    }

    proptest! {
        #[test]
        fn errors_are_shares_whatever_the_order(mut forecasts in prop::collection::vec((0.0_f64..=1.0, any::<bool>()), 1..50), bins in 1_usize..20) {
            let (score, error) = (brier(&forecasts).expect("score"), expected_calibration_error(&forecasts, bins).expect("error"));
            prop_assert!((0.0..=1.0).contains(&score) && (0.0..=1.0 + 1e-12).contains(&error));
            // One bin cannot see more than several.
            prop_assert!(expected_calibration_error(&forecasts, 1).expect("error") <= error + 1e-9);
            forecasts.reverse();
            prop_assert!((brier(&forecasts).expect("score") - score).abs() < 1e-9);
        }
    }
}
