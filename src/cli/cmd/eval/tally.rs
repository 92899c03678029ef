//! What the report of a run needs of its trials: added up from the store, or while they become durable.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;

use super::present::FAILURES_SHOWN;
use crate::base::RunId;
use crate::eval::{EvalReport, JudgeRules, Summarizer};
use crate::record::{CorpusMeasure, MetricVersion, Outcome, TrialFacts, TrialRecord, comparable};
use crate::score::metric_versions;
use crate::store::{RunRow, Store, StoreError, TrialFilter};

/// Trials that may wait for one before them. With more the store is the better memory.
pub(super) const EARLY: usize = 4096;

/// Trials of one run, added up in the order of its plan.
#[derive(Debug)]
pub(super) struct Tally {
    summary: Summarizer,
    /// The checks that gave scores, with their versions.
    scored: BTreeSet<MetricVersion>,
    /// Places in the plan of the first trials that a report shows.
    failing: Vec<u64>,
    /// Whether a check may have asked somebody.
    asked: bool,
}

impl Tally {
    /// Without a trial.
    fn empty(store: &Store, run: &RunId) -> Result<Tally, StoreError> {
        let summary = Summarizer::new(&store.header(run)?, &store.suites(run)?, &store.variants(run)?);
        Ok(Tally { summary, scored: BTreeSet::new(), failing: Vec::new(), asked: false })
    }

    /// Of all trials that are stored.
    pub(super) fn read(store: &Store, run: &RunId) -> Result<Tally, StoreError> {
        let mut tally = Tally::empty(store, run)?;
        // Scores are twice as many rows as trials, or more: they are read beside them.
        let versions = thread::scope(|scope| {
            let versions = scope.spawn(|| store.metric_versions(run));
            store.facts(run, |facts| tally.add(&facts))?;
            versions.join().unwrap_or_else(|_| store.metric_versions(run))
        })?;
        tally.scored = versions.into_values().flatten().collect();
        tally.asked = true;
        Ok(tally)
    }

    fn add(&mut self, facts: &TrialFacts) {
        self.summary.add(facts);
        let is_shown = matches!(facts.outcome, Outcome::Fail | Outcome::Error | Outcome::Ungraded);
        if is_shown && self.failing.len() < usize::try_from(FAILURES_SHOWN).unwrap_or(usize::MAX) {
            self.failing.push(facts.ordinal);
        }
    }

    /// Whether it has all trials that the store has of the run.
    fn is_all(&self, row: &RunRow) -> bool {
        let (own, stored) = (self.summary.counts(), row.counts);
        let own = [own.pass, own.fail, own.error, own.ungraded, own.skipped];
        own == [stored.pass, stored.fail, stored.error, stored.ungraded, stored.skipped]
    }

    /// The report. What is not of the trials alone is read from the store.
    pub(super) fn report(mut self, store: &Store, run: &RunId, max_errors: u32) -> anyhow::Result<EvalReport> {
        let row = store.run_row(run)?;
        let summary = &mut self.summary;
        summary.update(&row.header);
        // Scores are read only where some of them count for a figure over all replies.
        if self.scored.iter().any(|metric| CorpusMeasure::of_check(&metric.check).is_some()) {
            store.segments(run, |facts| summary.segment(facts))?;
        }
        if self.asked {
            summary.judging(store.judging(run)?);
            summary.comparing(store.comparing(run)?);
        }
        summary.breakers(store.breaker_openings(run)?);
        summary.bill(row.spent.known, row.spent.unknown_calls);
        let total = row.counts.fail + row.counts.error + row.counts.ungraded;
        let failures = self.failures(store, run)?;
        let rules = JudgeRules { max_errors: u64::from(max_errors) };
        let mut report = self.summary.finish(&failures, total, rules);
        report.run.batch = store.batch_progress(run)?;
        report.outdated_checks = comparable(&self.scored, &metric_versions()).err();
        Ok(report)
    }

    /// The first trials that did not pass, whole.
    fn failures(&self, store: &Store, run: &RunId) -> Result<Vec<TrialRecord>, StoreError> {
        if self.failing.is_empty() {
            return Ok(Vec::new());
        }
        let filter = TrialFilter {
            outcomes: vec![Outcome::Fail, Outcome::Error, Outcome::Ungraded],
            ordinals: self.failing.clone(),
            limit: Some(FAILURES_SHOWN),
            ..TrialFilter::default()
        };
        store.trials(run, &filter)
    }
}

/// Adds trials of a new run up as they become durable, so that they need not be read back. Trials that come before their
/// turn wait: added in another order, sums of fractions would differ from those of the stored run in their last digits.
#[derive(Debug)]
pub(super) struct Watch {
    tally: Tally,
    /// The place in the plan of the trial that comes next.
    next: u64,
    early: BTreeMap<u64, TrialFacts>,
    /// Checks that gave scores, as they are called.
    checks: Vec<(String, u32)>,
    /// Whether a suite has a `classification`.
    sorts: bool,
    /// Whether the store knows better.
    lost: bool,
}

impl Watch {
    /// Of a run that has no trial yet; `None` for others.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(super) fn of(store: &Store, run: &RunId) -> Result<Option<Watch>, StoreError> {
        if store.run_row(run)?.counts.total() > 0 {
            return Ok(None);
        }
        let sorts = store.suites(run)?.iter().any(|suite| suite.goal.get("classification").is_some());
        let (early, checks) = (BTreeMap::new(), Vec::new());
        Ok(Some(Watch { tally: Tally::empty(store, run)?, next: 0, early, checks, sorts, lost: false }))
    }

    /// Adds a trial that is durable.
    pub(super) fn see(&mut self, trial: &TrialRecord) {
        if self.lost {
            return;
        }
        for score in &trial.scores {
            if !self.checks.iter().any(|(check, version)| *version == score.version && *check == score.check) {
                self.checks.push((score.check.clone(), score.version));
            }
        }
        self.tally.asked |= !trial.judging.is_empty();
        let Ok(facts) = TrialFacts::of(trial, self.sorts) else {
            self.lose();
            return;
        };
        if facts.ordinal == self.next {
            self.tally.add(&facts);
            self.next += 1;
            while let Some(facts) = self.early.remove(&self.next) {
                self.tally.add(&facts);
                self.next += 1;
            }
        } else if facts.ordinal < self.next
            || self.early.len() >= EARLY
            || self.early.insert(facts.ordinal, facts).is_some()
        {
            self.lose();
        }
    }

    /// Trials that wait for one before them.
    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        self.early.len()
    }

    /// What is missing, or there twice, or too far ahead is read from the store at the end.
    fn lose(&mut self) {
        self.lost = true;
        self.early.clear();
    }

    /// The sum of all trials; `None` when the store knows better.
    pub(super) fn tally(mut self) -> Option<Tally> {
        for facts in std::mem::take(&mut self.early).values() {
            self.tally.add(facts);
        }
        self.tally.scored = self.checks.iter().map(|(check, version)| MetricVersion::of(check, *version)).collect();
        Some(self.tally).filter(|_| !self.lost)
    }
}

/// The report of a run that has just ended: from what was seen of it, where that is all that the store has, and else from
/// its rows. Both give the same.
pub(super) fn report_of_ended(
    store: &Store,
    run: &RunId,
    watch: Option<Watch>,
    max_errors: u32,
) -> anyhow::Result<EvalReport> {
    let row = store.run_row(run)?;
    match watch.and_then(Watch::tally).filter(|tally| tally.is_all(&row)) {
        Some(tally) => tally.report(store, run, max_errors),
        None => Tally::read(store, run)?.report(store, run, max_errors),
    }
}
