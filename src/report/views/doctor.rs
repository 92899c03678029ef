//! The self-test of suites: what is wrong with them, what each check still lets pass, how small a drop they tell.

use super::super::doc::{Block, Column, Doc, Line, Table, Tone};
use super::super::present::View;
use super::counted;
use crate::base::{Severity, Tokens};
use crate::eval::{CheckExam, DoctorReport, Finding, Reach, SuiteExam};

impl View for DoctorReport {
    const WHAT: &'static str = "the self-test of suites";

    fn doc(&self) -> Doc {
        let mut doc = Doc::new();
        let (word, tone) = if self.errors > 0 { ("fail", Tone::Fail) } else { ("pass", Tone::Pass) };
        let found = match (self.errors, self.warnings) {
            (0, 0) => "nothing is wrong".to_owned(),
            (errors, warnings) => {
                format!("{}, {}", counted(errors, "error", "errors"), counted(warnings, "warning", "warnings"))
            }
        };
        doc.push(Block::Heading(Line::of(word, tone).text(format!("  {found}; nothing was called"))));
        self.suites.iter().for_each(|suite| show_suite(suite, &mut doc));
        doc
    }
}

fn show_suite(suite: &SuiteExam, doc: &mut Doc) {
    let about = format!("  {} · {}", counted(suite.cases, "case", "cases"), suite.path);
    doc.push(Block::Heading(Line::of(suite.name.as_str(), Tone::Strong).then(about, Tone::Dim)));
    doc.push_list(suite.findings.iter().map(finding_line).collect());
    if !suite.checks.is_empty() {
        let columns = vec![Column::names("check"), Column::numbers("cases"), Column::words("still passes")];
        doc.push(Block::Table(Table { columns, rows: suite.checks.iter().map(check_row).collect() }));
    }
    let mut facts = vec![("probed".to_owned(), Line::from(probed(suite)))];
    if !suite.not_probed.is_empty() {
        let names: Vec<String> =
            suite.not_probed.iter().map(|check| format!("{} ({})", check.name, check.why)).collect();
        facts.push(("not probed".to_owned(), Line::from(names.join("; "))));
    }
    facts.push(("reach".to_owned(), Line::from(reach(&suite.reach))));
    doc.push(Block::Facts(facts));
}

fn finding_line(finding: &Finding) -> Line {
    let (word, tone) = match finding.severity {
        Severity::Error => ("error", Tone::Fail),
        Severity::Warning | Severity::Note => ("warning", Tone::Unsure),
    };
    let mut text = format!("[{}]: {}", finding.code, finding.message);
    if !finding.cases.is_empty() {
        text.push_str(&format!(" ({}", finding.cases.join(", ")));
        let left = finding.cases_total.saturating_sub(u64::try_from(finding.cases.len()).unwrap_or(0));
        if left > 0 {
            text.push_str(&format!(", and {} more", Tokens(left)));
        }
        text.push(')');
    }
    Line::of(word, tone).text(text).then(format!("; {}", finding.help), Tone::Dim)
}

fn check_row(check: &CheckExam) -> Vec<Line> {
    let name = if check.name == check.check { check.name.clone() } else { format!("{} ({})", check.name, check.check) };
    let passed: Vec<String> = check
        .probes
        .iter()
        .filter(|count| count.passed > 0)
        .map(|count| format!("{} {}/{}", count.probe.word(), count.passed, count.tried))
        .collect();
    let passed = if passed.is_empty() { "nothing".to_owned() } else { passed.join(", ") };
    vec![Line::from(name), Line::from(Tokens(check.cases).to_string()), Line::from(passed)]
}

fn probed(suite: &SuiteExam) -> String {
    let mut text = counted(suite.probed_cases, "case", "cases");
    let good = suite.good_from_runs + suite.good_from_expected;
    text.push_str(&format!(
        "; a good output is known of {} ({} from stored runs, {} from `expected`)",
        Tokens(good),
        Tokens(suite.good_from_runs),
        Tokens(suite.good_from_expected)
    ));
    if good < suite.probed_cases {
        text.push_str(", which a run with `karat eval` adds to");
    }
    text
}

/// `43 independent cases tell a drop from 90 % to 67 % (80 % power, two-sided 5 %)`.
fn reach(reach: &Reach) -> String {
    let cases = counted(reach.cases, "independent case", "independent cases");
    let law = format!("({:.0} % power, two-sided {:.0} %)", reach.power * 100.0, reach.alpha * 100.0);
    let before = reach.before * 100.0;
    match reach.smallest_drop {
        Some(drop) => format!(
            "{cases} tell a drop of {:.0} points, from {before:.0} % to {:.0} %, and no smaller one {law}",
            drop * 100.0,
            before - drop * 100.0
        ),
        None => format!("{cases} tell no drop at all {law}"),
    }
}
