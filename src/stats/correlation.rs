//! Correlation of two lists.

use std::cmp::Ordering;

use super::student::two_sided_t_p;

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

/// The two-sided p-value of a correlation of `n` unrelated pairs against none, by Student's law with n − 2 degrees of
/// freedom: exact for [`pearson`]'s of normal values, good for [`spearman`]'s from ten pairs on.
///
/// `None` with fewer than three pairs or a correlation outside −1..=1.
pub fn correlation_p(correlation: f64, n: usize) -> Option<f64> {
    if n < 3 || !(-1.0..=1.0).contains(&correlation) {
        return None;
    }
    let df = real(n) - 2.0;
    let rest = (1.0 - correlation) * (1.0 + correlation);
    if rest > 0.0 { two_sided_t_p(correlation * (df / rest).sqrt(), df) } else { Some(0.0) }
}

/// Kendall's tau-b (1945), −1..=1: of all pairs of cases, those that both lists put in one order less those they put in
/// opposite ones, with ties taken out: (C − D)/√((P − ties in a)(P − ties in b)). It looks at n²/2 pairs.
///
/// `None` when the lists differ in length, hold fewer than two values or one that is not finite, or one of them is
/// constant.
pub fn kendall_tau(a: &[f64], b: &[f64]) -> Option<f64> {
    if a.len() != b.len() || a.iter().chain(b).any(|value| !value.is_finite()) {
        return None;
    }
    let (mut balance, mut untied_a, mut untied_b) = (0_i64, 0_u64, 0_u64);
    for (index, (x, y)) in a.iter().zip(b).enumerate() {
        for (other_x, other_y) in a.iter().zip(b).skip(index + 1) {
            let (by_a, by_b) = (order(*x, *other_x), order(*y, *other_y));
            balance += by_a * by_b;
            untied_a += by_a.unsigned_abs();
            untied_b += by_b.unsigned_abs();
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "pairs of a list that fits into memory")]
    let (balance, untied_a, untied_b) = (balance as f64, untied_a as f64, untied_b as f64);
    let scale = untied_a.sqrt() * untied_b.sqrt();
    (scale > 0.0).then(|| (balance / scale).clamp(-1.0, 1.0))
}

fn order(one: f64, other: f64) -> i64 {
    i64::from(one > other) - i64::from(one < other)
}

#[expect(clippy::cast_precision_loss, reason = "lengths of lists")]
fn real(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::base::vectors::Vectors;

    #[test]
    fn correlations_match_the_vectors() {
        let vectors = Vectors::open("metrics/agreement", 64);
        let mut seen = 0;
        for row in vectors.of("kind", "pair") {
            let (a, b) = (row.numbers("a"), row.numbers("b"));
            row.close("kendall_tau_b", kendall_tau(&a, &b));
            // Kappas and the share of agreement are compared with the confusion matrix; of labels that are no whole
            // numbers there are none.
            let mut left_out = vec!["cohen_kappa", "cohen_kappa_linear", "cohen_kappa_quadratic", "percent_agreement"];
            if a.len() == 2 {
                // Here the two sets of vectors disagree: one says ±1, the other nothing.
                left_out.extend(["spearman", "spearman_p", "pearson", "pearson_p"]);
                assert_eq!((spearman(&a, &b), pearson(&a, &b)), (None, None));
            } else {
                for (name, found) in [("spearman", spearman(&a, &b)), ("pearson", pearson(&a, &b))] {
                    row.close(name, found);
                    let p = found.and_then(|found| correlation_p(found, a.len()));
                    // Of a perfect correlation the last bit of the coefficient decides: 1e-16 or 1e-60.
                    if found.is_some_and(|found| found.abs() > 1.0 - 1e-12) {
                        let wanted = row.expected(&format!("{name}_p")).as_f64();
                        assert!(p.zip(wanted).is_some_and(|(p, wanted)| p < 1e-7 && wanted < 1e-7), "{}", row.id());
                    } else {
                        row.within(&format!("{name}_p"), p, 1e-9);
                    }
                }
            }
            row.finish_but(&left_out);
            seen += 1;
        }
        assert_eq!(seen, 33);
    }

    #[test]
    fn correlations_match_the_other_vectors() {
        for row in Vectors::open("stats/spearman", 36).rows() {
            let (a, b) = (row.numbers("a"), row.numbers("b"));
            row.close("spearman", spearman(&a, &b));
            row.close("pearson", pearson(&a, &b));
        }
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
