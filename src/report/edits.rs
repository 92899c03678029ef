//! Edited text, line by line: what is gone and what is new is marked, in colour or by signs.

use super::clean::lines;
use super::doc::{Edit, EditLine};
use crate::base::Tokens;

/// A line as it is shown. Struck through and underlined tell what red and green tell, for those who see no colour.
pub(super) fn edited(line: &EditLine, color: bool) -> String {
    match line {
        EditLine::Skipped(count) => {
            let noun = if *count == 1 { "line" } else { "lines" };
            let text = format!("⋮ {} {noun} as before", Tokens(u64::try_from(*count).unwrap_or(u64::MAX)));
            if color { format!("\u{1b}[2m{text}\u{1b}[0m") } else { text }
        }
        EditLine::Text(pieces) => pieces.iter().map(|(edit, text)| piece(*edit, &clean(text), color)).collect(),
    }
}

/// One line without anything that steers a terminal.
fn clean(text: &str) -> String {
    lines(text).join(" ")
}

fn piece(edit: Edit, text: &str, color: bool) -> String {
    match (edit, color) {
        _ if text.is_empty() => String::new(),
        (Edit::Kept, _) => text.to_owned(),
        (Edit::Removed, false) => format!("[-{text}-]"),
        (Edit::Added, false) => format!("{{+{text}+}}"),
        (Edit::Removed, true) => format!("\u{1b}[9;31m{text}\u{1b}[0m"),
        (Edit::Added, true) => format!("\u{1b}[4;32m{text}\u{1b}[0m"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> EditLine {
        let pieces = [(Edit::Kept, "as "), (Edit::Removed, "JSON"), (Edit::Added, "YAML"), (Edit::Kept, "")];
        EditLine::Text(pieces.map(|(edit, text)| (edit, text.to_owned())).to_vec())
    }

    #[test]
    fn changes_are_marked_by_signs_or_by_colour_and_line() {
        assert_eq!(edited(&line(), false), "as [-JSON-]{+YAML+}");
        assert_eq!(edited(&line(), true), "as \u{1b}[9;31mJSON\u{1b}[0m\u{1b}[4;32mYAML\u{1b}[0m");
        assert_eq!(edited(&EditLine::Skipped(1), false), "⋮ 1 line as before");
        assert_eq!(edited(&EditLine::Skipped(1_200), false), "⋮ 1,200 lines as before");
    }

    #[test]
    fn hostile_text_steers_no_terminal() {
        let hostile = EditLine::Text(vec![(Edit::Added, "a\u{1b}[2J\u{202e}b\u{7}".to_owned())]);
        assert_eq!(edited(&hostile, false), r"{+a\u{202e}b+}");
    }
}
