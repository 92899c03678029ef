//! From a stream of trials to the report. Memory: one small number per reply, one small entry per repeated or grouped
//! case; nothing of requests and replies.

use std::collections::{BTreeMap, BTreeSet};

use foldhash::HashMap;
use serde_json::Value;

use super::Failure;
use super::agreement::SemanticTally;
use super::classification::LabelTally;
use super::compare::is_compared;
use super::consume::{add_money, consume, sum_of_judging};
use super::corpus::CorpusTallies;
use super::goal_check::Goal;
use super::group_tally::{GroupTally, is_saved};
use super::judge::{GroupContext, JudgeRules, judge_group, judge_run, judge_suite};
use super::report::{
    AnsweredBy, BreakerReport, CacheStats, Counts, EvalReport, GroupReport, RouteReport, RunFacts, SCHEMA_VERSION,
    SuiteReport, Totals,
};
use crate::base::{Digest, Millis, ModelRef, SafeName, Usd};
use crate::record::{
    CallSource, ErrorKind, JudgeTotals, RunHeader, RunStatus, SegmentFacts, SuiteRecord, TrialFacts, TrialRecord,
    VariantRecord,
};

/// Builds an [`EvalReport`] from the facts of each trial, in any order; sums of fractions are the same to the last digit only
/// in the same order.
#[derive(Debug)]
pub struct Summarizer {
    header: RunHeader,
    suites: Vec<SuiteRecord>,
    variants: Vec<VariantRecord>,
    suite_index: HashMap<SafeName, usize>,
    variant_index: HashMap<Digest, usize>,
    /// By suite and variant, in the order of the plan.
    groups: BTreeMap<(usize, usize), GroupTally>,
    totals: Totals,
    cache: CacheStats,
    semantic: SemanticTally,
    unplaced: u64,
    billed: Option<(Usd, u64)>,
    /// Calls by route and by the model that answered.
    routes: BTreeMap<(ModelRef, ModelRef), u64>,
    breakers: Vec<BreakerReport>,
    /// By suite and variant, as the groups.
    judging: BTreeMap<(usize, usize), JudgeTotals>,
    /// By suite and variant, as the groups; those with a check that counts for a corpus.
    corpus: BTreeMap<(usize, usize), CorpusTallies>,
    comparing: Option<JudgeTotals>,
}

impl Summarizer {
    /// A summary of a run, as it was planned. Suites and variants are in the order of the plan.
    pub fn new(header: &RunHeader, suites: &[SuiteRecord], variants: &[VariantRecord]) -> Summarizer {
        Summarizer {
            header: header.clone(),
            suites: suites.to_vec(),
            variants: variants.to_vec(),
            suite_index: suites.iter().enumerate().map(|(index, suite)| (suite.name.clone(), index)).collect(),
            variant_index: variants.iter().enumerate().map(|(index, variant)| (variant.digest, index)).collect(),
            groups: BTreeMap::new(),
            totals: Totals::default(),
            cache: CacheStats::default(),
            semantic: SemanticTally::default(),
            unplaced: 0,
            billed: None,
            routes: BTreeMap::new(),
            breakers: Vec::new(),
            judging: BTreeMap::new(),
            corpus: BTreeMap::new(),
            comparing: None,
        }
    }

    /// Brings the run's own facts up to date: a summary may be begun before its run has ended.
    pub fn update(&mut self, header: &RunHeader) {
        self.header.clone_from(header);
    }

    /// Trials by outcome, of those that belong to a suite and variant of the run.
    pub fn counts(&self) -> Counts {
        self.totals.counts
    }

    /// Adds one trial. One that belongs to no suite and variant of the run is counted and makes the verdict undecided.
    pub fn add(&mut self, facts: &TrialFacts) {
        let suite = self.suite_index.get(&facts.suite).copied();
        let variant = self.variant_index.get(&facts.variant).copied();
        let (Some(suite), Some(variant)) = (suite, variant) else {
            self.unplaced += 1;
            return;
        };
        let repeated = self.suites.get(suite).is_some_and(|suite| most_repeats(suite) > 1);
        let suites = &self.suites;
        let group = self.groups.entry((suite, variant));
        let new = || GroupTally::new(suites.get(suite).and_then(LabelTally::of));
        group.or_insert_with(new).add(facts, repeated);
        self.totals.counts.add(facts.outcome);
        consume(&mut self.totals.consumption, facts);
        self.totals.http_attempts += u64::from(facts.attempts);
        self.totals.possible_double_charges += u64::from(facts.possible_double_charge);
        if let (Some(model), Some(variant)) = (&facts.answered_by, self.variants.get(variant)) {
            *self.routes.entry((variant.model.clone(), model.clone())).or_default() += 1;
        }
        self.count_source(facts);
    }

    /// Sets what the whole run spent, calls of replaced trials included: the known money, and the calls of which it is
    /// unknown. Without it the totals are those of the present trials; groups always are.
    pub fn bill(&mut self, known: Usd, unknown_calls: u64) {
        self.billed = Some((known, unknown_calls));
    }

    /// Sets how often the circuit breakers of providers opened.
    pub fn breakers(&mut self, openings: impl IntoIterator<Item = (SafeName, u64)>) {
        self.breakers = openings.into_iter().map(|(provider, openings)| BreakerReport { provider, openings }).collect();
    }

    /// Sets what checks asked judges, by suite and variant.
    pub fn judging(&mut self, totals: impl IntoIterator<Item = (SafeName, Digest, JudgeTotals)>) {
        for (suite, variant, totals) in totals {
            let suite = self.suite_index.get(&suite).copied();
            let variant = self.variant_index.get(&variant).copied();
            if let (Some(suite), Some(variant)) = (suite, variant) {
                self.judging.entry((suite, variant)).or_default().plus(&totals);
            }
        }
    }

    /// Adds what one reply gives to a figure over all replies.
    pub fn segment(&mut self, facts: &SegmentFacts) {
        let suite = self.suite_index.get(&facts.suite).copied();
        let variant = self.variant_index.get(&facts.variant).copied();
        if let (Some(suite), Some(variant)) = (suite, variant) {
            self.corpus.entry((suite, variant)).or_default().add(facts);
        }
    }

    /// Sets what comparisons of variants asked judges: it belongs to no variant alone.
    pub fn comparing(&mut self, totals: Option<JudgeTotals>) {
        self.comparing = totals;
    }

    fn routes(&self) -> Vec<RouteReport> {
        let mut reports: Vec<RouteReport> = Vec::new();
        for ((route, model), calls) in &self.routes {
            let answered = AnsweredBy { model: model.clone(), calls: *calls };
            match reports.last_mut().filter(|report| report.route == *route) {
                Some(report) => report.models.push(answered),
                None => reports.push(RouteReport { route: route.clone(), models: vec![answered] }),
            }
        }
        reports
    }

    fn count_source(&mut self, facts: &TrialFacts) {
        self.semantic.add(facts);
        let Some(source) = facts.source else { return };
        let cache = &mut self.cache;
        match source {
            // A rule of the project's own refused it: nothing was sent.
            CallSource::Live if facts.error == Some(ErrorKind::Refused) => {}
            CallSource::Live => cache.live += 1,
            CallSource::Cache => cache.hits += 1,
            CallSource::Shared => cache.shared += 1,
            CallSource::Semantic => cache.semantic_hits += 1,
            CallSource::Cassette => cache.cassette += 1,
            CallSource::Mock => cache.mock += 1,
        }
        if is_saved(source) && facts.latency_ms.is_some() {
            add_money(&mut cache.saved_usd, &mut cache.unknown_saved_calls, facts.cost);
            let saved = facts.latency_ms.map_or(0, |latency| latency.0);
            // An identical call under way was waited for.
            if source != CallSource::Shared {
                cache.saved_ms = Millis(cache.saved_ms.0.saturating_add(saved));
            }
        }
    }

    /// The report. `failures` are the first trials that are `fail`, `error` or `ungraded`, in the order of the plan;
    /// `failures_total` is how many there are.
    pub fn finish(self, failures: &[TrialRecord], failures_total: u64, rules: JudgeRules) -> EvalReport {
        let complete = self.header.status == RunStatus::Complete;
        let mut groups: BTreeMap<usize, Vec<GroupReport>> = BTreeMap::new();
        for (place, tally) in &self.groups {
            let (suite, variant) = place;
            let (Some(record), Some(variant)) = (self.suites.get(*suite), self.variants.get(*variant)) else {
                continue;
            };
            let goal = Goal::read(&record.goal);
            let planned = planned_trials(record);
            let mut report = tally.report(variant, &self.header.options, most_repeats(record), record.cases);
            report.judging = self.judging.get(place).copied();
            report.corpus =
                self.corpus.get(place).map(|tallies| tallies.report(report.counts.error)).unwrap_or_default();
            report.verdict = judge_group(&report, &GroupContext { goal: &goal, rules, planned, complete });
            groups.entry(*suite).or_default().push(report);
        }
        let suites: Vec<SuiteReport> = self
            .suites
            .iter()
            .enumerate()
            .map(|(index, record)| suite_report(record, groups.remove(&index).unwrap_or_default()))
            .collect();
        let verdict = judge_run(&suites, self.header.status, self.header.planned, self.unplaced);
        let failures = self.failures(failures);
        EvalReport {
            schema_version: SCHEMA_VERSION,
            run: run_facts(&self.header, &self.suites, self.totals.counts.trials),
            verdict,
            suites,
            totals: self.billed_totals(),
            judging: sum_of_judging(self.judging.values().chain(&self.comparing)),
            comparing: self.comparing,
            cache: self.cache,
            semantic: self.semantic.report(self.header.options.get("cache")),
            routes: self.routes(),
            outdated_checks: None,
            breakers: self.breakers,
            failures,
            failures_total,
        }
    }

    fn billed_totals(&self) -> Totals {
        let mut totals = self.totals;
        if let Some((known, unknown_calls)) = self.billed {
            let used = &mut totals.consumption;
            // Nothing known is not zero.
            used.spent_usd = used.spent_usd.map(|_| known).or(Some(known).filter(|known| *known != Usd::ZERO));
            used.unknown_spent_calls = unknown_calls;
        }
        totals
    }

    fn failures(&self, trials: &[TrialRecord]) -> Vec<Failure> {
        let several_prompts = |suite: usize| {
            let of_suite = self.groups.keys().filter(|(index, _)| *index == suite);
            let prompts: BTreeSet<&str> =
                of_suite.filter_map(|(_, variant)| self.variants.get(*variant)).map(|v| v.prompt.as_str()).collect();
            prompts.len() > 1
        };
        let by_prompt: Vec<bool> = (0..self.suites.len()).map(several_prompts).collect();
        // A run of named files: its suites may lie where nobody looks unless told.
        let by_file = self.header.options.get("files").and_then(Value::as_array).is_some_and(|files| !files.is_empty());
        // Variants that are compared with each other cannot be run one by one.
        let compared: BTreeSet<&SafeName> =
            trials.iter().filter(|trial| is_compared(trial)).map(|trial| &trial.suite).collect();
        trials
            .iter()
            .map(|trial| {
                let variant = self.variant_index.get(&trial.variant).and_then(|index| self.variants.get(*index));
                let suite = self.suite_index.get(&trial.suite).copied();
                let by_prompt = suite.and_then(|index| by_prompt.get(index)).copied().unwrap_or(false);
                let record = suite.and_then(|index| self.suites.get(index)).filter(|_| by_file);
                let (path, by_case) = (record.map(|record| record.path.as_str()), compared.contains(&trial.suite));
                Failure::of(trial, variant, path, by_prompt, by_case).of_run(&self.header)
            })
            .collect()
    }
}

/// The goal without what is kept beside it.
fn written_goal(goal: &Value) -> Value {
    let mut goal = goal.clone();
    if let Value::Object(entries) = &mut goal {
        entries.shift_remove("classification");
        entries.shift_remove("repeats");
    }
    goal
}

/// How often the cases are tried at most: some may say it themselves.
fn most_repeats(suite: &SuiteRecord) -> u32 {
    let own = suite.goal.get("repeats").and_then(|repeats| repeats.get("most")?.as_u64());
    own.map_or(suite.repeat, |most| u32::try_from(most).unwrap_or(u32::MAX))
}

/// Trials of each variant.
fn planned_trials(suite: &SuiteRecord) -> u64 {
    let own = suite.goal.get("repeats").and_then(|repeats| repeats.get("trials")?.as_u64());
    own.unwrap_or_else(|| suite.cases.saturating_mul(u64::from(suite.repeat)))
}

fn suite_report(record: &SuiteRecord, groups: Vec<GroupReport>) -> SuiteReport {
    SuiteReport {
        name: record.name.clone(),
        path: record.path.clone(),
        digest: record.digest,
        cases: record.cases,
        repeat: record.repeat,
        goal: written_goal(&record.goal),
        verdict: judge_suite(&groups),
        groups,
    }
}

fn run_facts(header: &RunHeader, suites: &[SuiteRecord], finished: u64) -> RunFacts {
    let duration = header.ended.and_then(|ended| u64::try_from(ended.0.saturating_sub(header.started.0)).ok());
    RunFacts {
        id: header.id.clone(),
        kind: header.kind,
        status: header.status,
        calls: header.calls.clone(),
        fuzz: header.options.get("fuzz").and_then(Value::as_u64),
        batch: None,
        started: header.started.to_rfc3339(),
        duration_ms: duration.map(Millis),
        karat_version: header.karat_version.clone(),
        git: header.git.clone(),
        seed: header.seed,
        suites: suites.iter().map(|suite| suite.name.clone()).collect(),
        planned_trials: header.planned,
        finished_trials: finished,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::base::{CaseId, Ratio, RunId, Timestamp, Tokens};
    use crate::record::{Outcome, RunKind, TrialKey, Usage, VerdictWord};

    fn header(planned: u64) -> RunHeader {
        RunHeader {
            id: RunId::new(Timestamp(0), 0),
            kind: RunKind::Eval,
            status: RunStatus::Complete,
            karat_version: "0.1.0".into(),
            seed: 0,
            git: None,
            started: Timestamp(0),
            ended: Some(Timestamp(1_500)),
            planned,
            options: json!({}),
            calls: "live".into(),
        }
    }

    fn suite(cases: u64, repeat: u32) -> SuiteRecord {
        SuiteRecord {
            name: SafeName::parse("s").expect("name"),
            path: "evals/s.yaml".into(),
            digest: Digest::of_bytes(b"s"),
            cases,
            repeat,
            goal: json!(null),
            verdict: None,
        }
    }

    fn variant(prompt: &str) -> VariantRecord {
        VariantRecord {
            digest: Digest::of_bytes(prompt.as_bytes()),
            prompt: prompt.into(),
            prompt_digest: Digest::of_bytes(b"p"),
            model: ModelRef::parse("mock/m").expect("model"),
            params: json!({}),
        }
    }

    fn facts(case: u64, outcome: Outcome) -> TrialFacts {
        let replied = !matches!(outcome, Outcome::Error | Outcome::Skipped);
        TrialFacts {
            key: TrialKey(Digest::of_bytes(&case.to_be_bytes())),
            ordinal: case,
            suite: SafeName::parse("s").expect("name"),
            variant: Digest::of_bytes(b"p@1"),
            case_id: CaseId::parse(&format!("c{case}")).expect("id"),
            group: None,
            weight: 1.0,
            repeat: 0,
            outcome,
            score: replied.then(|| Ratio::of_bool(outcome == Outcome::Pass)),
            latency_ms: replied.then_some(Millis(100 * (case + 1))),
            ttft_ms: None,
            batched: false,
            usage: replied.then(|| Usage::plain(10, 2)),
            cost: replied.then(|| Usd::from_picos(5)),
            spent: Some(if replied { Usd::from_picos(5) } else { Usd::ZERO }),
            source: (outcome != Outcome::Skipped).then_some(CallSource::Live),
            attempts: 1,
            error: None,
            altered: false,
            semantic: None,
            prediction: None,
            answered_by: None,
            possible_double_charge: false,
        }
    }

    fn report(cases: u64, repeat: u32, trials: &[TrialFacts]) -> EvalReport {
        let planned = u64::try_from(trials.len()).expect("small");
        let mut summary = Summarizer::new(&header(planned), &[suite(cases, repeat)], &[variant("p@1"), variant("q@1")]);
        trials.iter().for_each(|facts| summary.add(facts));
        summary.finish(&[], 0, JudgeRules::default())
    }

    #[test]
    fn times_to_the_first_token_are_those_of_streamed_replies() {
        let plain = facts(9, Outcome::Pass);
        let streamed = |case, ms| TrialFacts { ttft_ms: Some(Millis(ms)), ..facts(case, Outcome::Fail) };
        let group = |trials: &[TrialFacts]| {
            let report = report(9, 1, trials);
            let group = &report.suites[0].groups[0];
            (group.p50_ttft_ms, group.p95_ttft_ms)
        };
        assert_eq!(group(&[streamed(0, 10), plain.clone(), streamed(1, 30)]), (Some(20.0), Some(29.0)));
        assert_eq!(group(&[plain]), (None, None));
    }

    #[test]
    fn errors_count_beside_the_rate_and_not_in_it() {
        let outcomes = [Outcome::Pass, Outcome::Fail, Outcome::Error, Outcome::Skipped, Outcome::Ungraded];
        let trials: Vec<TrialFacts> =
            outcomes.into_iter().zip(0..).map(|(outcome, case)| facts(case, outcome)).collect();
        let report = report(5, 1, &trials);
        let group = &report.suites[0].groups[0];
        assert_eq!(group.counts, Counts { trials: 5, pass: 1, fail: 1, error: 1, ungraded: 1, skipped: 1 });
        assert_eq!(group.pass_rate.map(|rate| (rate.estimate, rate.n)), Some((0.5, 2)));
        assert_eq!((group.consumption.replies, group.consumption.input_tokens), (3, Some(Tokens(30))));
        assert_eq!((group.p50_latency_ms, group.p95_latency_ms), (Some(200.0), Some(470.0)));
        assert_eq!(
            (report.totals.counts.trials, report.cache.live, report.run.duration_ms),
            (5, 4, Some(Millis(1_500)))
        );
    }

    #[test]
    fn what_was_spent_and_what_the_replies_cost_are_two_sums() {
        let mut cached = facts(0, Outcome::Pass);
        (cached.source, cached.spent) = (Some(CallSource::Cache), Some(Usd::ZERO));
        let mut unpriced = facts(1, Outcome::Pass);
        (unpriced.cost, unpriced.spent) = (None, None);
        let report = report(3, 1, &[cached, unpriced, facts(2, Outcome::Pass)]);
        let used = report.totals.consumption;
        assert_eq!((used.cost_usd, used.unknown_cost_calls), (Some(Usd::from_picos(10)), 1));
        assert_eq!((used.spent_usd, used.unknown_spent_calls), (Some(Usd::from_picos(5)), 1));
        assert_eq!((report.cache.hits, report.cache.saved_usd), (1, Some(Usd::from_picos(5))));
        assert_eq!(report.suites[0].groups[0].cached_share, Some(Ratio::clamped(1.0 / 3.0)));
    }

    #[test]
    fn the_bill_of_a_run_keeps_what_replaced_trials_spent() {
        let billed = |trials: &[TrialFacts], known, unknown| {
            let mut summary = Summarizer::new(&header(1), &[suite(1, 1)], &[variant("p@1")]);
            trials.iter().for_each(|facts| summary.add(facts));
            summary.bill(Usd::from_picos(known), unknown);
            summary.finish(&[], 0, JudgeRules::default())
        };
        let report = billed(&[facts(0, Outcome::Pass)], 15, 2);
        let used = report.totals.consumption;
        assert_eq!((used.spent_usd, used.unknown_spent_calls), (Some(Usd::from_picos(15)), 2));
        assert_eq!((used.cost_usd, used.unknown_cost_calls), (Some(Usd::from_picos(5)), 0));
        let group = report.suites[0].groups[0].consumption;
        assert_eq!((group.spent_usd, group.unknown_spent_calls), (Some(Usd::from_picos(5)), 0));
        let unpriced = TrialFacts { cost: None, spent: None, ..facts(0, Outcome::Pass) };
        assert_eq!(billed(&[unpriced], 0, 1).totals.consumption.spent_usd, None);
        assert_eq!(billed(&[], 7, 0).totals.consumption.spent_usd, Some(Usd::from_picos(7)));
        assert_eq!(billed(&[], 0, 0).totals.consumption.spent_usd, None);
    }

    #[test]
    fn scores_are_weighted_by_case() {
        let heavy = TrialFacts { weight: 3.0, ..facts(0, Outcome::Pass) };
        let report = report(2, 1, &[heavy, facts(1, Outcome::Fail)]);
        assert_eq!(report.suites[0].groups[0].mean_score, Some(0.75));
    }

    #[test]
    fn repeats_of_a_case_are_one_case() {
        let again = |repeat| TrialFacts { repeat, ..facts(0, Outcome::Pass) };
        let report = report(1, 3, &[again(0), again(1), again(2)]);
        let rate = report.suites[0].groups[0].pass_rate.expect("rate");
        assert_eq!((rate.n, rate.clustered), (1, true));
    }

    #[test]
    fn groups_follow_the_plan_and_not_the_arrival() {
        let second = TrialFacts { variant: variant("q@1").digest, ..facts(0, Outcome::Pass) };
        let report = report(1, 1, &[second, facts(0, Outcome::Pass)]);
        let prompts: Vec<&str> = report.suites[0].groups.iter().map(|group| group.prompt.as_str()).collect();
        assert_eq!(prompts, ["p@1", "q@1"]);
    }

    #[test]
    fn a_trial_of_another_plan_makes_the_run_undecided() {
        let stray = TrialFacts { variant: Digest::of_bytes(b"other"), ..facts(1, Outcome::Pass) };
        let report = report(1, 1, &[facts(0, Outcome::Pass), stray]);
        assert_eq!(report.verdict.verdict, VerdictWord::Undecided);
        assert_eq!(report.verdict.reasons[0], "1 stored trial belongs to no suite and variant of this run");
    }
}
