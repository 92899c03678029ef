//! Two sets of verdicts on the same cases.

use serde::Serialize;

use super::beta::{beta_factor, beta_tails};

/// Whether two sets of verdicts on the same cases differ more than chance lets them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct McNemar {
    /// Cases that only the second passes.
    pub gained: u64,
    /// Cases that only the first passes.
    pub lost: u64,
    /// The exact two-sided p-value: never too small, mostly too large.
    pub p_exact: f64,
    /// The mid-p value (Lancaster 1961; Fagerland et al. 2013): the one to judge by.
    pub p_mid: f64,
}

/// The test of `McNemar` (1947) by the binomial law. Cases on which both agree say nothing and are not asked for.
///
/// exact = min(1, 2·P(X ≤ the fewer)) for X of gained + lost fair coins; mid-p = exact − P(X = the fewer). Both are 1 when
/// as many were gained as lost, none among them.
#[expect(clippy::cast_precision_loss, reason = "counts beyond 2^53 lose digits that no p-value shows")]
pub fn mcnemar(gained: u64, lost: u64) -> McNemar {
    let certain = McNemar { gained, lost, p_exact: 1.0, p_mid: 1.0 };
    if gained == lost {
        return certain;
    }
    let (fewer, more) = (gained.min(lost) as f64, gained.max(lost) as f64);
    // P(X ≤ k) is I of the beta law with shapes n − k and k + 1 at ½.
    let Some((at_most, _)) = beta_tails(more, fewer + 1.0, 0.5, 0.5) else { return certain };
    let equal = beta_factor(fewer + 1.0, more + 1.0, 0.5, 0.5) / ((fewer + more + 1.0) * 0.25);
    let p_exact = (2.0 * at_most).min(1.0);
    McNemar { p_exact, p_mid: (2.0 * at_most - equal).clamp(0.0, 1.0), ..certain }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::base::vectors::Vectors;

    #[test]
    fn p_values_match_the_vectors() {
        let vectors = Vectors::open("stats/mcnemar", 31);
        for row in vectors.rows() {
            let (gained, lost) = (row.count("only_candidate"), row.count("only_baseline"));
            let found = mcnemar(gained, lost);
            row.same("discordant", gained + lost);
            row.same("n", gained + lost + row.count("both_pass") + row.count("both_fail"));
            row.relative("p_exact", found.p_exact, 1e-7);
            row.relative("p_midp", found.p_mid, 1e-7);
        }
        let normal = "the exact and the mid-p value are better at every size";
        vectors.finish(&[
            ("diff", "a difference of shares, which the caller has"),
            ("chi2", normal),
            ("p_chi2", normal),
            ("chi2_cc", normal),
            ("p_chi2_cc", normal),
            ("odds_ratio", "shown by no report"),
        ]);
    }

    proptest! {
        #[test]
        fn p_is_a_sum_of_coins_and_mirrors(gained in 0_u64..60, lost in 0_u64..60) {
            let found = mcnemar(gained, lost);
            let mirrored = mcnemar(lost, gained);
            prop_assert_eq!((found.p_exact, found.p_mid), (mirrored.p_exact, mirrored.p_mid));
            prop_assert!(found.p_mid <= found.p_exact && found.p_mid > 0.0 && found.p_exact <= 1.0);
            // Pascal's triangle.
            let n = gained + lost;
            let (mut term, mut sum) = (0.5_f64.powi(i32::try_from(n).expect("small")), 0.0);
            for i in 0..=gained.min(lost) {
                sum += term;
                #[expect(clippy::cast_precision_loss, reason = "small")]
                let next = (n - i) as f64 / (i + 1) as f64;
                term *= next;
            }
            prop_assert!((found.p_exact - (2.0 * sum).min(1.0)).abs() < 1e-12);
        }
    }
}
