//! CSV with a typed header, as a stream (RFC 4180: quotes, doubled quotes, line breaks in quotes).
//!
//! Our own reader, because a dataset must say where each cell stands, and because an unclosed quote must not swallow
//! the whole file into memory: a record is at most as long as a row may be.

use std::borrow::Cow;
use std::io::BufRead;
use std::path::Path;
use std::sync::Arc;

use super::csv_header::{Column, read_header};
use super::lines::{LineProblem, Lines};
use super::{Next, Row};
use crate::base::{Diagnostic, Key, Kind, Node, Place, Problems, Source, Span};
use crate::guard::mask_secrets;

/// One cell: its text without quotes, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) span: Span,
}

/// Reads the records of a CSV file as rows with the keys of a case.
pub(super) struct CsvReader<R> {
    lines: Lines<R>,
    header: Option<Vec<Column>>,
    max: usize,
    scan: bool,
}

impl<R: BufRead> CsvReader<R> {
    /// With `scan`, secrets are reported and masked.
    pub(super) fn new(lines: Lines<R>, max: usize, scan: bool) -> CsvReader<R> {
        CsvReader { lines, header: None, max, scan }
    }

    /// The next row. The header is read with the first; when it is wrong, that is all there is.
    pub(super) fn next_row(&mut self, problems: &mut Problems) -> Next {
        let columns = match self.header.take() {
            Some(columns) => columns,
            None => match self.next_record(problems) {
                NextRecord::Record(cells, source) => match read_header(&cells, &source, problems) {
                    Some(columns) => columns,
                    None => return Next::End,
                },
                NextRecord::Bad | NextRecord::End => return Next::End,
            },
        };
        let next = match self.next_record(problems) {
            NextRecord::Record(cells, source) => match row_of(&columns, &cells, &source, problems) {
                Some(node) => Next::Row(Row { node, source }),
                None => Next::Bad,
            },
            NextRecord::Bad => Next::Bad,
            NextRecord::End => Next::End,
        };
        self.header = Some(columns);
        next
    }

    /// Where the header names a variable.
    pub(super) fn place_of_column(&self, variable: &str) -> Option<Place> {
        let mut columns = self.header.as_ref()?.iter();
        columns.find(|column| column.is_var && column.name() == variable).map(|column| column.place.clone())
    }

    fn next_record(&mut self, problems: &mut Problems) -> NextRecord {
        let shown = Arc::clone(self.lines.shown());
        let mut record = String::new();
        let mut first = 0;
        let mut open_quote: Option<usize> = None;
        loop {
            let (line, text) = match self.lines.next_line() {
                Some(Ok(line)) => line,
                Some(Err(LineProblem { diagnostic, fatal })) => {
                    problems.push(*diagnostic);
                    return if fatal { NextRecord::End } else { NextRecord::Bad };
                }
                None => {
                    if let Some(at) = open_quote {
                        problems.push(unclosed(&shown, first, &record, at));
                    }
                    return NextRecord::End;
                }
            };
            if first == 0 {
                if text.trim().is_empty() {
                    continue;
                }
                first = line;
            } else {
                record.push('\n');
            }
            open_quote = find_open_quote(text, record.len(), open_quote);
            record.push_str(text);
            match open_quote {
                None => break,
                Some(at) if record.len() > self.max => {
                    problems.push(unclosed(&shown, first, &record, at));
                    return NextRecord::End;
                }
                Some(_) => {}
            }
        }
        let mut source = Source::line_of(&shown, first, record);
        if self.scan
            && let Cow::Owned(masked) = mask_secrets(&source, problems)
        {
            source = masked;
        }
        match split(&source) {
            Ok(cells) => NextRecord::Record(cells, source),
            Err(diagnostic) => {
                problems.push(*diagnostic);
                NextRecord::Bad
            }
        }
    }
}

enum NextRecord {
    Record(Vec<Cell>, Source),
    Bad,
    End,
}

/// Where the quote stands that is still open after `line`; `base` is the line's offset in its record.
///
/// A quote opens only at the start of a cell: one inside unquoted text is an error of that cell, and must not swallow
/// the rows below it.
fn find_open_quote(line: &str, base: usize, open: Option<usize>) -> Option<usize> {
    let mut open = open;
    let mut cell_starts = open.is_none();
    let mut bytes = line.bytes().enumerate().peekable();
    while let Some((at, byte)) = bytes.next() {
        if open.is_some() {
            if byte == b'"' && bytes.next_if(|(_, next)| *next == b'"').is_none() {
                open = None;
            }
            continue;
        }
        if byte == b'"' && cell_starts {
            open = Some(base + at);
        }
        cell_starts = byte == b',';
    }
    open
}

fn unclosed(shown: &Arc<Path>, first: u32, record: &str, at: usize) -> Diagnostic {
    // The quote and a little after it: the record may be as large as a row may be.
    let head: String = record.get(..at).unwrap_or_default().chars().chain("\"".chars()).collect();
    let rest = record.get(at + 1..).unwrap_or_default().lines().next().unwrap_or_default();
    let source = Source::line_of(shown, first, head + rest);
    Diagnostic::error("unclosed-quote", "this quote is never closed")
        .at(source.place(source.span_of_bytes(at, at + 1)))
        .help("close it; a quote inside quotes is written twice: `\"\"`")
}

/// Splits one record into its cells.
fn split(source: &Source) -> Result<Vec<Cell>, Box<Diagnostic>> {
    let mut cells = Vec::new();
    let mut chars = source.text().chars().peekable();
    let (mut line, mut col) = (source.first_line(), 1_u32);
    loop {
        let start = (line, col);
        let mut text = String::new();
        let quoted = chars.next_if_eq(&'"').is_some();
        if quoted {
            col = col.saturating_add(1);
            while let Some(c) = chars.next() {
                col = col.saturating_add(1);
                if c == '\n' {
                    (line, col) = (line.saturating_add(1), 1);
                }
                if c != '"' {
                    text.push(c);
                } else if chars.next_if_eq(&'"').is_some() {
                    col = col.saturating_add(1);
                    text.push('"');
                } else {
                    break;
                }
            }
        }
        // A cell on several lines is marked at its first character.
        let mut len = if line == start.0 { col - start.1 } else { 1 };
        while let Some(c) = chars.next_if(|c| *c != ',') {
            if quoted || c == '"' {
                return Err(stray(source, line, col, quoted));
            }
            text.push(c);
            col = col.saturating_add(1);
            len = len.saturating_add(1);
        }
        cells.push(Cell { text, span: Span::new(start.0, start.1, len.max(1)) });
        if chars.next().is_none() {
            return Ok(cells);
        }
        col = col.saturating_add(1);
    }
}

fn stray(source: &Source, line: u32, col: u32, after: bool) -> Box<Diagnostic> {
    let message = if after { "there is text after the closing quote" } else { "there is a quote inside unquoted text" };
    Box::new(
        Diagnostic::error("stray-quote", message)
            .at(source.place(Span::new(line, col, 1)))
            .help("put the whole cell in quotes and write each quote inside it twice: `\"\"`"),
    )
}

fn row_of(columns: &[Column], cells: &[Cell], source: &Source, problems: &mut Problems) -> Option<Node> {
    if cells.len() != columns.len() {
        let noun = if cells.len() == 1 { "cell" } else { "cells" };
        let message = format!("this row has {} {noun}, the header has {} columns", cells.len(), columns.len());
        let span = match cells.get(columns.len()) {
            Some(surplus) => surplus.span,
            None => cells.last().map_or(Span::new(source.first_line(), 1, 1), |cell| cell.span),
        };
        problems.push(
            Diagnostic::error("ragged-row", message)
                .at(source.place(span))
                .help("add or remove commas; put a cell that contains commas in quotes"),
        );
        return None;
    }
    let mut case = Vec::with_capacity(columns.len());
    let mut vars = Vec::new();
    let mut sound = true;
    for (column, cell) in columns.iter().zip(cells) {
        match column.value(cell) {
            Ok(None) => {}
            Ok(Some(kind)) => {
                let node = Node { kind, span: cell.span };
                let target = if column.is_var { &mut vars } else { &mut case };
                target.push((column.key(cell.span), node));
            }
            Err(message) => {
                sound = false;
                problems.push(Diagnostic::error("invalid-cell", message).at(source.place(cell.span)));
            }
        }
    }
    if !sound {
        return None;
    }
    let span = Span::new(source.first_line(), 1, 1);
    let key = Key { text: "vars".to_owned(), span };
    case.push((key, Node { kind: Kind::Map(vars), span }));
    Some(Node { kind: Kind::Map(case), span })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn rows(text: &str) -> (Vec<(u32, Value)>, Problems) {
        rows_up_to(text, 10_000)
    }

    fn rows_up_to(text: &str, max: usize) -> (Vec<(u32, Value)>, Problems) {
        let lines = Lines::new(text.as_bytes(), Arc::from(Path::new("d.csv")), max);
        let mut reader = CsvReader::new(lines, max, false);
        let mut problems = Problems::new();
        let mut rows = Vec::new();
        loop {
            match reader.next_row(&mut problems) {
                Next::Row(row) => rows.push((row.source.first_line(), row.node.to_json())),
                Next::Bad | Next::Made(_) => {}
                Next::End => return (rows, problems),
            }
        }
    }

    #[test]
    fn typed_cells_become_the_keys_of_a_case() {
        let text = "id,code,vars.n:number,flag:boolean,tags,data:json,words:list,expected,weight\n\
                    a,\"x = \"\"1\"\",\n2\",3,true,p; q,\"[1,{}]\",u;v;,yes,2\n\
                    b,,1.5,FALSE,,null,,,\n";
        let (rows, problems) = rows(text);
        assert!(problems.is_empty(), "{}", problems.render(false));
        let first = json!({"id": "a", "tags": ["p", "q"], "expected": "yes", "weight": 2,
            "vars": {"code": "x = \"1\",\n2", "n": 3, "flag": true, "data": [1, {}], "words": ["u", "v"]}});
        let second = json!({"id": "b", "vars": {"code": "", "n": 1.5, "flag": false, "data": null}});
        assert_eq!(rows, [(2, first), (4, second)]);
    }

    #[test]
    fn what_is_wrong_with_a_row_is_said_at_its_cell() {
        let text = "id,n:number,b:boolean,j:json\na,x,maybe,{\nb,1,true\nc,1,true,{},extra\nd,\"1\"2,true,1\ne,1\"2,true,1\nf,1,true,1\n";
        let (rows, problems) = rows(text);
        let shown = problems.render(false);
        assert_eq!(rows.len(), 1, "{shown}");
        for wanted in [
            "d.csv:2:3",
            "d.csv:2:5",
            "d.csv:2:11",
            "`x` is not a number",
            "`maybe` is not true or false",
            "d.csv:3:5",
            "has 3 cells, the header has 4",
            "d.csv:4:13",
            "d.csv:5:6",
            "d.csv:6:4",
        ] {
            assert!(shown.contains(wanted), "{wanted} not in\n{shown}");
        }
        assert_eq!(problems.error_count(), 7, "{shown}");
    }

    #[test]
    fn an_unclosed_quote_points_at_the_quote_and_is_bounded() {
        let text = "id,q\na,fine\nb,\"never closed\nc,x\n";
        let (rows, problems) = rows(text);
        assert_eq!(rows.len(), 1);
        let shown = problems.render(false);
        assert!(shown.contains("unclosed-quote") && shown.contains("d.csv:3:3"), "{shown}");
        let endless = format!("id,q\na,\"{}", "line\n".repeat(100_000));
        let (rows, problems) = rows_up_to(&endless, 1000);
        assert!(rows.is_empty() && problems.render(false).contains("d.csv:2:3"), "{}", problems.render(false));
    }

    #[test]
    fn positions_after_a_cell_of_several_lines_are_right() {
        let (_, problems) = rows("q,n:number\n\"one\ntwo\",x\n");
        assert!(problems.render(false).contains("d.csv:3:6"), "{}", problems.render(false));
    }

    proptest! {
        /// Written by another implementation (the `csv` crate), read by ours.
        #[test]
        fn what_is_written_as_csv_is_read_back(
            records in prop::collection::vec(prop::collection::vec("[ -~\nüß\u{1F600}]{0,12}", 3), 0..8)
        ) {
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record(["id", "a", "b"]).expect("header");
            for record in &records {
                // An id is set apart so that no record is blank.
                writer.write_record([&format!("r{}", record[0]), &record[1], &record[2]]).expect("record");
            }
            let bytes = writer.into_inner().expect("bytes");
            let (rows, problems) = rows(std::str::from_utf8(&bytes).expect("utf-8"));
            prop_assert!(problems.is_empty(), "{}", problems.render(false));
            let read: Vec<Value> = rows.into_iter().map(|(_, value)| value).collect();
            let wanted: Vec<Value> = records
                .iter()
                .map(|r| json!({"id": format!("r{}", r[0]), "vars": {"a": r[1], "b": r[2]}}))
                .collect();
            prop_assert_eq!(read, wanted);
        }
    }
}
