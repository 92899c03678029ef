//! What an import wrote.

use std::path::PathBuf;

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::Value;

use super::super::super::doc::{Block, Column, Doc, Line, Table};
use super::super::super::present::View;
use crate::base::SafeName;
use crate::eval::SCHEMA_VERSION;

/// An import.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ImportReport {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Whether nothing was written because of `--dry-run`.
    pub dry_run: bool,
    /// In the order of the files.
    pub prompts: Vec<ImportedPrompt>,
}

impl ImportReport {
    /// The report of these prompts.
    pub fn of(dry_run: bool, prompts: Vec<ImportedPrompt>) -> ImportReport {
        ImportReport { schema_version: SCHEMA_VERSION, dry_run, prompts }
    }
}

/// A prompt that was imported.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ImportedPrompt {
    /// Its name.
    pub name: SafeName,
    /// The file it comes from.
    pub from: PathBuf,
    /// The format of that file.
    pub from_format: String,
    /// Labels and the versions they point to.
    pub labels: IndexMap<String, String>,
    /// Its files.
    pub files: Vec<ImportedFile>,
}

/// A file of an imported prompt.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ImportedFile {
    /// Where it is.
    pub path: PathBuf,
    /// Whether it is written: what is there already and says the same is left alone.
    #[serde(rename = "written")]
    pub is_written: bool,
    /// Whether another file was there.
    pub overwrites: bool,
}

impl ImportedFile {
    fn word(&self) -> &'static str {
        match (self.is_written, self.overwrites) {
            (true, true) => "overwritten",
            (true, false) => "new",
            (false, _) => "left as it is",
        }
    }
}

impl View for ImportReport {
    const WHAT: &'static str = "the report of an import";

    fn doc(&self) -> Doc {
        let mut doc = Doc::new();
        let columns = vec![
            Column::names("prompt"),
            Column::names("file"),
            Column::names("state"),
            Column::names("from"),
            Column::names("format"),
            Column::words("labels"),
        ];
        let mut rows = Vec::new();
        for prompt in &self.prompts {
            for file in &prompt.files {
                let version = file.path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
                let labels: Vec<&str> =
                    prompt.labels.iter().filter(|(_, to)| **to == version).map(|(label, _)| label.as_str()).collect();
                rows.push(vec![
                    Line::from(prompt.name.as_str()),
                    Line::from(file.path.display().to_string()),
                    Line::from(file.word()),
                    Line::from(prompt.from.display().to_string()),
                    Line::from(prompt.from_format.as_str()),
                    Line::from(labels.join(", ")),
                ]);
            }
        }
        doc.push(Block::Table(Table { columns, rows }.without_boring("labels", "")));
        if self.dry_run {
            doc.push(Block::Paragraph(Line::from("nothing was written: --dry-run")));
        }
        doc
    }

    fn lines(&self) -> Option<Vec<Value>> {
        self.prompts.iter().map(|prompt| serde_json::to_value(prompt).ok()).collect()
    }
}
