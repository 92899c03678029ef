//! What is wrong with the cases of a suite: bad outputs that pass, twins, contradictions, answers in the prompt.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value;

use super::probes::Probe;
use super::report::Finding;
use crate::base::{Digest, DigestBuilder, Severity};
use crate::eval::SurveyedSuite;
use crate::record::{ChatRequest, Part};
use crate::score::PassRule;
use crate::suite::LoadedCase;

/// Cases that a finding names.
pub(super) const SHOWN_CASES: usize = 5;

/// A shorter answer stands in many prompts by chance, or as one of the choices.
const LEAST_LEAK: usize = 20;

/// Outputs of other cases that must all pass before that says something.
const LEAST_OTHERS: usize = 2;

/// What the model is asked for a case.
pub(super) struct Rendered {
    pub(super) request: Option<ChatRequest>,
    /// Its texts, one after the other; empty when the prompt does not render.
    pub(super) text: String,
}

impl Rendered {
    /// With the first variant that is run.
    pub(super) fn of(surveyed: &SurveyedSuite, loaded: &LoadedCase) -> Rendered {
        let request = surveyed.variants.first().and_then(|variant| {
            let rendered = variant.prompt.render(&loaded.case.vars, &variant.model).ok()?;
            Some(rendered.request(variant.model.model.clone(), &variant.params.overlaid(&loaded.params)))
        });
        let parts = request.iter().flat_map(|request| &request.messages).flat_map(|message| &message.parts);
        let texts: Vec<&str> = parts
            .filter_map(|part| match part {
                Part::Text(text) => Some(text.as_str()),
                Part::Reasoning { .. }
                | Part::Image(_)
                | Part::File { .. }
                | Part::ToolCall(_)
                | Part::ToolResult { .. } => None,
            })
            .collect();
        let text = texts.join("\n");
        Rendered { request, text }
    }
}

/// Findings about cases, gathered while they are walked.
#[derive(Default)]
pub(super) struct CaseFindings {
    total: u64,
    ungrouped: u64,
    groups: HashSet<String>,
    /// The first case of each content.
    contents: HashMap<Digest, String>,
    /// The first case of each input, with what it expects.
    inputs: HashMap<Digest, (String, Digest)>,
    found: BTreeMap<Kind, (Vec<String>, u64)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Passes(Probe),
    NothingCounts,
    NoCheckDecides,
    Duplicate,
    Contradiction,
    Leak,
}

impl CaseFindings {
    /// Cases so far.
    pub(super) fn cases(&self) -> u64 {
        self.total
    }

    /// Cases that say something of their own: those of a group count once.
    pub(super) fn independent(&self) -> u64 {
        self.ungrouped + u64::try_from(self.groups.len()).unwrap_or(u64::MAX)
    }

    fn note(&mut self, kind: Kind, case: String) {
        let (cases, total) = self.found.entry(kind).or_default();
        *total += 1;
        if cases.len() < SHOWN_CASES {
            cases.push(case);
        }
    }

    /// Counts a case and compares it with those before it.
    pub(super) fn count(&mut self, loaded: &LoadedCase, rule: &PassRule) {
        let case = &loaded.case;
        self.total += 1;
        match &case.group {
            Some(group) => {
                self.groups.insert(group.clone());
            }
            None => self.ungrouped += 1,
        }
        let id = case.id.to_string();
        if let Some(first) = self.contents.get(&case.digest) {
            let both = format!("{first} = {id}");
            self.note(Kind::Duplicate, both);
            return;
        }
        self.contents.insert(case.digest, id.clone());
        let context = Value::from(case.context.clone());
        let input = DigestBuilder::new("input").json(&Value::Object(case.vars.clone())).json(&context).finish();
        let expected = DigestBuilder::new("expected").json(case.expected.as_ref().unwrap_or(&Value::Null)).finish();
        match self.inputs.get(&input) {
            Some((first, other)) if *other != expected => {
                let both = format!("{first} ≠ {id}");
                self.note(Kind::Contradiction, both);
            }
            Some(_) => {}
            None => {
                self.inputs.insert(input, (id, expected));
            }
        }
        if loaded.checks.iter().all(|check| check.weight() <= 0.0) {
            self.note(Kind::NothingCounts, case.id.to_string());
        }
        if let PassRule::Threshold(threshold) = rule {
            let weights: Vec<f64> = loaded.checks.iter().map(|check| check.weight()).collect();
            let (sum, most) = (weights.iter().sum::<f64>(), weights.iter().copied().fold(0.0, f64::max));
            // The score without the heaviest check still reaches the threshold.
            if sum > 0.0 && (sum - most) / sum >= threshold.get() {
                self.note(Kind::NoCheckDecides, case.id.to_string());
            }
        }
    }

    /// Looks for the expected answer in what the model is asked.
    pub(super) fn leak(&mut self, loaded: &LoadedCase, rendered: &Rendered) {
        let Some(Value::String(expected)) = &loaded.case.expected else { return };
        let (answer, asked) = (plain(expected), plain(&rendered.text));
        if answer.chars().count() >= LEAST_LEAK && asked.contains(&answer) {
            self.note(Kind::Leak, loaded.case.id.to_string());
        }
    }

    /// Notes which bad outputs the case as a whole lets pass.
    pub(super) fn outcomes(&mut self, loaded: &LoadedCase, good: Option<&str>, outcomes: &[(Probe, bool)]) {
        // What a case wants may be a refusal; then one is no bad output.
        let wants_refusal = loaded.checks.iter().any(|check| check.check() == "refusal");
        for probe in [Probe::Empty, Probe::Refusal, Probe::Shuffled, Probe::Truncated, Probe::OtherCase, Probe::Echo] {
            let tried: Vec<bool> =
                outcomes.iter().filter(|(other, _)| *other == probe).map(|(_, passed)| *passed).collect();
            let enough = if probe == Probe::OtherCase { tried.len() >= LEAST_OTHERS } else { !tried.is_empty() };
            let excused = probe == Probe::Refusal && (wants_refusal || good.is_some_and(|good| good.len() < 2));
            if enough && !excused && tried.iter().all(|passed| *passed) {
                self.note(Kind::Passes(probe), loaded.case.id.to_string());
            }
        }
    }

    /// One finding per kind.
    pub(super) fn finish(self) -> Vec<Finding> {
        self.found.into_iter().map(|(kind, (cases, total))| finding(kind, cases, total)).collect()
    }
}

/// Lower case, with single spaces: what a model would copy.
fn plain(text: &str) -> String {
    text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn finding(kind: Kind, cases: Vec<String>, total: u64) -> Finding {
    let many = |one: &str, many: &str| format!("{total} {}", if total == 1 { one } else { many });
    let passes = |what: &str| format!("{} with {what}", many("case passes", "cases pass"));
    let (code, severity, message, help) = match kind {
        Kind::Passes(Probe::Empty) => (
            "passes-empty",
            Severity::Error,
            passes(Probe::Empty.about()),
            "add a check that an answer must have something, such as `contains` or `equals`",
        ),
        Kind::Passes(Probe::Refusal) => (
            "passes-refusal",
            Severity::Error,
            passes(Probe::Refusal.about()),
            "add `- not_refusal`, or a check of what the answer must say",
        ),
        Kind::Passes(Probe::OtherCase) => (
            "passes-other-case",
            Severity::Error,
            passes("good outputs of other cases"),
            "add a check of what only this case's answer says",
        ),
        Kind::Passes(probe) => (
            match probe {
                Probe::Shuffled => "passes-shuffled",
                Probe::Truncated => "passes-truncated",
                _ => "passes-echo",
            },
            Severity::Warning,
            passes(probe.about()),
            match probe {
                Probe::Shuffled => "single words do not make an answer: check a phrase, a form, or ask a judge",
                Probe::Truncated => {
                    "check something that stands at the end, or how the reply ended: `finish_reason: stop`"
                }
                _ => "the words that are wanted stand in the question: check something that does not",
            },
        ),
        Kind::NothingCounts => (
            "nothing-counts",
            Severity::Error,
            format!("{} no check with a weight above 0", many("case has", "cases have")),
            "give a check of the case a weight, or none, which is 1",
        ),
        Kind::NoCheckDecides => (
            "no-check-decides",
            Severity::Warning,
            format!(
                "{} of which no single check can fail it under the suite's `pass_rule`",
                many("case has checks", "cases have checks")
            ),
            "raise `pass_rule`, or the weight of the checks that matter",
        ),
        Kind::Duplicate => (
            "duplicate-case",
            Severity::Warning,
            format!("{} the content of an earlier one", many("case has", "cases have")),
            "remove one of them: it makes the suite look larger than it is",
        ),
        Kind::Contradiction => (
            "contradicting-cases",
            Severity::Warning,
            format!("{} the input of an earlier one and expects something else", many("case has", "cases have")),
            "correct one of them: no model can satisfy both",
        ),
        Kind::Leak => (
            "answer-in-prompt",
            Severity::Warning,
            format!("the expected answer of {} stands in the prompt", many("case", "cases")),
            "take it out of the prompt and its examples, unless copying it is the task",
        ),
    };
    Finding { code, severity, message, help, cases, cases_total: total }
}
