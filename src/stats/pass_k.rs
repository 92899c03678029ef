//! Several tries at one case: whether one of k succeeds, and whether all of them do.

/// pass@k: the chance that at least one of `k` tries passes, from `passed` of `tries` that were made (Chen et al. 2021):
/// 1 − C(n−c, k)/C(n, k), the share of all choices of k tries with a pass among them. No estimate from fewer tries is
/// without bias.
///
/// `None` when `k` is 0 or more than `tries`, or `passed > tries`.
pub fn pass_at_k(tries: u64, passed: u64, k: u64) -> Option<f64> {
    let failed = tries.checked_sub(passed)?;
    choices(tries, failed, k).map(|none| 1.0 - none)
}

/// pass^k: the chance that all of `k` tries pass, from `passed` of `tries` that were made (Yao et al. 2024, tau-bench):
/// C(c, k)/C(n, k). `None` as in [`pass_at_k`].
pub fn pass_hat_k(tries: u64, passed: u64, k: u64) -> Option<f64> {
    choices(tries, passed, k)
}

/// C(part, k) / C(whole, k): the share of all choices of k that lie within the part.
#[expect(clippy::cast_precision_loss, reason = "tries are far fewer than 2^53")]
fn choices(whole: u64, part: u64, k: u64) -> Option<f64> {
    if k == 0 || k > whole || part > whole {
        return None;
    }
    if k > part {
        return Some(0.0);
    }
    // As a product over the shorter side: C(p,k)/C(w,k) = Π (p−i)/(w−i) over i < k = Π (w−k−i)/(w−i) over i < w−p.
    let rest = whole - part;
    Some(if k <= rest {
        (0..k).map(|i| (part - i) as f64 / (whole - i) as f64).product()
    } else {
        (0..rest).map(|i| (whole - k - i) as f64 / (whole - i) as f64).product()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::base::vectors::Vectors;

    #[test]
    fn chances_match_the_vectors() {
        let vectors = Vectors::open("metrics/stats", 72);
        let mut seen = 0;
        for row in vectors.of("kind", "pass_k") {
            let (n, c, k) = (row.count("n"), row.count("correct"), row.count("k"));
            row.close("pass_at_k", pass_at_k(n, c, k));
            row.close("pass_hat_k", pass_hat_k(n, c, k));
            row.finish();
            seen += 1;
        }
        assert_eq!(seen, 15);
    }

    #[test]
    fn nonsense_has_no_chance() {
        for (tries, passed, k) in [(0, 0, 1), (3, 2, 0), (3, 4, 1), (3, 2, 4)] {
            assert_eq!(
                (pass_at_k(tries, passed, k), pass_hat_k(tries, passed, k)),
                (None, None),
                "{tries} {passed} {k}"
            );
        }
        assert_eq!((pass_at_k(5, 2, 5), pass_hat_k(5, 2, 5), pass_hat_k(5, 5, 5)), (Some(1.0), Some(0.0), Some(1.0)));
    }

    proptest! {
        #[test]
        fn chances_are_shares_of_all_choices(outcomes in prop::collection::vec(any::<bool>(), 1..11), k in 1_usize..11) {
            let n = outcomes.len();
            let k = k.min(n);
            let (mut all, mut any_pass, mut only_passes) = (0_u32, 0_u32, 0_u32);
            for choice in (0_u32..1 << n).filter(|choice| choice.count_ones() as usize == k) {
                let mut chosen = (0..n).filter(|i| choice & (1 << i) != 0).map(|i| outcomes[i]);
                all += 1;
                any_pass += u32::from(chosen.clone().any(|passed| passed));
                only_passes += u32::from(chosen.all(|passed| passed));
            }
            let passed = outcomes.iter().filter(|passed| **passed).count() as u64;
            let (n, k) = (n as u64, k as u64);
            let close = |found: Option<f64>, part: u32| (found.expect("chance") - f64::from(part) / f64::from(all)).abs() < 1e-12;
            prop_assert!(close(pass_at_k(n, passed, k), any_pass) && close(pass_hat_k(n, passed, k), only_passes));
        }
    }
}
