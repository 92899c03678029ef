//! Prompts whose content changed.

use serde::Serialize;
use serde_json::Value;

use super::super::super::doc::{Block, Doc, Line};
use super::super::super::present::View;
use crate::eval::SCHEMA_VERSION;
use crate::prompt::ChangedPrompt;

/// Prompts that changed since a revision.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChangedReport {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The revision, as it was given.
    pub since: String,
    /// By name, those that are gone included.
    pub prompts: Vec<ChangedPrompt>,
}

impl ChangedReport {
    /// The report of what changed.
    pub fn of(since: String, prompts: Vec<ChangedPrompt>) -> ChangedReport {
        ChangedReport { schema_version: SCHEMA_VERSION, since, prompts }
    }
}

impl View for ChangedReport {
    const WHAT: &'static str = "the list of changed prompts";

    /// One name a line and nothing else, for scripts. Prompts that are gone cannot be chosen, and are left out.
    fn doc(&self) -> Doc {
        let there = self.prompts.iter().filter(|prompt| !prompt.removed);
        let names: Vec<(String, Line)> = there.map(|prompt| (prompt.name.to_string(), Line::new())).collect();
        let mut doc = Doc::new();
        if !names.is_empty() {
            doc.push(Block::Facts(names));
        }
        doc
    }

    fn lines(&self) -> Option<Vec<Value>> {
        self.prompts.iter().map(|prompt| serde_json::to_value(prompt).ok()).collect()
    }
}
