//! The checks a suite can use: a list of all, or one explained.

use serde::Serialize;
use serde_json::Value;

use super::super::doc::{Block, Column, Doc, Line, Table, Tone};
use super::super::present::View;
use crate::eval::SCHEMA_VERSION;

/// The catalogue of checks, or one of them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChecksReport {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// In the order given.
    pub checks: Vec<CheckRow>,
}

impl ChecksReport {
    /// The catalogue of these checks; a single one is explained in full.
    pub fn of(checks: Vec<CheckRow>) -> ChecksReport {
        ChecksReport { schema_version: SCHEMA_VERSION, checks }
    }
}

/// One check of the catalogue.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CheckRow {
    /// Its name in a suite.
    pub name: String,
    /// When it holds.
    pub about: String,
    /// Where its value comes from when none is written; empty when it must be written, or takes none.
    pub without_value: String,
    /// An entry as users write it.
    pub example: String,
    /// Its own options, then those of every check.
    pub options: Vec<CheckOption>,
    /// The least and the greatest score, before `not_` is applied.
    pub range: [f64; 2],
    /// The lowest score that passes unless `threshold` says otherwise, before `not_` is applied.
    pub passes_from: f64,
    /// What it costs in calls per reply; empty when it asks nobody.
    pub calls: String,
    /// What it says of empty and missing values, and where its formula is from.
    pub edge_cases: Vec<String>,
    /// Version of its implementation.
    pub version: u32,
}

/// One option of a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckOption {
    /// The key users write.
    pub name: String,
    /// The kind of value it takes.
    pub takes: String,
    /// What it does.
    pub about: String,
    /// Whether every check has it.
    pub common: bool,
}

impl View for ChecksReport {
    const WHAT: &'static str = "the list of checks";

    fn doc(&self) -> Doc {
        match self.checks.as_slice() {
            [check] => explained(check),
            checks => listed(checks),
        }
    }

    fn lines(&self) -> Option<Vec<Value>> {
        self.checks.iter().map(|check| serde_json::to_value(check).ok()).collect()
    }
}

fn listed(checks: &[CheckRow]) -> Doc {
    let columns = vec![Column::names("check"), Column::words("holds when"), Column::words("options")];
    let row = |check: &CheckRow| {
        let own = check.options.iter().filter(|option| !option.common).map(|option| option.name.as_str());
        let own = own.collect::<Vec<_>>().join(", ");
        vec![Line::from(check.name.as_str()), Line::from(check.about.as_str()), Line::from(own)]
    };
    let table = Table { columns, rows: checks.iter().map(row).collect() };
    let mut doc = Doc::new();
    doc.push(Block::Table(table));
    doc.push_list(vec![
        Line::from("`not_` before a name turns it round; an ungraded check stays ungraded"),
        Line::from("options, edge cases and an example of one: ")
            .then("karat eval --list-checks contains", Tone::Command),
    ]);
    doc
}

fn explained(check: &CheckRow) -> Doc {
    let mut doc = Doc::new();
    let about = format!("  holds when {}", check.about);
    doc.push(Block::Heading(Line::of(check.name.as_str(), Tone::Strong).text(about)));
    if !check.without_value.is_empty() {
        doc.push(Block::Paragraph(Line::from(check.without_value.as_str())));
    }
    let [low, high] = check.range;
    let score = format!("{low} to {high}, passes from {}", check.passes_from);
    let calls = if check.calls.is_empty() { "none: it asks nobody" } else { &check.calls };
    doc.push(Block::Facts(vec![
        ("score".to_owned(), Line::from(score)),
        ("calls".to_owned(), Line::from(calls)),
        ("version".to_owned(), Line::from(check.version.to_string())),
    ]));
    doc.push(Block::Heading(Line::of("example", Tone::Strong)));
    doc.push(Block::Code(check.example.clone()));
    let columns = vec![Column::names("option"), Column::words("takes"), Column::words("meaning")];
    let row = |option: &CheckOption| {
        [&option.name, &option.takes, &option.about].map(|text| Line::from(text.as_str())).to_vec()
    };
    doc.push(Block::Heading(Line::of("options", Tone::Strong)));
    doc.push(Block::Table(Table { columns, rows: check.options.iter().map(row).collect() }));
    if !check.edge_cases.is_empty() {
        doc.push(Block::Heading(Line::of("edge cases and sources", Tone::Strong)));
        doc.push_list(check.edge_cases.iter().map(|case| Line::from(case.as_str())).collect());
    }
    doc.push(Block::Paragraph(Line::from(format!(
        "`not_{}` turns it round; an ungraded check stays ungraded",
        check.name
    ))));
    doc
}
