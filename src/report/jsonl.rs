//! One JSON object per line: first the run (`"record": "run"`), then one line per trial in the order of the plan
//! (`"record": "trial"`), last the verdict, suites and totals (`"record": "summary"`). A file without its last line is
//! cut off. Memory does not grow with the number of trials.

use std::collections::HashMap;
use std::io::{self, Write};

use serde::Serialize;

use super::escape;
use super::present::Trials;
use super::views::TrialReport;
use crate::base::{Digest, ModelRef};
use crate::eval::{CacheStats, EvalReport, RunFacts, SemanticReport, SuiteReport, Totals};
use crate::record::{JudgeTotals, TrialRecord, Verdict};

#[derive(Serialize)]
struct RunLine<'a> {
    record: &'static str,
    schema_version: u32,
    #[serde(flatten)]
    run: &'a RunFacts,
}

#[derive(Serialize)]
struct TrialLine<'a> {
    record: &'static str,
    #[serde(flatten)]
    trial: TrialReport<'a>,
}

#[derive(Serialize)]
struct SummaryLine<'a> {
    record: &'static str,
    verdict: &'a Verdict,
    suites: &'a [SuiteReport],
    totals: &'a Totals,
    #[serde(skip_serializing_if = "Option::is_none")]
    judging: Option<JudgeTotals>,
    cache: &'a CacheStats,
    #[serde(skip_serializing_if = "Option::is_none")]
    semantic: Option<&'a SemanticReport>,
    failures_total: u64,
}

/// Prompt and model of every variant of a report.
pub(super) fn variants(report: &EvalReport) -> HashMap<Digest, (String, ModelRef)> {
    let groups = report.suites.iter().flat_map(|suite| &suite.groups);
    groups.map(|group| (group.variant, (group.prompt.clone(), group.model.clone()))).collect()
}

/// Writes a run with its trials.
pub(super) fn write_eval(report: &EvalReport, trials: &mut dyn Trials, out: &mut dyn Write) -> io::Result<()> {
    line(&RunLine { record: "run", schema_version: report.schema_version, run: &report.run }, out)?;
    let variants = variants(report);
    trials.each(&mut |trial: &TrialRecord| {
        let variant = variants.get(&trial.variant);
        let (prompt, model) = (variant.map(|(prompt, _)| prompt.as_str()), variant.map(|(_, model)| model));
        line(&TrialLine { record: "trial", trial: TrialReport::of(trial, prompt, model) }, out)
    })?;
    let summary = SummaryLine {
        record: "summary",
        verdict: &report.verdict,
        suites: &report.suites,
        totals: &report.totals,
        judging: report.judging,
        cache: &report.cache,
        semantic: report.semantic.as_ref(),
        failures_total: report.failures_total,
    };
    line(&summary, out)
}

/// Writes one value as one line.
pub(super) fn line<T: Serialize>(value: &T, out: &mut dyn Write) -> io::Result<()> {
    escape::to_writer(value, out)?;
    out.write_all(b"\n")
}
