//! The verdict rules: what makes a group, a suite and a run `pass`, `fail` or `undecided`.
//!
//! - Without a goal on quality, one failing trial fails the group.
//! - A goal is compared with the point estimate; the interval is shown beside it, and a reason says when it reaches
//!   across the threshold. It does not change the verdict.
//! - Errors and ungraded trials beyond `max_errors`, trials a stopped run has not reached, and all that it has not graded
//!   (they may wait for a comparison with other variants) are open: the group can no longer pass. It still fails when it would fail with every open trial passing.
//! - A complete run with fewer or more results than its plan has trials is undecided.
//! - A metric without data, and an unknown cost under a limit on cost, are undecided, unless the known part alone is
//!   already over the limit.

use super::goal_check::{Goal, Metric};
use super::judge_bound::judge_bound;
use super::report::{GroupReport, SuiteReport, shown_model};
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

/// Collects reasons by weight: failures first, then what is undecided, then notes. What holds is a reason only where
/// everything holds; the figures tell it otherwise.
#[derive(Default)]
struct Findings {
    fails: Vec<String>,
    doubts: Vec<String>,
    holds: Vec<String>,
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
        let holds = if word == VerdictWord::Pass { self.holds } else { Vec::new() };
        let reasons = [self.fails, self.doubts, holds, self.notes].concat();
        Verdict { verdict: word, reasons, figures: self.figures }
    }

    fn tell(&mut self, word: VerdictWord, reason: String) {
        match word {
            VerdictWord::Pass => self.holds.push(reason),
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
        // Errors and missing trials say it already.
        if findings.doubts.is_empty() {
            findings.doubts.push("no trial was graded".to_owned());
        }
    } else if context.goal.every_trial {
        every_trial(report, open, &mut findings);
    }
    for bound in &context.goal.bounds {
        let Some(judged) = judge_bound(report, bound, open) else { continue };
        // With open trials the reason is that they are open; that each figure waits for them is in the figures.
        if open == 0 || judged.figure.verdict == VerdictWord::Fail {
            findings.tell(judged.figure.verdict, judged.reason);
        }
        findings.notes.extend(judged.note);
        findings.figures.push(judged.figure);
    }
    // One sentence for what holds.
    if findings.holds.len() > 1 {
        findings.holds = vec![findings.holds.join(", ")];
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
    } else if !context.complete && counts.ungraded > 0 {
        // Within what is allowed at the end. Before it they may wait for a comparison, and pass.
        let what = plural(counts.ungraded, "trial has", "trials have");
        findings.doubts.push(format!("{what} no grade yet"));
        open += counts.ungraded;
    }
    let missing = context.planned.saturating_sub(counts.trials);
    if !context.complete && missing > 0 {
        findings.doubts.push(format!("{missing} of {} trials have no result yet", context.planned));
        open += missing;
    }
    open
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
            findings.holds.push(format!("all {} pass", plural(graded, "graded trial", "graded trials")));
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

/// The verdict of a suite: every group has to reach its goal.
pub(super) fn judge_suite(groups: &[GroupReport]) -> Verdict {
    let mut findings = Findings::default();
    if groups.is_empty() {
        findings.doubts.push("no trial has a result".to_owned());
    }
    for group in groups {
        let prefix = label(group, groups).map_or(String::new(), |label| format!("{label}: "));
        let word = group.verdict.verdict;
        let mut reasons = group.verdict.reasons.iter().map(|reason| format!("{prefix}{reason}"));
        reasons.next().into_iter().for_each(|reason| findings.tell(word, reason));
        findings.notes.extend(reasons);
        findings.figures.extend(group.verdict.figures.iter().cloned().map(|mut figure| {
            figure.name = format!("{prefix}{}", figure.name);
            figure
        }));
    }
    if groups.len() > 1 && !findings.holds.is_empty() {
        findings.holds = vec![format!("all {} variants reach the goal", groups.len())];
    }
    findings.verdict()
}

/// What tells a group from the others of its suite; `None` when it is the only one.
fn label(group: &GroupReport, groups: &[GroupReport]) -> Option<String> {
    let same_prompt = groups.iter().filter(|other| other.prompt == group.prompt).count();
    let same_model = groups.iter().filter(|other| other.model == group.model).count();
    match groups.len() {
        0 | 1 => None,
        all if same_prompt == all => Some(shown_model(group, groups)),
        // Variants of one prompt and model differ in their parameters.
        all if same_model == all && same_prompt == 1 => Some(group.prompt.clone()),
        _ => Some(format!("{} on {}", group.prompt, shown_model(group, groups))),
    }
}

/// The verdict of a run: the worst of its suites, and never `pass` when it did not get through its plan.
pub(super) fn judge_run(suites: &[SuiteReport], status: RunStatus, planned: u64, unplaced: u64) -> Verdict {
    let mut findings = Findings::default();
    let finished: u64 = suites.iter().flat_map(|suite| &suite.groups).map(|group| group.counts.trials).sum();
    let progress = format!("{finished} of {planned} trials have a result");
    match status {
        RunStatus::Complete if finished + unplaced < planned => findings.doubts.push(progress),
        RunStatus::Complete if finished + unplaced > planned => findings.doubts.push(format!(
            "{} a result, but the plan has {planned}: results of another plan are among them",
            plural(finished + unplaced, "trial has", "trials have")
        )),
        RunStatus::Complete => {}
        RunStatus::Running => findings.doubts.push(format!("the run has not ended: {progress}")),
        RunStatus::Interrupted => findings.doubts.push(format!("the run was interrupted: {progress}")),
        RunStatus::OverBudget => findings.doubts.push(format!("the run stopped at its cost limit: {progress}")),
        RunStatus::Aborted => {
            findings.doubts.push(format!("the run stopped because no further call could succeed: {progress}"));
        }
    }
    if unplaced > 0 {
        findings.doubts.push(format!(
            "{} to no suite and variant of this run",
            plural(unplaced, "stored trial belongs", "stored trials belong")
        ));
    }
    if suites.is_empty() {
        findings.doubts.push("no suite was run".to_owned());
    }
    for suite in suites {
        // `suite · variant: reason` where the reason names its variant already.
        let names_variant = suite.groups.len() > 1 && suite.verdict.verdict != VerdictWord::Pass;
        let prefix = match (suites.len(), names_variant) {
            (0 | 1, _) => String::new(),
            (_, true) => format!("{} · ", suite.name),
            (_, false) => format!("{}: ", suite.name),
        };
        if let Some(reason) = suite.verdict.reasons.first() {
            findings.tell(suite.verdict.verdict, format!("{prefix}{reason}"));
        }
    }
    if suites.len() > 1 {
        findings.holds = vec![format!("all {} suites reach their goals", suites.len())];
    }
    findings.verdict()
}

/// A count with its noun.
pub(super) fn plural(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::rate::real;
    use super::super::report::{Consumption, Counts, Rate};
    use super::*;
    use crate::base::{Digest, ModelRef, Usd};

    fn group(pass: u64, fail: u64, error: u64, ungraded: u64) -> GroupReport {
        let graded = pass + fail;
        let estimate = real(pass) / real(graded.max(1));
        let rate = Rate { estimate, low: estimate / 2.0, high: 1.0, confidence: 0.95, n: graded, clustered: false };
        GroupReport {
            prompt: "p@1.0.0".into(),
            model: ModelRef::parse("mock/m").expect("model"),
            variant: Digest::of_bytes(b"v"),
            params: Value::Null,
            verdict: Verdict { verdict: VerdictWord::Undecided, reasons: Vec::new(), figures: Vec::new() },
            counts: Counts { trials: graded + error + ungraded, pass, fail, error, ungraded, skipped: 0 },
            pass_rate: (graded > 0).then_some(rate),
            mean_score: Some(0.8),
            mean_score_interval: None,
            repeats: None,
            p50_latency_ms: Some(900.0),
            p95_latency_ms: Some(4_999.0),
            p50_ttft_ms: None,
            p95_ttft_ms: None,
            consumption: Consumption { replies: graded, cost_usd: Usd::parse("0.10").ok(), ..Consumption::default() },
            judging: None,
            cached_share: None,
            altered_trials: 0,
            attacks: Vec::new(),
            classification: None,
            corpus: Vec::new(),
        }
    }

    fn judge(report: &GroupReport, goal: &Value, complete: bool) -> Verdict {
        let planned = if complete { report.counts.trials } else { 20 };
        let goal = Goal::read(goal);
        judge_group(report, &GroupContext { goal: &goal, rules: JudgeRules::default(), planned, complete })
    }

    fn word(report: &GroupReport, goal: &Value, complete: bool) -> &'static str {
        judge(report, goal, complete).verdict.word()
    }

    #[test]
    fn variants_of_one_prompt_and_model_are_told_apart_by_their_parameters() {
        let with = |params: Value| GroupReport { params, ..group(1, 0, 0, 0) };
        let groups = [with(json!({"max_tokens": 5})), with(json!({"max_tokens": 5, "seed": 3})), with(json!(null))];
        let shown: Vec<String> = groups.iter().map(|one| shown_model(one, &groups)).collect();
        let wanted =
            ["mock/m (max_tokens 5, no seed)", "mock/m (max_tokens 5, seed 3)", "mock/m (no max_tokens, no seed)"];
        assert_eq!(shown, wanted);
        assert_eq!(label(&groups[1], &groups).as_deref(), Some(wanted[1]));
        let other = GroupReport { prompt: "q@1.0.0".into(), ..with(json!({"seed": 9})) };
        let two = [with(json!({"seed": 3})), other];
        assert_eq!(shown_model(&two[0], &two), "mock/m");
        assert_eq!(label(&two[0], &two).as_deref(), Some("p@1.0.0"));
    }

    #[test]
    fn without_a_goal_one_failing_trial_fails() {
        assert_eq!(word(&group(10, 0, 0, 0), &json!(null), true), "pass");
        assert_eq!(word(&group(9, 1, 0, 0), &json!(null), true), "fail");
        assert_eq!(word(&group(9, 1, 3, 0), &json!(null), false), "fail");
        assert_eq!(word(&group(0, 0, 0, 0), &json!(null), true), "undecided");
        assert_eq!(word(&group(9, 1, 0, 0), &json!({"p95_latency": "< 5s"}), true), "fail");
    }

    #[test]
    fn errors_and_ungraded_trials_are_neither_pass_nor_fail() {
        assert_eq!(word(&group(10, 0, 1, 0), &json!(null), true), "undecided");
        assert_eq!(word(&group(10, 0, 0, 1), &json!(null), true), "undecided");
        assert_eq!(word(&group(10, 0, 1, 1), &json!({"max_errors": 2}), true), "pass");
        let verdict = judge(&group(10, 0, 1, 2), &json!({"max_errors": 2}), true);
        assert_eq!(verdict.reasons, ["1 error and 2 ungraded, allowed 2"]);
    }

    #[test]
    fn trials_of_a_stopped_run_that_wait_for_a_comparison_are_open_however_many_errors_are_allowed() {
        let goal = json!({"max_errors": 20, "pass_rate": ">= 0.5"});
        let waiting = |complete, fail, ungraded| {
            let report = group(0, fail, 0, ungraded);
            let goal = Goal::read(&goal);
            let planned = report.counts.trials;
            judge_group(&report, &GroupContext { goal: &goal, rules: JudgeRules::default(), planned, complete })
        };
        let verdict = waiting(false, 1, 3);
        assert_eq!(
            (verdict.verdict, verdict.reasons),
            (VerdictWord::Undecided, vec!["3 trials have no grade yet".into()])
        );
        assert_eq!(verdict.figures[0].verdict, VerdictWord::Undecided);
        assert_eq!(waiting(false, 4, 3).verdict, VerdictWord::Fail, "3 of 7 are not enough");
        assert_eq!(waiting(true, 1, 3).verdict, VerdictWord::Fail, "allowed at the end");
    }

    #[test]
    fn a_goal_is_compared_with_the_estimate_and_the_interval_is_told() {
        let goal = json!({"pass_rate": ">= 0.9"});
        let verdict = judge(&group(27, 3, 0, 0), &goal, true);
        assert_eq!(verdict.verdict, VerdictWord::Pass);
        assert_eq!(
            verdict.reasons,
            [
                "pass rate 90.0 % reaches `>= 0.9` (27 of 30 graded trials pass)",
                "30 cases leave it open whether the true pass rate keeps `>= 0.9`: it may be 45 to 100 %"
            ]
        );
        assert_eq!(word(&group(26, 4, 0, 0), &goal, true), "fail");
        let all = judge(&group(30, 0, 0, 0), &json!({"pass_rate": ">= 1"}), true);
        assert_eq!(all.reasons, ["pass rate 100.0 % reaches `>= 1` (30 of 30 graded trials pass)"]);
        assert_eq!(word(&group(27, 3, 0, 0), &json!({"pass_rate": "> 0.9"}), true), "fail");
    }

    #[test]
    fn a_stopped_run_fails_only_when_nothing_can_save_it() {
        // 20 planned, 10 done: at best 16 of 20, at worst 6 of 20.
        let half = group(6, 4, 0, 0);
        assert_eq!(word(&half, &json!({"pass_rate": ">= 0.8"}), false), "undecided");
        assert_eq!(word(&half, &json!({"pass_rate": ">= 0.85"}), false), "fail");
        assert_eq!(word(&half, &json!({"pass_rate": ">= 0.1"}), false), "undecided");
        assert_eq!(word(&half, &json!({"pass_rate": ">= 0.1", "total_cost": "< $0.10"}), false), "fail");
        assert_eq!(word(&half, &json!({"pass_rate": ">= 0.1", "cost_per_call": "< $0.001"}), false), "undecided");
    }

    #[test]
    fn latency_and_score_are_compared_in_their_units() {
        let all = group(10, 0, 0, 0);
        assert_eq!(word(&all, &json!({"p95_latency": "< 5s", "p50_latency": "<= 900ms"}), true), "pass");
        assert_eq!(word(&all, &json!({"p95_latency": "< 4999ms"}), true), "fail");
        assert_eq!(word(&all, &json!({"mean_score": ">= 0.8"}), true), "pass");
        let unknown = GroupReport { p95_latency_ms: None, ..all };
        assert_eq!(word(&unknown, &json!({"p95_latency": "< 5s"}), true), "undecided");
    }

    #[test]
    fn costs_are_exact_and_unknown_is_undecided() {
        let mut all = group(10, 0, 0, 0);
        assert_eq!(word(&all, &json!({"cost_per_call": "<= $0.01"}), true), "pass");
        assert_eq!(word(&all, &json!({"cost_per_call": "< $0.01"}), true), "fail");
        all.consumption.unknown_cost_calls = 1;
        assert_eq!(word(&all, &json!({"total_cost": "< $0.11"}), true), "undecided");
        assert_eq!(word(&all, &json!({"total_cost": "< $0.09"}), true), "fail");
        all.consumption.cost_usd = None;
        assert_eq!(word(&all, &json!({"total_cost": "< $0.11"}), true), "undecided");
    }

    #[test]
    fn a_goal_that_cannot_be_read_is_never_a_pass() {
        assert_eq!(word(&group(10, 0, 0, 0), &json!({"speed": "> 1"}), true), "undecided");
        assert_eq!(word(&group(10, 1, 0, 0), &json!({"speed": "> 1"}), true), "fail");
    }

    fn suite(name: &str, groups: Vec<GroupReport>) -> SuiteReport {
        SuiteReport {
            name: crate::base::SafeName::parse(name).expect("name"),
            path: String::new(),
            digest: Digest::of_bytes(b"s"),
            cases: 10,
            repeat: 1,
            goal: Value::Null,
            verdict: judge_suite(&groups),
            groups,
        }
    }

    fn judged_group(pass: u64, fail: u64, error: u64, model: &str) -> GroupReport {
        let mut report = GroupReport { model: ModelRef::parse(model).expect("model"), ..group(pass, fail, error, 0) };
        report.verdict = judge(&report, &Value::Null, true);
        report
    }

    #[test]
    fn every_group_and_every_suite_has_to_pass() {
        let mixed = suite("a", vec![judged_group(9, 0, 1, "mock/x"), judged_group(9, 1, 0, "mock/y")]);
        assert_eq!(mixed.verdict.verdict, VerdictWord::Fail);
        assert_eq!(mixed.verdict.reasons, ["mock/y: 1 of 10 graded trials fail", "mock/x: 1 error, allowed 0"]);
        let good = suite("b", vec![judged_group(10, 0, 0, "mock/x")]);
        let run = |status, planned| judge_run(std::slice::from_ref(&good), status, planned, 0);
        assert_eq!(run(RunStatus::Complete, 10).verdict, VerdictWord::Pass);
        assert_eq!(run(RunStatus::Complete, 11).verdict, VerdictWord::Undecided);
        let more = run(RunStatus::Complete, 9);
        assert_eq!(more.verdict, VerdictWord::Undecided);
        let reason = "10 trials have a result, but the plan has 9: results of another plan are among them";
        assert_eq!(more.reasons.first().map(String::as_str), Some(reason));
        for status in [RunStatus::Running, RunStatus::Interrupted, RunStatus::OverBudget, RunStatus::Aborted] {
            assert_eq!(run(status, 10).verdict, VerdictWord::Undecided, "{}", status.word());
        }
        assert_eq!(judge_run(std::slice::from_ref(&good), RunStatus::Complete, 10, 1).verdict, VerdictWord::Undecided);
        let both = judge_run(&[good, mixed], RunStatus::Interrupted, 40, 0);
        assert_eq!(both.verdict, VerdictWord::Fail);
        assert_eq!(both.reasons.first().map(String::as_str), Some("a · mock/y: 1 of 10 graded trials fail"));
        assert_eq!(judge_run(&[], RunStatus::Complete, 0, 0).verdict, VerdictWord::Undecided);
        assert_eq!(judge_suite(&[]).verdict, VerdictWord::Undecided);
    }
}
