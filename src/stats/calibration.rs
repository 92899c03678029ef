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

/// The largest calibration error of a range: max |right − confidence| over `bins` ranges of equal width that have
/// forecasts. `None` as in [`calibration_bins`].
pub fn maximum_calibration_error(forecasts: &[Forecast], bins: usize) -> Option<f64> {
    let bins = calibration_bins(forecasts, bins)?;
    let used = bins.iter().filter(|bin| bin.n > 0);
    Some(used.map(|bin| (bin.right - bin.confidence).abs()).fold(0.0, f64::max))
}

/// The mean of −ln of the chance that was given to what came out: 0 is best, and being sure and wrong costs most: 36 for
/// a confidence of 1, since confidences are kept 2.2·10⁻¹⁶ from the ends.
///
/// `None` without forecasts, or when a confidence is not from 0 to 1.
pub fn log_loss(forecasts: &[Forecast]) -> Option<f64> {
    let loss = |(confidence, right): &Forecast| {
        let sure = confidence.clamp(f64::EPSILON, 1.0 - f64::EPSILON);
        if *right { -sure.ln() } else { -(-sure).ln_1p() }
    };
    sound(forecasts).then(|| forecasts.iter().map(loss).sum::<f64>() / real(forecasts.len()))
}

/// The area under the ROC curve: the chance that something right has a higher confidence than something wrong, ties
/// counting half (Hanley and `McNeil` 1982). ½ tells nothing; 1 tells right from wrong, however well calibrated.
///
/// `None` unless some are right and some are wrong, or when a confidence is not from 0 to 1.
pub fn roc_auc(forecasts: &[Forecast]) -> Option<f64> {
    if !sound(forecasts) {
        return None;
    }
    let mut ordered: Vec<&Forecast> = forecasts.iter().collect();
    ordered.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut wins, mut below) = (0.0, 0.0);
    // −0 and 0 are one confidence.
    for tied in ordered.chunk_by(|a, b| a.0 >= b.0) {
        let right = real(tied.iter().filter(|(_, right)| *right).count());
        let wrong = real(tied.len()) - right;
        wins += right * (below + wrong / 2.0);
        below += wrong;
    }
    let right = real(forecasts.len()) - below;
    (right > 0.0 && below > 0.0).then(|| wins / (right * below))
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
    use proptest::prelude::*;

    use super::*;
    use crate::base::vectors::Vectors;

    #[test]
    fn errors_match_the_vectors() {
        let vectors = Vectors::open("metrics/classification", 62);
        let mut seen = 0;
        for row in vectors.of("task", "probabilities") {
            let right = row.numbers("y_true").into_iter().map(|truth| truth > 0.5);
            let forecasts: Vec<Forecast> = row.numbers("p_positive").into_iter().zip(right).collect();
            row.close("brier", brier(&forecasts));
            row.close("log_loss", log_loss(&forecasts));
            row.close("roc_auc", roc_auc(&forecasts));
            for bins in [5, 10, 15] {
                row.close(&format!("ece_{bins}"), expected_calibration_error(&forecasts, bins));
                row.close(&format!("mce_{bins}"), maximum_calibration_error(&forecasts, bins));
            }
            // The ROC area says the same of confidences, and does not hang on how many are right.
            row.finish_but(&["average_precision"]);
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
            let worst = maximum_calibration_error(&forecasts, bins).expect("error");
            prop_assert!(worst >= error - 1e-12 && worst <= 1.0 && log_loss(&forecasts).expect("loss") >= 0.0);
            let turned: Vec<Forecast> = forecasts.iter().map(|(p, right)| (1.0 - p, *right)).collect();
            let area = roc_auc(&forecasts);
            prop_assert!(area.zip(roc_auc(&turned)).is_none_or(|(a, b)| (0.0..=1.0).contains(&a) && (a + b - 1.0).abs() < 1e-2));
            // One bin cannot see more than several.
            prop_assert!(expected_calibration_error(&forecasts, 1).expect("error") <= error + 1e-9);
            forecasts.reverse();
            prop_assert!((brier(&forecasts).expect("score") - score).abs() < 1e-9);
        }
    }
}
