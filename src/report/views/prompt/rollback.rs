//! A rollback of a label.

use serde::Serialize;

use super::super::super::doc::{Block, Doc, Line};
use super::super::super::present::View;
use super::label::moved;
use crate::base::SafeName;
use crate::eval::SCHEMA_VERSION;
use crate::prompt::{LabelMove, LabelValue};

/// What a rollback came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RollbackReport {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The prompt.
    pub name: SafeName,
    /// The label.
    pub label: String,
    /// What it pointed to: a version, a split as a mapping of weights, or null.
    pub before: Option<LabelValue>,
    /// What it points to now.
    pub after: Option<LabelValue>,
    /// Whether that is a change.
    pub changed: bool,
    /// Whether it had been rolled back before, so that nothing was to be done.
    pub already: bool,
    /// The file that was changed.
    pub file: String,
    /// Whether nothing was written.
    pub dry_run: bool,
}

impl RollbackReport {
    /// The report of a rollback.
    pub fn of(plan: &LabelMove, already: bool, dry_run: bool) -> RollbackReport {
        RollbackReport {
            schema_version: SCHEMA_VERSION,
            name: plan.name.clone(),
            label: plan.label.clone(),
            before: plan.before.clone(),
            after: plan.after.clone(),
            changed: plan.is_change(),
            already: already || !plan.is_change(),
            file: plan.file.display().to_string(),
            dry_run,
        }
    }
}

impl View for RollbackReport {
    const WHAT: &'static str = "the rollback of a label";

    fn doc(&self) -> Doc {
        let mut doc = Doc::new();
        if let (false, Some(value)) = (self.changed, &self.after) {
            let text = format!("{} of {}: already rolled back to {value}", self.label, self.name);
            doc.push(Block::Paragraph(Line::from(text)));
            let help = format!("karat prompt rollback {} --label {} --to VERSION", self.name, self.label);
            doc.push(Block::Facts(vec![(
                "further".to_owned(),
                Line::of(help, super::super::super::doc::Tone::Command),
            )]));
            return doc;
        }
        doc.push(Block::Paragraph(moved(
            &self.name,
            &self.label,
            self.before.as_ref(),
            self.after.as_ref(),
            self.dry_run,
        )));
        if !self.dry_run {
            doc.push(Block::Facts(vec![("next".to_owned(), Line::from(format!("commit {}", self.file)))]));
        }
        doc
    }
}
