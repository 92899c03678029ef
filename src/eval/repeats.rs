//! What repeats of cases say: whether one of them passes, and whether all do.

use serde::Serialize;

use super::rate::{CaseTally, RateTally};
use super::report::Rate;
use crate::stats::{pass_at_k, pass_hat_k};

/// Cases that were tried several times.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RepeatReport {
    /// Tries per case.
    pub k: u32,
    /// Cases with so many graded tries: those the figures rest on.
    pub cases: u64,
    /// Cases with fewer, which are left out: a try had an error, was not graded or has no result yet.
    pub cases_short: u64,
    /// Cases of which some tries pass and some do not.
    pub flaky_cases: u64,
    /// pass@k: the chance that at least one of k tries passes (Chen et al. 2021); `None` when no case has so many.
    pub pass_at_k: Option<Rate>,
    /// pass^k: the chance that all of k tries pass (Yao et al. 2024); `None` when no case has so many.
    pub pass_hat_k: Option<Rate>,
}

/// The report for cases that are tried `k` times; `None` when they are not repeated. `planned` is how many cases there are.
pub(super) fn repeats(tally: &RateTally, k: u32, planned: u64) -> Option<RepeatReport> {
    if k < 2 {
        return None;
    }
    let over = |chance: fn(u64, u64, u64) -> Option<f64>| {
        tally.rate_of_cases(|case| chance(u64::from(case.graded), u64::from(case.pass), u64::from(k)))
    };
    let count = |fits: fn(&CaseTally, u32) -> bool| -> u64 {
        tally.cases().map(|case| u64::from(case.graded >= k && fits(case, k))).sum()
    };
    let cases = count(|_, _| true);
    Some(RepeatReport {
        k,
        cases,
        cases_short: planned.saturating_sub(cases),
        flaky_cases: count(|case, _| case.pass > 0 && case.pass < case.graded),
        pass_at_k: over(pass_at_k),
        pass_hat_k: over(pass_hat_k),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::CaseId;
    use crate::stats::wilson;

    fn tally(cases: &[(u32, u32)]) -> RateTally {
        let mut tally = RateTally::default();
        for (index, (pass, graded)) in cases.iter().enumerate() {
            let id = CaseId::parse(&format!("c{index}")).expect("id");
            (0..*graded).for_each(|i| tally.add(&id, None, true, i < *pass));
        }
        tally
    }

    #[test]
    fn one_of_them_and_all_of_them() {
        // Of five tries: all, some, some, none; one case has only four.
        let found = repeats(&tally(&[(5, 5), (1, 5), (4, 5), (0, 5), (4, 4)]), 5, 6).expect("report");
        assert_eq!((found.k, found.cases, found.cases_short, found.flaky_cases), (5, 4, 2, 2));
        let (at, hat) = (found.pass_at_k.expect("rate"), found.pass_hat_k.expect("rate"));
        assert_eq!((at.estimate, at.n, hat.estimate, hat.n), (0.75, 4, 0.25, 4));
        let interval = wilson(3, 4, 0.95).expect("interval");
        assert!((at.low - interval.low).abs() < 1e-12 && (at.high - interval.high).abs() < 1e-12);
    }

    #[test]
    fn without_repeats_there_is_nothing_to_tell() {
        assert_eq!(repeats(&tally(&[(1, 1)]), 1, 1), None);
        let short = repeats(&tally(&[(1, 2)]), 3, 1).expect("report");
        assert_eq!((short.cases, short.cases_short, short.pass_at_k, short.pass_hat_k), (0, 1, None, None));
    }
}
