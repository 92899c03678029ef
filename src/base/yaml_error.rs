//! What the YAML parser says, in words of someone who writes YAML and not of someone who parses it.

use super::Diagnostic;
use super::source::{Source, Span};
use super::yaml::{MAX_DEPTH, MAX_UNFOLDED};

/// Part of the parser's message (lowercase), our message, what to do. The first that fits is taken.
const WORDS: &[(&str, &str, &str)] = &[
    ("unclosed quote", "this quote is never closed", "close it; inside double quotes, write a quote as `\\\"`"),
    (
        "quoted scalar",
        "a quoted text that begins above has no end before this line",
        "close its quote; a text over several lines is indented, or written as a block after `|`",
    ),
    ("unclosed bracket", "this bracket is never closed", "close it"),
    (
        "mapping values are not allowed",
        "a `:` cannot stand here",
        "align this key with its siblings, or put quotes around text that contains `: `",
    ),
    (
        "illegal placement of ':'",
        "a `:` cannot stand here",
        "is a bracket or quote of a line above still open? text that contains `: ` needs quotes",
    ),
    ("tab", "a tab cannot indent YAML", "replace the tab by spaces"),
    (
        "while parsing a flow mapping",
        "this mapping in braces goes on where `,` or `}` should stand",
        "close the brace, or put quotes around text that contains `: `, `,` or braces",
    ),
    (
        "while parsing a flow sequence",
        "this list in brackets goes on where `,` or `]` should stand",
        "close the bracket, or put quotes around text that contains `,` or brackets",
    ),
    (
        "block mapping",
        "this does not continue the mapping above it",
        "align keys of one mapping; give each a `:` and a space",
    ),
    (
        "block collection",
        "this does not continue the list or mapping above it",
        "align it with its siblings; list items begin with `- `",
    ),
    ("block sequence", "this does not continue the list above it", "align list items and begin each with `- `"),
    (
        "could not find expected ':'",
        "a key without `:`",
        "put `: ` after the key, or indent text that goes on from the line above",
    ),
    (
        "expected string scalar",
        "a key must be text, this is a mapping or a list",
        "put quotes around text that begins with a brace or bracket",
    ),
    ("non-finite float", "infinity and not-a-number are no values here", "write a number, or put quotes around text"),
    (
        "unexpected character: `\\u{",
        "a control character stands here",
        "remove it; inside double quotes it can be written, such as `\\u0007`",
    ),
    ("major version", "karat reads YAML 1.2", "remove the line that begins with `%YAML`"),
    (
        "unknown anchor",
        "this alias names an anchor that is not defined above it",
        "define it as `&name` first, or put quotes around text that begins with `*`",
    ),
];

/// The diagnostic for text that is not YAML, or too much of it.
pub(super) fn syntax_problem(error: &serde_yaml::Error, source: &Source) -> Diagnostic {
    let text = error.without_snippet().to_string();
    let first = text.lines().next().unwrap_or("not YAML").to_owned();
    // The library repeats the position in its message; ours stands in the place.
    let told = first.split(" at line ").next().unwrap_or(&first).trim_end_matches('.');
    let span = error.location().map_or_else(Span::whole_file, |location| {
        let line = u32::try_from(location.line()).unwrap_or(0);
        let col = u32::try_from(location.column()).unwrap_or(0);
        if line == 0 { Span::whole_file() } else { Span::new(line + source.first_line() - 1, col.max(1), 1) }
    });
    let lower = told.to_lowercase();
    if let Some(diagnostic) = too_much(&lower) {
        return diagnostic.at(source.place(span));
    }
    let place = source.place(span);
    // The commonest mistake in templates: YAML reads bare braces as a mapping.
    if place.excerpt.as_deref().is_some_and(|line| line.contains(": {{")) {
        return Diagnostic::error("invalid-yaml", "`{{` without quotes begins a mapping, not a template")
            .at(place)
            .help("put quotes around text that begins with `{{`, or write it as a block after `|`");
    }
    match WORDS.iter().find(|(part, _, _)| lower.contains(part)) {
        Some(("tab", message, help)) => {
            Diagnostic::error("invalid-yaml", *message).at(source.place(tab_of(span, source))).help(*help)
        }
        Some((_, message, help)) => Diagnostic::error("invalid-yaml", *message).at(place).help(*help),
        None => Diagnostic::error("invalid-yaml", told)
            .at(place)
            .help("check indentation, quotes and colons around this place"),
    }
}

/// YAML that breaks a limit.
fn too_much(lower: &str) -> Option<Diagnostic> {
    let (message, help) = if lower.contains("documents") {
        let help = "remove the `---`, or make each document a file of its own";
        ("a file holds one YAML document, a second begins here".to_owned(), help)
    } else if lower.contains("depth") && !lower.contains("alias") || lower.contains("recursion") {
        (format!("this is nested more than {MAX_DEPTH} levels deep"), "flatten it")
    } else if lower.contains("alias") && !lower.contains("unknown anchor") {
        let message = format!("the aliases of this file unfold to more than {MAX_UNFOLDED} values");
        (message, "write the values out, or move rows to a `.jsonl` dataset")
    } else if lower.contains("budget") {
        (
            "this YAML file has too many values".to_owned(),
            "move the rows to a `.jsonl` or `.csv` dataset, which is streamed",
        )
    } else {
        return None;
    };
    Some(Diagnostic::error("yaml-budget", message).help(help))
}

/// The tab in the indentation of the line, where there is one.
fn tab_of(span: Span, source: &Source) -> Span {
    let index = span.line.checked_sub(source.first_line()).and_then(|index| usize::try_from(index).ok());
    let line = index.and_then(|index| source.text().lines().nth(index)).unwrap_or_default();
    let tab = line.chars().take_while(|c| c.is_whitespace()).position(|c| c == '\t');
    let col = tab.and_then(|tab| u32::try_from(tab + 1).ok());
    col.map_or(span, |col| Span::new(span.line, col, 1))
}

#[cfg(test)]
mod tests {
    use super::super::{Problems, parse_yaml};
    use super::*;

    fn told(text: &str) -> String {
        let mut problems = Problems::new();
        assert!(parse_yaml(&Source::new("t.yaml", text), &mut problems).is_none(), "{text}");
        problems.render(false)
    }

    #[test]
    fn values_that_are_none_are_told_so() {
        assert!(told("a: .nan\n").contains("infinity and not-a-number are no values here"));
        assert!(told("a: [-.inf]\n").contains("infinity and not-a-number are no values here"));
        let control = told("a: \"x\u{7}y\"\n");
        assert!(control.contains("a control character stands here") && control.contains("`\\u0007`"), "{control}");
        assert!(told("%YAML 9.9\n---\na: 1\n").contains("remove the line that begins with `%YAML`"));
    }

    #[test]
    fn common_slips_are_told_in_words_of_the_writer() {
        let table = [
            ("a: \"x\nb: 1\n", "t.yaml:2:1", "begins above has no end"),
            ("a: [x\n", "t.yaml:1:4", "this bracket is never closed"),
            ("a:\n  b: 1\n   c: 2\n", "t.yaml:3:5", "a `:` cannot stand here"),
            ("a:\n\tb: 1\n", "t.yaml:2:1", "a tab cannot indent YAML"),
            ("a: {b: c: d}\n", "t.yaml:1:9", "where `,` or `}` should stand"),
            ("a: *b\n", "t.yaml:1:4", "an anchor that is not defined above it"),
            ("a: {{ b }}\n", "t.yaml:1:5", "begins a mapping, not a template"),
            ("a: 1\n---\nb: 1\n", "t.yaml:2:1", "a second begins here"),
        ];
        for (text, place, message) in table {
            let shown = told(text);
            assert!(shown.contains(place) && shown.contains(message) && shown.contains("help:"), "{text}\n{shown}");
        }
    }

    #[test]
    fn deep_nesting_is_refused_as_such() {
        let shown = told(&format!("a: {}{}\n", "[".repeat(300), "]".repeat(300)));
        assert!(shown.contains("yaml-budget") && shown.contains("levels deep"), "{shown}");
    }
}
