//! How well a suite warded attacks off, by strategy.

use super::super::doc::{Block, Column, Doc, Line, Table, Tone};
use crate::eval::{Rate, StrategyReport, SuiteReport};

/// The table of a suite that was attacked; nothing for one that was not.
pub(super) fn show(suite: &SuiteReport, doc: &mut Doc) {
    let rows: Vec<(String, &StrategyReport)> = suite
        .groups
        .iter()
        .flat_map(|group| group.attacks.iter().map(|report| (group.model.to_string(), report)))
        .collect();
    if rows.is_empty() {
        return;
    }
    let several = suite.groups.len() > 1;
    let mut columns = Vec::new();
    if several {
        columns.push(Column::names("model"));
    }
    columns.extend(["strategy", "severity"].map(Column::names));
    columns.extend(["warded off", "defence (95 %)", "worked", "not graded", "n/a"].map(Column::numbers));
    let rows = rows
        .into_iter()
        .map(|(model, report)| {
            let mut row = Vec::new();
            if several {
                row.push(Line::from(model));
            }
            let counts = report.counts;
            let worked = Line::of(counts.fail.to_string(), if counts.fail > 0 { Tone::Fail } else { Tone::Dim });
            row.push(Line::from(report.strategy.as_str()));
            row.push(Line::from(report.severity.as_deref().unwrap_or("—")));
            row.push(Line::from(format!("{}/{}", counts.pass, counts.graded())));
            row.push(Line::from(report.defence_rate.map_or("—".to_owned(), shown)));
            row.push(worked);
            row.push(Line::from((counts.error + counts.ungraded).to_string()));
            row.push(Line::from(counts.skipped.to_string()));
            row
        })
        .collect();
    let table = Table { columns, rows }.without_boring("not graded", "0").without_boring("n/a", "0");
    doc.push(Block::Table(table));
}

fn shown(rate: Rate) -> String {
    format!("{:.1} % ({:.0}–{:.0})", rate.estimate * 100.0, rate.low * 100.0, rate.high * 100.0)
}
