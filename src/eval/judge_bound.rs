//! One line of a goal against one group's figures.

use std::cmp::Ordering;
use std::time::Duration;

use super::corpus_bound::corpus;
use super::goal_check::{Bound, LabelMetric, Metric, Wanted};
use super::rate::real;
use super::report::GroupReport;
use crate::base::{Millis, Ratio, Usd};
use crate::record::{Figure, VerdictWord};

/// What a bound says of a group: the figure, the sentence, and what to bear in mind.
pub(super) struct Judged {
    pub(super) figure: Figure,
    pub(super) reason: String,
    pub(super) note: Option<String>,
}

fn judged(bound: &Bound, estimate: Option<f64>, n: u64, word: VerdictWord, reason: String) -> Judged {
    let figure = Figure {
        name: bound.metric.figure().to_owned(),
        estimate,
        interval: None,
        n,
        wanted: Some(bound.text.clone()),
        verdict: word,
    };
    Judged { figure, reason, note: None }
}

/// Judges a group by a bound; `open` trials could still become passes. `None` where another reason says it already:
/// a pass rate without a graded trial.
pub(super) fn judge_bound(report: &GroupReport, bound: &Bound, open: u64) -> Option<Judged> {
    let graded = report.counts.graded();
    let replies = report.consumption.replies;
    let judged = match bound.metric {
        Metric::PassRate | Metric::DefenceRate if graded == 0 => return None,
        Metric::PassRate | Metric::DefenceRate => pass_rate(report, bound, open),
        Metric::MeanScore => mean_score(report, bound, open),
        Metric::P50Latency => plain(bound, report.p50_latency_ms, shown_ms, replies, open),
        Metric::P95Latency => plain(bound, report.p95_latency_ms, shown_ms, replies, open),
        Metric::CostPerCall | Metric::TotalCost => cost(bound, report, open),
        Metric::Labels(metric) => labels(report, bound, metric, open),
        Metric::Corpus(measure) => corpus(report, bound, measure, open),
    };
    Some(judged)
}

fn pass_rate(report: &GroupReport, bound: &Bound, open: u64) -> Judged {
    let (pass, graded) = (report.counts.pass, report.counts.graded());
    let rate = report.pass_rate;
    let estimate = rate.map(|rate| rate.estimate);
    let holds = |value: f64| bound.op.holds(compare(value, bound.wanted));
    let all = real(graded + open);
    let (worst, best) = (real(pass) / all, real(pass + open) / all);
    let word = match (open, estimate) {
        (0, Some(value)) if holds(value) => VerdictWord::Pass,
        (0, Some(_)) => VerdictWord::Fail,
        _ if !holds(worst) && !holds(best) => VerdictWord::Fail,
        _ => VerdictWord::Undecided,
    };
    let name = bound.metric.words();
    let shown = estimate.map_or("—".to_owned(), percent);
    let counted = match bound.metric {
        Metric::DefenceRate => format!("{pass} of {graded} graded attacks warded off"),
        _ => format!("{pass} of {graded} graded trials pass"),
    };
    let reason = match word {
        VerdictWord::Pass => format!("{name} {shown} reaches `{}` ({counted})", bound.text),
        VerdictWord::Fail if open > 0 => {
            format!("{name} {shown} misses `{}` even if every open trial passed ({counted})", bound.text)
        }
        VerdictWord::Fail => format!("{name} {shown} misses `{}` ({counted})", bound.text),
        VerdictWord::Undecided => {
            format!("{name} {shown} so far, wanted `{}` ({counted}, {open} open)", bound.text)
        }
    };
    let mut judged = judged(bound, estimate, rate.map_or(0, |rate| rate.n), word, reason);
    judged.figure.interval = rate.map(|rate| (rate.low, rate.high));
    let at_the_end = is_all_or_nothing(bound.wanted);
    judged.note = rate.filter(|rate| open == 0 && !at_the_end && holds(rate.low) != holds(rate.high)).map(|rate| {
        format!(
            "{} it open whether the true {name} keeps `{}`: it may be {:.0} to {:.0} %",
            leave(rate.n),
            bound.text,
            rate.low * 100.0,
            rate.high * 100.0
        )
    });
    judged
}

/// An interval always reaches a bound of all or nothing: there it says nothing that it is open.
fn is_all_or_nothing(wanted: Wanted) -> bool {
    matches!(wanted, Wanted::Share(share) if !(1e-9..=1.0 - 1e-9).contains(&share))
}

fn leave(cases: u64) -> String {
    if cases == 1 { "1 case leaves".to_owned() } else { format!("{cases} cases leave") }
}

fn mean_score(report: &GroupReport, bound: &Bound, open: u64) -> Judged {
    let mut judged = plain(bound, report.mean_score, |score| format!("{score:.3}"), report.counts.graded(), open);
    let Some(interval) = report.mean_score_interval else { return judged };
    judged.figure.interval = Some((interval.low, interval.high));
    let holds = |value: f64| bound.op.holds(compare(value, bound.wanted));
    if open == 0 && !is_all_or_nothing(bound.wanted) && holds(interval.low) != holds(interval.high) {
        judged.note = Some(format!(
            "{} it open whether the true mean score keeps `{}`: it may be {:.2} to {:.2}",
            leave(report.pass_rate.map_or(interval.clusters, |rate| rate.n)),
            bound.text,
            interval.low,
            interval.high
        ));
    }
    judged
}

pub(super) fn plain(bound: &Bound, estimate: Option<f64>, show: impl Fn(f64) -> String, n: u64, open: u64) -> Judged {
    let holds = estimate.map(|value| bound.op.holds(compare(value, bound.wanted)));
    let shown = estimate.map(show);
    let name = bound.metric.words();
    let (word, reason) = match (holds, shown) {
        (Some(true), Some(shown)) if open == 0 => (VerdictWord::Pass, format!("{name} {shown} keeps `{}`", bound.text)),
        (Some(false), Some(shown)) if open == 0 => {
            (VerdictWord::Fail, format!("{name} {shown} misses `{}`", bound.text))
        }
        (_, Some(shown)) => {
            (VerdictWord::Undecided, format!("{name} {shown} so far, wanted `{}` ({open} trials open)", bound.text))
        }
        (_, None) => (VerdictWord::Undecided, format!("{name} is unknown, wanted `{}`", bound.text)),
    };
    judged(bound, estimate, n, word, reason)
}

/// A figure of labels. With open trials only accuracy has ends that can be told: all of them right, or none.
fn labels(report: &GroupReport, bound: &Bound, metric: LabelMetric, open: u64) -> Judged {
    let found = report.classification.as_deref();
    let n = found.map_or(0, |found| found.predictions);
    let estimate = found.and_then(|found| match metric {
        LabelMetric::Accuracy => found.accuracy.map(|rate| rate.estimate),
        LabelMetric::MacroF1 => found.macro_average.map(|average| average.f1),
        LabelMetric::MicroF1 => found.micro_average.map(|average| average.f1),
        LabelMetric::WeightedF1 => found.weighted_average.map(|average| average.f1),
        LabelMetric::Kappa => found.kappa,
        LabelMetric::Mcc => found.mcc,
        LabelMetric::Brier => found.brier,
        LabelMetric::Ece => found.ece_10_bins,
    });
    // Predictions that are in no figure could have changed it.
    let beyond = found.map_or(0, |found| found.beyond_labels);
    let mut judged = plain(bound, estimate, |value| format!("{value:.3}"), n, open + beyond);
    let (LabelMetric::Accuracy, Some(rate)) = (metric, found.and_then(|found| found.accuracy)) else { return judged };
    judged.figure.interval = Some((rate.low, rate.high));
    let right =
        real(found.map_or(0, |found| found.confusion.iter().enumerate().filter_map(|(at, row)| row.get(at)).sum()));
    let best = (right + real(open + beyond)) / real(n + open + beyond);
    let reaches = |value: f64| bound.op.holds(compare(value, bound.wanted));
    if judged.figure.verdict == VerdictWord::Undecided && !reaches(best) {
        judged.figure.verdict = VerdictWord::Fail;
        judged.reason =
            format!("accuracy {:.3} misses `{}` even if every open trial were right", rate.estimate, bound.text);
    }
    judged
}

/// Costs are compared in whole picodollars. `cost_per_call` is that of the calls under test alone; `total_cost` is that of
/// the judges as well. The known part is a lower bound of the whole, so a limit that it exceeds is
/// missed for certain, and one that it keeps is undecided while a part is unknown.
fn cost(bound: &Bound, report: &GroupReport, open: u64) -> Judged {
    let name = bound.metric.words();
    let mut used = report.consumption;
    let per_call = bound.metric == Metric::CostPerCall;
    let judging = report.judging.filter(|_| !per_call);
    if let Some(judging) = judging {
        let all = used.cost_usd.into_iter().chain(judging.cost_usd).reduce(Usd::saturating_add);
        used.cost_usd = all;
        used.unknown_cost_calls += judging.unknown_cost_calls;
    }
    let replies = used.replies + judging.map_or(0, |judging| judging.calls.saturating_sub(judging.failed));
    let parts = if per_call { used.replies } else { 1 };
    let (Some(known), Wanted::Money(limit)) = (used.cost_usd.filter(|_| parts > 0), bound.wanted) else {
        let reason = format!("{name} is unknown, wanted `{}`: no reply has a known price", bound.text);
        return judged(bound, None, used.replies, VerdictWord::Undecided, reason);
    };
    let found = (i128::from(known.picos())).cmp(&(i128::from(limit.picos()) * i128::from(parts)));
    let holds = bound.op.holds(found);
    let unknown = used.unknown_cost_calls;
    let each = i128::from(known.picos()) / i128::from(parts);
    let shown = Usd::from_picos(i64::try_from(each).unwrap_or(i64::MAX));
    // Open trials add to a total, but may lower a mean.
    let certain = bound.op.limits_from_above() && (open == 0 || !per_call);
    let (word, reason) = match (holds, unknown, open) {
        (true, 0, 0) => (VerdictWord::Pass, format!("{name} {shown} keeps `{}`", bound.text)),
        (false, 0, 0) => (VerdictWord::Fail, format!("{name} {shown} misses `{}`", bound.text)),
        (false, ..) if certain => {
            (VerdictWord::Fail, format!("{name} is at least {shown} and misses `{}`", bound.text))
        }
        (_, 1.., _) => {
            let of = format!("the cost of {unknown} of {replies} replies is unknown");
            (VerdictWord::Undecided, format!("{name} cannot be judged by `{}`: {of}", bound.text))
        }
        (_, 0, _) => {
            (VerdictWord::Undecided, format!("{name} {shown} so far, wanted `{}` ({open} trials open)", bound.text))
        }
    };
    let dollars = shown.exact().parse().ok().filter(|_| unknown == 0);
    judged(bound, dollars, used.replies, word, reason)
}

/// Compares shares with a tolerance for the rounding of sums, so that 27 of 30 is not below 0.9.
fn compare(found: f64, wanted: Wanted) -> Ordering {
    let wanted = match wanted {
        Wanted::Share(share) => share,
        Wanted::Time(Millis(millis)) => real(millis),
        Wanted::Money(_) => return Ordering::Equal,
    };
    if (found - wanted).abs() < 1e-9 { Ordering::Equal } else { found.total_cmp(&wanted) }
}

fn percent(value: f64) -> String {
    Ratio::clamped(value).to_string()
}

fn shown_ms(millis: f64) -> String {
    Millis::of(Duration::try_from_secs_f64(millis / 1000.0).unwrap_or_default()).to_string()
}
