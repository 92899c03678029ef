//! Where rows come from: lists in memory, JSONL and CSV files read as streams.

mod csv;
mod csv_header;
mod jsonl;
mod lines;
mod rows;

pub(super) use rows::{Feed, Format, Next, Row, Rows};
