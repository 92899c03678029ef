//! What repeats of cases say, by variant.

use super::super::doc::{Block, Column, Doc, Line, Table};
use super::eval::{group_label, percent};
use crate::eval::{EvalReport, Rate, RepeatReport, SuiteReport};

/// The table of a suite whose cases are repeated; nothing for one whose cases are not.
pub(super) fn show(suite: &SuiteReport, doc: &mut Doc) {
    let rows: Vec<(String, &RepeatReport)> = suite
        .groups
        .iter()
        .filter_map(|group| Some((group_label(suite, group), group.repeats.as_ref()?)))
        .filter(|(_, report)| report.cases > 0)
        .collect();
    let Some((_, first)) = rows.first() else { return };
    let several = suite.groups.len() > 1;
    let k = first.k;
    let mut columns = Vec::new();
    if several {
        columns.push(Column::names("variant"));
    }
    let titles = [
        format!("cases × {k}"),
        format!("pass@{k} (95 %)"),
        format!("pass^{k} (95 %)"),
        "flaky cases".to_owned(),
        format!("fewer than {k}"),
    ];
    columns.extend(titles.iter().map(|title| Column::numbers(title)));
    let rows = rows
        .into_iter()
        .map(|(name, report)| {
            let name = several.then(|| Line::from(name));
            let figures = [
                report.cases.to_string(),
                shown(report.pass_at_k),
                shown(report.pass_hat_k),
                report.flaky_cases.to_string(),
                report.cases_short.to_string(),
            ];
            name.into_iter().chain(figures.map(Line::from)).collect()
        })
        .collect();
    doc.push(Block::Table(Table { columns, rows }.without_boring(&format!("fewer than {k}"), "0")));
}

/// The number of tries that the figures of a report are about; `None` without repeats.
pub(super) fn most(report: &EvalReport) -> Option<u32> {
    let groups = report.suites.iter().flat_map(|suite| &suite.groups);
    groups.filter_map(|group| group.repeats.as_ref()).filter(|report| report.cases > 0).map(|report| report.k).max()
}

fn shown(rate: Option<Rate>) -> String {
    rate.map_or("—".to_owned(), |rate| {
        format!("{} ({:.0}–{:.0})", percent(rate), rate.low * 100.0, rate.high * 100.0)
    })
}
