//! A template's text and where it stands, so that a byte of it can be shown in the user's file.

use std::sync::{Arc, OnceLock};

use super::fill::Fill;
use super::template::{MAX_MESSAGE_BYTES, Values};
use crate::base::{Place, Source, Span};

/// Distance of the marks of [`Marks`], in characters that are not white space.
const MARK_DISTANCE: usize = 256;

/// The text of a template and its origin.
#[derive(Debug, Clone)]
pub(in crate::prompt) struct TemplateText {
    text: String,
    source: Source,
    origin: Origin,
    /// Found when they are first asked for.
    found: Arc<Found>,
}

/// What is found out about a text once.
#[derive(Debug, Default)]
struct Found {
    marks: OnceLock<Option<Marks>>,
    fill: OnceLock<Option<Fill>>,
}

#[derive(Debug, Clone, Copy)]
enum Origin {
    /// The text is the source's text from its beginning.
    File,
    /// The text is a YAML value that stands at this span.
    Scalar(Span),
}

impl TemplateText {
    /// The content of a template file or partial.
    ///
    /// Line breaks become `\n` and one at the end of the file is left out: editors and checkouts add them, and an
    /// included partial must fit into the middle of a line (as in Jinja).
    pub(in crate::prompt) fn of_file(source: &Source) -> TemplateText {
        let text = source.text().replace("\r\n", "\n");
        let text = text.strip_suffix('\n').unwrap_or(&text).to_owned();
        let source = Source::new(source.path(), text.as_str());
        TemplateText { text, source, origin: Origin::File, found: Arc::default() }
    }

    /// A value of a YAML file that starts at `span`.
    pub(in crate::prompt) fn of_scalar(text: &str, source: &Source, span: Span) -> TemplateText {
        TemplateText {
            text: text.to_owned(),
            source: source.clone(),
            origin: Origin::Scalar(span),
            found: Arc::default(),
        }
    }

    /// The text with these values where nothing but texts is put into it; `None` where tera has to tell what comes of it.
    pub(in crate::prompt) fn filled(&self, values: &Values) -> Option<String> {
        let fill = self.found.fill.get_or_init(|| Fill::of(&self.text)).as_ref()?;
        fill.with(|name| values.text_of(name), MAX_MESSAGE_BYTES)
    }

    pub(in crate::prompt) fn as_str(&self) -> &str {
        &self.text
    }

    /// The place of the bytes `start..end`.
    pub(in crate::prompt) fn place(&self, start: usize, end: usize) -> Place {
        let Origin::Scalar(span) = self.origin else { return self.source.place_of_bytes(start, end) };
        let marks = self.found.marks.get_or_init(|| Marks::find(&self.text, &self.source, span));
        match marks.as_ref().and_then(|marks| marks.written_at(&self.text, self.source.text(), start)) {
            Some(first) => self.source.place_of_bytes(first, first + end.saturating_sub(start)),
            None => self.source.place(span),
        }
    }

    /// The place of the whole text.
    pub(in crate::prompt) fn whole(&self) -> Place {
        match self.origin {
            Origin::File => Place::of_file(self.source.path()),
            Origin::Scalar(span) => self.source.place(span),
        }
    }
}

/// Where the characters of a scalar's value stand in the file: every so many of them, so that a place is a short walk from
/// the nearest mark, not one through the whole text.
///
/// Whatever the style of the scalar, the characters of the value that are not white space stand in the file in the same
/// order: blocks are indented, folded lines joined, quotes and escapes undone, but nothing is moved. So the n-th of them
/// in the value is the n-th in the file.
#[derive(Debug)]
struct Marks {
    /// Bytes of the value, each with the byte of the file where it is looked for.
    marks: Vec<(usize, usize)>,
    quote: Option<char>,
    /// The byte of the value at which the two differ (an alias, or a value that was not written so), or its end.
    sound_until: usize,
}

impl Marks {
    fn find(value: &str, source: &Source, span: Span) -> Option<Marks> {
        let file = source.text();
        let from = byte_of(file, span.line.checked_sub(source.first_line())?, span.col)?;
        let mut written = Written::open(file, from);
        let mut found = Marks { marks: Vec::new(), quote: written.quote, sound_until: value.len() };
        for (index, (at, wanted)) in value.char_indices().filter(|(_, c)| !c.is_whitespace()).enumerate() {
            if index % MARK_DISTANCE == 0 {
                found.marks.push((at, written.at));
            }
            if written.by_ref().find(|(_, c)| !c.is_whitespace()).is_none_or(|(_, c)| c != wanted) {
                found.sound_until = at;
                break;
            }
        }
        Some(found)
    }

    /// The byte of the file at which the first visible character from byte `start` of the value on stands.
    fn written_at(&self, value: &str, file: &str, start: usize) -> Option<usize> {
        let after = self.marks.partition_point(|(at, _)| *at <= start);
        let (from, at) = *self.marks.get(after.saturating_sub(1))?;
        let written = Written { file, at, quote: self.quote };
        let places = written.filter(|(_, c)| !c.is_whitespace()).map(|(place, _)| place);
        let visible = value.get(from..)?.char_indices().filter(|(_, c)| !c.is_whitespace()).map(|(at, _)| from + at);
        let (found, place) = visible.zip(places).find(|(at, _)| *at >= start)?;
        (found < self.sound_until).then_some(place)
    }
}

/// Byte offset of a 0-based line and 1-based column.
fn byte_of(text: &str, line: u32, col: u32) -> Option<usize> {
    let mut start = 0;
    for _ in 0..line {
        start += text.get(start..)?.find('\n')? + 1;
    }
    let skip = usize::try_from(col.checked_sub(1)?).ok()?;
    let rest = text.get(start..)?;
    Some(start + rest.char_indices().nth(skip).map_or(rest.len(), |(at, _)| at))
}

/// The characters of a scalar as written, with escapes undone and their byte in the file.
struct Written<'t> {
    file: &'t str,
    at: usize,
    quote: Option<char>,
}

impl<'t> Written<'t> {
    fn open(file: &'t str, from: usize) -> Written<'t> {
        let rest = file.get(from..).unwrap_or("");
        match rest.chars().next() {
            // The header of a block: `|`, `>-`, `|2`, maybe a comment.
            Some('|' | '>') => {
                Written { file, at: from + rest.find('\n').map_or(rest.len(), |end| end + 1), quote: None }
            }
            Some(quote @ ('"' | '\'')) => Written { file, at: from + 1, quote: Some(quote) },
            _ => Written { file, at: from, quote: None },
        }
    }

    fn take(&mut self) -> Option<char> {
        let c = self.file.get(self.at..)?.chars().next()?;
        self.at += c.len_utf8();
        Some(c)
    }

    /// The character of a double-quoted escape; its backslash is already taken.
    fn escape(&mut self) -> Option<char> {
        let digits = match self.take()? {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            'n' | 't' | 'r' | 'N' | 'L' | 'P' | 'v' | 'f' | '_' | '\n' | '\r' => return Some(' '),
            '0' => return Some('\0'),
            'a' => return Some('\u{7}'),
            'b' => return Some('\u{8}'),
            'e' => return Some('\u{1b}'),
            other => return Some(other),
        };
        let code = self.file.get(self.at..self.at + digits)?;
        self.at += digits;
        char::from_u32(u32::from_str_radix(code, 16).ok()?)
    }
}

impl Iterator for Written<'_> {
    type Item = (usize, char);

    fn next(&mut self) -> Option<(usize, char)> {
        let at = self.at;
        let c = self.take()?;
        match (self.quote, c) {
            (Some('"'), '\\') => Some((at, self.escape()?)),
            (Some('\''), '\'') => {
                self.take();
                Some((at, c))
            }
            _ => Some((at, c)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Problems, parse_yaml};

    /// Line, column and length of the first `needle` in the value of `t`.
    fn locate(yaml: &str, needle: &str) -> (u32, u32, u32) {
        let source = Source::new("p.yaml", yaml);
        let mut problems = Problems::new();
        let root = parse_yaml(&source, &mut problems).expect("yaml");
        let node = root.get("t").expect("t");
        let text = TemplateText::of_scalar(node.as_text().expect("text"), &source, node.span);
        let at = text.as_str().find(needle).expect("needle");
        let place = text.place(at, at + needle.len());
        (place.line, place.col, place.len)
    }

    #[test]
    fn places_are_exact_in_every_style_of_scalar() {
        assert_eq!(locate("a: 1\nt: hi {{ name }}\n", "name"), (2, 10, 4));
        assert_eq!(locate("t: hi\n   {{ name }} x\n", "name"), (2, 7, 4));
        assert_eq!(locate("t: 'it''s {{ name }}'\n", "name"), (1, 14, 4));
        assert_eq!(locate("t: \"a\\n\\u0041\\\"b {{ name }}\"\n", "name"), (1, 21, 4));
        assert_eq!(locate("t: \"a \\\n  b {{ name }}\"\n", "name"), (2, 8, 4));
        assert_eq!(locate("t: |\n  one\n\n    two {{ name }}\nb: 1\n", "name"), (4, 12, 4));
        assert_eq!(locate("t: |2- # note\n    two {{ name }}\nb: 1\n", "name"), (2, 12, 4));
        assert_eq!(locate("t: >-\n  one\n  two\n  ü {{ name }}\n", "name"), (4, 8, 4));
        assert_eq!(locate("t: |\r\n  one\r\n  {{ name }}\r\n", "name"), (3, 6, 4));
        assert_eq!(locate("t: &x |\n  {{ name }}\nb: *x\n", "name"), (2, 6, 4));
    }

    #[test]
    fn places_far_into_a_text_are_exact_too() {
        let words =
            |indent: &str| -> String { (0..2000).map(|n| format!("{indent}wö{n} {{{{ v{n} }}}}\n")).collect() };
        let quoted: String = (0..2000).map(|n| format!("w\\u00f6{n} {{{{ v{n} }}}}\\n")).collect();
        for n in [0, 1, 255, 256, 1999] {
            let name = format!("{{ v{n} }}");
            let width = u32::try_from(name.len()).expect("short");
            let digits = u32::try_from(n.to_string().len()).expect("short");
            let line = u32::try_from(n).expect("small") + 2;
            assert_eq!(locate(&format!("t: |\n{}", words("  ")), &name), (line, 7 + digits, width));
            let (_, col, len) = locate(&format!("t: \"{quoted}\"\n"), &name);
            let at = format!("t: \"{quoted}\"\n").find(&name).expect("there") + 1;
            assert_eq!((usize::try_from(col).expect("col"), len), (at, width));
        }
    }

    #[test]
    fn an_alias_points_at_a_place_in_the_file() {
        let (line, ..) = locate("b: &x \"hi {{ name }}\"\nt: *x\n", "name");
        assert!(line == 1 || line == 2, "{line}");
    }

    #[test]
    fn files_lose_their_last_line_break_and_carriage_returns() {
        let text = TemplateText::of_file(&Source::new("a.txt", "one\r\n{{ two }}\n"));
        assert_eq!(text.as_str(), "one\n{{ two }}");
        assert_eq!(text.place(7, 10).pointer(), "a.txt:2:4");
        assert_eq!(text.place(7, 10).excerpt.as_deref(), Some("{{ two }}"));
    }
}
