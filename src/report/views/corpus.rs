//! Figures over all replies of a suite, one row per variant and check.

use super::super::doc::{Block, Column, Doc, Line, Table, Tone};
use super::counted;
use super::eval::group_label;
use crate::eval::{CorpusReport, SuiteReport};

/// The table of a suite whose checks count for a corpus; nothing for others.
pub(super) fn show(suite: &SuiteReport, doc: &mut Doc) {
    let rows: Vec<(String, &CorpusReport)> = suite
        .groups
        .iter()
        .flat_map(|group| group.corpus.iter().map(|report| (group_label(suite, group), report)))
        .collect();
    if rows.is_empty() {
        return;
    }
    let several = suite.groups.len() > 1;
    doc.push(Block::Heading(Line::of("corpus", Tone::Strong).text("  all replies together, from summed counts")));
    let mut columns = Vec::new();
    if several {
        columns.push(Column::names("variant"));
    }
    columns.extend(["check", "figure"].map(Column::names));
    columns.extend(["value", "replies", "left out"].map(Column::numbers));
    columns.push(Column::names("signature"));
    let told = rows.iter().filter_map(|(label, report)| note(label, report)).collect();
    let rows = rows
        .into_iter()
        .map(|(label, report)| {
            let mut row = Vec::new();
            if several {
                row.push(Line::from(label));
            }
            row.push(Line::from(report.check.as_str()));
            row.push(Line::from(figure(report)));
            row.push(Line::from(report.value.map_or("—".to_owned(), |value| format!("{value:.4}"))));
            row.push(Line::from(report.n.to_string()));
            row.push(Line::from(report.left_out.total().to_string()));
            row.push(Line::from(report.signature.as_deref().unwrap_or("—")));
            row
        })
        .collect();
    doc.push(Block::Table(Table { columns, rows }.without_boring("left out", "0")));
    doc.push_list(told);
}

/// `BLEU`, `chrF++`, `WER`: what the figure is called without its corpus, which the heading names.
fn figure(report: &CorpusReport) -> String {
    let name = report.measure.words().trim_start_matches("corpus ");
    let words = report.signature.as_ref().is_some_and(|signature| signature.split('|').any(|part| part == "nw:2"));
    if words { format!("{name}++") } else { name.to_owned() }
}

/// Why replies are not in a figure.
fn note(label: &str, report: &CorpusReport) -> Option<Line> {
    let left_out = report.left_out;
    let parts = [
        (left_out.errors, "error", "errors"),
        (left_out.ungraded, "ungraded", "ungraded"),
        (left_out.not_applicable, "not applicable", "not applicable"),
        (left_out.not_kept, "without counts", "without counts"),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(n, ..)| *n > 0).map(|(n, one, many)| counted(*n, one, many)).collect();
    let prefix = if label.is_empty() { String::new() } else { format!("{label}: ") };
    (!parts.is_empty()).then(|| {
        Line::from(format!("{prefix}not in the {} of `{}`: {}", figure(report), report.check, parts.join(", ")))
    })
}
