//! The exam of one suite: every case is fed outputs that should fail.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::cases::{CaseFindings, Rendered};
use super::goals;
use super::probes::{Probe, of_case, own_words};
use super::report::{Finding, SuiteExam};
use super::tally::Tally;
use crate::base::{CaseId, Digest, Millis, Problems, Severity, Usd};
use crate::eval::SurveyedSuite;
use crate::record::{Case, ChatReply, Outcome, Score};
use crate::score::{Check, ScoreInput, aggregate, score};
use crate::suite::{LoadedCase, Selection, selected};

/// Cases whose checks are probed; more of one suite say little more.
const PROBED_CASES: usize = 2_000;

/// Outputs of other cases that a case is fed.
const OTHERS: usize = 3;

/// Good outputs that are kept to feed them to other cases.
const POOL: usize = 200;

/// Outputs that passed in stored runs, by case: with the digest of the case that they passed.
pub type Good = HashMap<CaseId, (Digest, String)>;

/// A good output of a case, and what the case expects.
struct Known {
    case: CaseId,
    output: String,
    expected: Option<Value>,
}

/// Examines a suite. `good` are outputs of its cases that passed.
///
/// # Errors
/// The problems of a dataset that cannot be read any more.
pub fn examine(surveyed: &SurveyedSuite, selection: &Selection, good: &Good) -> Result<SuiteExam, Problems> {
    let suite = &surveyed.suite;
    let mut exam = Exam::new(surveyed, good);
    for item in selected(suite, selection, &surveyed.survey).take(PROBED_CASES) {
        let (_, loaded) = item?;
        exam.remember(&loaded);
    }
    for (index, item) in selected(suite, selection, &surveyed.survey).enumerate() {
        let (_, loaded) = item?;
        exam.cases.count(&loaded, &suite.rule);
        if index < PROBED_CASES && loaded.skip.is_none() {
            exam.probe(&loaded);
        }
    }
    Ok(exam.finish())
}

struct Exam<'a> {
    surveyed: &'a SurveyedSuite,
    good: &'a Good,
    pool: Vec<Known>,
    tally: Tally,
    cases: CaseFindings,
    probed: u64,
    from_runs: u64,
    from_expected: u64,
}

impl<'a> Exam<'a> {
    fn new(surveyed: &'a SurveyedSuite, good: &'a Good) -> Exam<'a> {
        Exam {
            surveyed,
            good,
            pool: Vec::new(),
            tally: Tally::default(),
            cases: CaseFindings::default(),
            probed: 0,
            from_runs: 0,
            from_expected: 0,
        }
    }

    /// An output that passed this very case, else what the case expects; and whether it is from a run.
    fn good_output(&self, case: &Case) -> Option<(String, bool)> {
        let stored = self.good.get(&case.id).filter(|(digest, _)| *digest == case.digest);
        let stored = stored.map(|(_, output)| (output.clone(), true));
        let expected = || match case.expected.as_ref()? {
            Value::Null => None,
            Value::String(text) => Some((text.clone(), false)),
            other => Some((other.to_string(), false)),
        };
        stored.or_else(expected).filter(|(output, _)| !output.trim().is_empty())
    }

    fn remember(&mut self, loaded: &LoadedCase) {
        if self.pool.len() >= POOL {
            return;
        }
        if let Some((output, _)) = self.good_output(&loaded.case) {
            let (case, expected) = (loaded.case.id.clone(), loaded.case.expected.clone());
            self.pool.push(Known { case, output, expected });
        }
    }

    /// Good outputs of other cases, where they must differ: not the same text, nor what the case expects as well.
    fn others(&self, case: &Case, good: Option<&str>) -> Vec<String> {
        let differs = |known: &&Known| {
            known.case != case.id
                && Some(known.output.as_str()) != good
                && (case.expected.is_none() || known.expected != case.expected)
        };
        let mut found: Vec<String> = Vec::new();
        for known in self.pool.iter().filter(differs) {
            if found.len() < OTHERS && !found.contains(&known.output) {
                found.push(known.output.clone());
            }
        }
        found
    }

    fn probe(&mut self, loaded: &LoadedCase) {
        let case = &*loaded.case;
        let known = self.good_output(case);
        self.probed += 1;
        match &known {
            Some((_, true)) => self.from_runs += 1,
            Some((_, false)) => self.from_expected += 1,
            None => {}
        }
        let good = known.as_ref().map(|(output, _)| output.as_str());
        let rendered = Rendered::of(self.surveyed, loaded);
        self.cases.leak(loaded, &rendered);
        let asks = |check: &&Arc<Check>| !check.asks().is_empty();
        for check in loaded.checks.iter().filter(asks) {
            self.tally.skip(check, "it asks a model, a program or an address, and nothing is called here");
        }
        for check in loaded.checks.iter().filter(|check| check.asks().is_empty() && !check.reads_text()) {
            self.tally.skip(check, "it judges time, money or how the reply ended, not the text");
        }
        let places: Vec<Option<usize>> = loaded.checks.iter().map(|check| self.place_of(check, case)).collect();
        let mut outcomes: Vec<(Probe, bool)> = Vec::new();
        for (probe, text) in of_case(good, &self.others(case, good), &rendered.text) {
            let scores = scores(loaded, &text, &rendered);
            for ((place, score), check) in places.iter().zip(&scores).zip(loaded.checks.iter()) {
                if let Some(place) = place.filter(|_| check.asks().is_empty()) {
                    self.tally.tried(place, probe, score.is_pass());
                }
            }
            let outcome = aggregate(&scores, &self.surveyed.suite.rule).outcome;
            outcomes.push((probe, outcome == Outcome::Pass));
        }
        for (place, check) in places.iter().zip(loaded.checks.iter()) {
            if let (Some(place), Some(text)) = (place, own_words(check)) {
                self.tally.tried(*place, Probe::OwnWords, one(check, case, &text, &rendered).is_pass());
            }
        }
        self.cases.outcomes(loaded, good, &outcomes);
    }

    fn place_of(&mut self, check: &Check, case: &Case) -> Option<usize> {
        let is_probed = check.asks().is_empty() && check.reads_text();
        is_probed.then(|| self.tally.begin(check, case.id.as_str()))
    }

    fn finish(self) -> SuiteExam {
        let suite = &self.surveyed.suite;
        let mut findings: Vec<Finding> = self.tally.findings();
        findings.extend(goals::findings(suite, self.cases.cases()));
        let independent = self.cases.independent();
        let cases = self.cases.cases();
        findings.extend(self.cases.finish());
        findings.sort_by_key(|finding| finding.severity);
        debug_assert!(findings.iter().all(|finding| finding.severity <= Severity::Warning));
        let (checks, not_probed) = self.tally.finish();
        SuiteExam {
            name: suite.name.clone(),
            path: suite.path.display().to_string(),
            cases,
            probed_cases: self.probed,
            good_from_runs: self.from_runs,
            good_from_expected: self.from_expected,
            findings,
            checks,
            not_probed,
            reach: goals::reach(suite, independent),
        }
    }
}

fn scores(loaded: &LoadedCase, text: &str, rendered: &Rendered) -> Vec<Score> {
    loaded.checks.iter().map(|check| one(check, &loaded.case, text, rendered)).collect()
}

/// What a check says of an output that came at once and cost nothing.
fn one(check: &Check, case: &Case, text: &str, rendered: &Rendered) -> Score {
    let reply = ChatReply::of_text(text);
    let input = ScoreInput {
        reply: &reply,
        latency: Millis(1),
        cost: Some(Usd::ZERO),
        case,
        request: rendered.request.as_ref(),
    };
    score(check, &input)
}
