//! Many lines at once: what can be read of a file without looking at each line.

use std::io::BufRead;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::Row;
use super::lines::Lines;
use crate::base::{Problems, Source, parse_json_row};

/// Whole lines of a file, all of them UTF-8 without NUL bytes and none longer than a row may be.
#[derive(Debug)]
pub(in crate::suite) struct Block {
    shown: Arc<Path>,
    first_line: u32,
    text: String,
}

impl Block {
    /// All of its text.
    pub(in crate::suite) fn text(&self) -> &str {
        &self.text
    }

    /// Its lines that are not blank, each with its 1-based number in the file and where it stands in the text.
    pub(in crate::suite) fn rows(&self) -> impl Iterator<Item = (u32, Range<usize>)> + '_ {
        let mut start = 0;
        let lines = self.text.split_inclusive('\n').zip(self.first_line..);
        lines.filter_map(move |(line, number)| {
            let at = start;
            start += line.len();
            let line = line.strip_suffix('\n').unwrap_or(line);
            let line = line.strip_suffix('\r').unwrap_or(line);
            (!line.trim().is_empty()).then_some((number, at..at + line.len()))
        })
    }

    /// The line in this range as a source of its own.
    pub(in crate::suite) fn source(&self, line: u32, range: Range<usize>) -> Source {
        Source::line_of(&self.shown, line, self.text.get(range).unwrap_or_default())
    }
}

/// One line of a block, for whoever asks for its place.
#[derive(Debug)]
pub(in crate::suite) struct Line {
    pub(super) block: Arc<Block>,
    pub(super) number: u32,
    pub(super) range: Range<usize>,
}

impl Line {
    /// The row it is.
    pub(in crate::suite) fn row(&self) -> Option<Row> {
        let source = self.block.source(self.number, self.range.clone());
        let node = parse_json_row(&source, &mut Problems::new())?;
        Some(Row { node, source })
    }
}

impl<R: BufRead> Lines<R> {
    /// The lines that follow, about `most` bytes of them. `None` where the next line has to be looked at by itself: it is
    /// long, it is the last without a line end, or something is wrong with it. At the file's beginning, ask
    /// [`Lines::next_line`].
    pub(super) fn next_block(&mut self, most: usize) -> Option<Block> {
        if most > self.max {
            return None;
        }
        // What is wrong with the file is told when its next line is asked for.
        let buffered = self.reader.fill_buf().ok()?;
        let head = whole_lines(buffered.get(..most).unwrap_or(buffered));
        let head = match std::str::from_utf8(head) {
            Ok(text) => text.as_bytes(),
            Err(error) => whole_lines(head.get(..error.valid_up_to()).unwrap_or_default()),
        };
        let head = match head.iter().position(|byte| *byte == 0) {
            None => head,
            Some(at) => whole_lines(head.get(..at).unwrap_or_default()),
        };
        if head.is_empty() {
            return None;
        }
        let text = std::str::from_utf8(head).ok()?.to_owned();
        let lines = text.bytes().filter(|byte| *byte == b'\n').count();
        self.reader.consume(text.len());
        let first_line = self.line.saturating_add(1);
        self.line = self.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        Some(Block { shown: Arc::clone(&self.shown), first_line, text })
    }
}

/// Up to the last line end.
fn whole_lines(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    bytes.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    /// All lines, by blocks where possible: number, text or problem; and how many came in blocks.
    fn read(bytes: &[u8], most: usize) -> (Vec<(u32, String)>, usize) {
        let mut lines = Lines::new(BufReader::with_capacity(64, bytes), Arc::from(Path::new("d.jsonl")), 1000);
        let (mut all, mut in_blocks) = (Vec::new(), 0);
        let mut number = 0;
        loop {
            if let Some(block) = lines.next_block(most) {
                for (line, range) in block.rows() {
                    all.push((line, block.text()[range].to_owned()));
                    in_blocks += 1;
                }
                number = block.first_line + u32::try_from(block.text().matches('\n').count()).expect("few") - 1;
                continue;
            }
            number += 1;
            match lines.next_line() {
                None => return (all, in_blocks),
                Some(Ok((line, text))) if !text.trim().is_empty() => all.push((line, text.to_owned())),
                Some(Ok(_)) => {}
                Some(Err(problem)) => all.push((number, problem.diagnostic.render(false))),
            }
        }
    }

    #[test]
    fn blocks_have_the_lines_that_are_not_blank() {
        let (all, in_blocks) = read(b"a\r\n\n \t\r\n\xc3\xbcb\r\r\nlast", 64);
        let wanted = [(1, "a"), (4, "\u{fc}b\r"), (5, "last")].map(|(line, text)| (line, text.to_owned()));
        assert_eq!((all, in_blocks), (wanted.to_vec(), 2));
    }

    #[test]
    fn a_line_that_is_wrong_is_left_to_the_reader_of_lines_and_the_others_are_not() {
        let (all, in_blocks) = read(b"one\ntwo\nb\xffd\nthree\nn\0l\nfour\nfive", 64);
        let numbers: Vec<u32> = all.iter().map(|(line, _)| *line).collect();
        assert_eq!((numbers, in_blocks), (vec![1, 2, 3, 4, 5, 6, 7], 4));
        assert!(all[2].1.contains("d.jsonl:3:2") && all[2].1.contains("0xff"), "{}", all[2].1);
        assert!(all[4].1.contains("nul-byte") && all[4].1.contains("d.jsonl:5:2"), "{}", all[4].1);
    }

    #[test]
    fn lines_longer_than_a_block_come_alone() {
        let text = format!("a\n{}\nb\nc\n", "x".repeat(300));
        let (all, _) = read(text.as_bytes(), 64);
        let lengths: Vec<(u32, usize)> = all.iter().map(|(line, text)| (*line, text.len())).collect();
        assert_eq!(lengths, [(1, 1), (2, 300), (3, 1), (4, 1)]);
    }
}
