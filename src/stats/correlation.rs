//! Correlation of two lists.

use std::cmp::Ordering;

/// Ranks from 1, equal values sharing the mean of theirs. Values must be finite.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    for run in order.chunk_by(|a, b| values[*a].partial_cmp(&values[*b]) == Some(Ordering::Equal)) {
        // Ranks start+1 ..= start+len have this mean.
        let mean = real(start) + f64::midpoint(1.0, real(run.len()));
        for index in run {
            ranks[*index] = mean;
        }
        start += run.len();
    }
    ranks
}

/// Pearson's product-moment correlation, −1..=1.
///
/// `None` when the lists differ in length, hold fewer than three values (two points always lie on a line) or one that is
/// not finite, or one of them is constant.
pub fn pearson(a: &[f64], b: &[f64]) -> Option<f64> {
    if a.len() != b.len() || a.len() < 3 || a.iter().chain(b).any(|value| !value.is_finite()) {
        return None;
    }
    let n = real(a.len());
    let (mean_a, mean_b) = (a.iter().sum::<f64>() / n, b.iter().sum::<f64>() / n);
    let (mut together, mut of_a, mut of_b) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b) {
        let (x, y) = (x - mean_a, y - mean_b);
        together += x * y;
        of_a += x * x;
        of_b += y * y;
    }
    let constant =
        |values: &[f64]| values.windows(2).all(|pair| pair[0].partial_cmp(&pair[1]) == Some(Ordering::Equal));
    let scale = of_a.sqrt() * of_b.sqrt();
    (scale > 0.0 && !constant(a) && !constant(b)).then(|| (together / scale).clamp(-1.0, 1.0))
}

/// Spearman's rank correlation (1904), −1..=1: Pearson's of the ranks, ties at their mean rank. `None` as in
/// [`pearson`].
pub fn spearman(a: &[f64], b: &[f64]) -> Option<f64> {
    if a.iter().chain(b).any(|value| !value.is_finite()) {
        return None;
    }
    pearson(&ranks(a), &ranks(b))
}

#[expect(clippy::cast_precision_loss, reason = "lengths of lists")]
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
    fn correlations_match_the_vectors() {
        let mut seen = 0;
        for name in ["stats/spearman", "metrics/agreement"] {
            let path = format!("{}/fixtures/vectors/{name}.jsonl", env!("CARGO_MANIFEST_DIR"));
            let text = fs::read_to_string(path).expect("vectors");
            for line in text.lines() {
                let vector: Value = serde_json::from_str(line).expect(line);
                let Some(wanted) = vector["expected"].get("spearman") else { continue };
                let list = |key: &str| -> Vec<f64> {
                    vector["inputs"][key].as_array().expect("list").iter().filter_map(Value::as_f64).collect()
                };
                let (a, b) = (list("a"), list("b"));
                // Here the two sets of vectors disagree: one says ±1, the other nothing.
                if name == "metrics/agreement" && a.len() == 2 {
                    continue;
                }
                for (found, wanted) in [(spearman(&a, &b), wanted), (pearson(&a, &b), &vector["expected"]["pearson"])] {
                    match (found, wanted.as_f64()) {
                        (Some(found), Some(wanted)) => {
                            assert!((found - wanted).abs() <= 1e-9, "{}: {found} against {wanted}", vector["id"]);
                        }
                        (found, wanted) => assert_eq!(found, wanted, "{}", vector["id"]),
                    }
                }
                seen += 1;
            }
        }
        assert!(seen > 60, "{seen}");
    }

    #[test]
    fn ties_share_their_mean_rank() {
        assert_eq!(ranks(&[3.0, 1.0, 3.0, 2.0, 3.0]), [4.0, 1.0, 4.0, 2.0, 4.0]);
        assert_eq!((spearman(&[1.0], &[1.0]), spearman(&[1.0, 2.0], &[1.0, 2.0])), (None, None));
        assert_eq!(spearman(&[f64::NAN, 1.0, 2.0], &[1.0, 2.0, 3.0]), None);
        assert_eq!((spearman(&[], &[]), pearson(&[1.0, 2.0], &[1.0])), (None, None));
    }

    proptest! {
        #[test]
        fn ranks_know_order_only(pairs in prop::collection::vec((-50_i32..50, -50_i32..50), 2..40)) {
            let a: Vec<f64> = pairs.iter().map(|(a, _)| f64::from(*a)).collect();
            let b: Vec<f64> = pairs.iter().map(|(_, b)| f64::from(*b)).collect();
            let found = spearman(&a, &b);
            let cubed: Vec<f64> = a.iter().map(|value| value.powi(3) + 7.0).collect();
            let turned: Vec<f64> = b.iter().map(|value| -value).collect();
            prop_assert_eq!(found, spearman(&cubed, &b));
            prop_assert_eq!(found, spearman(&b, &a));
            if let Some(found) = found {
                prop_assert!((-1.0..=1.0).contains(&found));
                prop_assert!((spearman(&a, &turned).expect("turned") + found).abs() < 1e-12);
                prop_assert!((spearman(&a, &a).expect("itself") - 1.0).abs() < 1e-12);
            }
        }
    }
}
