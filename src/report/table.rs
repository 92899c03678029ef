//! Text for a terminal: fits its width, with colour where allowed.

use comfy_table::{CellAlignment, ContentArrangement, ContentLineStyle, LineStyle, TableStyle};
use unicode_width::UnicodeWidthStr;

use super::doc::{Align, Doc, Line, Table, Tone};
use super::text::{Layout, cell_text};

/// One rule under the header; columns stand apart by space alone, which leaves room for figures.
const STYLE: TableStyle = TableStyle::new()
    .header_lines(ContentLineStyle::none())
    .header_separator(LineStyle::none().fill('─').junction('─'))
    .content_lines(ContentLineStyle::none());

/// Below this width tables overflow rather than break every word.
const NARROWEST: u16 = 40;

/// The document for a terminal of `width` columns.
pub(super) fn render(doc: &Doc, width: u16, color: bool) -> String {
    let width = width.max(NARROWEST);
    Layout { width: Some(usize::from(width)), color, table }.render(doc)
}

fn table(table: &Table, layout: &Layout) -> String {
    let mut drawn = comfy_table::Table::new();
    drawn.load_style(STYLE).set_content_arrangement(ContentArrangement::Dynamic);
    if let Some(width) = layout.width.and_then(|width| u16::try_from(width).ok()) {
        drawn.set_width(width);
    }
    drawn.set_header(table.columns.iter().map(|column| column.title.clone()).collect::<Vec<_>>());
    for row in &table.rows {
        drawn.add_row(row.iter().map(cell_text).collect::<Vec<_>>());
    }
    for (column, drawn) in table.columns.iter().zip(drawn.column_iter_mut()) {
        drawn.set_padding((1, 1));
        drawn.set_cell_alignment(match column.align {
            Align::Left => CellAlignment::Left,
            Align::Right => CellAlignment::Right,
        });
    }
    let mut out = String::new();
    let mut rows = table.rows.iter().peekable();
    for (index, line) in drawn.lines().enumerate() {
        out.push_str(&match index {
            0 | 1 => layout.painted(&line, Tone::Dim),
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
    rows: &mut std::iter::Peekable<impl Iterator<Item = &'a Vec<Line>>>,
    layout: &Layout,
) -> String {
    let Some(first) = rows.peek().and_then(|row| row.first()) else { return line.to_owned() };
    let (text, tone) = (cell_text(first), first.0.first().map_or(Tone::Plain, |span| span.tone));
    let Some(rest) = line.trim_start().strip_prefix(&text) else { return line.to_owned() };
    rows.next();
    let indent = " ".repeat(line.width().saturating_sub(line.trim_start().width()));
    format!("{indent}{}{rest}", layout.painted(&text, tone))
}
