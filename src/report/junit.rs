//! JUnit XML: one test suite per suite × variant, one test case per trial. A failing check is a `failure`; a failed call
//! is an `error` of its class, and an ungraded trial an `error` of type `ungraded`: neither is ever shown as passed.

use std::io::{self, Write};
use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use super::clean::{one_line, xml_safe};
use super::present::Trials;
use crate::eval::{AgreedShare, CheckResult, EvalReport, GroupReport, SuiteReport, visible_output};
use crate::record::{Outcome, TrialRecord};

/// What closes a report of one suite after its last test case.
const TAIL: &str = "    </testsuite>\n</testsuites>\n";

/// The test cases of one group, already written: about 150 bytes per passing trial, in place of 1 KB as values.
struct GroupCases {
    suite: TestSuite,
    variant: crate::base::Digest,
    of_suite: String,
    xml: String,
}

/// Writes a run with its trials, which may come in any order: groups are put together in memory.
pub(super) fn write_eval(report: &EvalReport, trials: &mut dyn Trials, out: &mut dyn Write) -> io::Result<()> {
    let mut groups: Vec<GroupCases> = report
        .suites
        .iter()
        .flat_map(|suite| suite.groups.iter().map(|group| GroupCases::new(report, suite, group)))
        .collect();
    trials.each(&mut |trial: &TrialRecord| {
        let fits = |group: &&mut GroupCases| group.variant == trial.variant && group.of_suite == trial.suite.as_str();
        match groups.iter_mut().find(fits) {
            Some(group) => group.add(trial),
            None => Ok(()),
        }
    })?;
    let mut whole = Report::new(format!("karat {}", report.run.id));
    if let Some(duration) = report.run.duration_ms {
        whole.set_time(duration.to_duration());
    }
    for group in &groups {
        whole.tests += group.suite.tests;
        whole.failures += group.suite.failures;
        whole.errors += group.suite.errors;
        whole.skipped += group.suite.skipped;
    }
    let xml = whole.to_string().map_err(io::Error::other)?;
    let (head, tail) = split_before(&xml, "</testsuites>")?;
    out.write_all(head.as_bytes())?;
    for group in groups {
        group.write(out)?;
    }
    out.write_all(tail.as_bytes())
}

impl GroupCases {
    fn new(report: &EvalReport, suite: &SuiteReport, group: &GroupReport) -> GroupCases {
        let name = format!("{} / {} / {}", suite.name, group.prompt, group.model);
        let mut test_suite = TestSuite::new(xml_safe(&name));
        for (key, value) in [
            ("run", report.run.id.to_string()),
            ("file", suite.path.clone()),
            ("verdict", group.verdict.verdict.word().to_owned()),
            ("reason", group.verdict.reasons.first().cloned().unwrap_or_default()),
            ("calls", report.run.calls.clone()),
        ] {
            test_suite.add_property(Property::new(key, xml_safe(&value)));
        }
        if let Some(semantic) = &report.semantic {
            let of = |share: Option<AgreedShare>| share.map_or("0/0".to_owned(), |s| format!("{}/{}", s.agreed, s.of));
            for (key, value) in [
                ("semantic-hits", format!("{}/{}", semantic.hits, semantic.asked)),
                ("semantic-same-answer", of(semantic.same_text)),
                ("semantic-same-outcome", of(semantic.same_outcome)),
            ] {
                test_suite.add_property(Property::new(key, xml_safe(&value)));
            }
        }
        GroupCases { suite: test_suite, variant: group.variant, of_suite: suite.name.to_string(), xml: String::new() }
    }

    fn add(&mut self, trial: &TrialRecord) -> io::Result<()> {
        let case = test_case(trial, self.suite.name.as_str());
        let mut alone = TestSuite::new("");
        alone.add_test_case(case);
        self.suite.tests += alone.tests;
        self.suite.failures += alone.failures;
        self.suite.errors += alone.errors;
        self.suite.skipped += alone.skipped;
        let mut report = Report::new("");
        report.add_test_suite(alone);
        let xml = report.to_string().map_err(io::Error::other)?;
        // Declaration, `testsuites`, `testsuite`: three lines without text of ours, then the test case.
        let start = xml.match_indices('\n').nth(2).map(|(index, _)| index + 1);
        let case = start.and_then(|start| xml.get(start..)).and_then(|rest| rest.strip_suffix(TAIL));
        self.xml.push_str(case.ok_or_else(|| io::Error::other("unexpected form of the JUnit XML"))?);
        Ok(())
    }

    /// Writes the suite around its test cases.
    fn write(self, out: &mut dyn Write) -> io::Result<()> {
        let mut around = Report::new("");
        around.test_suites.push(self.suite);
        let xml = around.to_string().map_err(io::Error::other)?;
        let start = xml.match_indices('\n').nth(1).map(|(index, _)| index + 1);
        let suite = start.and_then(|start| xml.get(start..)).unwrap_or_default();
        let (head, tail) = split_before(suite, TAIL)?;
        out.write_all(head.as_bytes())?;
        out.write_all(self.xml.as_bytes())?;
        out.write_all(tail.trim_end_matches("</testsuites>\n").as_bytes())
    }
}

fn split_before<'a>(xml: &'a str, mark: &str) -> io::Result<(&'a str, &'a str)> {
    let at = xml.rfind(mark).ok_or_else(|| io::Error::other("unexpected form of the JUnit XML"))?;
    Ok(xml.split_at(at))
}

fn test_case(trial: &TrialRecord, class: &str) -> TestCase {
    let mut name = trial.case.id.to_string();
    if trial.repeat > 0 {
        name = format!("{name} (repeat {})", trial.repeat);
    }
    let reply = trial.call.as_ref().and_then(|call| call.reply.as_ref().ok());
    let mut case = TestCase::new(xml_safe(&name), status(trial));
    case.set_classname(class);
    if let Some(call) = trial.call.as_ref().filter(|_| reply.is_some()) {
        case.set_time(Duration::from_millis(call.latency_ms.0));
    }
    if let Some(reply) = reply.filter(|_| trial.outcome != Outcome::Pass) {
        case.set_system_out(xml_safe(&visible_output(reply)));
    }
    case
}

fn status(trial: &TrialRecord) -> TestCaseStatus {
    let error = trial.call.as_ref().and_then(|call| call.reply.as_ref().err());
    let note = trial.note.clone().or_else(|| error.map(ToString::to_string));
    let checks: Vec<CheckResult> = trial.scores.iter().map(CheckResult::of).collect();
    let (mut status, kind) = match trial.outcome {
        Outcome::Pass => return TestCaseStatus::success(),
        Outcome::Skipped => (TestCaseStatus::skipped(), "skipped"),
        Outcome::Fail => (TestCaseStatus::non_success(NonSuccessKind::Failure), "fail"),
        Outcome::Error => {
            (TestCaseStatus::non_success(NonSuccessKind::Error), error.map_or("error", |error| error.kind.word()))
        }
        Outcome::Ungraded => (TestCaseStatus::non_success(NonSuccessKind::Error), "ungraded"),
    };
    let telling = if trial.outcome == Outcome::Fail { "fail" } else { "ungraded" };
    let first = checks.iter().find(|check| check.word() == telling);
    let message = note.or_else(|| first.map(|check| format!("{}: {}", check.name, check.reason)));
    status.set_type(kind);
    if let Some(message) = message {
        status.set_message(xml_safe(&one_line(&message)));
    }
    let lines: Vec<String> = checks
        .iter()
        .filter(|check| check.word() != "pass")
        .map(|check| format!("{} {}: {}", check.word(), check.name, check.reason))
        .collect();
    if !lines.is_empty() {
        status.set_description(xml_safe(&lines.join("\n")));
    }
    status
}
