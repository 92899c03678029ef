//! What versions of prompts scored: the store's runs, judged as `karat eval show` judges them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::Value;

use crate::base::{Digest, RunId, SafeName};
use crate::config::Config;
use crate::eval::{EvalReport, JudgeRules, Summarizer};
use crate::record::{CorpusMeasure, MetricVersion, RunHeader, VariantRecord, comparable};
use crate::report::prompt::{Evidence, IncomparableResults, PromptResults};
use crate::score::metric_versions;
use crate::store::{Access, Store, StoreError};

/// Newest runs that are looked at for one version.
const RUNS: usize = 20;
/// Newest runs that are looked at where only the last result counts; more than one, because a run that was stopped at
/// once has no result.
const LAST_RUNS: usize = 3;

/// Options of a run that narrow it to some cases.
const NARROWING: &[&str] = &["case", "tag", "first", "sample", "only_cases"];

/// The results of the project. Each run is read once.
pub(super) struct ResultsReader {
    /// `None` when there is no store: then nothing has a result.
    store: Option<Store>,
    rules: JudgeRules,
    runs: HashMap<RunId, StoredRun>,
}

/// A run, summed up.
struct StoredRun {
    report: EvalReport,
    /// Digests of prompts by variant.
    prompts: HashMap<Digest, Digest>,
    is_partial: bool,
}

impl ResultsReader {
    /// Opens the store of the project, if there is one.
    ///
    /// # Errors
    /// [`StoreError`] when there is one that cannot be read.
    pub(super) fn open(config: &Config) -> Result<ResultsReader, StoreError> {
        let path = &config.store.value;
        let store = if path.exists() { Some(Store::open(path, Access::Read)) } else { None };
        let store = match store.transpose() {
            Err(StoreError::Missing { .. }) => None,
            other => other?,
        };
        let rules = JudgeRules { max_errors: u64::from(config.max_errors.value) };
        Ok(ResultsReader { store, rules, runs: HashMap::new() })
    }

    /// The newest results of a version by suite, model and parameters, among its last runs.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub(super) fn of(&mut self, digest: Digest) -> Result<PromptResults, StoreError> {
        let mut found = self.read(&HashSet::from([digest]), RUNS, false)?;
        Ok(found.remove(&digest).unwrap_or_else(|| PromptResults::none(digest)))
    }

    /// What the runs of a version say to a gate. Scores of other versions of checks than today's say nothing.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub(super) fn evidence(&mut self, digest: Digest) -> Result<Evidence, StoreError> {
        let Some(store) = self.store.clone() else { return Ok(Evidence::Nothing) };
        let runs = store.runs_by_prompt(&HashSet::from([digest]), usize::MAX)?.remove(&digest);
        let mut results = PromptResults::none(digest);
        let mut narrowed = None;
        let mut read = 0;
        for id in runs.iter().flat_map(|runs| &runs.newest) {
            // Runs of some cases are many and say nothing here: only their headers are read.
            if is_narrowed(&store.header(id)?) {
                narrowed.get_or_insert_with(|| id.clone());
                continue;
            }
            if read == RUNS {
                break;
            }
            read += 1;
            let run = self.run(&store, id)?;
            results.add(&run.report, false, |variant| run.prompts.get(variant) == Some(&digest));
        }
        let evidence = results.evidence(narrowed);
        let Evidence::Passed(_) = evidence else { return Ok(evidence) };
        let now = metric_versions();
        for (suite, run) in results.speaking() {
            let then = store.metric_versions(run)?.remove(suite).unwrap_or_default();
            if let Err(why) = comparable(&then, &now) {
                return Ok(Evidence::Outdated { run: run.clone(), suite: suite.clone(), why });
            }
        }
        Ok(evidence)
    }

    /// The results of the last run of each of these versions that was ever used.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub(super) fn last(&mut self, digests: &HashSet<Digest>) -> Result<HashMap<Digest, PromptResults>, StoreError> {
        self.read(digests, LAST_RUNS, true)
    }

    /// Pairs of results on the same suite that different versions of checks gave.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub(super) fn incomparable(
        &self,
        before: &PromptResults,
        after: &PromptResults,
    ) -> Result<Vec<IncomparableResults>, StoreError> {
        let Some(store) = &self.store else { return Ok(Vec::new()) };
        let pairs: BTreeSet<(&SafeName, &RunId, &RunId)> = before
            .results
            .iter()
            .flat_map(|one| after.results.iter().map(move |other| (one, other)))
            .filter(|(one, other)| one.suite == other.suite && one.run != other.run)
            .map(|(one, other)| (&one.suite, &one.run, &other.run))
            .collect();
        let mut versions: HashMap<&RunId, BTreeMap<SafeName, BTreeSet<MetricVersion>>> = HashMap::new();
        for run in pairs.iter().flat_map(|(_, before, after)| [*before, *after]) {
            if !versions.contains_key(run) {
                versions.insert(run, store.metric_versions(run)?);
            }
        }
        let of = |run: &RunId, suite: &SafeName| versions.get(run).and_then(|suites| suites.get(suite));
        let compared = pairs.into_iter().filter_map(|(suite, before, after)| {
            let why = comparable(of(before, suite)?, of(after, suite)?).err()?;
            Some(IncomparableResults { suite: suite.clone(), before: before.clone(), after: after.clone(), why })
        });
        Ok(compared.collect())
    }

    fn read(
        &mut self,
        digests: &HashSet<Digest>,
        newest: usize,
        only_last: bool,
    ) -> Result<HashMap<Digest, PromptResults>, StoreError> {
        let Some(store) = self.store.clone() else { return Ok(HashMap::new()) };
        let mut found = HashMap::new();
        for (digest, runs) in store.runs_by_prompt(digests, newest)? {
            let mut results = PromptResults { runs: runs.count, ..PromptResults::none(digest) };
            for id in &runs.newest {
                let run = self.run(&store, id)?;
                results.add(&run.report, run.is_partial, |variant| run.prompts.get(variant) == Some(&digest));
                if only_last && !results.results.is_empty() {
                    break;
                }
            }
            found.insert(digest, results);
        }
        Ok(found)
    }

    fn run(&mut self, store: &Store, id: &RunId) -> Result<&StoredRun, StoreError> {
        if !self.runs.contains_key(id) {
            let run = read_run(store, id, self.rules)?;
            self.runs.insert(id.clone(), run);
        }
        self.runs.get(id).ok_or_else(|| StoreError::RunNotFound { given: id.to_string() })
    }
}

fn read_run(store: &Store, id: &RunId, rules: JudgeRules) -> Result<StoredRun, StoreError> {
    let header = store.header(id)?;
    let variants = store.variants(id)?;
    let suites = store.suites(id)?;
    let mut summary = Summarizer::new(&header, &suites, &variants);
    store.facts(id, |facts| summary.add(&facts))?;
    // A goal on a figure over all replies needs their counts.
    let mut goals = suites.iter().filter_map(|suite| suite.goal.as_object()).flatten();
    if goals.any(|(name, _)| CorpusMeasure::of_goal(name).is_some()) {
        store.segments(id, |facts| summary.segment(facts))?;
    }
    let prompts = |variant: &VariantRecord| (variant.digest, variant.prompt_digest);
    Ok(StoredRun {
        is_partial: is_narrowed(&header),
        prompts: variants.iter().map(prompts).collect(),
        // Single trials are not shown here.
        report: summary.finish(&[], 0, rules),
    })
}

/// Whether a run was asked for some cases only.
fn is_narrowed(header: &RunHeader) -> bool {
    NARROWING.iter().any(|option| match header.options.get(option) {
        None | Some(Value::Null) => false,
        Some(Value::Array(items)) => !items.is_empty(),
        Some(_) => true,
    })
}
