//! The checks a suite can use.

use serde::Serialize;
use serde_json::Value;

use super::super::doc::{Block, Column, Doc, Line, Table};
use super::super::present::View;
use crate::eval::SCHEMA_VERSION;

/// The catalogue of checks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChecksReport {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// In the order given.
    pub checks: Vec<CheckRow>,
}

impl ChecksReport {
    /// The catalogue of these checks.
    pub fn of(checks: Vec<CheckRow>) -> ChecksReport {
        ChecksReport { schema_version: SCHEMA_VERSION, checks }
    }
}

/// One check of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckRow {
    /// Its name in a suite.
    pub name: String,
    /// What it holds.
    pub about: String,
    /// Its parameters, in one line.
    pub parameters: String,
    /// What it says of empty and missing values.
    pub edge_cases: String,
    /// Version of its implementation.
    pub version: u32,
}

impl View for ChecksReport {
    const WHAT: &'static str = "the list of checks";

    fn doc(&self) -> Doc {
        let columns = vec![
            Column::names("check"),
            Column::words("holds when"),
            Column::words("parameters"),
            Column::words("edge cases"),
        ];
        let rows = self
            .checks
            .iter()
            .map(|check| {
                [&check.name, &check.about, &check.parameters, &check.edge_cases]
                    .map(|text| Line::from(text.as_str()))
                    .to_vec()
            })
            .collect();
        let table = Table { columns, rows }.without_boring("parameters", "").without_boring("edge cases", "");
        let mut doc = Doc::new();
        doc.push(Block::Table(table));
        doc.push(Block::Paragraph(Line::from("`not_` before a name turns it round; an ungraded check stays ungraded")));
        doc
    }

    fn lines(&self) -> Option<Vec<Value>> {
        self.checks.iter().map(|check| serde_json::to_value(check).ok()).collect()
    }
}
