//! What the two text renderers share: everything but tables.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use super::clean::{cut, lines, one_line};
use super::doc::{Block, Doc, Entry, Line, Span, Table, Tone};
use super::edits::edited;

/// How text is laid out.
pub(super) struct Layout {
    /// Columns to fit into; `None` never wraps or cuts.
    pub(super) width: Option<usize>,
    /// Whether tones become colours.
    pub(super) color: bool,
    /// How a table is drawn.
    pub(super) table: fn(&Table, &Layout) -> String,
}

impl Layout {
    /// The whole document; ends with one line break, has no spaces at line ends.
    pub(super) fn render(&self, doc: &Doc) -> String {
        let mut out = String::new();
        for (index, block) in doc.blocks.iter().enumerate() {
            let is_heading = |block: Option<&Block>| matches!(block, Some(Block::Heading(_)));
            let belongs = is_heading(index.checked_sub(1).and_then(|above| doc.blocks.get(above)));
            if index > 0 && (!belongs || is_heading(Some(block))) {
                out.push('\n');
            }
            self.block(block, &mut out);
        }
        out.lines().fold(String::with_capacity(out.len()), |mut text, line| {
            text.push_str(line.trim_end());
            text.push('\n');
            text
        })
    }

    fn block(&self, block: &Block, out: &mut String) {
        match block {
            Block::Heading(line) | Block::Paragraph(line) => self.hanging(&[], line, out),
            Block::Table(table) => out.push_str(&(self.table)(table, self)),
            Block::Facts(facts) => self.labelled("", facts, out),
            Block::List(points) => points.iter().for_each(|point| self.hanging(&[plain("- ")], point, out)),
            Block::Entries(entries) => self.entries(entries, out),
            Block::Code(code) => lines(code).iter().for_each(|line| _ = writeln!(out, "  {line}")),
            Block::Edits(edits) => edits.iter().for_each(|line| _ = writeln!(out, "  {}", edited(line, self.color))),
        }
    }

    fn entries(&self, entries: &[Entry], out: &mut String) {
        for (index, entry) in entries.iter().enumerate() {
            if index > 0 && !entry.lines.is_empty() {
                out.push('\n');
            }
            let gap = plain(&" ".repeat(10_usize.saturating_sub(entry.word.text.width()).max(2)));
            self.hanging(&[entry.word.clone(), gap], &entry.head, out);
            self.labelled("          ", &entry.lines, out);
        }
    }

    /// An entry without a word: its head, and its lines under it.
    pub(super) fn stack(&self, entry: &Entry, out: &mut String) {
        self.hanging(&[plain("  ")], &entry.head, out);
        entry.lines.iter().for_each(|(_, line)| self.hanging(&[plain("    ")], line, out));
    }

    fn labelled(&self, indent: &str, facts: &[(String, Line)], out: &mut String) {
        let widest = facts.iter().map(|(label, _)| one_line(label).width()).max().unwrap_or(0).min(24);
        for (label, line) in facts {
            let label = one_line(label);
            let gap = " ".repeat(widest.saturating_sub(label.width()) + 2);
            let lead = [plain(indent), Span { text: label, tone: Tone::Dim, whole_chars: None }, plain(&gap)];
            self.hanging(&lead, line, out);
        }
    }

    /// A line after `lead`, wrapped at words under itself. Commands and quotes are never wrapped; quotes are cut.
    fn hanging(&self, lead: &[Span], line: &Line, out: &mut String) {
        let indent: usize = lead.iter().map(|span| span.text.width()).sum();
        lead.iter().for_each(|span| out.push_str(&self.painted(&span.text, span.tone)));
        let mut column = indent;
        for span in &line.0 {
            let text = span_text(span);
            match (self.width, span.tone) {
                (Some(width), Tone::Quote) => {
                    let text = cut_span(span, &text, width.saturating_sub(column));
                    column += text.width();
                    out.push_str(&self.painted(&text, span.tone));
                }
                (None, Tone::Quote) => out.push_str(&cut_span(span, &text, usize::MAX)),
                (None, tone) | (Some(_), tone @ Tone::Command) => {
                    column += text.width();
                    out.push_str(&self.painted(&text, tone));
                }
                (Some(width), tone) => {
                    // One run of words per line, so that each is coloured once.
                    let mut run = String::new();
                    for word in text.split_inclusive(' ') {
                        if column > indent && column + word.trim_end().width() > width {
                            let _ = write!(out, "{}\n{}", self.painted(&run, tone), " ".repeat(indent));
                            run.clear();
                            column = indent;
                        }
                        column += word.width();
                        run.push_str(word);
                    }
                    out.push_str(&self.painted(&run, tone));
                }
            }
        }
        out.push('\n');
    }

    /// The text in the colour of its tone.
    pub(super) fn painted(&self, text: &str, tone: Tone) -> String {
        let code = match tone {
            Tone::Plain | Tone::Command => "",
            Tone::Strong => "1",
            Tone::Pass => "32",
            Tone::Fail => "31",
            Tone::Unsure => "33",
            Tone::Dim | Tone::Quote => "2",
        };
        if !self.color || code.is_empty() || text.trim().is_empty() {
            return text.to_owned();
        }
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

fn plain(text: &str) -> Span {
    Span { text: text.to_owned(), tone: Tone::Plain, whole_chars: None }
}

/// The cell as one line of clean text.
pub(super) fn cell_text(cell: &Line) -> String {
    cell.0.iter().map(|span| cut_span(span, &span_text(span), usize::MAX)).collect()
}

/// The shown text of a span, cut to `width` columns.
pub(super) fn cut_span(span: &Span, shown: &str, width: usize) -> String {
    let own = u64::try_from(span.text.chars().count()).unwrap_or(u64::MAX);
    cut(shown, width, span.whole_chars, span.whole_chars.is_some_and(|whole| whole > own))
}

/// The text of a span as it may be printed. A command keeps its spaces: they may be part of a quoted case id.
pub(super) fn span_text(span: &Span) -> String {
    if span.tone == Tone::Command { lines(&span.text).join(" ") } else { one_line(&span.text) }
}
