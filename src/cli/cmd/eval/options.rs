//! The options of a run as they are stored with it, so that `--resume` can repeat its plan.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::args::{BatchRestArg, EvalArgs};
use crate::base::{CaseId, ModelRef, SafeName, Usd};
use crate::cli::{Session, UsageError};
use crate::config::CacheMode;
use crate::suite::{Attacks, Selection, Strategy};

/// Version of this form; a run of another version cannot be resumed.
const VERSION: u32 = 1;

/// What decides on the plan of a run: suites and selection. How it is executed (concurrency, limits) is not part of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlanOptions {
    version: u32,
    /// Suite files, relative to the project where they lie inside; empty means every suite.
    pub(super) files: Vec<PathBuf>,
    pub(super) suite: Vec<String>,
    pub(super) case: Vec<String>,
    pub(super) tag: Vec<String>,
    pub(super) prompt: Vec<String>,
    pub(super) model: Vec<String>,
    pub(super) first: Option<u64>,
    pub(super) sample: Option<u64>,
    pub(super) seed: u64,
    /// The `--max-cost` it was started with: a resumed run keeps to it until it is raised.
    pub(super) max_cost: Option<Usd>,
    /// The cases of `--failed-in` as they were found when the run began: suite and case id.
    pub(super) only_cases: Option<Vec<(SafeName, CaseId)>>,
    /// What becomes of requests that failed in a batch, when the run goes in batches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) batch: Option<BatchRest>,
    /// The revision of `--changed-since`, as it was given.
    #[serde(default)]
    pub(super) changed_since: Option<String>,
    /// The suites that had changed since then when the run began: a commit in between changes no plan.
    #[serde(default)]
    pub(super) changed_suites: Option<Vec<SafeName>>,
    /// Generated inputs per suite, in place of its cases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) fuzz: Option<u64>,
    /// Who says their cases in other words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) paraphrase: Option<ModelRef>,
    /// Its `--drop-rejected`: a resumed run asks what the run asked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) drop_rejected: bool,
    /// The strategies that its cases are attacked by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) adversarial: Option<Vec<AttackedBy>>,
    /// Which caches answered when it began, and how the semantic cache compared.
    #[serde(default)]
    pub(super) cache: Option<Value>,
}

/// What becomes of requests that failed in a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum BatchRest {
    /// They go into a further batch.
    Again,
    /// They are called one by one.
    Live,
}

impl BatchRest {
    fn of(arg: BatchRestArg) -> BatchRest {
        match arg {
            BatchRestArg::Again => BatchRest::Again,
            BatchRestArg::Live => BatchRest::Live,
        }
    }
}

/// A strategy that a run was asked for; its facts are known once the suites are loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct AttackedBy {
    /// Its name; `all` stands for every strategy.
    pub(super) strategy: String,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<u32>,
    /// How bad it is when one of its attacks works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) severity: Option<String>,
}

impl AttackedBy {
    /// `--adversarial` as it was given; `None` when it was not.
    fn named(names: &[String]) -> Option<Vec<AttackedBy>> {
        let named = |name: &String| AttackedBy { strategy: name.trim().to_owned(), version: None, severity: None };
        (!names.is_empty()).then(|| names.iter().map(named).collect())
    }

    /// As it was read.
    pub(super) fn of(strategy: &Strategy) -> AttackedBy {
        AttackedBy {
            strategy: strategy.name.to_string(),
            version: Some(strategy.version),
            severity: Some(strategy.severity.word().to_owned()),
        }
    }
}

impl PlanOptions {
    /// From the command line.
    pub(super) fn of(args: &EvalArgs, session: &Session) -> PlanOptions {
        let select = args.select.clone();
        PlanOptions {
            version: VERSION,
            files: args.suites.iter().map(|path| session.named(path)).collect(),
            suite: select.suite,
            case: select.case,
            tag: select.tag,
            prompt: select.prompt,
            model: select.model,
            first: select.first,
            sample: select.sample,
            seed: select.seed,
            max_cost: None,
            only_cases: None,
            batch: args.how.batch.then(|| BatchRest::of(args.how.batch_rest)),
            fuzz: select.fuzz,
            paraphrase: select.paraphrase,
            changed_since: select.changed_since,
            changed_suites: None,
            drop_rejected: args.how.drop_rejected,
            adversarial: AttackedBy::named(&select.adversarial),
            cache: None,
        }
    }

    /// From a stored run.
    ///
    /// # Errors
    /// When another version of karat wrote them.
    pub(super) fn stored(value: &Value) -> Result<PlanOptions, UsageError> {
        let wrong = |why: String| {
            let help = "start a new run; the response cache answers what was already asked";
            UsageError::of("not-resumable", format!("this run cannot be resumed by this version of karat: {why}"), help)
        };
        let version = value.get("version").and_then(Value::as_u64);
        if version != Some(u64::from(VERSION)) {
            return Err(wrong(format!("its options have version {version:?}")));
        }
        serde_json::from_value(value.clone()).map_err(|error| wrong(error.to_string()))
    }

    /// The semantic cache, when it was on.
    pub(super) fn cache_mode(&self) -> Option<CacheMode> {
        let mode = self.cache.as_ref()?.get("mode")?.as_str()?;
        (mode == "semantic").then_some(CacheMode::Semantic)
    }

    /// With the facts of the strategies that were read.
    pub(super) fn with_attacks(&self, attacks: Option<&Attacks>) -> PlanOptions {
        let read = attacks.map(|attacks| attacks.strategies().iter().map(AttackedBy::of).collect());
        PlanOptions { adversarial: read, ..self.clone() }
    }

    /// As they are stored.
    pub(super) fn to_json(&self) -> Value {
        serde_json::to_value(self).unwrap_or(Value::Null)
    }

    /// Narrows the plan to the cases that did not pass in an earlier run, whose files, prompts and models are taken over
    /// where the command line names none: what failed is run again, and no more.
    pub(super) fn only(&mut self, cases: Vec<(SafeName, CaseId)>, earlier: &Value) {
        self.only_cases = Some(cases);
        let Ok(earlier) = PlanOptions::stored(earlier) else { return };
        let take = |mine: &mut Vec<String>, theirs: Vec<String>| {
            if mine.is_empty() {
                *mine = theirs;
            }
        };
        take(&mut self.prompt, earlier.prompt);
        take(&mut self.model, earlier.model);
        if self.files.is_empty() {
            self.files = earlier.files;
        }
    }

    /// What of the suites' cases and variants is chosen.
    pub(super) fn selection(&self) -> Selection {
        Selection {
            suites: self.suite.clone(),
            // Generated cases are chosen when they have been made.
            cases: self.case.iter().filter(|case| self.fuzz.is_none() || !is_generated(case)).cloned().collect(),
            tags: self.tag.clone(),
            prompts: self.prompt.clone(),
            models: self.model.clone(),
            first: self.first,
            sample: self.sample,
            seed: self.seed,
            keys: self.only_cases.as_ref().map(|cases| cases.iter().cloned().collect()),
        }
    }
}

/// Whether a case of this id or glob is one that `--fuzz` makes.
pub(super) fn is_generated(case: &str) -> bool {
    case.starts_with("fuzz-")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn options(files: &[&str], models: &[&str]) -> PlanOptions {
        let stored = json!({
            "version": VERSION, "files": files, "suite": ["a"], "case": [], "tag": [], "prompt": [], "model": models,
            "first": 1, "sample": null, "seed": 0, "only_cases": null
        });
        PlanOptions::stored(&stored).expect("options")
    }

    #[test]
    fn what_failed_is_run_again_with_the_files_and_models_of_its_run_and_no_others() {
        let earlier = options(&["other/a.yaml"], &["openai/*"]).to_json();
        let mut rerun = PlanOptions { first: None, suite: Vec::new(), ..options(&[], &[]) };
        rerun.only(Vec::new(), &earlier);
        assert_eq!((&rerun.files, &rerun.model), (&vec![PathBuf::from("other/a.yaml")], &vec!["openai/*".to_owned()]));
        // `--first` chose among all cases then; among those that failed it would hide some.
        assert_eq!((rerun.first, rerun.only_cases), (None, Some(Vec::new())));
        let mut named = options(&["b.yaml"], &["anthropic/*"]);
        named.only(Vec::new(), &earlier);
        assert_eq!((named.files, named.model), (vec![PathBuf::from("b.yaml")], vec!["anthropic/*".to_owned()]));
    }

    #[test]
    fn options_of_a_run_before_there_was_changed_since_can_be_resumed() {
        let mut now = options(&[], &[]);
        assert_eq!((&now.changed_since, &now.changed_suites), (&None, &None));
        now.changed_since = Some("main".to_owned());
        now.changed_suites = Some(vec![SafeName::parse("a").expect("name")]);
        assert_eq!(PlanOptions::stored(&now.to_json()).expect("options"), now);
    }

    #[test]
    fn options_of_another_version_are_refused() {
        let mut stored = options(&[], &[]).to_json();
        stored["version"] = json!(2);
        assert!(PlanOptions::stored(&stored).is_err());
    }
}
