//! The text of one user file, and positions in it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Place;

/// Longest excerpt kept with a place; a 50 MB line must not travel with its diagnostic.
const EXCERPT_CHARS: usize = 160;

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
}

impl Source {
    /// A whole file.
    pub fn new(path: impl Into<PathBuf>, text: impl Into<Arc<str>>) -> Source {
        Source { path: Arc::from(path.into()), text: text.into(), first_line: 1 }
    }

    /// One line of a larger file: `line` is its 1-based number there.
    pub fn line_of(path: &Arc<Path>, line: u32, text: impl Into<Arc<str>>) -> Source {
        Source { path: Arc::clone(path), text: text.into(), first_line: line }
    }

    /// The path as shown to the user.
    pub fn path(&self) -> &Path {
        &self.path
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
            if let Some(line) = self.text.lines().nth(index) {
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
        let before = self.text.get(..start).unwrap_or("");
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let newlines = before.bytes().filter(|byte| *byte == b'\n').count();
        let covered = self.text.get(start..end).unwrap_or("").lines().next().unwrap_or("");
        Span {
            line: self.first_line.saturating_add(clamp(newlines)),
            col: clamp(before.get(line_start..).unwrap_or("").chars().count()).saturating_add(1),
            len: clamp(covered.chars().count()).max(1),
        }
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
    let shift = if col + 20 > EXCERPT_CHARS { col.saturating_sub(40) } else { 0 };
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
    fn a_huge_line_is_cut_around_the_column() {
        let line = format!("{}HERE{}", "x".repeat(5000), "y".repeat(5000));
        let place = Source::new("big.jsonl", line).place(Span::new(1, 5001, 4));
        let excerpt = place.excerpt.unwrap_or_default();
        assert!(excerpt.contains("HERE") && excerpt.chars().count() <= EXCERPT_CHARS);
        assert_eq!(place.excerpt_shift, 5001 - 40);
    }
}
