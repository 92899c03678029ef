//! The standard normal law.

use std::f64::consts::{PI, SQRT_2};

/// z with P(Z ≤ z) = `p`. `None` unless 0 < p < 1.
///
/// Starts at a rational approximation (Abramowitz and Stegun 1964, 26.2.23) and refines it by Halley's method on
/// `erfc`, in the tail where no digit is lost to 1 − p.
pub fn normal_quantile(p: f64) -> Option<f64> {
    let inside = p > 0.0 && p < 1.0;
    inside.then(|| if p <= 0.5 { -upper_quantile(p) } else { upper_quantile(1.0 - p) })
}

/// z with P(|Z| ≤ z) = `confidence`: 1.96 for 0.95. `None` unless 0 < confidence < 1.
pub fn two_sided_z(confidence: f64) -> Option<f64> {
    let inside = confidence > 0.0 && confidence < 1.0;
    inside.then(|| upper_quantile((1.0 - confidence) / 2.0))
}

/// x ≥ 0 with P(Z > x) = `tail`, for 0 < tail ≤ ½.
fn upper_quantile(tail: f64) -> f64 {
    let t = (-2.0 * tail.ln()).sqrt();
    let top = 2.515_517 + t * (0.802_853 + t * 0.010_328);
    let bottom = 1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308));
    let mut x = t - top / bottom;
    for _ in 0..4 {
        let density = (-0.5 * x * x).exp() / (2.0 * PI).sqrt();
        let excess = 0.5 * libm::erfc(x / SQRT_2) - tail;
        let newton = excess / density;
        // Halley's denominator: the density falls by x per unit.
        let step = newton / (1.0 - 0.5 * x * newton);
        if !step.is_finite() {
            break;
        }
        x += step;
        if step.abs() < 1e-16 * x.abs() {
            break;
        }
    }
    x.max(0.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quantiles_match_another_implementation() {
        // Python 3 `statistics.NormalDist().inv_cdf` (Wichura 1988); the far tails also by mpmath with 40 digits.
        for (p, z) in [
            (0.975, 1.959_963_984_540_053_6),
            (0.95, 1.644_853_626_951_471_5),
            (0.995, 2.575_829_303_548_9),
            (0.5, 0.0),
            (0.841_344_746_068_542_9, 1.0),
            (1e-10, -6.361_340_902_404_056),
            (1e-300, -37.047_096_299_361_2),
        ] {
            let found = normal_quantile(p).expect("inside");
            assert!((found - z).abs() <= 1e-12 * z.abs().max(1e-3), "{p}: {found} against {z}");
        }
    }

    #[test]
    fn outside_there_is_no_quantile() {
        for p in [0.0, 1.0, -0.1, 1.1, f64::NAN, f64::INFINITY] {
            assert_eq!((normal_quantile(p), two_sided_z(p)), (None, None), "{p}");
        }
    }

    proptest! {
        #[test]
        fn the_tail_beyond_a_quantile_is_the_probability(p in 1e-12_f64..0.5) {
            let z = normal_quantile(p).expect("inside");
            let back = 0.5 * libm::erfc(-z / SQRT_2);
            prop_assert!((back / p - 1.0).abs() < 1e-11, "{p} {back}");
            let mirrored = normal_quantile(1.0 - p).expect("inside");
            prop_assert!((z + mirrored).abs() < 1e-3);
        }
    }
}
