//! `karat eval --fuzz N`: what comes after the run: the smallest inputs that break a prompt, and answers that differ.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use super::drive::Drive;
use super::load::Loaded;
use super::money;
use super::options::{PlanOptions, is_generated};
use crate::base::{CaseId, Digest, DigestBuilder, SafeName, files};
use crate::cli::signals::Signals;
use crate::cli::{Exit, Session, UsageError};
use crate::eval::{FUZZ_TAG, Means, PlannedTrial, SurveyedSuite, fuzzed, smaller, try_one, visible_output};
use crate::record::{Outcome, RunStatus, TrialKey, TrialRecord, Vars};
use crate::score::Check;
use crate::store::TrialFilter;
use crate::suite::{NewCase, Selection, Variant};

/// Failures that are made smaller.
const SHRUNK: usize = 3;

/// Calls for each of them.
const TRIES: usize = 40;

/// Puts generated cases in the place of the suites' own.
///
/// # Errors
/// [`UsageError`] when nothing can be generated.
pub(super) fn plan(loaded: Loaded, count: u64, options: &PlanOptions) -> Result<Loaded, UsageError> {
    let only: Vec<String> = options.case.iter().filter(|case| is_generated(case)).cloned().collect();
    let Loaded { suites, selection, .. } = loaded;
    let mut made: Vec<SurveyedSuite> = Vec::with_capacity(suites.len());
    for surveyed in suites {
        let name = surveyed.suite.name.clone();
        let surveyed = fuzzed(surveyed, &selection, count, &only, options.paraphrase.as_ref()).map_err(UsageError)?;
        if surveyed.survey.selected == 0 {
            let (message, help) = if only.is_empty() {
                let why = "their variables have patterns or limits that no generated value keeps; add cases that do";
                (format!("no input for the prompts of suite `{name}` could be generated"), why)
            } else {
                let how = "give the `--fuzz` and `--seed` of the run that had it, and the same suite";
                (format!("no generated case of suite `{name}` is called {}", only.join(" or ")), how)
            };
            return Err(UsageError::of("nothing-to-fuzz", message, help));
        }
        made.push(surveyed);
    }
    let (suites_named, seed) = (selection.suites, selection.seed);
    let (prompts, models) = (selection.prompts, selection.models);
    let selection = Selection { suites: suites_named, prompts, models, seed, ..Selection::default() };
    Ok(Loaded { suites: made, selection, ..loaded })
}

/// What the search after the run found.
#[derive(Debug, Default)]
pub(super) struct Found {
    notes: Vec<String>,
    differing: usize,
}

impl Found {
    /// Tells it, after the report; answers that differ where they must not fail the run.
    pub(super) fn tell(&self, exit: Exit, failed: Exit, session: &Session) -> Exit {
        self.notes.iter().for_each(|note| session.ui.note(note));
        if self.differing > 0 && exit == Exit::Passed { failed } else { exit }
    }
}

/// Looks for answers that differ and for relations that broke, and makes failing inputs smaller. Costs at most
/// [`SHRUNK`] × [`TRIES`] calls, and no more than the limits leave.
pub(super) fn search(
    run: &Drive<'_>,
    status: RunStatus,
    runtime: &Runtime,
    signals: &Signals,
) -> anyhow::Result<Found> {
    let mut found = Found::default();
    let mut failing: Vec<(Broken, TrialRecord)> = Vec::new();
    let mut answers: BTreeMap<(SafeName, Digest, CaseId), Vec<String>> = BTreeMap::new();
    let mut passed: BTreeMap<(SafeName, Digest, String), bool> = BTreeMap::new();
    let mut related: Vec<TrialRecord> = Vec::new();
    run.store.each_trial(&run.header.id, &TrialFilter::default(), |trial| {
        let is_input = trial.case.tags.len() == 1 && trial.case.tags.iter().any(|tag| tag == FUZZ_TAG);
        let reply = trial.call.as_ref().and_then(|call| call.reply.as_ref().ok());
        if let Some(reply) = reply.filter(|_| is_input) {
            let key = (trial.suite.clone(), trial.variant, trial.case.id.clone());
            answers.entry(key).or_default().push(visible_output(reply).into_owned());
        }
        if is_input && trial.outcome == Outcome::Fail {
            let broken = Broken::of(&trial);
            if failing.len() < SHRUNK && failing.iter().all(|(known, _)| *known != broken) {
                failing.push((broken, trial));
            }
        } else if !is_input {
            let is_origin = trial.case.tags.iter().any(|tag| tag == "relation-origin");
            let group = trial.case.group.clone().unwrap_or_default();
            if is_origin {
                passed.insert((trial.suite.clone(), trial.variant, group), trial.outcome == Outcome::Pass);
            } else if trial.outcome == Outcome::Fail {
                related.push(trial);
            }
        }
        ControlFlow::Continue(())
    })?;
    let differing = answers.iter().filter(|(_, texts)| texts.iter().any(|text| Some(text) != texts.first()));
    let differing: Vec<&CaseId> = differing.map(|((_, _, case), _)| case).collect();
    found.differing = differing.len();
    if let Some(first) = differing.first() {
        let n = differing.len();
        found
            .notes
            .push(format!("{n} inputs were answered differently when asked twice at temperature 0, such as {first}"));
    }
    for trial in &related {
        if let Some(examples) = trial.case.tags.iter().find_map(|tag| tag.strip_prefix("examples-")) {
            let broken = Broken::of(trial).checks.join(", ");
            let case = trial.case.group.as_deref().unwrap_or_default();
            found.notes.push(format!(
                "{}: case {case} breaks {broken} when it is asked with {examples} examples ({})",
                trial.suite, trial.case.id
            ));
            continue;
        }
        let group = trial.case.group.clone().unwrap_or_default();
        if passed.get(&(trial.suite.clone(), trial.variant, group.clone())) == Some(&true) {
            let change = trial.case.tags.iter().find_map(|tag| tag.strip_prefix("relation-")).unwrap_or("change");
            found.notes.push(format!(
                "{}: case {group} passes, and fails once changed by `{change}` ({})",
                trial.suite, trial.case.id
            ));
        }
    }
    if status == RunStatus::Complete && !failing.is_empty() {
        runtime.block_on(shrink_all(run, failing, signals, &mut found))?;
    }
    Ok(found)
}

/// Which checks of which suite and variant an input breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Broken {
    suite: SafeName,
    variant: Digest,
    checks: Vec<String>,
}

impl Broken {
    fn of(trial: &TrialRecord) -> Broken {
        let checks = trial.scores.iter().filter(|score| score.is_fail()).map(|score| score.name.clone()).collect();
        Broken { suite: trial.suite.clone(), variant: trial.variant, checks }
    }
}

async fn shrink_all(
    run: &Drive<'_>,
    failing: Vec<(Broken, TrialRecord)>,
    signals: &Signals,
    found: &mut Found,
) -> anyhow::Result<()> {
    let caller = Arc::new(run.providers.caller(run.loaded, &run.store, Some(&run.header.id), run.session)?);
    let own_checks = run.providers.own_checks(run.loaded, run.session);
    let means = Means { caller: Arc::clone(&caller), embedder: None, own_checks: Arc::clone(&own_checks) };
    for (broken, trial) in failing {
        let surveyed = run.loaded.suites.iter().find(|surveyed| surveyed.suite.name == broken.suite);
        let Some(surveyed) = surveyed else { continue };
        let Some(variant) = surveyed.variants.iter().find(|variant| variant.digest == broken.variant) else { continue };
        let Some(checks) = checks_of(surveyed, &trial) else { continue };
        let shrinking = Shrinking { run, surveyed, variant, checks, broken: &broken, means: &means, signals };
        let (vars, tries) = shrinking.run(&trial.case.vars).await?;
        let path = shrinking.save(&vars)?;
        found.notes.push(format!(
            "{}: {} breaks; the smallest input found in {tries} more calls is kept in {}",
            broken.suite,
            broken.checks.join(", "),
            run.session.shown(&path).display()
        ));
    }
    caller.finish().context("the cassettes cannot be written")?;
    own_checks.finish(&run.providers.redactor()).context("the answers of webhooks cannot be kept")?;
    Ok(())
}

/// The checks of the case that a trial ran.
fn checks_of(surveyed: &SurveyedSuite, trial: &TrialRecord) -> Option<Arc<[Arc<Check>]>> {
    let cases = crate::suite::selected(&surveyed.suite, &EVERYTHING, &surveyed.survey);
    cases
        .filter_map(Result::ok)
        .find(|(_, loaded)| loaded.case.id == trial.case.id)
        .map(|(_, loaded)| Arc::clone(&loaded.checks))
}

static EVERYTHING: std::sync::LazyLock<Selection> = std::sync::LazyLock::new(Selection::default);

struct Shrinking<'a> {
    run: &'a Drive<'a>,
    surveyed: &'a SurveyedSuite,
    variant: &'a Arc<Variant>,
    checks: Arc<[Arc<Check>]>,
    broken: &'a Broken,
    means: &'a Means,
    signals: &'a Signals,
}

impl Shrinking<'_> {
    /// The smallest variables that still break the same checks, and the calls it took.
    async fn run(&self, vars: &Vars) -> anyhow::Result<(Vars, usize)> {
        let mut least = vars.clone();
        let mut tries = 0;
        'again: loop {
            for next in smaller(&least) {
                if !self.variant.prompt.check_vars(&next).is_empty() {
                    continue;
                }
                let Some(trial) = self.trial(&next) else { continue };
                // What was found by then is kept when the user has had enough.
                if tries >= TRIES || self.signals.came() || !self.may_spend(&trial)? {
                    return Ok((least, tries));
                }
                tries += 1;
                let record = try_one(trial, self.means, &CancellationToken::new()).await;
                let breaks = Broken::of(&record).checks == self.broken.checks && record.outcome == Outcome::Fail;
                self.keep(record).await?;
                if breaks {
                    least = next;
                    continue 'again;
                }
            }
            return Ok((least, tries));
        }
    }

    fn trial(&self, vars: &Vars) -> Option<PlannedTrial> {
        let suite = &self.surveyed.suite;
        let loaded = suite.make_case(NewCase {
            id: CaseId::parse(&format!("fuzz-shrunk-{}", digest_of(vars).short())).ok()?,
            vars: vars.clone(),
            checks: Arc::clone(&self.checks),
            origin: None,
            repeat: 1,
            examples: None,
            tags: vec![FUZZ_TAG.to_owned()],
            paraphrase: None,
        });
        Some(PlannedTrial {
            ordinal: 0,
            key: TrialKey::new(&suite.name, &self.variant.digest, &loaded.case, 0),
            suite: suite.name.clone(),
            variant: Arc::clone(self.variant),
            params: loaded.params,
            case: loaded.case,
            checks: loaded.checks,
            rule: suite.rule,
            repeat: 0,
            examples: None,
            repeats: 1,
            turn: 0,
            skip: None,
            paraphrase: None,
        })
    }

    /// Whether every limit leaves what the trial may cost.
    fn may_spend(&self, trial: &PlannedTrial) -> anyhow::Result<bool> {
        let Drive { loaded, store, header, session, providers, .. } = self.run;
        let spent = store.run_row(&header.id)?.spent.known;
        let limits = money::limits(loaded, spent, store, session)?;
        if limits.is_empty() {
            return Ok(true);
        }
        let free = providers.free_names();
        let most = loaded.estimator(session).worst_case_of(trial, &|model| free.contains(model.provider.as_str()));
        Ok(most.is_some_and(|most| limits.iter().all(|limit| limit.spent.saturating_add(most) <= limit.most)))
    }

    /// Every call that was made counts towards what the run has spent.
    async fn keep(&self, record: Box<TrialRecord>) -> anyhow::Result<()> {
        let writer = self.run.store.writer(&self.run.header.id, self.run.providers.redactor(), |_| ())?;
        writer.send_calls(record, None).await?;
        tokio::task::spawn_blocking(move || writer.close()).await.context("the store's thread ended early")??;
        Ok(())
    }

    /// Writes the input as a case with the checks that it breaks; the same input has the same file.
    fn save(&self, vars: &Vars) -> anyhow::Result<PathBuf> {
        let digest = digest_of(vars);
        let broken = self.checks.iter().filter(|check| self.broken.checks.iter().any(|name| name == check.name()));
        let entries: Vec<Value> = broken.map(|check| entry_of(check)).collect();
        let row = json!({
            "id": format!("fuzz-{}", digest.short()), "vars": vars, "tags": [FUZZ_TAG], "checks": entries
        });
        let folder = self.run.loaded.config.evals.value.join("cases");
        std::fs::create_dir_all(&folder).with_context(|| format!("`{}` cannot be made", folder.display()))?;
        let path = folder.join(format!("fuzz-{}.jsonl", digest.short()));
        files::write_atomic(&path, format!("{row}\n").as_bytes())
            .with_context(|| format!("`{}` cannot be written", path.display()))?;
        Ok(path)
    }
}

fn digest_of(vars: &Vars) -> Digest {
    DigestBuilder::new("fuzz-case").json(&Value::Object(vars.clone())).finish()
}

/// A check as users write it, from its identity.
fn entry_of(check: &Check) -> Value {
    let mut options: Map<String, Value> =
        check.identity().get("options").and_then(Value::as_object).cloned().unwrap_or_default();
    options.insert("name".to_owned(), check.name().into());
    json!({ check.check(): options })
}
