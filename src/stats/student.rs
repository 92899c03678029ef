//! Student's t law (1908), with any positive number of degrees of freedom.

use std::f64::consts::{PI, SQRT_2};

use super::beta::{beta_factor, beta_tails};
use super::normal::two_sided_z;

/// Degrees of freedom beyond which the law is the normal one and its first correction: the beta law would lose digits.
const NEARLY_NORMAL: f64 = 1e7;

/// P(T > t) with `df` degrees of freedom, accurate far out in the tail.
///
/// ½·I of the beta law with shapes df/2 and ½ at df/(df + t²); from 10⁷ degrees of freedom Φ̄(t) + φ(t)·(t³ + t)/(4·df)
/// (Fisher 1925). `None` unless `df` is positive and finite and `t` is a number.
pub fn t_tail(t: f64, df: f64) -> Option<f64> {
    if t.is_nan() {
        return None;
    }
    if df > NEARLY_NORMAL && df.is_finite() && t.is_finite() {
        let normal = 0.5 * libm::erfc(t / SQRT_2);
        return Some((normal + normal_density(t) * t * (t * t + 1.0) / (4.0 * df)).clamp(0.0, 1.0));
    }
    let (x, y) = shares(t, df);
    let beyond = 0.5 * beta_tails(df / 2.0, 0.5, x, y)?.0;
    Some(if t >= 0.0 { beyond } else { 1.0 - beyond })
}

/// P(|T| ≥ |t|): the two-sided p-value. `None` as in [`t_tail`].
pub fn two_sided_t_p(t: f64, df: f64) -> Option<f64> {
    t_tail(t.abs(), df).map(|tail| (2.0 * tail).min(1.0))
}

/// t with P(|T| ≤ t) = `confidence`: 2.262 for 0.95 and 9 degrees of freedom. `None` unless 0 < confidence < 1 and `df`
/// is positive and finite.
pub fn two_sided_t(confidence: f64, df: f64) -> Option<f64> {
    let z = two_sided_z(confidence)?;
    let tail = (1.0 - confidence) / 2.0;
    // The quantile lies beyond the normal one.
    let (mut low, mut high) = (0.0, z.max(1.0));
    while t_tail(high, df)? > tail {
        (low, high) = (high, high * 2.0);
        if !high.is_finite() {
            return None;
        }
    }
    let mut t = z.clamp(low, high);
    for _ in 0..200 {
        let found = t_tail(t, df)?;
        if found > tail {
            low = t;
        } else {
            high = t;
        }
        let density = density(t, df);
        // Newton's step on the logarithm of the tail, which is nearly straight.
        let newton = t + (found / tail).ln() * found / density;
        let next = if newton > low && newton < high { newton } else { f64::midpoint(low, high) };
        if (next - t).abs() <= 1e-15 * t {
            return Some(next);
        }
        t = next;
    }
    Some(t)
}

/// The density at t > 0; good enough to find a quantile with.
fn density(t: f64, df: f64) -> f64 {
    if df > NEARLY_NORMAL {
        return normal_density(t);
    }
    let (x, y) = shares(t, df);
    beta_factor(df / 2.0, 0.5, x, y) / t
}

fn normal_density(z: f64) -> f64 {
    (-0.5 * z * z).exp() / (2.0 * PI).sqrt()
}

/// df/(df + t²) and t²/(df + t²), without overflow.
fn shares(t: f64, df: f64) -> (f64, f64) {
    let square = t / df.sqrt() * (t / df.sqrt());
    if square.is_infinite() { (0.0, 1.0) } else { (1.0 / (1.0 + square), square / (1.0 + square)) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn close(found: Option<f64>, wanted: f64, relative: f64) {
        let found = found.expect("value");
        assert!((found / wanted - 1.0).abs() <= relative, "{found:e} is not {wanted:e}");
    }

    #[test]
    fn tails_are_the_closed_forms_and_the_normal_law_in_the_end() {
        for t in [1e-6_f64, 0.3, 1.0, 12.7, 1e5] {
            // One degree of freedom is Cauchy's law; two have ½ − t/(2√(2 + t²)) = 1/(√(2+t²)·(√(2+t²) + t)).
            close(t_tail(t, 1.0), (1.0 / t).atan() / PI, 1e-13);
            let root = (2.0 + t * t).sqrt();
            close(t_tail(t, 2.0), 1.0 / (root * (root + t)), 1e-13);
        }
        for t in [0.5, 1.96, 5.0] {
            close(t_tail(t, 1e12), 0.5 * libm::erfc(t / SQRT_2), 1e-9);
            close(t_tail(t, NEARLY_NORMAL), t_tail(t, NEARLY_NORMAL + 1.0).expect("tail"), 2e-9);
        }
        close(t_tail(-1.0, 1.0), 0.75, 1e-14);
    }

    #[test]
    fn quantiles_are_the_published_ones() {
        // Tables of Fisher and Yates (1963), table III.
        for (confidence, df, wanted) in
            [(0.95, 1.0, 12.706), (0.95, 9.0, 2.262), (0.99, 5.0, 4.032), (0.90, 30.0, 1.697), (0.999, 3.0, 12.924)]
        {
            close(two_sided_t(confidence, df), wanted, 5e-4);
        }
        close(two_sided_t(0.95, 1.0), (PI / 2.0 * 0.95).tan(), 1e-12);
        close(two_sided_t(0.95, 1e9), 1.959_963_984_540_054, 1e-8);
        close(two_sided_t(1e-6, 4.0), 1e-6 / 0.75, 1e-9);
    }

    #[test]
    fn nonsense_has_no_tail() {
        for (t, df) in [(f64::NAN, 3.0), (1.0, 0.0), (1.0, -2.0), (1.0, f64::NAN), (1.0, f64::INFINITY)] {
            assert_eq!((t_tail(t, df), two_sided_t_p(t, df)), (None, None), "{t} {df}");
        }
        assert_eq!((two_sided_t(1.0, 3.0), two_sided_t(0.0, 3.0), two_sided_t(0.95, 0.0)), (None, None, None));
        assert_eq!((t_tail(f64::INFINITY, 3.0), t_tail(f64::NEG_INFINITY, 3.0)), (Some(0.0), Some(1.0)));
        assert!(t_tail(1e200, 2.0).is_some_and(|tail| tail >= 0.0));
    }

    proptest! {
        #[test]
        fn what_lies_beyond_a_quantile_is_the_rest(confidence in 0.001_f64..0.9999, df in 0.7_f64..5_000.0) {
            let t = two_sided_t(confidence, df).expect("quantile");
            let left = two_sided_t_p(t, df).expect("tail");
            prop_assert!((left / (1.0 - confidence) - 1.0).abs() < 1e-10, "{} {}", t, left);
            prop_assert!(t >= two_sided_z(confidence).expect("z") * (1.0 - 1e-12));
            prop_assert!(two_sided_t(confidence, df + 1.0).expect("quantile") <= t * (1.0 + 1e-12));
        }
    }
}
