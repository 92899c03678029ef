//! What a version of a prompt scored: its newest results by suite, model and parameters.

use serde::Serialize;
use serde_json::Value;

use super::super::super::doc::{Column, Line, Table, Tone};
use super::super::eval::percent;
use crate::base::{Digest, ModelRef, RunId, SafeName, Usd};
use crate::eval::{Counts, EvalReport, GroupReport, Rate};
use crate::record::{GitFacts, RunStatus, VerdictWord};

/// What is known of one version, by the digest of its content: results stay with the text that earned them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PromptResults {
    /// Digest of the prompt's content.
    pub digest: Digest,
    /// Runs that used it.
    pub runs: u64,
    /// The newest result for each suite, model and parameters; the newest run first, then the order of its plan.
    pub results: Vec<PromptResult>,
}

/// What a version of a prompt scored in one run, on one suite, with one model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PromptResult {
    /// The run.
    pub run: RunId,
    /// How it ended.
    pub status: RunStatus,
    /// When it began, RFC 3339 in UTC.
    pub started: String,
    /// Where its replies came from: `live`, `replay` or `record`.
    pub calls: String,
    /// State of the project then.
    pub git: Option<GitFacts>,
    /// The suite.
    pub suite: SafeName,
    /// Whether only some of the suite's cases were asked for.
    pub is_partial: bool,
    /// The model.
    pub model: ModelRef,
    /// Parameters as sent.
    pub params: Value,
    /// Whether it reached the suite's goal. Only in a complete run it can have passed.
    pub verdict: VerdictWord,
    /// The first reason of the verdict.
    pub reason: Option<String>,
    /// Trials by outcome.
    #[serde(flatten)]
    pub counts: Counts,
    /// Share of graded trials that pass, with its interval.
    pub pass_rate: Option<Rate>,
    /// Median latency of the replies.
    pub p50_latency_ms: Option<f64>,
    /// Replies; what the cost is averaged over.
    pub replies: u64,
    /// Known cost of the replies, whoever paid for them.
    pub cost_usd: Option<Usd>,
    /// Replies whose cost is unknown.
    pub unknown_cost_calls: u64,
    /// Mean cost of a reply; `None` when the cost of any is unknown.
    pub cost_per_call_usd: Option<Usd>,
}

/// The newest results of a version in one line: the worst of its last run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ResultSummary {
    /// The version.
    pub version: String,
    /// The last run.
    pub run: RunId,
    /// When it began, RFC 3339 in UTC.
    pub started: String,
    /// The worst verdict of the version's results in it.
    pub verdict: VerdictWord,
    /// The suite of that result.
    pub suite: SafeName,
    /// The model of that result.
    pub model: ModelRef,
    /// The pass rate of that result.
    pub pass_rate: Option<Rate>,
    /// Mean cost of all replies of the version in the last run; `None` when the cost of any is unknown.
    pub cost_per_call_usd: Option<Usd>,
}

impl PromptResults {
    /// A version that no run has used yet.
    pub fn none(digest: Digest) -> PromptResults {
        PromptResults { digest, runs: 0, results: Vec::new() }
    }

    /// Adds the results of a run that is older than those before: what is known already by suite, model and parameters
    /// stays. A run that was not complete, or was narrowed to some cases, hides no result of a whole one. `used` says
    /// which variants of the run are this version; `is_partial` whether the run was narrowed.
    pub fn add(&mut self, report: &EvalReport, is_partial: bool, used: impl Fn(&Digest) -> bool) {
        for suite in &report.suites {
            for group in suite.groups.iter().filter(|group| used(&group.variant)) {
                let result = PromptResult::of(report, &suite.name, group, is_partial);
                if !self.results.iter().any(|known| known.hides(&result)) {
                    self.results.push(result);
                }
            }
        }
    }

    /// The results of the newest run.
    pub fn of_last_run(&self) -> impl Iterator<Item = &PromptResult> {
        let last = self.results.first().map(|result| &result.run);
        self.results.iter().filter(move |result| Some(&result.run) == last)
    }

    /// The newest run in one line; `None` when there is no result.
    pub fn summary(&self, version: &str) -> Option<ResultSummary> {
        let worst = self.of_last_run().min_by(|a, b| badness(a).total_cmp(&badness(b)))?;
        Some(ResultSummary {
            version: version.to_owned(),
            run: worst.run.clone(),
            started: worst.started.clone(),
            verdict: worst.verdict,
            suite: worst.suite.clone(),
            model: worst.model.clone(),
            pass_rate: worst.pass_rate,
            cost_per_call_usd: mean_cost(self.of_last_run()),
        })
    }

    /// The results as a table, one row each.
    pub fn table(&self) -> Table {
        let columns = vec![
            Column::names("result"),
            Column::words("suite"),
            Column::words("model"),
            Column::words("trials"),
            Column::numbers("p50"),
            Column::numbers("cost/call"),
            Column::names("run"),
        ];
        Table { columns, rows: self.results.iter().map(PromptResult::cells).collect() }
    }
}

impl PromptResult {
    /// Whether it is of a complete run over all cases of the suite.
    pub(super) fn is_whole(&self) -> bool {
        self.status == RunStatus::Complete && !self.is_partial
    }

    /// Whether `older` says nothing more.
    fn hides(&self, older: &PromptResult) -> bool {
        let same = self.suite == older.suite && self.model == older.model && self.params == older.params;
        same && (self.is_whole() || !older.is_whole())
    }

    fn of(report: &EvalReport, suite: &SafeName, group: &GroupReport, is_partial: bool) -> PromptResult {
        let run = &report.run;
        let used = &group.consumption;
        let passed_early = run.status != RunStatus::Complete && group.verdict.verdict == VerdictWord::Pass;
        let mut result = PromptResult {
            run: run.id.clone(),
            status: run.status,
            started: run.started.clone(),
            calls: run.calls.clone(),
            git: run.git.clone(),
            suite: suite.clone(),
            is_partial,
            model: group.model.clone(),
            params: group.params.clone(),
            verdict: if passed_early { VerdictWord::Undecided } else { group.verdict.verdict },
            reason: group.verdict.reasons.first().cloned(),
            counts: group.counts,
            pass_rate: group.pass_rate,
            p50_latency_ms: group.p50_latency_ms,
            replies: used.replies,
            cost_usd: used.cost_usd,
            unknown_cost_calls: used.unknown_cost_calls,
            cost_per_call_usd: None,
        };
        if passed_early {
            result.reason = Some(format!("the run is not complete: {}", run.status.word().replace('_', " ")));
        }
        result.cost_per_call_usd = mean_cost(std::iter::once(&result));
        result
    }

    fn cells(&self) -> Vec<Line> {
        let millis = |millis: f64| format!("{millis:.0} ms");
        let cases = if self.is_partial { " (some cases)" } else { "" };
        vec![
            shown_result(self.verdict, self.pass_rate),
            Line::from(self.suite.as_str()),
            Line::from(self.model.to_string()),
            Line::from(format!("{}{cases}", self.counts.sentence())),
            Line::from(self.p50_latency_ms.map_or("—".to_owned(), millis)),
            Line::from(shown_usd(self.cost_per_call_usd)),
            Line::from(self.run.as_str()),
        ]
    }
}

/// A verdict with its pass rate, such as `fail 80 %`.
pub(super) fn shown_result(verdict: VerdictWord, rate: Option<Rate>) -> Line {
    let rate = rate.map_or(String::new(), |rate| format!(" {}", percent(rate)));
    Line::of(format!("{}{rate}", verdict.word()), Tone::of_verdict(verdict))
}

/// An amount, or `—` when it is unknown.
pub(super) fn shown_usd(usd: Option<Usd>) -> String {
    usd.map_or("—".to_owned(), |usd| usd.to_string())
}

/// Smaller is worse: first by verdict, then by pass rate.
fn badness(result: &PromptResult) -> f64 {
    let verdict = match result.verdict {
        VerdictWord::Fail => 0.0,
        VerdictWord::Undecided => 10.0,
        VerdictWord::Pass => 20.0,
    };
    verdict + result.pass_rate.map_or(0.0, |rate| rate.estimate)
}

/// Mean cost of all replies, when the cost of each is known.
fn mean_cost<'r>(results: impl Iterator<Item = &'r PromptResult>) -> Option<Usd> {
    let (mut sum, mut replies) = (Usd::ZERO, 0_i64);
    for result in results.filter(|result| result.replies > 0) {
        if result.unknown_cost_calls > 0 {
            return None;
        }
        sum = sum.checked_add(result.cost_usd?)?;
        replies = replies.checked_add(i64::try_from(result.replies).ok()?)?;
    }
    sum.picos().checked_div(replies).map(Usd::from_picos)
}

#[cfg(test)]
mod tests {
    use super::super::super::super::sample::report as eval_report;
    use super::super::evidence::Evidence;
    use super::*;

    fn results() -> PromptResults {
        let mut results = PromptResults::none(Digest::of_bytes(b"p"));
        let report = eval_report();
        let wanted = report.suites[0].groups[0].prompt.clone();
        let used: Vec<Digest> = report
            .suites
            .iter()
            .flat_map(|suite| &suite.groups)
            .filter(|group| group.prompt == wanted)
            .map(|group| group.variant)
            .collect();
        results.add(&report, false, |variant| used.contains(variant));
        results
    }

    #[test]
    fn results_are_those_of_the_groups_of_the_version() {
        let report = eval_report();
        let results = results();
        let group = &report.suites[0].groups[0];
        let first = &results.results[0];
        assert_eq!((&first.model, first.counts, first.pass_rate), (&group.model, group.counts, group.pass_rate));
        assert_eq!((first.run.clone(), first.p50_latency_ms), (report.run.id.clone(), group.p50_latency_ms));
        let mut none = PromptResults::none(Digest::of_bytes(b"q"));
        none.add(&report, false, |_| false);
        assert!(none.results.is_empty() && none.summary("1.0.0").is_none());
    }

    #[test]
    fn the_table_has_a_row_for_each_result() {
        let mut results = results();
        results.results[0].is_partial = true;
        let table = results.table();
        assert_eq!((table.rows.len(), table.rows[0].len()), (results.results.len(), table.columns.len()));
        let cells: Vec<String> =
            table.rows[0].iter().map(|cell| cell.0.iter().map(|span| span.text.as_str()).collect()).collect();
        assert!(cells[0].starts_with(results.results[0].verdict.word()) && cells[0].ends_with('%'), "{cells:?}");
        assert!(cells[3].ends_with("(some cases)") && cells[6] == "20261121-143000-k3fw", "{cells:?}");
    }

    #[test]
    fn an_older_run_adds_only_what_is_not_known() {
        let mut results = results();
        let before = results.clone();
        let mut older = eval_report();
        older.run.id = RunId::parse("20200101-000000-aaaa").expect("id");
        results.add(&older, false, |_| true);
        assert_eq!(results.results.get(..before.results.len()), Some(before.results.as_slice()));
        assert!(results.of_last_run().all(|result| result.run == before.results[0].run));
    }

    #[test]
    fn only_a_complete_run_can_have_passed() {
        let verdict = |status| {
            let mut report = eval_report();
            report.run.status = status;
            report.suites[0].groups[0].verdict.verdict = VerdictWord::Pass;
            let variant = report.suites[0].groups[0].variant;
            let mut results = PromptResults::none(Digest::of_bytes(b"p"));
            results.add(&report, false, |used| *used == variant);
            (results.results[0].verdict, matches!(results.evidence(None), Evidence::Passed(_)))
        };
        assert_eq!(verdict(RunStatus::Complete), (VerdictWord::Pass, true));
        for status in [RunStatus::Running, RunStatus::Interrupted, RunStatus::OverBudget, RunStatus::Aborted] {
            assert_eq!(verdict(status), (VerdictWord::Undecided, false));
        }
    }

    #[test]
    fn a_run_of_some_cases_opens_no_gate() {
        let mut report = eval_report();
        report.run.status = RunStatus::Complete;
        report.suites[0].groups[0].verdict.verdict = VerdictWord::Pass;
        let variant = report.suites[0].groups[0].variant;
        let mut results = PromptResults::none(Digest::of_bytes(b"p"));
        results.add(&report, true, |used| *used == variant);
        let narrowed = results.evidence(None);
        assert!(results.results[0].is_partial && narrowed == Evidence::Narrowed(report.run.id.clone()));
        // An older run of all cases is not hidden by it, and one of some cases is.
        report.run.id = RunId::parse("20200101-000000-aaaa").expect("id");
        results.add(&report, true, |used| *used == variant);
        assert_eq!(results.results.len(), 1);
        results.add(&report, false, |used| *used == variant);
        assert_eq!((results.results.len(), results.evidence(None)), (2, Evidence::Passed(report.run.id.clone())));
    }

    #[test]
    fn the_worst_result_stands_for_the_run() {
        let base = results().results.remove(0);
        let result = |verdict, model: &str| PromptResult {
            verdict,
            model: ModelRef::parse(model).expect("model"),
            ..base.clone()
        };
        let results = PromptResults {
            digest: Digest::of_bytes(b"p"),
            runs: 1,
            results: vec![
                result(VerdictWord::Pass, "a/1"),
                result(VerdictWord::Fail, "a/2"),
                result(VerdictWord::Undecided, "a/3"),
            ],
        };
        let summary = results.summary("1.0.0").expect("summary");
        assert_eq!((summary.verdict, summary.model.to_string().as_str()), (VerdictWord::Fail, "a/2"));
    }

    #[test]
    fn one_unknown_cost_makes_the_mean_unknown() {
        let base = results().results.remove(0);
        let cost = |picos, replies, unknown_cost_calls| PromptResult {
            cost_usd: Some(Usd::from_picos(picos)),
            replies,
            unknown_cost_calls,
            ..base.clone()
        };
        let mean = |results: &[PromptResult]| mean_cost(results.iter()).map(Usd::picos);
        assert_eq!(mean(&[cost(10, 4, 0), cost(20, 2, 0)]), Some(5));
        assert_eq!(mean(&[cost(10, 4, 0), cost(20, 2, 1)]), None);
        assert_eq!(mean(&[]), None);
    }
}
