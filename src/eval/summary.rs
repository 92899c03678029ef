//! From a stream of trials to the report. Memory: one small number per reply, one small entry per repeated or grouped
//! case; nothing of requests and replies.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Failure;
use super::goal_check::Goal;
use super::judge::{GroupContext, JudgeRules, judge_group, judge_run, judge_suite};
use super::rate::{RateTally, quantile, real};
use super::report::{
    CacheStats, Consumption, Counts, EvalReport, GroupReport, RunFacts, SCHEMA_VERSION, SuiteReport, Totals,
};
use crate::base::{Digest, Millis, Ratio, SafeName, Tokens, Usd};
use crate::record::{
    CallSource, Outcome, RunHeader, RunStatus, SuiteRecord, TrialFacts, TrialRecord, VariantRecord, Verdict,
    VerdictWord,
};

/// Builds an [`EvalReport`] from the facts of each trial, in any order.
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
    unplaced: u64,
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
            unplaced: 0,
        }
    }

    /// Adds one trial. One that belongs to no suite and variant of the run is counted and makes the verdict undecided.
    pub fn add(&mut self, facts: &TrialFacts) {
        let suite = self.suite_index.get(&facts.suite).copied();
        let variant = self.variant_index.get(&facts.variant).copied();
        let (Some(suite), Some(variant)) = (suite, variant) else {
            self.unplaced += 1;
            return;
        };
        let repeated = self.suites.get(suite).is_some_and(|suite| suite.repeat > 1);
        self.groups.entry((suite, variant)).or_default().add(facts, repeated);
        self.totals.counts.add(facts.outcome);
        consume(&mut self.totals.consumption, facts);
        self.totals.http_attempts += u64::from(facts.attempts);
        self.count_source(facts);
    }

    fn count_source(&mut self, facts: &TrialFacts) {
        let Some(source) = facts.source else { return };
        let cache = &mut self.cache;
        match source {
            CallSource::Live => cache.live += 1,
            CallSource::Cache => cache.hits += 1,
            CallSource::Shared => cache.shared += 1,
            CallSource::Cassette => cache.cassette += 1,
            CallSource::Mock => cache.mock += 1,
        }
        if is_saved(source) && facts.latency_ms.is_some() {
            add_money(&mut cache.saved_usd, &mut cache.unknown_saved_calls, facts.cost);
        }
    }

    /// The report. `failures` are the first trials that are `fail`, `error` or `ungraded`, in the order of the plan;
    /// `failures_total` is how many there are.
    pub fn finish(self, failures: &[TrialRecord], failures_total: u64, rules: JudgeRules) -> EvalReport {
        let complete = self.header.status == RunStatus::Complete;
        let mut groups: BTreeMap<usize, Vec<GroupReport>> = BTreeMap::new();
        for ((suite, variant), tally) in &self.groups {
            let (Some(record), Some(variant)) = (self.suites.get(*suite), self.variants.get(*variant)) else {
                continue;
            };
            let goal = Goal::read(&record.goal);
            let planned = record.cases.saturating_mul(u64::from(record.repeat));
            let mut report = tally.report(variant);
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
            totals: self.totals,
            cache: self.cache,
            failures,
            failures_total,
        }
    }

    fn failures(&self, trials: &[TrialRecord]) -> Vec<Failure> {
        let several_prompts = |suite: usize| {
            let of_suite = self.groups.keys().filter(|(index, _)| *index == suite);
            let prompts: BTreeSet<&str> =
                of_suite.filter_map(|(_, variant)| self.variants.get(*variant)).map(|v| v.prompt.as_str()).collect();
            prompts.len() > 1
        };
        let by_prompt: Vec<bool> = (0..self.suites.len()).map(several_prompts).collect();
        trials
            .iter()
            .map(|trial| {
                let variant = self.variant_index.get(&trial.variant).and_then(|index| self.variants.get(*index));
                let suite = self.suite_index.get(&trial.suite).and_then(|index| by_prompt.get(*index));
                Failure::of(trial, variant, suite.copied().unwrap_or(false))
            })
            .collect()
    }
}

/// The running figures of one group.
#[derive(Debug, Default)]
struct GroupTally {
    counts: Counts,
    rate: RateTally,
    score_sum: f64,
    score_weight: f64,
    latencies: Vec<u32>,
    consumption: Consumption,
    calls: u64,
    saved_calls: u64,
    altered: u64,
}

impl GroupTally {
    fn add(&mut self, facts: &TrialFacts, repeated: bool) {
        self.counts.add(facts.outcome);
        if matches!(facts.outcome, Outcome::Pass | Outcome::Fail) {
            let passed = facts.outcome == Outcome::Pass;
            self.rate.add(&facts.case_id, facts.group.as_deref(), repeated, passed);
        }
        if let Some(score) = facts.score {
            self.score_sum += score.get() * facts.weight;
            self.score_weight += facts.weight;
        }
        if let Some(Millis(millis)) = facts.latency_ms {
            self.latencies.push(u32::try_from(millis).unwrap_or(u32::MAX));
        }
        consume(&mut self.consumption, facts);
        self.calls += u64::from(facts.source.is_some());
        self.saved_calls += u64::from(facts.source.is_some_and(is_saved));
        self.altered += u64::from(facts.altered);
    }

    /// The report without its verdict: that is judged from the rest.
    fn report(&self, variant: &VariantRecord) -> GroupReport {
        let mut latencies = self.latencies.clone();
        latencies.sort_unstable();
        let share = |part: u64, whole: u64| (whole > 0).then(|| Ratio::clamped(real(part) / real(whole)));
        GroupReport {
            prompt: variant.prompt.clone(),
            model: variant.model.clone(),
            variant: variant.digest,
            params: variant.params.clone(),
            verdict: Verdict { verdict: VerdictWord::Undecided, reasons: Vec::new(), figures: Vec::new() },
            counts: self.counts,
            pass_rate: self.rate.rate(),
            mean_score: (self.score_weight > 0.0).then(|| self.score_sum / self.score_weight),
            p50_latency_ms: quantile(&latencies, 0.5),
            p95_latency_ms: quantile(&latencies, 0.95),
            consumption: self.consumption,
            cached_share: share(self.saved_calls, self.calls),
            altered_trials: self.altered,
        }
    }
}

fn is_saved(source: CallSource) -> bool {
    matches!(source, CallSource::Cache | CallSource::Shared)
}

/// Adds a trial's tokens and money. Cost and tokens belong to replies; a call that failed has neither, but may have
/// been billed.
fn consume(used: &mut Consumption, facts: &TrialFacts) {
    if facts.source.is_some() {
        add_money(&mut used.spent_usd, &mut used.unknown_spent_calls, facts.spent);
    }
    if facts.latency_ms.is_none() {
        return;
    }
    used.replies += 1;
    add_money(&mut used.cost_usd, &mut used.unknown_cost_calls, facts.cost);
    let input = facts.usage.and_then(|usage| usage.total_input());
    let output = facts.usage.and_then(|usage| usage.total_output());
    used.unknown_usage_calls += u64::from(input.is_none() || output.is_none());
    add_tokens(&mut used.input_tokens, input);
    add_tokens(&mut used.output_tokens, output);
}

fn add_tokens(sum: &mut Option<Tokens>, more: Option<Tokens>) {
    if let Some(more) = more {
        *sum = Some(sum.unwrap_or_default().plus(more));
    }
}

fn add_money(sum: &mut Option<Usd>, unknown: &mut u64, more: Option<Usd>) {
    match more {
        Some(more) => *sum = Some(sum.unwrap_or_default().saturating_add(more)),
        None => *unknown += 1,
    }
}

fn suite_report(record: &SuiteRecord, groups: Vec<GroupReport>) -> SuiteReport {
    SuiteReport {
        name: record.name.clone(),
        path: record.path.clone(),
        digest: record.digest,
        cases: record.cases,
        repeat: record.repeat,
        goal: record.goal.clone(),
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
