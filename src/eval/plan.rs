//! What a run consists of: suites × selected cases × variants × repeats, as a lazy sequence.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::base::{Problems, SafeName};
use crate::record::{CaseRef, Outcome, Params, TrialKey};
use crate::score::{Check, PassRule};
use crate::suite::{Goal, LoadedCase, Paraphrase, Selection, Suite, Survey, Variant, selected};

/// One trial to run.
#[derive(Clone)]
pub struct PlannedTrial {
    /// Its place in the plan.
    pub ordinal: u64,
    /// Its identity.
    pub key: TrialKey,
    /// Name of the suite.
    pub suite: SafeName,
    /// Prompt version, model and parameters.
    pub variant: Arc<Variant>,
    /// Overrides of the case, on top of the variant's parameters.
    pub params: Arc<Params>,
    /// The case.
    pub case: CaseRef,
    /// Its checks.
    pub checks: Arc<[Arc<Check>]>,
    /// How scores become an outcome.
    pub rule: PassRule,
    /// 0-based repeat.
    pub repeat: u32,
    /// How many examples it is asked with; `None` leaves that to the prompt.
    pub examples: Option<usize>,
    /// How often its case is asked.
    pub repeats: u32,
    /// Place of the case in its suite, repeats counted: the same whatever else is selected, and for every variant.
    pub turn: u64,
    /// Why it is not to be run, when the suite says so.
    pub skip: Option<String>,
    /// What of the case is said in other words first.
    pub paraphrase: Option<Arc<Paraphrase>>,
}

/// A suite with what its survey found, and the variants that are run.
pub struct SurveyedSuite {
    /// The suite.
    pub suite: Suite,
    /// The result of the validating pass over its cases.
    pub survey: Survey,
    /// The selected variants, in the order of the suite.
    pub variants: Vec<Arc<Variant>>,
}

impl SurveyedSuite {
    /// Joins a suite with its survey.
    pub fn new(suite: Suite, survey: Survey) -> SurveyedSuite {
        let chosen = survey.variants.iter().filter_map(|index| suite.variants.get(*index));
        let variants = chosen.map(|variant| Arc::new(variant.clone())).collect();
        SurveyedSuite { suite, survey, variants }
    }

    /// Trials this suite contributes: those to run, and one per variant for each skipped case.
    pub fn trials(&self) -> u64 {
        let variants = u64::try_from(self.variants.len()).unwrap_or(u64::MAX);
        self.survey.trials.saturating_add(self.survey.skipped.saturating_mul(variants))
    }
}

/// The goal of a suite as it is stored and judged: its bounds, and how many errors a verdict allows.
pub fn goal_json(surveyed: &SurveyedSuite) -> Value {
    let (suite, survey) = (&surveyed.suite, &surveyed.survey);
    let mut goal = suite.goal.to_json();
    if let Value::Object(fields) = &mut goal {
        let attacked = suite.attacks().is_some();
        fields.retain(|name, _| Goal::holds_for(name, attacked));
        fields.insert("max_errors".to_owned(), Value::from(suite.max_errors));
        // What the report of its labels needs besides the trials. The checks on attacks are others than that on the label.
        if let Some(labels) = suite.classification.as_ref().filter(|_| !attacked) {
            fields.insert("classification".to_owned(), json!({"labels": labels}));
        }
        // Cases may say how often they are repeated themselves: then what the suite says is not enough.
        let variants = u64::try_from(survey.variants.len()).unwrap_or(u64::MAX).max(1);
        let planned = survey.trials / variants;
        if planned != survey.selected.saturating_mul(u64::from(suite.repeat)) {
            fields.insert("repeats".to_owned(), json!({"most": survey.most_repeats, "trials": planned}));
        }
    }
    goal
}

/// All trials in order: by suite, case, variant, repeat. Reads datasets as it goes.
///
/// An item is an error when a dataset cannot be read or has changed since its survey; the run must then end.
pub fn trials<'a>(
    suites: &'a [SurveyedSuite],
    selection: &'a Selection,
) -> impl Iterator<Item = Result<PlannedTrial, Problems>> + 'a {
    let mut ordinal = 0_u64;
    suites.iter().flat_map(move |surveyed| trials_of(surveyed, selection)).map(move |planned| {
        planned.map(|mut trial| {
            trial.ordinal = ordinal;
            ordinal += 1;
            trial
        })
    })
}

fn trials_of<'a>(
    surveyed: &'a SurveyedSuite,
    selection: &'a Selection,
) -> impl Iterator<Item = Result<PlannedTrial, Problems>> + 'a {
    selected(&surveyed.suite, selection, &surveyed.survey).flat_map(move |item| {
        let (found, problems) = match item {
            Ok((index, case)) => (trials_of_case(surveyed, index, &case), None),
            Err(problems) => (Vec::new(), Some(Err(problems))),
        };
        found.into_iter().map(Ok).chain(problems)
    })
}

/// The trials of one case; a skipped case has one per variant.
fn trials_of_case(surveyed: &SurveyedSuite, index: u64, loaded: &LoadedCase) -> Vec<PlannedTrial> {
    let suite = &surveyed.suite;
    let repeats = if loaded.skip.is_some() { 1 } else { loaded.repeat };
    let mut trials = Vec::new();
    for variant in &surveyed.variants {
        for repeat in 0..repeats {
            trials.push(PlannedTrial {
                ordinal: 0,
                key: TrialKey::new(&suite.name, &variant.digest, &loaded.case, repeat),
                suite: suite.name.clone(),
                variant: Arc::clone(variant),
                params: Arc::clone(&loaded.params),
                case: Arc::clone(&loaded.case),
                checks: Arc::clone(&loaded.checks),
                rule: suite.rule,
                repeat,
                examples: loaded.examples,
                repeats,
                turn: index.saturating_mul(u64::from(repeats)).saturating_add(u64::from(repeat)),
                skip: loaded.skip.clone(),
                paraphrase: loaded.paraphrase.clone(),
            });
        }
    }
    trials
}

/// Which trials of a run already have an outcome, by identity.
#[derive(Debug, Clone, Default)]
pub struct Finished {
    outcomes: HashMap<TrialKey, (Outcome, u64)>,
    retry_errors: bool,
    /// Ungraded trials that need no run all the same.
    uncompared: HashSet<TrialKey>,
}

/// How a stored run fits today's plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fit {
    /// Stored trials that the plan still has.
    pub kept: u64,
    /// Those of them whose place in the plan is another now: key and new ordinal.
    pub moved: Vec<(TrialKey, u64)>,
    /// Stored trials that the plan no longer has.
    pub stale: Vec<TrialKey>,
}

impl Finished {
    /// From what the store has. With `retry_errors`, errors and ungraded trials count as not finished.
    pub fn new(outcomes: HashMap<TrialKey, (Outcome, u64)>, retry_errors: bool) -> Finished {
        Finished { outcomes, retry_errors, uncompared: HashSet::new() }
    }

    /// The same, with trials that are ungraded only because they are not compared with others: they are compared again, and
    /// not run again.
    #[must_use]
    pub fn with_uncompared(self, uncompared: HashSet<TrialKey>) -> Finished {
        Finished { uncompared, ..self }
    }

    /// Whether ungraded trials are there that need a comparison, and no run.
    pub fn has_uncompared(&self) -> bool {
        !self.uncompared.is_empty()
    }

    /// Whether the trial needs no run.
    pub fn has(&self, key: &TrialKey) -> bool {
        match self.outcomes.get(key) {
            None => false,
            Some((Outcome::Error | Outcome::Ungraded, _)) => !self.retry_errors || self.uncompared.contains(key),
            Some((Outcome::Pass | Outcome::Fail | Outcome::Skipped, _)) => true,
        }
    }

    /// Number of trials that need no run.
    pub fn count(&self) -> u64 {
        let done = self.outcomes.keys().filter(|key| self.has(key)).count();
        u64::try_from(done).unwrap_or(u64::MAX)
    }

    /// Takes out trials that the plan no longer has.
    pub fn forget(&mut self, stale: &[TrialKey]) {
        stale.iter().for_each(|key| {
            self.outcomes.remove(key);
        });
    }

    /// Compares with today's plan, trial by trial: by content, never by position.
    ///
    /// # Errors
    /// The first problem of the plan.
    pub fn fit(&self, plan: impl Iterator<Item = Result<PlannedTrial, Problems>>) -> Result<Fit, Problems> {
        let mut fit = Fit::default();
        let mut seen = HashSet::new();
        for trial in plan {
            let trial = trial?;
            if let Some((_, ordinal)) = self.outcomes.get(&trial.key) {
                fit.kept += 1;
                seen.insert(trial.key);
                if *ordinal != trial.ordinal {
                    fit.moved.push((trial.key, trial.ordinal));
                }
            }
        }
        fit.stale = self.outcomes.keys().filter(|key| !seen.contains(key)).copied().collect();
        fit.stale.sort_unstable();
        Ok(fit)
    }
}
