//! The running figures of one variant on one suite.

use serde_json::Value;

use super::attacks::AttackTally;
use super::classification::LabelTally;
use super::consume::consume;
use super::mean_score::mean_score;
use super::rate::{RateTally, quantile, real};
use super::repeats::repeats as of_repeats;
use super::report::{Consumption, Counts, GroupReport};
use crate::base::{Millis, Ratio};
use crate::record::{CallSource, Outcome, TrialFacts, VariantRecord, Verdict, VerdictWord};

/// The running figures of one group.
#[derive(Debug, Default)]
pub(super) struct GroupTally {
    counts: Counts,
    rate: RateTally,
    latencies: Vec<u32>,
    ttfts: Vec<u32>,
    consumption: Consumption,
    calls: u64,
    saved_calls: u64,
    altered: u64,
    attacks: AttackTally,
    labels: Option<LabelTally>,
}

impl GroupTally {
    /// Without a trial; `labels` collects predictions where the suite sorts.
    pub(super) fn new(labels: Option<LabelTally>) -> GroupTally {
        GroupTally { labels, ..GroupTally::default() }
    }

    pub(super) fn add(&mut self, facts: &TrialFacts, repeated: bool) {
        self.counts.add(facts.outcome);
        if matches!(facts.outcome, Outcome::Pass | Outcome::Fail) {
            let passed = facts.outcome == Outcome::Pass;
            self.rate.add(&facts.case_id, facts.group.as_deref(), repeated, passed);
        }
        if let Some(labels) = self.labels.as_mut().filter(|_| facts.outcome != Outcome::Skipped) {
            labels.add(facts, repeated);
        }
        if let Some(score) = facts.score {
            self.rate.add_score(&facts.case_id, facts.group.as_deref(), repeated, score.get(), facts.weight);
        }
        if let Some(Millis(millis)) = facts.latency_ms.filter(|_| !facts.batched) {
            self.latencies.push(u32::try_from(millis).unwrap_or(u32::MAX));
        }
        if let Some(Millis(millis)) = facts.ttft_ms {
            self.ttfts.push(u32::try_from(millis).unwrap_or(u32::MAX));
        }
        consume(&mut self.consumption, facts);
        self.calls += u64::from(facts.source.is_some());
        self.saved_calls += u64::from(facts.source.is_some_and(is_saved));
        self.altered += u64::from(facts.altered);
        self.attacks.add(facts, repeated);
    }

    /// The report without its verdict: that is judged from the rest. `repeats` is how often the cases are tried at most,
    /// `cases` how many there are.
    pub(super) fn report(&self, variant: &VariantRecord, options: &Value, repeats: u32, cases: u64) -> GroupReport {
        let score = mean_score(&self.rate);
        let mut latencies = self.latencies.clone();
        latencies.sort_unstable();
        let mut ttfts = self.ttfts.clone();
        ttfts.sort_unstable();
        let share = |part: u64, whole: u64| (whole > 0).then(|| Ratio::clamped(real(part) / real(whole)));
        GroupReport {
            prompt: variant.prompt.clone(),
            model: variant.model.clone(),
            variant: variant.digest,
            params: variant.params.clone(),
            verdict: Verdict { verdict: VerdictWord::Undecided, reasons: Vec::new(), figures: Vec::new() },
            counts: self.counts,
            pass_rate: self.rate.rate(),
            mean_score: score.map(|(mean, _)| mean),
            mean_score_interval: score.and_then(|(_, interval)| interval),
            repeats: of_repeats(&self.rate, repeats, cases),
            p50_latency_ms: quantile(&latencies, 0.5),
            p95_latency_ms: quantile(&latencies, 0.95),
            p50_ttft_ms: quantile(&ttfts, 0.5),
            p95_ttft_ms: quantile(&ttfts, 0.95),
            consumption: self.consumption,
            judging: None,
            cached_share: share(self.saved_calls, self.calls),
            altered_trials: self.altered,
            attacks: self.attacks.report(options),
            classification: self.labels.as_ref().map(|labels| Box::new(labels.report())),
            corpus: Vec::new(),
        }
    }
}

/// Whether the reply cost nobody anything this time.
pub(super) fn is_saved(source: CallSource) -> bool {
    matches!(source, CallSource::Cache | CallSource::Shared | CallSource::Semantic)
}
