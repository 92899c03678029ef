//! GitHub-flavoured Markdown. Every text is escaped: a reply of a model cannot become markup, a link, HTML or a mention.

use std::fmt::Write as _;

use super::clean::lines;
use super::doc::{Align, Block, Doc, Entry, Line, Span, Table, Tone};
use super::edits::edited;
use super::text::{cut_span, span_text};

/// The document as Markdown.
pub(super) fn render(doc: &Doc) -> String {
    let blocks: Vec<String> = doc.blocks.iter().map(block).collect();
    let mut out = blocks.join("\n");
    while out.ends_with("\n\n") {
        out.pop();
    }
    out
}

fn block(block: &Block) -> String {
    match block {
        Block::Heading(line) => format!("### {}\n", heading(line)),
        Block::Paragraph(line) => format!("{}\n", text(line, false)),
        Block::Table(table) => rows(table),
        Block::Facts(facts) => facts.iter().fold(String::new(), |mut out, (label, line)| {
            let _ = writeln!(out, "- **{}**: {}", escaped(label), text(line, false));
            out
        }),
        Block::List(points) => points.iter().fold(String::new(), |mut out, point| {
            let _ = writeln!(out, "- {}", text(point, false));
            out
        }),
        Block::Entries(entries) => entries.iter().map(entry).collect(),
        Block::Code(code) => fenced(code),
        Block::Edits(edits) => fenced(&edits.iter().map(|line| edited(line, false)).collect::<Vec<_>>().join("\n")),
    }
}

fn entry(entry: &Entry) -> String {
    let mut out = format!("- **{}** {}\n", escaped(&entry.word.text), text(&entry.head, false));
    for (label, line) in &entry.lines {
        let _ = writeln!(out, "  - {}: {}", escaped(label), text(line, false));
    }
    out
}

fn rows(table: &Table) -> String {
    let titles: Vec<String> = table.columns.iter().map(|column| escaped(&column.title)).collect();
    let rules: Vec<&str> = table
        .columns
        .iter()
        .map(|column| match column.align {
            Align::Left => "---",
            Align::Right => "---:",
        })
        .collect();
    let mut out = format!("| {} |\n| {} |\n", titles.join(" | "), rules.join(" | "));
    for row in &table.rows {
        let cells: Vec<String> = row.iter().map(|cell| text(cell, true)).collect();
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    }
    out
}

/// A heading is bold as it is.
fn heading(line: &Line) -> String {
    let plain = |span: &Span| match span.tone {
        Tone::Strong | Tone::Pass | Tone::Fail | Tone::Unsure => Span { tone: Tone::Plain, ..span.clone() },
        Tone::Plain | Tone::Dim | Tone::Command | Tone::Quote => span.clone(),
    };
    line.0.iter().map(|span| marked(&plain(span), false)).collect()
}

fn text(line: &Line, in_cell: bool) -> String {
    line.0.iter().map(|span| marked(span, in_cell)).collect()
}

fn marked(span: &Span, in_cell: bool) -> String {
    let text = span_text(span);
    let (lead, trail) = (text.len() - text.trim_start().len(), text.len() - text.trim_end().len());
    let core = text.trim();
    if core.is_empty() {
        return text;
    }
    let core = match span.tone {
        Tone::Command => code(core, in_cell),
        Tone::Quote => code(&cut_span(span, core, usize::MAX), in_cell),
        Tone::Strong | Tone::Pass | Tone::Fail | Tone::Unsure => format!("**{}**", escaped(core)),
        Tone::Plain | Tone::Dim => prose(core, in_cell),
    };
    format!("{}{core}{}", " ".repeat(lead), " ".repeat(trail))
}

/// Inline code, with a fence longer than any run of backticks in it. In a table cell `|` ends the cell even in code.
fn code(text: &str, in_cell: bool) -> String {
    let fence = "`".repeat(longest_run(text) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    let text = if in_cell { text.replace('|', "\\|") } else { text.to_owned() };
    format!("{fence}{pad}{text}{pad}{fence}")
}

fn fenced(code: &str) -> String {
    let code = lines(code).join("\n");
    let fence = "`".repeat((longest_run(&code) + 1).max(3));
    format!("{fence}text\n{code}\n{fence}\n")
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// A sentence: what stands in backticks becomes code, everything else is escaped. A lone backtick is text.
fn prose(text: &str, in_cell: bool) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return escaped(text);
    }
    let part = |(index, part): (usize, &&str)| match (index % 2, part.trim().is_empty()) {
        (0, _) => escaped(part),
        (_, true) => format!("\\`{part}\\`"),
        (_, false) => code(part, in_cell),
    };
    parts.iter().enumerate().map(part).collect()
}

/// Text without markup. The comment after `@` keeps GitHub from mentioning people; it does so only after a space or
/// sign, so that `code-review@1.2.0` stays readable.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut previous = ' ';
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' if !previous.is_ascii_alphanumeric() => out.push_str("@<!-- -->"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
        previous = c;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_stays_text() {
        let hostile = "| <img src=x onerror=alert(1)> [x](javascript:1) `a **b** @octocat a@b\n# h";
        let shown = text(&Line::from(hostile), true);
        assert_eq!(
            shown,
            "\\| &lt;img src=x onerror=alert(1)&gt; \\[x\\](javascript:1) \\`a \\*\\*b\\*\\* @<!-- -->octocat a@b \\# h"
        );
    }

    #[test]
    fn hidden_characters_are_visible_in_prose_and_code() {
        let hidden = "pay\u{202e}lla\u{200b}";
        assert_eq!(text(&Line::from(hidden), false), r"pay\\u{202e}lla\\u{200b}");
        assert_eq!(text(&Line::quote(hidden, 8), false), r"`pay\u{202e}lla\u{200b}`");
        assert_eq!(text(&Line::quote(hidden, 9), false), r"`pay\u{202e}lla\u{200b}… (9 characters)`");
        assert_eq!(fenced(hidden), "```text\npay\\u{202e}lla\\u{200b}\n```\n");
    }

    #[test]
    fn quotes_are_code_that_backticks_cannot_leave() {
        let quote = |text: &str, in_cell| self::text(&Line::quote(text, 0), in_cell);
        assert_eq!(quote("a `b` <i>", false), "``a `b` <i>``");
        assert_eq!(quote("```", false), "```` ``` ````");
        assert_eq!(quote("a|b", true), "`a\\|b`");
        assert_eq!(quote("a|b", false), "`a|b`");
        assert_eq!(fenced("x\n```\n<b>"), "````text\nx\n```\n<b>\n````\n");
    }

    #[test]
    fn backticks_in_sentences_become_code_that_holds() {
        let shown = |sentence: &str| text(&Line::from(sentence), true);
        assert_eq!(shown("wanted `>= 0.9`, saw `a|b`"), "wanted `>= 0.9`, saw `a\\|b`");
        assert_eq!(shown("``` <b> ```"), "\\`\\`` <b> `\\`\\`");
        assert_eq!(shown("`` <b>"), "\\`\\` &lt;b&gt;");
    }

    #[test]
    fn tables_align_numbers_and_keep_one_row_per_line() {
        let table = Table {
            columns: vec![super::super::doc::Column::words("name"), super::super::doc::Column::numbers("n")],
            rows: vec![vec![Line::from("a\nb|c"), Line::from("1")]],
        };
        assert_eq!(rows(&table), "| name | n |\n| --- | ---: |\n| a b\\|c | 1 |\n");
    }
}
