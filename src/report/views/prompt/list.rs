//! The prompts of a project.

use serde::Serialize;
use serde_json::Value;

use super::super::super::doc::{Block, Column, Doc, Line, Table};
use super::super::super::present::View;
use crate::base::SafeName;
use crate::eval::SCHEMA_VERSION;

/// A list of prompts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PromptsReport {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// By name.
    pub prompts: Vec<PromptRow>,
}

impl PromptsReport {
    /// The list of these prompts.
    pub fn of(prompts: Vec<PromptRow>) -> PromptsReport {
        PromptsReport { schema_version: SCHEMA_VERSION, prompts }
    }
}

/// One prompt of the list.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PromptRow {
    /// Its name.
    pub name: SafeName,
}

impl View for PromptsReport {
    const WHAT: &'static str = "the list of prompts";

    fn doc(&self) -> Doc {
        let mut doc = Doc::new();
        if self.prompts.is_empty() {
            doc.push(Block::Paragraph(Line::from("no prompts yet")));
            return doc;
        }
        let columns = vec![Column::names("prompt")];
        let rows = self.prompts.iter().map(|prompt| vec![Line::from(prompt.name.as_str())]).collect();
        doc.push(Block::Table(Table { columns, rows }));
        doc
    }

    fn lines(&self) -> Option<Vec<Value>> {
        self.prompts.iter().map(|prompt| serde_json::to_value(prompt).ok()).collect()
    }
}
