//! Which score of a run a label speaks of.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;
use serde_json::Value;

use super::super::failure::visible_output;
use super::labels::HumanLabel;
use crate::base::{Diagnostic, Digest, Problems, SafeName};
use crate::record::{ScoreState, TrialRecord, VariantRecord};

/// One score of a judge, as calibration sees it.
#[derive(Debug, Clone, PartialEq)]
struct Judged {
    case: String,
    repeat: u32,
    variant: Digest,
    output: Digest,
    chars: u64,
    /// Value and verdict; `None` when it could not tell.
    verdict: Option<(f64, bool)>,
    /// Share of the judge's samples that agree, where it was asked several times.
    agreement: Option<f64>,
    /// Whether the verdict was the same in both orders, where it compared two answers.
    consistent: Option<bool>,
    /// Calls for this score cost somebody something.
    applies: bool,
}

/// The scores of one suite in a run, by check.
#[derive(Debug, Default)]
pub struct Ledger {
    checks: BTreeMap<String, Vec<Judged>>,
    /// Checks that nobody is interested in, as reports call them.
    others: BTreeSet<String>,
    variants: HashMap<Digest, VariantRecord>,
    /// Outputs by trial, for the template.
    outputs: Vec<(String, u32, Digest, String)>,
}

/// A score with what a person says of the same output.
#[derive(Debug, Clone, PartialEq)]
pub struct Labelled {
    /// What the person says.
    pub human: bool,
    /// How good, where they gave a number.
    pub human_score: Option<f64>,
    /// What the judge says; `None` when it could not tell.
    pub judge: Option<(f64, bool)>,
    /// Characters of the output.
    pub chars: u64,
    /// Share of the judge's samples that agree.
    pub agreement: Option<f64>,
    /// Whether the verdict was the same in both orders.
    pub consistent: Option<bool>,
}

/// A row to be labelled.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Template {
    case: String,
    check: String,
    prompt: String,
    model: String,
    repeat: u32,
    output: String,
    label: Option<bool>,
}

impl Ledger {
    /// Without scores; the variants name what labels may name.
    pub fn new(variants: &[VariantRecord]) -> Ledger {
        let variants = variants.iter().map(|variant| (variant.digest, variant.clone())).collect();
        Ledger { variants, ..Ledger::default() }
    }

    /// Adds a trial of the suite. `is_wanted` says which checks are of interest, by the word users write and the name that
    /// reports use.
    pub fn add(&mut self, trial: &TrialRecord, is_wanted: impl Fn(&str, &str) -> bool) {
        let Some(reply) = trial.call.as_ref().and_then(|call| call.reply.as_ref().ok()) else { return };
        let output = visible_output(reply);
        let mut any = false;
        for score in &trial.scores {
            if !is_wanted(&score.check, &score.name) {
                self.others.insert(score.name.clone());
                continue;
            }
            any = true;
            self.checks.entry(score.name.clone()).or_default().push(Judged {
                case: trial.case.id.to_string(),
                repeat: trial.repeat,
                variant: trial.variant,
                output: Digest::of_bytes(output.as_bytes()),
                chars: u64::try_from(output.chars().count()).unwrap_or(u64::MAX),
                verdict: match score.state {
                    ScoreState::Scored { value, passed } => Some((value.get(), passed)),
                    ScoreState::Ungraded | ScoreState::NotApplicable => None,
                },
                agreement: score.details.as_ref().and_then(|details| details.get("agreement")?.as_f64()),
                consistent: score.details.as_ref().and_then(consistency),
                applies: score.state != ScoreState::NotApplicable,
            });
        }
        if any {
            self.outputs.push((trial.case.id.to_string(), trial.repeat, trial.variant, output.to_string()));
        }
    }

    /// Names of the checks, as reports call them.
    pub fn checks(&self) -> Vec<&str> {
        self.checks.keys().map(String::as_str).collect()
    }

    /// Whether the run has a check of this name that is of no interest here.
    pub fn leaves_out(&self, check: &str) -> bool {
        self.others.contains(check) && !self.checks.contains_key(check)
    }

    /// Rows to be labelled: every output, for every check.
    pub fn template(&self) -> Vec<Template> {
        let row = |check: &str, (case, repeat, variant, output): &(String, u32, Digest, String)| Template {
            case: case.clone(),
            check: check.to_owned(),
            prompt: self.variants.get(variant).map(|variant| variant.prompt.clone()).unwrap_or_default(),
            model: self.variants.get(variant).map(|variant| variant.model.to_string()).unwrap_or_default(),
            repeat: *repeat,
            output: output.clone(),
            label: None,
        };
        let has = |check: &str, (case, repeat, variant, _): &(String, u32, Digest, String)| {
            let judged = self.checks.get(check).into_iter().flatten();
            judged.into_iter().any(|judged| {
                judged.applies && judged.case == *case && judged.repeat == *repeat && judged.variant == *variant
            })
        };
        self.checks
            .keys()
            .flat_map(|check| {
                self.outputs.iter().filter(move |output| has(check, output)).map(move |output| row(check, output))
            })
            .collect()
    }

    /// The labelled scores by check, and for each check how many unlabelled outputs its judge passed, of those it could
    /// judge. A label that fits no score, or several, is reported.
    pub fn join(
        &self,
        suite: &SafeName,
        labels: &[HumanLabel],
        problems: &mut Problems,
    ) -> BTreeMap<String, (Vec<Labelled>, (u64, u64))> {
        let mut taken: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
        let mut joined: BTreeMap<String, (Vec<Labelled>, (u64, u64))> = BTreeMap::new();
        for label in labels {
            match self.find(suite, label) {
                Err(problem) => problems.push(*problem),
                Ok((check, at, judged)) => {
                    if !taken.entry(check).or_default().insert(at) {
                        let message = format!("`{}` of case `{}` is labelled twice", check, label.case);
                        problems.push(Diagnostic::error("duplicate-label", message).at(label.place.clone()));
                        continue;
                    }
                    joined.entry(check.to_owned()).or_default().0.push(Labelled {
                        human: label.passed,
                        human_score: label.score,
                        judge: judged.verdict,
                        chars: judged.chars,
                        agreement: judged.agreement,
                        consistent: judged.consistent,
                    });
                }
            }
        }
        for (check, (_, rest)) in &mut joined {
            let own = taken.get(check.as_str());
            let others = self.checks.get(check).into_iter().flatten().enumerate();
            for (_, judged) in others.filter(|(at, _)| own.is_none_or(|own| !own.contains(at))) {
                if let Some((_, passed)) = judged.verdict {
                    rest.0 += u64::from(passed);
                    rest.1 += 1;
                }
            }
        }
        joined
    }

    fn find(&self, suite: &SafeName, label: &HumanLabel) -> Result<(&str, usize, &Judged), Box<Diagnostic>> {
        let refuse = |code, message: String, help: String| {
            Err(Box::new(Diagnostic::error(code, message).at(label.place.clone()).help(help)))
        };
        let names = self.checks().join(", ");
        let check = match (&label.check, self.checks.iter().next()) {
            (Some(name), _) => self.checks.get_key_value(name),
            (None, Some(only)) if self.checks.len() == 1 => Some(only),
            (None, _) => {
                let message = "the run has several judges: the label must name one as `check`".to_owned();
                return refuse("ambiguous-label", message, format!("its judges: {names}"));
            }
        };
        let Some((name, scores)) = check else {
            let name = label.check.as_deref().unwrap_or_default();
            return refuse("unknown-check", format!("the run has no judge `{name}`"), format!("its judges: {names}"));
        };
        let of_case: Vec<(usize, &Judged)> =
            scores.iter().enumerate().filter(|(_, judged)| judged.case == label.case).collect();
        if of_case.is_empty() {
            let message = format!("`{suite}` has no case `{}` with a score of `{name}` in this run", label.case);
            return refuse("unknown-case", message, "`karat eval export RUN` lists what it has".to_owned());
        }
        let fits = |judged: &Judged| {
            let variant = self.variants.get(&judged.variant);
            label.repeat.is_none_or(|repeat| repeat == judged.repeat)
                && label.model.as_ref().is_none_or(|model| variant.is_some_and(|variant| variant.model == *model))
                && label.prompt.as_ref().is_none_or(|prompt| variant.is_some_and(|variant| variant.prompt == *prompt))
        };
        let named: Vec<_> = of_case.iter().filter(|(_, judged)| fits(judged)).collect();
        let same = |judged: &Judged| {
            label.output.as_ref().is_none_or(|output| Digest::of_bytes(output.as_bytes()) == judged.output)
        };
        let fitting: Vec<_> = named.iter().filter(|(_, judged)| same(judged)).collect();
        match (fitting.as_slice(), named.is_empty()) {
            ([(at, judged)], _) => Ok((name.as_str(), *at, *judged)),
            ([], true) => refuse(
                "unknown-trial",
                format!("case `{}` has no such prompt, model or repeat in this run", label.case),
                "`karat eval export RUN` lists what it has".to_owned(),
            ),
            ([], false) => refuse(
                "other-output",
                format!("the output that was labelled is not that of case `{}` in this run", label.case),
                "a label speaks of one output: label the run's own, from `--template`, or name the run with `--run`"
                    .to_owned(),
            ),
            (several, _) => refuse(
                "ambiguous-label",
                format!("case `{}` has {} outputs in this run", label.case, several.len()),
                "say which with `model`, `prompt`, `repeat` or `output`".to_owned(),
            ),
        }
    }
}

/// Whether all ballots that compared two answers in both orders said the same; `None` when none did.
fn consistency(details: &Value) -> Option<bool> {
    let ballots = details.get("ballots")?.as_array()?;
    let said: Vec<bool> =
        ballots.iter().filter_map(|ballot| ballot.get("parts")?.get("consistent")?.as_bool()).collect();
    (!said.is_empty()).then(|| said.iter().all(|same| *same))
}
