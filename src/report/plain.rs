//! Text for logs: columns by spaces, nothing wrapped, nothing drawn, no colour. The same on every machine.

use unicode_width::UnicodeWidthStr;

use super::doc::{Align, Doc, Table};
use super::text::{Layout, cell_text};

/// The document as plain text.
pub(super) fn render(doc: &Doc) -> String {
    Layout { width: None, color: false, table }.render(doc)
}

fn table(table: &Table, _layout: &Layout) -> String {
    let mut rows: Vec<Vec<String>> = vec![table.columns.iter().map(|column| column.title.clone()).collect()];
    rows.extend(table.rows.iter().map(|row| row.iter().map(cell_text).collect()));
    let widths: Vec<usize> = (0..table.columns.len())
        .map(|index| rows.iter().filter_map(|row| row.get(index)).map(|cell| cell.width()).max().unwrap_or(0))
        .collect();
    let mut out = String::new();
    for row in &rows {
        for ((cell, width), column) in row.iter().zip(&widths).zip(&table.columns) {
            let gap = " ".repeat(width.saturating_sub(cell.width()));
            let padded = match column.align {
                Align::Left => format!("{cell}{gap}"),
                Align::Right => format!("{gap}{cell}"),
            };
            out.push_str("  ");
            out.push_str(&padded);
        }
        out.push('\n');
    }
    out
}
