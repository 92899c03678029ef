//! The verdict rules: what makes a group, a suite and a run `pass`, `fail` or `undecided`.
//!
//! - Without a goal on quality, one failing trial fails the group.
//! - A goal is compared with the point estimate; the interval is shown beside it, and a reason says when it reaches
//!   across the threshold. It does not change the verdict.
//! - Errors and ungraded trials beyond `max_errors`, and trials a stopped run has not reached, are open: the group can
//!   no longer pass. It still fails when it would fail with every open trial passing.
//! - A metric without data, and an unknown cost under a limit on cost, are undecided, unless the known part alone is
//!   already over the limit.

use std::cmp::Ordering;

use super::goal_check::{Bound, Goal, Metric, Wanted};
use super::rate::real;
use super::report::{GroupReport, SuiteReport};
use crate::base::{Millis, Ratio, Usd};
use crate::record::{Figure, RunStatus, Verdict, VerdictWord};

/// What the caller decides about verdicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct JudgeRules {
    /// Errors and ungraded trials a group may have, where its suite's goal does not say.
    pub max_errors: u64,
}

/// What a group is judged by.
pub(super) struct GroupContext<'a> {
    pub(super) goal: &'a Goal,
    pub(super) rules: JudgeRules,
    /// Trials the plan has for the group.
    pub(super) planned: u64,
    /// Whether the run got through its plan.
    pub(super) complete: bool,
}

/// Collects reasons by weight: failures first, then what is undecided, then the rest.
#[derive(Default)]
struct Findings {
    fails: Vec<String>,
    doubts: Vec<String>,
    notes: Vec<String>,
    figures: Vec<Figure>,
}

impl Findings {
    fn verdict(self) -> Verdict {
        let word = if !self.fails.is_empty() {
            VerdictWord::Fail
        } else if !self.doubts.is_empty() {
            VerdictWord::Undecided
        } else {
            VerdictWord::Pass
        };
        let reasons = [self.fails, self.doubts, self.notes].concat();
        Verdict { verdict: word, reasons, figures: self.figures }
    }

    fn tell(&mut self, word: VerdictWord, reason: String) {
        match word {
            VerdictWord::Pass => self.notes.push(reason),
            VerdictWord::Fail => self.fails.push(reason),
            VerdictWord::Undecided => self.doubts.push(reason),
        }
    }
}

/// The verdict of one group. `report.verdict` is not read.
pub(super) fn judge_group(report: &GroupReport, context: &GroupContext<'_>) -> Verdict {
    let counts = report.counts;
    let mut findings = Findings::default();
    for problem in &context.goal.problems {
        findings.doubts.push(problem.clone());
    }
    let open = open_trials(report, context, &mut findings);
    if counts.graded() == 0 {
        findings.doubts.push("no trial was graded".to_owned());
    } else if context.goal.every_trial {
        every_trial(report, open, &mut findings);
    }
    for bound in &context.goal.bounds {
        let judged = match bound.metric {
            Metric::PassRate if counts.graded() == 0 => continue,
            Metric::PassRate => pass_rate(report, bound, open),
            Metric::MeanScore => share(bound, report.mean_score, counts.graded(), open),
            Metric::P50Latency => latency(bound, report.p50_latency_ms, report.consumption.replies, open),
            Metric::P95Latency => latency(bound, report.p95_latency_ms, report.consumption.replies, open),
            Metric::CostPerCall | Metric::TotalCost => cost(bound, report, open),
        };
        findings.tell(judged.figure.verdict, judged.reason);
        findings.notes.extend(judged.note);
        findings.figures.push(judged.figure);
    }
    findings.verdict()
}

/// Trials whose outcome could still become a pass.
fn open_trials(report: &GroupReport, context: &GroupContext<'_>, findings: &mut Findings) -> u64 {
    let counts = report.counts;
    let troubled = counts.error + counts.ungraded;
    let allowed = context.goal.max_errors.unwrap_or(context.rules.max_errors);
    let mut open = 0;
    if troubled > allowed {
        let what = match (counts.error, counts.ungraded) {
            (errors, 0) => plural(errors, "error", "errors"),
            (0, ungraded) => plural(ungraded, "ungraded trial", "ungraded trials"),
            (errors, ungraded) => format!("{} and {ungraded} ungraded", plural(errors, "error", "errors")),
        };
        findings.doubts.push(format!("{what}, allowed {allowed}"));
        open += troubled;
    }
    let missing = context.planned.saturating_sub(counts.trials);
    if !context.complete && missing > 0 {
        findings.doubts.push(format!("{missing} of {} trials have no result yet", context.planned));
        open += missing;
    }
    open
}

struct Judged {
    figure: Figure,
    reason: String,
    note: Option<String>,
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

fn every_trial(report: &GroupReport, open: u64, findings: &mut Findings) {
    let (counts, graded) = (report.counts, report.counts.graded());
    let word = match (counts.fail, open) {
        (1.., _) => VerdictWord::Fail,
        (0, 0) => VerdictWord::Pass,
        (0, _) => VerdictWord::Undecided,
    };
    match word {
        VerdictWord::Fail => findings.fails.push(format!("{} of {graded} graded trials fail", counts.fail)),
        VerdictWord::Pass => {
            findings.notes.push(format!("all {} pass", plural(graded, "graded trial", "graded trials")))
        }
        VerdictWord::Undecided => {}
    }
    findings.figures.push(Figure {
        name: Metric::PassRate.figure().to_owned(),
        estimate: report.pass_rate.map(|rate| rate.estimate),
        interval: report.pass_rate.map(|rate| (rate.low, rate.high)),
        n: report.pass_rate.map_or(0, |rate| rate.n),
        wanted: Some(">= 1".to_owned()),
        verdict: word,
    });
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
    let shown = estimate.map_or("—".to_owned(), percent);
    let counted = format!("{pass} of {graded} graded trials pass");
    let reason = match word {
        VerdictWord::Pass => format!("pass rate {shown} reaches `{}` ({counted})", bound.text),
        VerdictWord::Fail if open > 0 => {
            format!("pass rate {shown} misses `{}` even if every open trial passed ({counted})", bound.text)
        }
        VerdictWord::Fail => format!("pass rate {shown} misses `{}` ({counted})", bound.text),
        VerdictWord::Undecided => {
            format!("pass rate {shown} so far, wanted `{}` ({counted}, {open} open)", bound.text)
        }
    };
    let mut judged = judged(bound, estimate, rate.map_or(0, |rate| rate.n), word, reason);
    judged.figure.interval = rate.map(|rate| (rate.low, rate.high));
    judged.note = rate.filter(|rate| open == 0 && holds(rate.low) != holds(rate.high)).map(|rate| {
        format!(
            "{} can only tell {:.0} points apart: the 95 % interval {}–{} reaches across `{}`",
            plural(rate.n, "case", "cases"),
            (rate.high - rate.low) * 100.0,
            percent(rate.low).trim_end_matches(" %"),
            percent(rate.high),
            bound.text
        )
    });
    judged
}

fn share(bound: &Bound, found: Option<f64>, n: u64, open: u64) -> Judged {
    let holds = found.map(|value| bound.op.holds(compare(value, bound.wanted)));
    plain(bound, found, found.map(|value| format!("{value:.3}")), n, open, holds)
}

fn latency(bound: &Bound, found: Option<f64>, n: u64, open: u64) -> Judged {
    let holds = found.map(|value| bound.op.holds(compare(value, bound.wanted)));
    plain(bound, found, found.map(shown_ms), n, open, holds)
}

fn plain(
    bound: &Bound,
    estimate: Option<f64>,
    shown: Option<String>,
    n: u64,
    open: u64,
    holds: Option<bool>,
) -> Judged {
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

/// Costs are compared in whole picodollars. The known part is a lower bound of the whole, so a limit that it exceeds is
/// missed for certain, and one that it keeps is undecided while a part is unknown.
fn cost(bound: &Bound, report: &GroupReport, open: u64) -> Judged {
    let name = bound.metric.words();
    let used = report.consumption;
    let per_call = bound.metric == Metric::CostPerCall;
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
            let of = format!("the cost of {unknown} of {} replies is unknown", used.replies);
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

/// The verdict of a suite: every group has to reach its goal.
pub(super) fn judge_suite(groups: &[GroupReport]) -> Verdict {
    let mut findings = Findings::default();
    if groups.is_empty() {
        findings.doubts.push("no trial has a result".to_owned());
    }
    for group in groups {
        let label = format!("{} on {}", group.prompt, group.model);
        let prefix = if groups.len() > 1 { format!("{label}: ") } else { String::new() };
        if let Some(reason) = group.verdict.reasons.first() {
            findings.tell(group.verdict.verdict, format!("{prefix}{reason}"));
        }
        findings.notes.extend(group.verdict.reasons.iter().skip(1).map(|reason| format!("{prefix}{reason}")));
        findings.figures.extend(group.verdict.figures.iter().cloned().map(|mut figure| {
            figure.name = format!("{prefix}{}", figure.name);
            figure
        }));
    }
    findings.verdict()
}

/// The verdict of a run: the worst of its suites, and never `pass` when it did not get through its plan.
pub(super) fn judge_run(suites: &[SuiteReport], status: RunStatus, planned: u64, unplaced: u64) -> Verdict {
    let mut findings = Findings::default();
    let finished: u64 = suites.iter().flat_map(|suite| &suite.groups).map(|group| group.counts.trials).sum();
    let progress = format!("{finished} of {planned} trials have a result");
    match status {
        RunStatus::Complete if finished + unplaced < planned => findings.doubts.push(progress),
        RunStatus::Complete => {}
        RunStatus::Running => findings.doubts.push(format!("the run has not ended: {progress}")),
        RunStatus::Interrupted => findings.doubts.push(format!("the run was interrupted: {progress}")),
        RunStatus::OverBudget => findings.doubts.push(format!("the run stopped at its cost limit: {progress}")),
        RunStatus::Aborted => {
            findings.doubts.push(format!("the run stopped because no further call could succeed: {progress}"));
        }
    }
    if unplaced > 0 {
        findings.doubts.push(format!("{unplaced} stored trials belong to no suite and variant of this run"));
    }
    if suites.is_empty() {
        findings.doubts.push("no suite was run".to_owned());
    }
    for suite in suites {
        let prefix = if suites.len() > 1 { format!("{}: ", suite.name) } else { String::new() };
        if let Some(reason) = suite.verdict.reasons.first() {
            findings.tell(suite.verdict.verdict, format!("{prefix}{reason}"));
        }
    }
    let verdict = findings.verdict();
    if verdict.verdict != VerdictWord::Pass || suites.len() < 2 {
        return verdict;
    }
    let summary = format!("all {} suites reach their goals", suites.len());
    Verdict { reasons: [vec![summary], verdict.reasons].concat(), ..verdict }
}

fn percent(value: f64) -> String {
    Ratio::clamped(value).to_string()
}

fn shown_ms(millis: f64) -> String {
    Millis::of(std::time::Duration::try_from_secs_f64(millis / 1000.0).unwrap_or_default()).to_string()
}

fn plural(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}
