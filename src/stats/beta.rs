//! The incomplete beta function: the tails of the beta, binomial and Student laws.

use std::f64::consts::PI;

/// Steps of the continued fraction; it needs about √(a + b).
const MOST_STEPS: u32 = 1_000_000;

/// P(X ≤ x) and P(X > x) of a beta law with shapes `a` and `b`, both to full relative accuracy; `y` is 1 − x, given apart
/// because it is often known better than it can be computed.
///
/// By the continued fraction of Numerical Recipes (Press et al. 2007, 6.4) with Lentz's method, on the side where it
/// converges fast, and the prefactor after Loader (2000), which loses no digits at large shapes. `None` unless both
/// shapes are positive and finite and `x` and `y` lie in 0..=1.
pub(super) fn beta_tails(a: f64, b: f64, x: f64, y: f64) -> Option<(f64, f64)> {
    let is_share = |value: f64| (0.0..=1.0).contains(&value);
    if !(a > 0.0 && b > 0.0 && a.is_finite() && b.is_finite() && is_share(x) && is_share(y)) {
        return None;
    }
    if x <= 0.0 {
        return Some((0.0, 1.0));
    }
    if y <= 0.0 {
        return Some((1.0, 0.0));
    }
    let factor = beta_factor(a, b, x, y);
    Some(if x <= (a + 1.0) / (a + b + 2.0) {
        let below = (factor * fraction(a, b, x) / a).clamp(0.0, 1.0);
        (below, 1.0 - below)
    } else {
        let above = (factor * fraction(b, a, y) / b).clamp(0.0, 1.0);
        (1.0 - above, above)
    })
}

/// `x^a · y^b / B(a, b)`: the density of the beta law times x·y. For 0 < x < 1 and y = 1 − x.
///
/// ab/(a+b) · exp(S(a+b) − S(a) − S(b) − D(a, (a+b)x) − D(b, (a+b)y)) / √(2π·ab/(a+b)), after Loader (2000), with S the
/// error of Stirling's formula and D the deviance.
pub(super) fn beta_factor(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let n = a + b;
    // Not a·b, which overflows first.
    let scale = a * (b / n);
    let exponent = stirling_error(n) - stirling_error(a) - stirling_error(b) - deviance(a, n * x) - deviance(b, n * y);
    scale * exponent.exp() / (2.0 * PI * scale).sqrt()
}

/// ln Γ(n+1) − (n + ½) ln n + n − ½ ln 2π.
fn stirling_error(n: f64) -> f64 {
    if n > 15.0 {
        let square = n * n;
        return (1.0 / 12.0
            - (1.0 / 360.0 - (1.0 / 1260.0 - (1.0 / 1680.0 - 1.0 / 1188.0 / square) / square) / square) / square)
            / n;
    }
    libm::lgamma(n + 1.0) - (n + 0.5) * n.ln() + n - 0.5 * (2.0 * PI).ln()
}

/// x ln(x/m) + m − x, without losing digits where x is near m.
fn deviance(x: f64, m: f64) -> f64 {
    let v = (x - m) / (x + m);
    if v.abs() >= 0.1 {
        return x * (x / m).ln() + m - x;
    }
    let (mut sum, mut power, mut odd) = ((x - m) * v, 2.0 * x * v, 1.0);
    loop {
        power *= v * v;
        odd += 2.0;
        let next = sum + power / odd;
        // Settled: another term changes nothing.
        if (next - sum).abs() <= 0.0 {
            return next;
        }
        sum = next;
    }
}

/// The continued fraction for x below (a+1)/(a+b+2).
fn fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away_from_zero = |value: f64| if value.abs() < TINY { TINY } else { value };
    let (sum, above, below) = (a + b, a + 1.0, a - 1.0);
    let mut c = 1.0;
    let mut d = 1.0 / away_from_zero(1.0 - sum * x / above);
    let mut value = d;
    for step in 1..=MOST_STEPS {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((below + 2.0 * m) * (a + 2.0 * m));
        d = 1.0 / away_from_zero(1.0 + even * d);
        c = away_from_zero(1.0 + even / c);
        value *= d * c;
        let odd = -(a + m) * (sum + m) * x / ((a + 2.0 * m) * (above + 2.0 * m));
        d = 1.0 / away_from_zero(1.0 + odd * d);
        c = away_from_zero(1.0 + odd / c);
        value *= d * c;
        if (d * c - 1.0).abs() < 1e-16 {
            break;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tails(a: f64, b: f64, x: f64) -> (f64, f64) {
        beta_tails(a, b, x, 1.0 - x).expect("inside")
    }

    #[track_caller]
    fn close(found: f64, wanted: f64, relative: f64) {
        assert!((found / wanted - 1.0).abs() <= relative, "{found:e} is not {wanted:e}");
    }

    #[test]
    fn tails_are_the_closed_forms_where_there_are_some() {
        // I_x(a, 1) = x^a; I_x(1, b) = 1 − (1 − x)^b; I_x(½, ½) = 2/π · asin √x.
        for (a, x) in [(0.5, 0.3), (3.0, 0.01), (40.0, 0.9), (1e5, 0.9999)] {
            close(tails(a, 1.0, x).0, x.powf(a), 1e-10);
            close(tails(1.0, a, 1.0 - x).1, x.powf(a), 1e-10);
        }
        for x in [1e-8, 0.2, 0.5, 0.97] {
            close(tails(0.5, 0.5, x).0, 2.0 / PI * f64::sqrt(x).asin(), 1e-13);
        }
        close(tails(1e6, 1e6, 0.5).0, 0.5, 1e-12);
    }

    #[test]
    fn tails_are_sums_of_binomial_terms() {
        // P(X ≥ k) of n draws with chance x is I_x(k, n − k + 1); terms by exact integers.
        for (n, k) in [(5_u32, 2_u32), (20, 7), (40, 33)] {
            let x: f64 = 0.37;
            let mut term = (1.0 - x).powi(n.cast_signed());
            let mut above = 0.0;
            for i in 0..=n {
                if i >= k {
                    above += term;
                }
                term *= f64::from(n - i) / f64::from(i + 1) * x / (1.0 - x);
            }
            close(tails(f64::from(k), f64::from(n - k + 1), x).0, above, 1e-12);
        }
    }

    #[test]
    fn ends_and_nonsense() {
        assert_eq!(beta_tails(2.0, 3.0, 0.0, 1.0), Some((0.0, 1.0)));
        assert_eq!(beta_tails(2.0, 3.0, 1.0, 0.0), Some((1.0, 0.0)));
        for (a, b, x) in
            [(0.0, 1.0, 0.5), (1.0, -1.0, 0.5), (1.0, 1.0, 1.5), (f64::NAN, 1.0, 0.5), (1.0, f64::INFINITY, 0.5)]
        {
            assert_eq!(beta_tails(a, b, x, 1.0 - x), None);
        }
        assert_eq!(beta_tails(1.0, 1.0, f64::NAN, 0.5), None);
    }

    proptest! {
        #[test]
        fn tails_add_up_mirror_and_rise(a in 0.05_f64..2_000.0, b in 0.05_f64..2_000.0, x in 0.0_f64..=1.0, step in 0.0_f64..0.2) {
            let (below, above) = tails(a, b, x);
            prop_assert!((below + above - 1.0).abs() < 1e-12 && (0.0..=1.0).contains(&below));
            let mirrored = beta_tails(b, a, 1.0 - x, x).expect("inside");
            prop_assert!((mirrored.1 - below).abs() < 1e-11);
            prop_assert!(tails(a, b, (x + step).min(1.0)).0 >= below - 1e-11);
        }
    }
}
