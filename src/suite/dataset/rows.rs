//! One sequence of rows over all feeds of a suite, restartable, in constant memory.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::slice;
use std::sync::Arc;

use super::ahead::{Ahead, AheadReader};
use super::blocks::Line;
use super::csv::CsvReader;
use super::jsonl::JsonlReader;
use super::lines::{Lines, MAX_ROW_BYTES};
use crate::base::{Node, Place, Problems, Source, parse_yaml};
use crate::suite::disk;
use crate::suite::loaded::LoadedCase;

/// A part of a suite's cases.
#[derive(Debug)]
pub(in crate::suite) enum Feed {
    /// Rows in memory: written in the suite, or read from a YAML file.
    List {
        /// The file they stand in.
        source: Source,
        /// One per case.
        rows: Vec<Node>,
    },
    /// A dataset that is streamed.
    File {
        /// How it is read.
        format: Format,
        /// Where it is.
        path: PathBuf,
        /// Its path in messages.
        shown: Arc<Path>,
    },
}

impl Feed {
    /// The size of a JSONL file; `None` for all else.
    pub(in crate::suite) fn jsonl_bytes(&self) -> Option<u64> {
        match self {
            Feed::File { format: Format::Jsonl, path, .. } => disk::bytes(path),
            Feed::File { format: Format::Csv, .. } | Feed::List { .. } => None,
        }
    }
}

/// Formats that are streamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::suite) enum Format {
    /// One JSON object per line.
    Jsonl,
    /// Comma-separated with a typed header.
    Csv,
}

/// One row as a mapping with the keys of a case, and the text it was read from.
#[derive(Debug, Clone)]
pub(in crate::suite) struct Row {
    /// The mapping.
    pub(in crate::suite) node: Node,
    /// Its text, for excerpts.
    pub(in crate::suite) source: Source,
}

impl Row {
    /// The same row with the place of each value, where only that of the row was kept. Rows are read without places
    /// because there may be millions; the few with problems are read again.
    pub(in crate::suite) fn placed(&self) -> Option<Row> {
        let (key, _) = self.node.as_map()?.first()?;
        if key.span != self.node.span {
            return None;
        }
        // A JSON object on one line is YAML. What the two read differently would not be reported as found.
        let node = parse_yaml(&self.source, &mut Problems::new())?;
        let node = Node { span: self.node.span, ..node };
        (node.to_json() == self.node.to_json()).then(|| Row { node, source: self.source.clone() })
    }
}

/// A row that was made a case ahead of the walk.
pub(in crate::suite) struct Made {
    /// The case, of which nothing is to be said.
    pub(in crate::suite) case: Box<LoadedCase>,
    /// Where it stands.
    pub(in crate::suite) line: Line,
}

/// What reading on brings.
pub(in crate::suite) enum Next {
    /// A row.
    Row(Row),
    /// A case.
    Made(Made),
    /// A row that cannot be read; its problem has been reported.
    Bad,
    /// The end.
    End,
}

/// Reads all rows of some feeds in order.
pub(in crate::suite) struct Rows<'a> {
    feeds: slice::Iter<'a, Feed>,
    open: Open<'a>,
    scan: bool,
    ahead: Option<Ahead>,
}

enum Open<'a> {
    Nothing,
    List(&'a Source, slice::Iter<'a, Node>),
    Jsonl(JsonlReader<BufReader<File>>),
    Ahead(AheadReader<BufReader<File>>),
    Csv(CsvReader<BufReader<File>>),
}

impl<'a> Rows<'a> {
    /// From the first row on. With `scan`, streamed rows are searched for secrets, which are reported and masked.
    pub(in crate::suite) fn of(feeds: &'a [Feed], scan: bool) -> Rows<'a> {
        Rows { feeds: feeds.iter(), open: Open::Nothing, scan, ahead: None }
    }

    /// The same, with rows of JSONL made ahead where that is worth it.
    pub(in crate::suite) fn with_ahead(self, ahead: Option<Ahead>) -> Rows<'a> {
        Rows { ahead, ..self }
    }

    /// Where the header names the column of a variable, in a format that has one.
    pub(in crate::suite) fn place_of_column(&self, variable: &str) -> Option<Place> {
        if let Open::Csv(reader) = &self.open { reader.place_of_column(variable) } else { None }
    }

    /// The next row; problems of the row or of its file go to `problems`.
    pub(in crate::suite) fn next_row(&mut self, problems: &mut Problems) -> Next {
        loop {
            let next = match &mut self.open {
                Open::Nothing => Next::End,
                Open::List(source, rows) => {
                    rows.next().map_or(Next::End, |node| Next::Row(Row { node: node.clone(), source: source.clone() }))
                }
                Open::Jsonl(reader) => reader.next_row(problems),
                Open::Ahead(reader) => reader.next_row(problems),
                Open::Csv(reader) => reader.next_row(problems),
            };
            if !matches!(next, Next::End) {
                return next;
            }
            match self.feeds.next() {
                None => return Next::End,
                Some(feed) => self.open = Open::feed(feed, self.scan, self.ahead.as_ref(), problems),
            }
        }
    }
}

impl<'a> Open<'a> {
    fn feed(feed: &'a Feed, scan: bool, ahead: Option<&Ahead>, problems: &mut Problems) -> Open<'a> {
        match feed {
            Feed::List { source, rows } => Open::List(source, rows.iter()),
            Feed::File { format, path, shown } => match disk::open(path, shown) {
                Ok(file) => {
                    let lines = Lines::new(BufReader::with_capacity(64 * 1024, file), Arc::clone(shown), MAX_ROW_BYTES);
                    let bytes = feed.jsonl_bytes().unwrap_or(0);
                    match (format, ahead.filter(|ahead| bytes >= ahead.least)) {
                        (Format::Jsonl, None) => Open::Jsonl(JsonlReader::new(lines, scan)),
                        (Format::Jsonl, Some(ahead)) => {
                            Open::Ahead(AheadReader::new(JsonlReader::new(lines, scan), ahead.clone()))
                        }
                        (Format::Csv, _) => Open::Csv(CsvReader::new(lines, MAX_ROW_BYTES, scan)),
                    }
                }
                Err(problem) => {
                    problems.push(*problem);
                    Open::Nothing
                }
            },
        }
    }
}
