//! Rows of a JSONL file that others read ahead, in the order of the file.
//!
//! Workers get blocks of lines and make cases of the rows that are sound. Every other row is left to the one who walks, who
//! reads it as if nobody had: so all problems are found by the same code and told in the same order.

use std::collections::VecDeque;
use std::io::BufRead;
use std::ops::Range;
use std::sync::{Arc, mpsc};
use std::vec;

use super::blocks::{Block, Line};
use super::jsonl::JsonlReader;
use super::{Made, Next};
use crate::base::Problems;
use crate::suite::loaded::LoadedCase;

/// Rows of problems, or long ones, are kept while those before them are made; beyond this many bytes, reading ahead waits.
const MOST_WAITING_BYTES: usize = 256 * 1024;

/// Where blocks are handed in.
#[derive(Clone)]
pub(in crate::suite) struct Ahead {
    /// To the workers, which end when nobody can hand in any more.
    pub(in crate::suite) jobs: mpsc::Sender<Job>,
    /// How many blocks are under way at most.
    pub(in crate::suite) window: usize,
    /// Bytes of a block, about.
    pub(in crate::suite) block: usize,
    /// Files shorter than this are not worth it.
    pub(in crate::suite) least: u64,
}

/// A block to be prepared.
pub(in crate::suite) struct Job {
    pub(in crate::suite) block: Arc<Block>,
    pub(in crate::suite) done: mpsc::Sender<Vec<Prepared>>,
}

/// A row of a block.
pub(in crate::suite) struct Prepared {
    /// Its line in the file.
    pub(in crate::suite) line: u32,
    /// Where it stands in the block.
    pub(in crate::suite) range: Range<usize>,
    /// The case; `None` when something is to be said of it.
    pub(in crate::suite) case: Option<Box<LoadedCase>>,
}

/// Reads a file whose rows are made by workers.
pub(super) struct AheadReader<R> {
    rows: JsonlReader<R>,
    ahead: Ahead,
    queue: VecDeque<Waiting>,
    /// Bytes of the rows in `queue`.
    waiting_bytes: usize,
    current: Option<(Arc<Block>, vec::IntoIter<Prepared>)>,
    ended: bool,
}

enum Waiting {
    Block(Arc<Block>, mpsc::Receiver<Vec<Prepared>>),
    Row(Next, Problems),
}

impl<R: BufRead> AheadReader<R> {
    pub(super) fn new(rows: JsonlReader<R>, ahead: Ahead) -> AheadReader<R> {
        AheadReader { rows, ahead, queue: VecDeque::new(), waiting_bytes: 0, current: None, ended: false }
    }

    /// The next row, as [`JsonlReader::next_row`] brings it, or as it was made.
    pub(super) fn next_row(&mut self, problems: &mut Problems) -> Next {
        loop {
            if let Some((block, prepared)) = &mut self.current {
                match prepared.next() {
                    Some(Prepared { line, range, case: Some(case) }) => {
                        let line = Line { block: Arc::clone(block), number: line, range };
                        return Next::Made(Made { case, line });
                    }
                    Some(Prepared { line, range, case: None }) => {
                        return self.rows.row_of(block.source(line, range), problems);
                    }
                    None => self.current = None,
                }
            }
            self.hand_in();
            match self.queue.pop_front() {
                None => return Next::End,
                Some(Waiting::Block(block, done)) => {
                    // Whoever was to make them is gone: then nobody has looked at them.
                    let prepared = done.recv().unwrap_or_else(|_| unseen(&block));
                    self.current = Some((block, prepared.into_iter()));
                }
                Some(Waiting::Row(next, found)) => {
                    self.waiting_bytes -= bytes_of(&next);
                    problems.absorb(found);
                    return next;
                }
            }
        }
    }

    /// Reads on until enough is under way.
    fn hand_in(&mut self) {
        while !self.ended && self.queue.len() < self.ahead.window && self.waiting_bytes < MOST_WAITING_BYTES {
            if let Some(block) = self.rows.next_block(self.ahead.block) {
                let block = Arc::new(block);
                let (done, prepared) = mpsc::channel();
                // Without workers, `done` is dropped here, and the rows are read in turn.
                self.ahead.jobs.send(Job { block: Arc::clone(&block), done }).ok();
                self.queue.push_back(Waiting::Block(block, prepared));
                continue;
            }
            let mut found = Problems::new();
            let next = self.rows.next_row(&mut found);
            self.ended = matches!(next, Next::End);
            self.waiting_bytes += bytes_of(&next);
            self.queue.push_back(Waiting::Row(next, found));
        }
    }
}

fn bytes_of(next: &Next) -> usize {
    if let Next::Row(row) = next { row.source.text().len() } else { 0 }
}

fn unseen(block: &Block) -> Vec<Prepared> {
    block.rows().map(|(line, range)| Prepared { line, range, case: None }).collect()
}
