//! Two lists of scores of unrelated cases.

use super::mean::Moments;
use super::mean_interval::{MeanEstimate, finite};
use super::paired::MeanTest;

/// The t test of unrelated lists with their own variances (Welch 1947) of `b` against `a`, with the degrees of freedom of
/// Satterthwaite (1946).
///
/// `None` when a list holds fewer than two entries or one that is not finite. Where neither list varies there is a
/// difference, but neither t nor p.
pub fn welch_t(a: &[f64], b: &[f64]) -> Option<MeanTest> {
    if a.iter().chain(b).any(|value| !value.is_finite()) {
        return None;
    }
    // From one of the entries, so that a large offset does not cost the difference its digits.
    let offset = *a.first()?;
    let of = |values: &[f64]| MeanEstimate::of(&values.iter().map(|value| value - offset).collect::<Moments>());
    let (a, b) = (of(a)?, of(b)?);
    let (of_a, of_b) = (a.stderr * a.stderr, b.stderr * b.stderr);
    let whole = of_a + of_b;
    // In shares of the whole, so that tiny variances do not vanish when squared.
    let df =
        if whole > 0.0 { 1.0 / ((of_a / whole).powi(2) / a.df + (of_b / whole).powi(2) / b.df) } else { a.df + b.df };
    finite(MeanEstimate { mean: b.mean - a.mean, stderr: whole.sqrt(), df }).map(MeanTest::of)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::paired::compare;
    use super::*;
    use crate::base::vectors::Vectors;

    #[test]
    fn tests_match_the_vectors() {
        let vectors = Vectors::open("stats/welch_t", 34);
        for row in vectors.rows() {
            let (a, b) = (row.numbers("a"), row.numbers("b"));
            let found = welch_t(&a, &b);
            let mean = |values: &[f64]| values.iter().copied().collect::<Moments>().mean().expect("mean");
            row.close("mean_a", mean(&a));
            row.close("mean_b", mean(&b));
            row.close("diff", found.map_or_else(|| mean(&b) - mean(&a), |found| found.difference));
            row.within("df", found.filter(|found| found.t.is_some()).map(|found| found.df), 1e-9);
            compare(row, found);
        }
        vectors.finish(&[]);
    }

    #[test]
    fn little_says_little() {
        assert_eq!((welch_t(&[], &[1.0, 2.0]), welch_t(&[1.0], &[1.0, 2.0])), (None, None));
        assert_eq!(welch_t(&[1.0, f64::INFINITY], &[1.0, 2.0]), None);
        let same = welch_t(&[1.0, 1.0], &[3.0, 3.0, 3.0]).expect("test");
        assert_eq!((same.difference, same.t, same.p), (2.0, None, None));
    }

    proptest! {
        #[test]
        fn p_is_a_chance_and_degrees_lie_between(a in prop::collection::vec(-1e3_f64..1e3, 2..20), b in prop::collection::vec(-1e3_f64..1e3, 2..20)) {
            let found = welch_t(&a, &b).expect("test");
            prop_assert!(found.p.is_none_or(|p| (0.0..=1.0).contains(&p)));
            let least = a.len().min(b.len()) - 1;
            let most = a.len() + b.len() - 2;
            let real = |count: usize| f64::from(u32::try_from(count).expect("small"));
            prop_assert!(found.df >= real(least) - 1e-9 && found.df <= real(most) + 1e-9);
            let swapped = welch_t(&b, &a).expect("test");
            prop_assert!((found.difference + swapped.difference).abs() < 1e-9);
            prop_assert!((found.p.unwrap_or(1.0) - swapped.p.unwrap_or(1.0)).abs() < 1e-9);
        }
    }
}
