//! A change of a label.

use std::collections::BTreeMap;

use semver::Version;
use serde::Serialize;

use super::super::super::doc::{Block, Doc, Line, Tone};
use super::super::super::present::View;
use crate::base::{RunId, SafeName};
use crate::eval::SCHEMA_VERSION;
use crate::prompt::{Forced, LabelMove, LabelValue};

/// What became of a label, or would.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LabelReport {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The prompt.
    pub name: SafeName,
    /// The label.
    pub label: String,
    /// What it pointed to: a version, a split as a mapping of weights, or null.
    pub before: Option<LabelValue>,
    /// What it points to now; null when it was removed.
    pub after: Option<LabelValue>,
    /// Whether that is a change.
    pub changed: bool,
    /// The run that each version passed, where one was needed.
    pub passed_in: BTreeMap<String, RunId>,
    /// Versions that have not passed and were forced.
    pub forced: Vec<Version>,
    /// The file that was changed.
    pub file: String,
    /// Whether nothing was written.
    pub dry_run: bool,
}

impl LabelReport {
    /// The report of a change.
    pub fn of(plan: &LabelMove, proofs: &[(Version, RunId)], forced: &[Forced], dry_run: bool) -> LabelReport {
        LabelReport {
            schema_version: SCHEMA_VERSION,
            name: plan.name.clone(),
            label: plan.label.clone(),
            before: plan.before.clone(),
            after: plan.after.clone(),
            changed: plan.is_change(),
            passed_in: proofs.iter().map(|(version, run)| (version.to_string(), run.clone())).collect(),
            forced: forced.iter().map(|forced| forced.version.clone()).collect(),
            file: plan.file.display().to_string(),
            dry_run,
        }
    }
}

impl View for LabelReport {
    const WHAT: &'static str = "the change of a label";

    fn doc(&self) -> Doc {
        let mut doc = Doc::new();
        doc.push(Block::Paragraph(moved(
            &self.name,
            &self.label,
            self.before.as_ref(),
            self.after.as_ref(),
            self.dry_run,
        )));
        let mut facts: Vec<(String, Line)> = Vec::new();
        for (version, run) in &self.passed_in {
            facts.push(("passed".to_owned(), Line::from(format!("{version} in run {run}"))));
        }
        for version in &self.forced {
            let text = format!("{version} has no passing run; that is recorded in registry.lock");
            facts.push(("forced".to_owned(), Line::of(text, Tone::Unsure)));
        }
        if self.changed && !self.dry_run {
            let lock = if self.forced.is_empty() { "" } else { " and registry.lock" };
            facts.push(("next".to_owned(), Line::from(format!("commit {}{lock}", self.file))));
        }
        if !facts.is_empty() {
            doc.push(Block::Facts(facts));
        }
        doc
    }
}

/// `production of code-review: 1.0.0 → 1.1.0`.
pub(super) fn moved(
    name: &SafeName,
    label: &str,
    before: Option<&LabelValue>,
    after: Option<&LabelValue>,
    dry_run: bool,
) -> Line {
    let value = |value: Option<&LabelValue>| value.map_or("not set".to_owned(), ToString::to_string);
    let line = Line::of(label, Tone::Strong).text(format!(" of {name}: "));
    if before == after {
        return line.text(format!("{} already", value(after)));
    }
    let would = if dry_run { " (nothing is written)" } else { "" };
    line.text(format!("{} → {}{would}", value(before), value(after)))
}
