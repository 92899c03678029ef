//! Goals that say something else than they seem to, and how small a drop a suite tells.

use super::report::{Finding, Reach};
use crate::base::{Ratio, Severity};
use crate::stats::smallest_drop;
use crate::suite::Suite;

const ALPHA: f64 = 0.05;
const POWER: f64 = 0.8;

/// The pass rate that is compared with where a goal names none.
const USUAL_RATE: f64 = 0.9;

/// What is wrong with the goal of a suite of so many cases. Bounds that every run keeps, or none, are refused when the
/// suite is read.
pub(super) fn findings(suite: &Suite, cases: u64) -> Vec<Finding> {
    let mut found = Vec::new();
    let of_suite = |code, message, help| Finding {
        code,
        severity: Severity::Warning,
        message,
        help,
        cases: Vec::new(),
        cases_total: 0,
    };
    if let Some(bound) = suite.goal.pass_rate.as_ref().filter(|bound| bound.value < Ratio::ONE && cases > 0) {
        #[expect(clippy::cast_precision_loss, reason = "no suite has 2^53 cases")]
        let all_but_one = Ratio::clamped((cases - 1) as f64 / cases as f64);
        if !bound.holds(&all_but_one) {
            found.push(of_suite(
                "goal-allows-no-miss",
                format!("with {cases} cases `pass_rate: {}` means that all pass", bound.written),
                "say `>= 1` if that is meant, or add cases: so few cannot show such a rate",
            ));
        }
    }
    if u64::from(suite.max_errors) >= cases.saturating_mul(u64::from(suite.repeat)) && cases > 0 {
        found.push(of_suite(
            "errors-excuse-all",
            format!("`max_errors: {}` is as many as the suite has trials", suite.max_errors),
            "lower it: a run in which most calls fail could pass",
        ));
    }
    found
}

/// The smallest drop that so many independent cases tell.
pub(super) fn reach(suite: &Suite, cases: u64) -> Reach {
    let of_goal = suite.goal.pass_rate.as_ref().map(|bound| bound.value.get());
    // From 0 nothing can drop; from 1 there is no variance before, only after.
    let before = of_goal.filter(|rate| *rate > 0.0).unwrap_or(USUAL_RATE);
    Reach { cases, before, smallest_drop: smallest_drop(before, cases, ALPHA, POWER), alpha: ALPHA, power: POWER }
}
