//! The text of one user file, and positions in it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::Place;

/// Longest excerpt kept with a place; a 50 MB line must not travel with its diagnostic.
const EXCERPT_CHARS: usize = 160;

/// Characters of a cut excerpt that stand before the column it is about.
const EXCERPT_LEAD: usize = 39;

/// Where something stands in a file: 1-based line, 1-based column in characters, length in characters.
///
/// `line == 0` means "the file as a whole".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Span {
    /// 1-based line; 0 means the whole file.
    pub line: u32,
    /// 1-based column, counted in characters.
    pub col: u32,
    /// Length in characters on that line; at least 1 where a caret is wanted.
    pub len: u32,
}

impl Span {
    /// A span on one line.
    pub fn new(line: u32, col: u32, len: u32) -> Span {
        Span { line, col, len }
    }

    /// The span that means "the file as a whole".
    pub fn whole_file() -> Span {
        Span::default()
    }
}

/// One user file: its path as shown to the user and its text.
///
/// Cheap to clone. `first_line` lets a line of a streamed dataset be a source of its own.
#[derive(Debug, Clone)]
pub struct Source {
    path: Arc<Path>,
    text: Arc<str>,
    first_line: u32,
    /// The byte at which each line begins; found when a place is first asked for, so that a file of many places is walked
    /// through once.
    line_starts: Arc<OnceLock<Vec<usize>>>,
}

impl Source {
    /// A whole file.
    pub fn new(path: impl Into<PathBuf>, text: impl Into<Arc<str>>) -> Source {
        Source { path: Arc::from(path.into()), text: text.into(), first_line: 1, line_starts: Arc::default() }
    }

    /// One line of a larger file: `line` is its 1-based number there.
    pub fn line_of(path: &Arc<Path>, line: u32, text: impl Into<Arc<str>>) -> Source {
        Source { path: Arc::clone(path), text: text.into(), first_line: line, line_starts: Arc::default() }
    }

    /// The path as shown to the user.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The same, to keep.
    pub fn shared_path(&self) -> Arc<Path> {
        Arc::clone(&self.path)
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The number that the first line of [`Source::text`] has in the file.
    pub fn first_line(&self) -> u32 {
        self.first_line
    }

    /// The place of `span`, with the line it stands on as excerpt (cut around the span when long).
    pub fn place(&self, span: Span) -> Place {
        let mut place = Place::of_file(&self.path).at(span);
        if span.line >= self.first_line {
            let index = usize::try_from(span.line - self.first_line).unwrap_or(usize::MAX);
            if let Some(line) = self.line(index) {
                let (excerpt, shift) = cut_around(line, span.col);
                place.excerpt = Some(excerpt);
                place.excerpt_shift = shift;
            }
        }
        place
    }

    /// The span of the byte range `start..end` of the text; ranges over several lines are cut at the first line's end.
    pub fn span_of_bytes(&self, start: usize, end: usize) -> Span {
        let start = floor_boundary(&self.text, start);
        let end = floor_boundary(&self.text, end.max(start));
        let (index, line_start) = self.line_at(start);
        let covered = self.text.get(start..end).unwrap_or("").lines().next().unwrap_or("");
        Span {
            line: self.first_line.saturating_add(clamp(index)),
            col: clamp(self.text.get(line_start..start).unwrap_or("").chars().count()).saturating_add(1),
            len: clamp(covered.chars().count()).max(1),
        }
    }

    /// The place of the byte range `start..end`: that of [`Source::span_of_bytes`], without counting through a long line
    /// a second time for its excerpt.
    pub fn place_of_bytes(&self, start: usize, end: usize) -> Place {
        let span = self.span_of_bytes(start, end);
        let col = usize::try_from(span.col).unwrap_or(usize::MAX);
        if col + 20 <= EXCERPT_CHARS {
            return self.place(span);
        }
        let start = floor_boundary(&self.text, start);
        let (_, line_start) = self.line_at(start);
        let before = self.text.get(line_start..start).unwrap_or("");
        let lead = before.char_indices().rev().nth(EXCERPT_LEAD - 1).map_or(0, |(at, _)| at);
        let rest = self.text.get(line_start + lead..).unwrap_or("").lines().next().unwrap_or("");
        let mut place = Place::of_file(&self.path).at(span);
        place.excerpt = Some(rest.chars().take(EXCERPT_CHARS).collect());
        place.excerpt_shift = clamp(col.saturating_sub(EXCERPT_LEAD + 1));
        place
    }

    fn line_starts(&self) -> &[usize] {
        self.line_starts.get_or_init(|| {
            let breaks = self.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
            std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect()
        })
    }

    /// The line of this 0-based number, without its break.
    fn line(&self, index: usize) -> Option<&str> {
        let start = *self.line_starts().get(index)?;
        self.text.get(start..)?.lines().next()
    }

    /// The line that a byte stands on: its 0-based number and where it begins.
    fn line_at(&self, byte: usize) -> (usize, usize) {
        let starts = self.line_starts();
        let index = starts.partition_point(|start| *start <= byte).saturating_sub(1);
        (index, starts.get(index).copied().unwrap_or(0))
    }
}

fn clamp(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn floor_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The part of `line` around `col` that fits an excerpt, and how many characters were cut from its left.
fn cut_around(line: &str, col: u32) -> (String, u32) {
    // Look at a bounded number of characters only: lines of untrusted files may be huge.
    let col = usize::try_from(col).unwrap_or(usize::MAX);
    let shift = if col.saturating_add(20) > EXCERPT_CHARS { col.saturating_sub(EXCERPT_LEAD + 1) } else { 0 };
    let mut rest = line.chars().skip(shift);
    let excerpt: String = rest.by_ref().take(EXCERPT_CHARS).collect();
    (excerpt, clamp(shift))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_carry_the_line_they_stand_on() {
        let source = Source::new("a.yaml", "one\ntwo: 2\nthree");
        let place = source.place(Span::new(2, 6, 1));
        assert_eq!(place.excerpt.as_deref(), Some("two: 2"));
        assert_eq!((place.line, place.col), (2, 6));
    }

    #[test]
    fn byte_ranges_become_lines_and_character_columns() {
        let source = Source::new("a.yaml", "é: 1\nß: zwei");
        let at = source.text().find("zwei").unwrap_or(0);
        assert_eq!(source.span_of_bytes(at, at + 4), Span::new(2, 4, 4));
        assert_eq!(source.span_of_bytes(9999, 99999).line, 2);
    }

    #[test]
    fn a_place_by_bytes_is_the_place_of_its_span() {
        let long = format!("a: b\r\n{}é{{{{ x }}}}{}\nlast\n", "ü".repeat(200), "z".repeat(300));
        for text in ["", "a", "\n", "a\n\nbé c\r\n", long.as_str()] {
            let source = Source::new("p.yaml", text);
            for start in 0..=text.len() + 1 {
                for len in [0, 1, 5] {
                    let wanted = source.place(source.span_of_bytes(start, start + len));
                    assert_eq!(source.place_of_bytes(start, start + len), wanted, "{start} of {text:?}");
                }
            }
        }
    }

    #[test]
    fn a_huge_line_is_cut_around_the_column() {
        let line = format!("{}HERE{}", "x".repeat(5000), "y".repeat(5000));
        let place = Source::new("big.jsonl", line).place(Span::new(1, 5001, 4));
        let excerpt = place.excerpt.unwrap_or_default();
        assert!(excerpt.contains("HERE") && excerpt.chars().count() <= EXCERPT_CHARS);
        assert_eq!(place.excerpt_shift, 5001 - 40);
    }
}
