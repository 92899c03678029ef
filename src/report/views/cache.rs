//! How large the response cache is, and what it saved.

use serde::Serialize;
use serde_json::Value;

use super::super::doc::{Block, Column, Doc, Line, Table, Tone};
use super::super::present::View;
use super::counted;
use crate::base::{Tokens, Usd};
use crate::eval::{SCHEMA_VERSION, shown_cost};
use crate::store::{CacheTotals, RunSavings};

/// The response cache of a store.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CacheReport {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The whole.
    pub totals: CacheTotals,
    /// When the oldest reply was made that may still answer, RFC 3339 in UTC.
    pub oldest: Option<String>,
    /// What runs saved, newest first.
    pub runs: Vec<RunSavings>,
}

impl CacheReport {
    /// The report of these figures.
    pub fn of(totals: &CacheTotals, runs: &[RunSavings]) -> CacheReport {
        let oldest = totals.oldest.map(crate::base::Timestamp::to_rfc3339);
        CacheReport { schema_version: SCHEMA_VERSION, totals: *totals, oldest, runs: runs.to_vec() }
    }
}

impl View for CacheReport {
    const WHAT: &'static str = "the response cache";

    fn doc(&self) -> Doc {
        let mut doc = Doc::new();
        let totals = &self.totals;
        let hits = counted(totals.hits, "equal request", "equal requests");
        let similar = counted(totals.semantic_hits, "similar question", "similar questions");
        let mut entries = format!("{} in {}", counted(totals.entries, "reply", "replies"), size(totals.bytes));
        if let Some(oldest) = &self.oldest {
            entries.push_str(&format!(", the oldest of {}", oldest.chars().take(10).collect::<String>()));
        }
        let saved = saved(totals.saved_usd, totals.unknown_saved_calls);
        doc.push(Block::Facts(vec![
            ("answers".to_owned(), Line::from(entries)),
            ("questions".to_owned(), Line::from(format!("{} for the semantic cache", Tokens(totals.semantic_entries)))),
            ("hits".to_owned(), Line::from(format!("{hits}, {similar}"))),
            ("saved".to_owned(), Line::from(format!("{saved} and {} of waiting", totals.saved_ms))),
            ("file".to_owned(), Line::from(size(totals.file_bytes))),
        ]));
        if self.runs.is_empty() {
            doc.push(Block::Paragraph(Line::of("no run has had a hit yet", Tone::Dim)));
            return doc;
        }
        let columns =
            vec![Column::names("run"), Column::numbers("hits"), Column::numbers("saved"), Column::numbers("time")];
        let row = |run: &RunSavings| {
            vec![
                Line::from(run.run.as_str()),
                Line::from(Tokens(run.hits).to_string()),
                Line::from(self::saved(run.saved_usd, run.unknown_saved_calls)),
                Line::from(run.saved_ms.to_string()),
            ]
        };
        doc.push(Block::Table(Table { columns, rows: self.runs.iter().map(row).collect() }));
        doc
    }

    fn lines(&self) -> Option<Vec<Value>> {
        self.runs.iter().map(|run| serde_json::to_value(run).ok()).collect()
    }
}

/// Nothing known is not zero.
fn saved(known: Usd, unknown_calls: u64) -> String {
    shown_cost((known > Usd::ZERO || unknown_calls == 0).then_some(known), unknown_calls)
}

/// Bytes for people.
fn size(bytes: u64) -> String {
    let scaled = |unit: u64| format!("{}.{}", bytes / unit, bytes % unit * 10 / unit);
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} KB", scaled(1_000)),
        1_000_000..1_000_000_000 => format!("{} MB", scaled(1_000_000)),
        _ => format!("{} GB", scaled(1_000_000_000)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_unknown_savings_are_told_as_they_are() {
        assert_eq!([999, 1_500, 2_340_000, 7_000_000_000].map(size), ["999 B", "1.5 KB", "2.3 MB", "7.0 GB"]);
        assert_eq!((saved(Usd::ZERO, 3), saved(Usd::ZERO, 0)), ("—".to_owned(), Usd::ZERO.to_string()));
    }
}
