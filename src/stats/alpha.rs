//! Agreement of any number of raters.

/// The scale on which ratings are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Names: equal or not.
    Nominal,
    /// Ranks: by how many ratings lie between two values.
    Ordinal,
    /// Numbers: by the square of their difference.
    Interval,
    /// Amounts from a true zero: by the square of their difference over their sum.
    Ratio,
}

/// Krippendorff's alpha (2004; 2011): 1 is full agreement, 0 what chance would give, below 0 is worse than chance.
///
/// One list per unit (a case) with one place per rater, in the same order of raters or not; `None` is a missing rating.
/// Units with fewer than two ratings say nothing and are left out. `None` when no unit has two ratings, when all ratings
/// are the same value (chance agrees always), or when one is not finite, or negative on the ratio scale.
///
/// α = 1 − Dₒ/Dₑ with Dₒ = (1/n)·Σ over units of Σ over ordered pairs of d / (m − 1), Dₑ = Σ over ordered pairs of all
/// ratings of d / (n(n − 1)); d nominal 0 or 1, interval (a − b)², ratio ((a − b)/(a + b))², ordinal (ratings from a to b − half of those at a
/// and b)².
pub fn krippendorff_alpha(units: &[Vec<Option<f64>>], scale: Scale) -> Option<f64> {
    let rated: Vec<Vec<f64>> = units
        .iter()
        .map(|unit| unit.iter().copied().flatten().collect::<Vec<f64>>())
        .filter(|unit| unit.len() >= 2)
        .collect();
    let mut values: Vec<f64> = rated.iter().flatten().copied().collect();
    if values.iter().any(|value| !value.is_finite() || (scale == Scale::Ratio && *value < 0.0)) {
        return None;
    }
    values.sort_unstable_by(f64::total_cmp);
    let n = real(values.len());
    // Distinct values with how often each occurs. Ascending, so that a value not above the last one equals it; −0 and
    // 0 are one.
    let mut distinct: Vec<(f64, f64)> = Vec::new();
    for value in values {
        match distinct.last_mut().filter(|(last, _)| *last >= value) {
            Some((_, count)) => *count += 1.0,
            None => distinct.push((value, 1.0)),
        }
    }
    let below: Vec<f64> = distinct
        .iter()
        .scan(0.0, |sum, (_, count)| {
            *sum += count;
            Some(*sum)
        })
        .collect();
    let distance = |a: usize, b: usize| {
        let ((x, count_x), (y, count_y)) = (distinct[a], distinct[b]);
        match scale {
            Scale::Nominal => 1.0,
            Scale::Interval => (x - y) * (x - y),
            Scale::Ratio => ((x - y) / (x + y)).powi(2),
            // Ratings from a to b, both included, less half of each end; a is the lower one.
            Scale::Ordinal => (below[b] - below[a] + count_x - f64::midpoint(count_x, count_y)).powi(2),
        }
    };
    let place = |value: f64| distinct.partition_point(|(known, _)| *known < value);
    let mut observed = 0.0;
    for unit in &rated {
        let mut places: Vec<usize> = unit.iter().map(|value| place(*value)).collect();
        places.sort_unstable();
        let mut apart = 0.0;
        for (index, a) in places.iter().enumerate() {
            apart += places.iter().skip(index + 1).filter(|b| *b != a).map(|b| distance(*a, *b)).sum::<f64>();
        }
        observed += apart / (real(places.len()) - 1.0);
    }
    let mut expected = 0.0;
    for a in 0..distinct.len() {
        for b in a + 1..distinct.len() {
            expected += distinct[a].1 * distinct[b].1 * distance(a, b);
        }
    }
    (expected > 0.0).then(|| 1.0 - (n - 1.0) * observed / expected)
}

#[expect(clippy::cast_precision_loss, reason = "counts of ratings")]
fn real(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::base::vectors::Vectors;

    /// Units from a matrix with one row per rater.
    fn units(ratings: &Value) -> Vec<Vec<Option<f64>>> {
        let raters = ratings.as_array().expect("rows");
        let columns = raters.first().and_then(Value::as_array).map_or(0, Vec::len);
        (0..columns).map(|unit| raters.iter().map(|row| row[unit].as_f64()).collect()).collect()
    }

    #[test]
    fn alphas_match_the_vectors() {
        let vectors = Vectors::open("metrics/agreement", 64);
        let mut seen = 0;
        for row in vectors.of("kind", "matrix") {
            let units = units(row.input("ratings"));
            for (scale, key) in [
                (Scale::Nominal, "krippendorff_nominal"),
                (Scale::Ordinal, "krippendorff_ordinal"),
                (Scale::Interval, "krippendorff_interval"),
                (Scale::Ratio, "krippendorff_ratio"),
            ] {
                if row.expects(key) {
                    row.close(key, krippendorff_alpha(&units, scale));
                }
            }
            row.finish_but(&[
                // One rating of each rater for each unit is a special case of what alpha takes, and alpha says more.
                "fleiss_kappa",
                // Shown by no report: it does not correct for chance.
                "mean_pairwise_percent_agreement",
            ]);
            seen += 1;
        }
        assert_eq!(seen, 31);
    }

    #[test]
    fn too_little_says_nothing() {
        assert_eq!(krippendorff_alpha(&[], Scale::Nominal), None);
        assert_eq!(krippendorff_alpha(&[vec![Some(1.0), None], vec![Some(2.0)]], Scale::Nominal), None);
        assert_eq!(krippendorff_alpha(&[vec![Some(1.0), Some(1.0)]], Scale::Interval), None);
        assert_eq!(krippendorff_alpha(&[vec![Some(-1.0), Some(1.0)]], Scale::Ratio), None);
        assert_eq!(krippendorff_alpha(&[vec![Some(f64::NAN), Some(1.0)]], Scale::Interval), None);
        let same = [vec![Some(1.0), Some(1.0)], vec![Some(2.0), Some(2.0)]];
        assert_eq!(krippendorff_alpha(&same, Scale::Ordinal), Some(1.0));
    }

    fn ratings() -> impl Strategy<Value = Vec<Vec<Option<f64>>>> {
        prop::collection::vec(prop::collection::vec(prop::option::of((0_i32..5).prop_map(f64::from)), 3), 1..20)
    }

    proptest! {
        #[test]
        fn the_order_of_raters_and_units_does_not_matter(units in ratings()) {
            for scale in [Scale::Nominal, Scale::Ordinal, Scale::Interval] {
                let found = krippendorff_alpha(&units, scale);
                let turned: Vec<_> = units.iter().rev().map(|unit| unit.iter().rev().copied().collect()).collect();
                match (found, krippendorff_alpha(&turned, scale)) {
                    (Some(a), Some(b)) => prop_assert!((a - b).abs() < 1e-9 && a <= 1.0 + 1e-12 && a.is_finite()),
                    (a, b) => prop_assert_eq!(a, b),
                }
            }
            // An interval is the same in other units.
            let scaled: Vec<Vec<Option<f64>>> =
                units.iter().map(|unit| unit.iter().map(|r| r.map(|r| 3.0 * r + 10.0)).collect()).collect();
            match (krippendorff_alpha(&units, Scale::Interval), krippendorff_alpha(&scaled, Scale::Interval)) {
                (Some(a), Some(b)) => prop_assert!((a - b).abs() < 1e-9),
                (a, b) => prop_assert_eq!(a, b),
            }
        }
    }
}
