//! Text for a terminal: fits its width, with colour where allowed.

use std::iter::Peekable;

use comfy_table::{
    CellAlignment, ColumnConstraint, ContentArrangement, ContentLineStyle, LineStyle, TableStyle, Width,
};
use unicode_width::UnicodeWidthStr;

use super::doc::{Align, Doc, Entry, Line, Table, Tone};
use super::text::{Layout, cell_text};

/// One rule under the header; columns stand apart by space alone, which leaves room for figures.
const STYLE: TableStyle = TableStyle::new()
    .header_lines(ContentLineStyle::none())
    .header_separator(LineStyle::none().fill('─').junction('─'))
    .content_lines(ContentLineStyle::none());

/// Below this width lines overflow rather than break every word.
const NARROWEST: u16 = 40;
/// A column of sentences is not squeezed below this width.
const NARROWEST_COLUMN: usize = 16;
/// Two spaces between columns, one before the first.
const GAP: usize = 2;

/// The document for a terminal of `width` columns.
pub(super) fn render(doc: &Doc, width: u16, color: bool) -> String {
    let width = width.max(NARROWEST);
    Layout { width: Some(usize::from(width)), color, table }.render(doc)
}

fn table(table: &Table, layout: &Layout) -> String {
    if fits(table, layout) {
        return drawn(table, &widths(table), layout);
    }
    if table.columns.iter().any(|column| column.brief.is_some()) {
        let brief = table.briefly();
        if fits(&brief, layout) {
            return drawn(&brief, &widths(&brief), layout);
        }
    }
    stacked(table, layout)
}

/// Whether the table has room as such when sentences are wrapped.
fn fits(table: &Table, layout: &Layout) -> bool {
    let width = layout.width.unwrap_or(usize::MAX);
    let widths = widths(table);
    let least = widths
        .iter()
        .zip(&table.columns)
        .map(|(width, column)| if column.wraps { (*width).min(NARROWEST_COLUMN) } else { *width });
    least.sum::<usize>() + GAP * table.columns.len() <= width.saturating_add(1)
}

/// Width of every column when nothing is wrapped.
fn widths(table: &Table) -> Vec<usize> {
    let cells =
        |index: usize| table.rows.iter().filter_map(move |row| row.get(index)).map(|cell| cell_text(cell).width());
    let widest = |(index, title): (usize, usize)| cells(index).max().unwrap_or(0).max(title);
    table.columns.iter().map(|column| column.title.width()).enumerate().map(widest).collect()
}

fn drawn(table: &Table, widths: &[usize], layout: &Layout) -> String {
    let mut drawn = comfy_table::Table::new();
    drawn.load_style(STYLE).set_content_arrangement(ContentArrangement::Dynamic);
    if let Some(width) = layout.width.and_then(|width| u16::try_from(width).ok()) {
        // The space before the first column is ours.
        drawn.set_width(width.saturating_sub(1));
    }
    drawn.set_header(table.columns.iter().map(|column| column.title.clone()).collect::<Vec<_>>());
    for row in &table.rows {
        drawn.add_row(row.iter().map(cell_text).collect::<Vec<_>>());
    }
    let last = table.columns.len().saturating_sub(1);
    for (index, drawn) in drawn.column_iter_mut().enumerate() {
        let (Some(column), Some(width)) = (table.columns.get(index), widths.get(index)) else { continue };
        let padding = u16::from(index < last);
        drawn.set_padding((0, padding));
        drawn.set_cell_alignment(match column.align {
            Align::Left => CellAlignment::Left,
            Align::Right => CellAlignment::Right,
        });
        if let Some(width) = u16::try_from(*width).ok().filter(|_| !column.wraps) {
            drawn.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width + padding)));
        }
    }
    let mut out = String::new();
    let mut rows = table.rows.iter().peekable();
    for (index, line) in drawn.lines().enumerate() {
        out.push(' ');
        out.push_str(&match index {
            0 | 1 => layout.painted(line.trim_end(), Tone::Dim),
            _ => paint_first_cell(&line, &mut rows, layout),
        });
        out.push('\n');
    }
    out
}

/// Colours the first cell of a row in its tone. The table is drawn without colour because escape sequences would count
/// as text; a line that continues a wrapped row does not begin with the next row's first cell and stays as it is.
fn paint_first_cell<'a>(
    line: &str,
    rows: &mut Peekable<impl Iterator<Item = &'a Vec<Line>>>,
    layout: &Layout,
) -> String {
    let Some(first) = rows.peek().and_then(|row| row.first()) else { return line.to_owned() };
    let (text, tone) = (cell_text(first), first.0.first().map_or(Tone::Plain, |span| span.tone));
    let Some(rest) = line.strip_prefix(&text) else { return line.to_owned() };
    rows.next();
    format!("{}{rest}", layout.painted(&text, tone))
}

/// Figures in as few lines as fit: a line breaks between figures, never between a number and its unit.
fn packed(figures: &[String], width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for figure in figures {
        match lines.last_mut().filter(|line| line.width() + " · ".width() + figure.width() <= width) {
            Some(line) => {
                line.push_str(" · ");
                line.push_str(figure);
            }
            None => lines.push(figure.clone()),
        }
    }
    lines
}

/// For narrow terminals: every row as names over its figures.
fn stacked(table: &Table, layout: &Layout) -> String {
    let mut out = String::new();
    for row in &table.rows {
        let cells = || table.columns.iter().zip(row);
        let is_name = |column: &super::doc::Column| column.align == Align::Left && !column.wraps;
        let names: Vec<String> =
            cells().filter(|(column, _)| is_name(column)).map(|(_, cell)| cell_text(cell)).collect();
        let rest = cells().filter(|(column, _)| !is_name(column));
        let figures: Vec<String> = rest.map(|(column, cell)| format!("{} {}", column.title, cell_text(cell))).collect();
        let tone = row.first().and_then(|cell| cell.0.first()).map_or(Tone::Plain, |span| span.tone);
        let (word, head) =
            names.split_first().map_or((String::new(), String::new()), |(word, head)| (word.clone(), head.join(" · ")));
        let head = if head.is_empty() { Line::of(word, tone) } else { Line::of(word, tone).text(format!("  {head}")) };
        let mut entry = Entry::new("", Tone::Plain, head);
        let room = layout.width.unwrap_or(usize::MAX).saturating_sub(4);
        entry.lines.extend(packed(&figures, room).into_iter().map(|line| (String::new(), Line::from(line))));
        layout.stack(&entry, &mut out);
    }
    out
}
