//! The figures of a judge against people.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde::Serialize;

use super::super::rate::real;
use super::super::report::SCHEMA_VERSION;
use super::matching::Labelled;
use crate::base::{RunId, SafeName};
use crate::stats::{
    Confusion, Corrected, Interval, JudgeErrors, KappaWeights, Part, Scale, correlation_p, holm, kendall_tau,
    krippendorff_alpha, mcnemar, quantile_of_sorted, rogan_gladen, spearman, wilson,
};

const CONFIDENCE: f64 = 0.95;

/// Samples with replacement for the interval of kappa.
const RESAMPLES: usize = 2_000;

/// Where a verdict stands in the confusion matrix.
const PASS: usize = 0;
const FAIL: usize = 1;

/// How the judges of a suite agree with people.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CalibrationReport {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The run whose outputs were labelled.
    pub run: RunId,
    /// The suite.
    pub suite: SafeName,
    /// The least kappa that was asked for.
    pub min_kappa: Option<f64>,
    /// One per judge.
    pub checks: Vec<CheckCalibration>,
}

/// A share with its interval (Wilson).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Share {
    /// How many.
    pub of: u64,
    /// Of how many.
    pub total: u64,
    /// Their ratio.
    pub estimate: f64,
    /// Its 95 % interval.
    pub interval: Interval,
}

impl Share {
    fn of(part: u64, total: u64) -> Option<Share> {
        let interval = wilson(part, total, CONFIDENCE)?;
        Some(Share { of: part, total, estimate: real(part) / real(total), interval })
    }
}

/// How one judge agrees with people. Figures that are not defined are `None`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CheckCalibration {
    /// The check.
    pub check: String,
    /// Outputs with a label.
    pub labelled: u64,
    /// Of these, outputs that the judge could not tell: they are in no figure below.
    pub ungraded: u64,
    /// People pass, judge passes.
    pub both_pass: u64,
    /// People pass, judge fails: a false fail.
    pub false_fail: u64,
    /// People fail, judge passes: a false pass.
    pub false_pass: u64,
    /// People fail, judge fails.
    pub both_fail: u64,
    /// Share on which both say the same.
    pub agreement: Option<Share>,
    /// Cohen's kappa: agreement beyond chance; `None` when only one verdict occurs on either side.
    pub kappa: Option<f64>,
    /// Its 95 % interval: percentiles of 2,000 resamples of the outputs, with a fixed seed.
    pub kappa_interval: Option<Interval>,
    /// Krippendorff's alpha on the nominal scale.
    pub alpha: Option<f64>,
    /// Spearman's correlation of the judge's values with people's, scores where they gave numbers.
    pub spearman: Option<f64>,
    /// Its two-sided p-value against none.
    pub spearman_p: Option<f64>,
    /// Kendall's tau-b of the same.
    pub kendall_tau: Option<f64>,
    /// Whether the judge passes more or fewer than people do: its false passes tested against its false fails.
    pub leniency: Leniency,
    /// Share of what people fail that the judge passes.
    pub false_pass_rate: Option<Share>,
    /// Share of what people pass that the judge fails.
    pub false_fail_rate: Option<Share>,
    /// Verbosity bias: Spearman's correlation of the output's length with how much more the judge gives than people do.
    /// Above 0, it likes what is long.
    pub verbosity: Option<f64>,
    /// Position bias: share of comparisons that came out the same in both orders; `None` without comparisons.
    pub swap_consistency: Option<Share>,
    /// Self-consistency: mean share of a judge's samples that agree; `None` when it was asked once.
    pub self_consistency: Option<f64>,
    /// Share of the unlabelled outputs of the run that the judge passes.
    pub judged_rate: Option<Share>,
    /// What people would pass of them, from the judge's errors (Rogan and Gladen 1978).
    pub corrected_rate: Option<Corrected>,
}

/// False passes against false fails, by the test of [`mcnemar`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Leniency {
    /// Share of outputs that the judge passes less the share that people pass: above 0, it is lenient. `None` without
    /// outputs.
    pub difference: Option<f64>,
    /// The exact p-value.
    pub p_exact: f64,
    /// The mid-p value, to judge by.
    pub p_mid: f64,
    /// The mid-p value adjusted for the number of checks (Holm 1979).
    pub p_mid_holm: Option<f64>,
}

/// The report of labelled scores by check; for each check also how many of the unlabelled outputs its judge passed, of
/// those it could judge.
pub fn calibrate(
    run: RunId,
    suite: SafeName,
    min_kappa: Option<f64>,
    joined: impl IntoIterator<Item = (String, (Vec<Labelled>, (u64, u64)))>,
) -> CalibrationReport {
    let mut checks: Vec<CheckCalibration> =
        joined.into_iter().map(|(check, (labelled, rest))| of_check(check, &labelled, rest)).collect();
    let p_values: Vec<f64> = checks.iter().map(|check| check.leniency.p_mid).collect();
    for (check, adjusted) in checks.iter_mut().zip(holm(&p_values).unwrap_or_default()) {
        check.leniency.p_mid_holm = Some(adjusted);
    }
    CalibrationReport { schema_version: SCHEMA_VERSION, run, suite, min_kappa, checks }
}

fn of_check(check: String, labelled: &[Labelled], (passed, judged): (u64, u64)) -> CheckCalibration {
    let pairs: Vec<(&Labelled, f64, bool)> =
        labelled.iter().filter_map(|one| one.judge.map(|(value, passed)| (one, value, passed))).collect();
    let verdicts: Vec<(usize, usize)> = pairs.iter().map(|(one, _, judge)| (place(one.human), place(*judge))).collect();
    let table = Confusion::of(2, verdicts.iter().copied());
    let cell =
        |human: usize, judge: usize| table.rows().get(human).and_then(|row| row.get(judge)).copied().unwrap_or(0);
    let (both_pass, false_fail, false_pass, both_fail) =
        (cell(PASS, PASS), cell(PASS, FAIL), cell(FAIL, PASS), cell(FAIL, FAIL));
    let units: Vec<Vec<Option<f64>>> = pairs
        .iter()
        .map(|(one, _, judge)| vec![Some(f64::from(u8::from(one.human))), Some(f64::from(u8::from(*judge)))])
        .collect();
    let people: Vec<f64> = pairs.iter().map(|(one, ..)| said(one)).collect();
    let judge: Vec<f64> = pairs.iter().map(|(_, value, _)| *value).collect();
    let lengths: Vec<f64> = pairs.iter().map(|(one, ..)| real(one.chars)).collect();
    let excess: Vec<f64> = judge.iter().zip(&people).map(|(judge, people)| judge - people).collect();
    let known: Vec<bool> = pairs.iter().filter_map(|(one, ..)| one.consistent).collect();
    let agreements: Vec<f64> = pairs.iter().filter_map(|(one, ..)| one.agreement).collect();
    let errors = JudgeErrors {
        passed_right: Part { of: both_pass, total: both_pass + false_fail },
        failed_right: Part { of: both_fail, total: both_fail + false_pass },
    };
    let correlation = spearman(&judge, &people);
    CheckCalibration {
        check,
        labelled: count(labelled.len()),
        ungraded: count(labelled.len() - pairs.len()),
        both_pass,
        false_fail,
        false_pass,
        both_fail,
        agreement: Share::of(table.right(), table.total()),
        kappa: table.kappa(KappaWeights::Unweighted),
        kappa_interval: kappa_interval(&verdicts),
        alpha: krippendorff_alpha(&units, Scale::Nominal),
        spearman: correlation,
        spearman_p: correlation.and_then(|found| correlation_p(found, judge.len())),
        kendall_tau: kendall_tau(&judge, &people),
        leniency: leniency(false_pass, false_fail, table.total()),
        false_pass_rate: Share::of(false_pass, false_pass + both_fail),
        false_fail_rate: Share::of(false_fail, false_fail + both_pass),
        verbosity: spearman(&lengths, &excess),
        swap_consistency: Share::of(count(known.iter().filter(|same| **same).count()), count(known.len())),
        self_consistency: (!agreements.is_empty())
            .then(|| agreements.iter().sum::<f64>() / real(count(agreements.len()))),
        judged_rate: Share::of(passed, judged),
        corrected_rate: rogan_gladen(Part { of: passed, total: judged }, &errors, CONFIDENCE),
    }
}

fn leniency(false_pass: u64, false_fail: u64, total: u64) -> Leniency {
    let test = mcnemar(false_pass, false_fail);
    let difference = (total > 0).then(|| (real(false_pass) - real(false_fail)) / real(total));
    Leniency { difference, p_exact: test.p_exact, p_mid: test.p_mid, p_mid_holm: None }
}

fn place(passed: bool) -> usize {
    if passed { PASS } else { FAIL }
}

/// What the person gives: the number, or 1 and 0.
fn said(one: &Labelled) -> f64 {
    one.human_score.unwrap_or(if one.human { 1.0 } else { 0.0 })
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// Percentile interval (Efron 1979). `None` when kappa is not defined in more than one resample of twenty: then its
/// interval would be that of other outputs than these.
fn kappa_interval(verdicts: &[(usize, usize)]) -> Option<Interval> {
    if verdicts.len() < 2 {
        return None;
    }
    let mut random = ChaCha8Rng::seed_from_u64(0);
    let size = u64::try_from(verdicts.len()).ok()?;
    let mut kappas: Vec<f64> = Vec::with_capacity(RESAMPLES);
    for _ in 0..RESAMPLES {
        let drawn = (0..verdicts.len()).filter_map(|_| {
            let at = usize::try_from(random.next_u64() % size).ok()?;
            verdicts.get(at).copied()
        });
        kappas.extend(Confusion::of(2, drawn).kappa(KappaWeights::Unweighted));
    }
    if kappas.len() * 20 < RESAMPLES * 19 {
        return None;
    }
    kappas.sort_by(f64::total_cmp);
    let tail = (1.0 - CONFIDENCE) / 2.0;
    Some(Interval { low: quantile_of_sorted(&kappas, tail)?, high: quantile_of_sorted(&kappas, 1.0 - tail)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Timestamp;
    use proptest::prelude::{any, prop, prop_assert, proptest};

    fn one(human: bool, value: f64, chars: u64) -> Labelled {
        Labelled {
            human,
            human_score: None,
            judge: Some((value, value >= 0.5)),
            chars,
            agreement: None,
            consistent: None,
        }
    }

    fn of(labelled: &[Labelled], rest: (u64, u64)) -> CheckCalibration {
        of_check("helpful".to_owned(), labelled, rest)
    }

    /// 20 pass both, 5 false fails, 10 false passes, 15 fail both: the example of Cohen's kappa in textbooks, 0.4.
    fn textbook() -> Vec<Labelled> {
        let repeat = |times: usize, human, value| std::iter::repeat_n(one(human, value, 10), times);
        repeat(20, true, 1.0)
            .chain(repeat(5, true, 0.0))
            .chain(repeat(10, false, 1.0))
            .chain(repeat(15, false, 0.0))
            .collect()
    }

    #[test]
    fn the_textbook_table_has_its_textbook_figures() {
        let found = of(&textbook(), (60, 100));
        assert_eq!((found.both_pass, found.false_fail, found.false_pass, found.both_fail), (20, 5, 10, 15));
        assert!((found.kappa.expect("kappa") - 0.4).abs() < 1e-12);
        // 10 false passes against 5 false fails: 2·(1+15+105+455+1365+3003)/2^15 = 0.3018, less 3003/2^15.
        let leniency = found.leniency;
        assert!((leniency.p_exact - 2.0 * 4_944.0 / 32_768.0).abs() < 1e-12 && leniency.difference == Some(0.1));
        assert!((leniency.p_mid - (2.0 * 4_944.0 - 3_003.0) / 32_768.0).abs() < 1e-12);
        // Two checks are two tests.
        let joined = ["a", "b"].map(|check| (check.to_owned(), (textbook(), (0, 0))));
        let (run, suite) = (RunId::new(Timestamp(0), 0), SafeName::parse("s").expect("name"));
        for check in calibrate(run, suite, None, joined).checks {
            assert_eq!(check.leniency.p_mid_holm, Some(2.0 * leniency.p_mid));
        }
        assert!((found.agreement.expect("agreement").estimate - 0.7).abs() < 1e-12);
        assert!((found.false_pass_rate.expect("rate").estimate - 0.4).abs() < 1e-12);
        let interval = found.kappa_interval.expect("interval");
        assert!(
            interval.low < 0.4 && interval.high > 0.4 && interval.low > 0.05 && interval.high < 0.75,
            "{interval:?}"
        );
        // (0.6 + 0.6 − 1) / (0.8 + 0.6 − 1) = 0.5.
        assert!((found.corrected_rate.expect("corrected").estimate - 0.5).abs() < 1e-12);
        assert_eq!(of(&textbook(), (60, 100)), found, "the same every time");
    }

    #[test]
    fn what_cannot_be_told_is_counted_and_in_no_figure() {
        let mut labelled = textbook();
        labelled.push(Labelled { judge: None, ..one(true, 0.0, 1) });
        let found = of(&labelled, (0, 0));
        assert_eq!((found.labelled, found.ungraded, found.agreement.map(|share| share.total)), (51, 1, Some(50)));
        assert!(found.judged_rate.is_none() && found.corrected_rate.is_none());
        let same = of(&[one(true, 1.0, 3), one(true, 0.9, 5)], (1, 2));
        assert!(same.kappa.is_none() && same.kappa_interval.is_none() && same.corrected_rate.is_none());
    }

    #[test]
    fn a_judge_that_likes_length_is_seen() {
        let labelled: Vec<Labelled> =
            (1..=20).map(|n| one(n % 2 == 0, f64::from(n) / 20.0, u64::try_from(n * 50).unwrap_or(0))).collect();
        assert!(of(&labelled, (0, 0)).verbosity.expect("correlation") > 0.3);
        let with = |consistent, agreement| Labelled {
            consistent: Some(consistent),
            agreement: Some(agreement),
            ..one(true, 1.0, 1)
        };
        let found = of(&[with(true, 1.0), with(false, 0.5)], (0, 0));
        assert_eq!(
            (found.swap_consistency.map(|share| share.estimate), found.self_consistency),
            (Some(0.5), Some(0.75))
        );
    }

    proptest! {
        #[test]
        fn nothing_is_ever_not_a_number(rows in prop::collection::vec((any::<bool>(), 0.0..=1.0_f64, 0..5_000_u64), 0..12), rest in (0..5_u64, 0..5_u64)) {
            let labelled: Vec<Labelled> = rows.into_iter().map(|(human, value, chars)| one(human, value, chars)).collect();
            let found = of(&labelled, (rest.0.min(rest.1), rest.1));
            let json = serde_json::to_string(&found).expect("json");
            prop_assert!(!json.contains("NaN") && !json.contains("inf"));
            for value in [found.kappa, found.alpha, found.spearman, found.verbosity].into_iter().flatten() {
                prop_assert!((-1.0 - 1e-9..=1.0 + 1e-9).contains(&value), "{value}");
            }
        }
    }
}
