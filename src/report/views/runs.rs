//! The runs of the store, newest first.

use serde::Serialize;
use serde_json::Value;

use super::super::doc::{Block, Column, Doc, Line, Table, Tone};
use super::super::present::View;
use crate::base::{Millis, RunId, SafeName};
use crate::eval::SCHEMA_VERSION;
use crate::record::{BatchProgress, GitFacts, RunHeader, RunKind, RunStatus, SuiteRecord, VerdictWord};

/// A list of runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunsReport {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// In the order given.
    pub runs: Vec<RunRow>,
}

impl RunsReport {
    /// The list of these runs.
    pub fn of(runs: Vec<RunRow>) -> RunsReport {
        RunsReport { schema_version: SCHEMA_VERSION, runs }
    }
}

/// One run of the list.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunRow {
    /// Its id.
    pub id: RunId,
    /// What was executed.
    pub kind: RunKind,
    /// How it ended.
    pub status: RunStatus,
    /// The worst of its suites' verdicts; `None` when a suite has none yet.
    pub verdict: Option<VerdictWord>,
    /// `live`, `replay` or `record`.
    pub calls: String,
    /// How far its batches are; absent when it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<BatchProgress>,
    /// When it began, RFC 3339 in UTC.
    pub started: String,
    /// From its begin to its end.
    pub duration_ms: Option<Millis>,
    /// Names of its suites.
    pub suites: Vec<SafeName>,
    /// Trials of its plan.
    pub planned_trials: u64,
    /// State of the project.
    pub git: Option<GitFacts>,
}

impl RunRow {
    /// The row of a stored run. Only a complete run can have passed.
    pub fn of(header: &RunHeader, suites: &[SuiteRecord]) -> RunRow {
        let words: Vec<Option<VerdictWord>> =
            suites.iter().map(|suite| suite.verdict.as_ref().map(|verdict| verdict.verdict)).collect();
        let has = |word| words.contains(&Some(word));
        let verdict = if has(VerdictWord::Fail) {
            Some(VerdictWord::Fail)
        } else if words.is_empty() || words.contains(&None) {
            None
        } else if has(VerdictWord::Undecided) || header.status != RunStatus::Complete {
            Some(VerdictWord::Undecided)
        } else {
            Some(VerdictWord::Pass)
        };
        let duration = header.ended.and_then(|ended| u64::try_from(ended.0.saturating_sub(header.started.0)).ok());
        RunRow {
            id: header.id.clone(),
            kind: header.kind,
            status: header.status,
            verdict,
            calls: header.calls.clone(),
            batch: None,
            started: header.started.to_rfc3339(),
            duration_ms: duration.map(Millis),
            suites: suites.iter().map(|suite| suite.name.clone()).collect(),
            planned_trials: header.planned,
            git: header.git.clone(),
        }
    }
}

impl View for RunsReport {
    const WHAT: &'static str = "the list of runs";

    fn doc(&self) -> Doc {
        let mut doc = Doc::new();
        if self.runs.is_empty() {
            doc.push(Block::Paragraph(Line::from("no runs yet; start one with ").then("karat eval", Tone::Command)));
            return doc;
        }
        let columns = vec![
            Column::names("verdict"),
            Column::names("run"),
            Column::names("started (UTC)"),
            Column::names("status"),
            Column::words("suites"),
            Column::numbers("trials"),
            Column::numbers("took"),
            Column::names("calls"),
        ];
        let rows = self.runs.iter().map(row).collect();
        doc.push(Block::Table(Table { columns, rows }));
        doc
    }

    fn lines(&self) -> Option<Vec<Value>> {
        self.runs.iter().map(|run| serde_json::to_value(run).ok()).collect()
    }
}

fn row(run: &RunRow) -> Vec<Line> {
    let verdict = run.verdict.map_or(Line::from("—"), |word| Line::of(word.word(), Tone::of_verdict(word)));
    let started: String = run.started.chars().take(16).collect();
    let suites: Vec<&str> = run.suites.iter().map(SafeName::as_str).collect();
    vec![
        verdict,
        Line::from(run.id.as_str()),
        Line::from(started.replace('T', " ")),
        Line::from(status_of(run)),
        Line::from(suites.join(", ")),
        Line::from(run.planned_trials.to_string()),
        Line::from(run.duration_ms.map_or("—".to_owned(), |duration| duration.to_string())),
        Line::from(run.calls.as_str()),
    ]
}

/// The status, and how far the batches of a run are that is not complete.
fn status_of(run: &RunRow) -> String {
    let status = run.status.word().replace('_', " ");
    match run.batch.filter(|_| run.status != RunStatus::Complete) {
        Some(batch) => format!("{status}, batch: {}", batch.sentence()),
        None => status,
    }
}
