//! Where rows come from: lists in memory, JSONL and CSV files read as streams.

mod ahead;
mod blocks;
mod csv;
mod csv_header;
mod jsonl;
mod lines;
mod rows;

pub(super) use ahead::{Ahead, Job, Prepared};
pub(super) use blocks::{Block, Line};
pub(super) use rows::{Feed, Format, Made, Next, Row, Rows};
