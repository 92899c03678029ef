//! Several tests at once: p-values adjusted so that one of many is not taken for a discovery.

/// p-values adjusted after Holm (1979), in their order: the chance of any false discovery among all stays below the level
/// they are judged at.
///
/// adj₍ᵢ₎ = max over j ≤ i of (m − j + 1)·p₍ⱼ₎, at most 1. `None` when one is not in 0..=1.
pub fn holm(p_values: &[f64]) -> Option<Vec<f64>> {
    let order = ascending(p_values)?;
    let mut adjusted = vec![0.0; p_values.len()];
    let mut largest: f64 = 0.0;
    for (rank, index) in order.iter().enumerate() {
        largest = largest.max(real(order.len() - rank) * p_values[*index]).min(1.0);
        adjusted[*index] = largest;
    }
    Some(adjusted)
}

/// p-values adjusted after Benjamini and Hochberg (1995), in their order: the expected share of false discoveries among
/// those found stays below the level they are judged at.
///
/// adj₍ᵢ₎ = min over j ≥ i of m·p₍ⱼ₎/j, at most 1. `None` when one is not in 0..=1.
pub fn benjamini_hochberg(p_values: &[f64]) -> Option<Vec<f64>> {
    let order = ascending(p_values)?;
    let mut adjusted = vec![0.0; p_values.len()];
    let mut least: f64 = 1.0;
    for (rank, index) in order.iter().enumerate().rev() {
        // In this order of the operations the largest stays itself.
        least = least.min(p_values[*index] * (real(order.len()) / real(rank + 1)));
        adjusted[*index] = least;
    }
    Some(adjusted)
}

/// Their indices, the smallest first.
fn ascending(p_values: &[f64]) -> Option<Vec<usize>> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    p_values.iter().all(|p| (0.0..=1.0).contains(p)).then_some(order)
}

#[expect(clippy::cast_precision_loss, reason = "a number of tests")]
fn real(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::base::vectors::Vectors;

    #[test]
    fn adjusted_values_match_the_vectors() {
        let vectors = Vectors::open("metrics/stats", 72);
        let mut seen = 0;
        for row in vectors.of("kind", "multiple_testing") {
            let p_values = row.numbers("p_values");
            row.all_close("bh_adjusted", &benjamini_hochberg(&p_values).expect("adjusted"));
            row.all_close("holm_adjusted", &holm(&p_values).expect("adjusted"));
            row.finish();
            seen += 1;
        }
        assert_eq!(seen, 6);
    }

    #[test]
    fn adjusted_values_match_the_other_vectors() {
        type Adjust = fn(&[f64]) -> Option<Vec<f64>>;
        for (file, adjust, other) in
            [("stats/holm", holm as Adjust, "adjusted_bonferroni"), ("stats/bh", benjamini_hochberg, "adjusted_by")]
        {
            let vectors = Vectors::open(file, 30);
            for row in vectors.rows() {
                let found = adjust(&row.numbers("p")).expect("adjusted");
                row.all_close("adjusted", &found);
                let level = row.param("alpha").as_f64().expect("level");
                row.same("reject", found.iter().map(|p| *p <= level).collect::<Vec<bool>>());
            }
            vectors.finish(&[(other, "a weaker rule, used nowhere")]);
        }
    }

    #[test]
    fn what_is_no_chance_is_refused() {
        for wrong in [f64::NAN, -0.1, 1.1] {
            assert_eq!((holm(&[0.5, wrong]), benjamini_hochberg(&[wrong])), (None, None));
        }
        assert_eq!(holm(&[]), Some(vec![]));
    }

    proptest! {
        #[test]
        fn adjusting_never_lowers_and_keeps_the_order(p_values in prop::collection::vec(0.0_f64..=1.0, 1..30)) {
            let (strict, mild) = (holm(&p_values).expect("adjusted"), benjamini_hochberg(&p_values).expect("adjusted"));
            for i in 0..p_values.len() {
                prop_assert!(strict[i] >= mild[i] - 1e-15 && mild[i] >= p_values[i] && strict[i] <= 1.0);
                for j in 0..p_values.len() {
                    prop_assert!(p_values[i] > p_values[j] || (strict[i] <= strict[j] && mild[i] <= mild[j]));
                }
            }
        }
    }
}
