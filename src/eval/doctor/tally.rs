//! What each check of a suite let pass.

use std::collections::BTreeMap;

use super::probes::Probe;
use super::report::{CheckExam, Finding, NotProbed, ProbeCount};
use crate::base::{Severity, canonical_json};
use crate::score::Check;

/// Fewer kinds of probes say nothing about a check.
const LEAST_KINDS: usize = 4;

/// The checks of a suite, by what they do.
#[derive(Default)]
pub(super) struct Tally {
    checks: Vec<Entry>,
    not_probed: Vec<NotProbed>,
}

struct Entry {
    identity: String,
    name: String,
    word: String,
    is_negated: bool,
    counts: bool,
    cases: u64,
    first_cases: Vec<String>,
    probes: BTreeMap<Probe, (u64, u64)>,
    /// Whether it told anything apart: a probe that did not apply or could not be graded is no pass.
    refused: bool,
}

impl Tally {
    /// A check of a case that is probed; its place among all.
    pub(super) fn begin(&mut self, check: &Check, case: &str) -> usize {
        let identity = canonical_json(check.identity());
        let found = self.checks.iter().position(|entry| entry.identity == identity && entry.name == check.name());
        let at = found.unwrap_or_else(|| {
            self.checks.push(Entry {
                identity,
                name: check.name().to_owned(),
                word: check.check().to_owned(),
                is_negated: check.is_negated(),
                counts: check.weight() > 0.0,
                cases: 0,
                first_cases: Vec::new(),
                probes: BTreeMap::new(),
                refused: false,
            });
            self.checks.len() - 1
        });
        if let Some(entry) = self.checks.get_mut(at) {
            entry.cases += 1;
            if entry.first_cases.len() < super::cases::SHOWN_CASES {
                entry.first_cases.push(case.to_owned());
            }
        }
        at
    }

    /// What a check said of a probe.
    pub(super) fn tried(&mut self, at: usize, probe: Probe, passed: bool) {
        if let Some(entry) = self.checks.get_mut(at) {
            let (passes, tries) = entry.probes.entry(probe).or_default();
            *passes += u64::from(passed);
            *tries += 1;
            entry.refused |= !passed;
        }
    }

    /// A check that is not probed.
    pub(super) fn skip(&mut self, check: &Check, why: &'static str) {
        if self.not_probed.iter().all(|known| known.name != check.name()) {
            self.not_probed.push(NotProbed { name: check.name().to_owned(), why });
        }
    }

    /// Checks that let everything pass.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let tells_nothing = |entry: &&Entry| entry.counts && !entry.refused && entry.probes.len() >= LEAST_KINDS;
        self.checks.iter().filter(tells_nothing).map(finding).collect()
    }

    /// The checks by name, and those that were not probed.
    pub(super) fn finish(self) -> (Vec<CheckExam>, Vec<NotProbed>) {
        let mut exams: Vec<CheckExam> = Vec::new();
        for entry in self.checks {
            let known = exams.iter_mut().find(|exam| exam.name == entry.name && exam.check == entry.word);
            let exam = match known {
                Some(exam) => exam,
                None => {
                    exams.push(CheckExam { name: entry.name, check: entry.word, cases: 0, probes: Vec::new() });
                    let Some(exam) = exams.last_mut() else { continue };
                    exam
                }
            };
            exam.cases += entry.cases;
            for (probe, (passed, tried)) in entry.probes {
                match exam.probes.iter_mut().find(|count| count.probe == probe) {
                    Some(count) => {
                        count.passed += passed;
                        count.tried += tried;
                    }
                    None => exam.probes.push(ProbeCount { probe, passed, tried }),
                }
            }
            exam.probes.sort_by_key(|count| count.probe);
        }
        (exams, self.not_probed)
    }
}

fn finding(entry: &Entry) -> Finding {
    let (name, word) = (&entry.name, &entry.word);
    let shown = if name == word { format!("`{name}`") } else { format!("`{name}` ({word})") };
    let (code, severity, message, help) = if entry.is_negated {
        (
            "check-not-reached",
            Severity::Warning,
            format!("the check {shown} passes for every output it was fed"),
            "make sure that some output can fail it: run a case with one that must not pass",
        )
    } else {
        (
            "check-cannot-fail",
            Severity::Error,
            format!("the check {shown} passes for every output it was fed, bad ones of all kinds"),
            "ask for something that a wrong answer lacks, or remove the check",
        )
    };
    Finding { code, severity, message, help, cases: entry.first_cases.clone(), cases_total: entry.cases }
}
