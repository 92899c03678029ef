//! Words of reasons: model text quoted, cut with its length told, without control characters.

use crate::guard::strip_control;

/// Characters of model text shown in a reason.
const SHOWN: usize = 80;
/// Characters shown on each side of a match.
const AROUND: usize = 30;
/// Longest reason, in characters: groups join those of their members.
const LONGEST: usize = 800;

/// Text with white space as single spaces and without control sequences or direction overrides.
pub(super) fn clean(text: &str) -> String {
    let safe = strip_control(text);
    // Most texts are left as they are.
    if safe.bytes().all(|byte| matches!(byte, b' '..=b'~')) && !safe.contains("  ") {
        return safe.into_owned();
    }
    let mut out = String::with_capacity(text.len().min(512));
    for c in safe.chars() {
        if c.is_whitespace() {
            if !out.ends_with(' ') {
                out.push(' ');
            }
        } else if !is_hidden(c) {
            out.push(c);
        }
    }
    out
}

/// Characters that a terminal or reader must not meet: controls and those that change the direction of writing.
fn is_hidden(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `"text"`, or its first 80 characters and its length; `an empty text` for nothing.
pub(super) fn quote(text: &str) -> String {
    let total = text.chars().count();
    if total == 0 {
        return "an empty text".to_owned();
    }
    let (shown, cut) = beginning(text, SHOWN);
    if cut { format!("\"{shown}…\" ({total} characters)") } else { ["\"", &shown, "\""].concat() }
}

/// The first characters of a text, cleaned, and whether there are more. Sequences go before the cut, which could leave
/// their tails.
fn beginning(text: &str, longest: usize) -> (String, bool) {
    let safe = strip_control(text);
    let cut = safe.char_indices().nth(longest).map(|(index, _)| index);
    (clean(cut.and_then(|cut| safe.get(..cut)).unwrap_or(&safe)), cut.is_some())
}

/// The surroundings of the bytes `start..end`, quoted: `"…can get a refund within…" at character 104`.
pub(super) fn quote_around(text: &str, start: usize, end: usize) -> String {
    let before = text.get(..start).unwrap_or("");
    let matched = first_chars(text.get(start..end).unwrap_or(""), SHOWN);
    let after = text.get(end..).unwrap_or("");
    let position = before.chars().count() + 1;
    let (before, after) = (strip_control(before), strip_control(after));
    let left = before.char_indices().rev().take(AROUND).last().map_or(before.len(), |(index, _)| index);
    let left = before.get(left..).unwrap_or("");
    let right = first_chars(&after, AROUND);
    let open = if left.len() < before.len() { "…" } else { "" };
    let close = if right.len() < after.len() || matched.len() < end.saturating_sub(start) { "…" } else { "" };
    let shown = clean(&[left, matched, right].concat());
    ["\"", open, &shown, close, "\" (at character ", &position.to_string(), ")"].concat()
}

fn first_chars(text: &str, most: usize) -> &str {
    if text.len() <= most {
        return text;
    }
    text.char_indices().nth(most).and_then(|(index, _)| text.get(..index)).unwrap_or(text)
}

/// Up to five texts, quoted, and how many more there are.
pub(super) fn list<T: AsRef<str>>(texts: &[T]) -> String {
    let shown: Vec<String> = texts.iter().take(5).map(|text| quote(text.as_ref())).collect();
    let more = texts.len().saturating_sub(shown.len());
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}

/// JSON on one line, quoted like text.
pub(super) fn json(value: &serde_json::Value) -> String {
    let text = value.to_string();
    let total = text.chars().count();
    let (shown, cut) = beginning(&text, SHOWN);
    if cut { format!("`{shown}…` ({total} characters)") } else { format!("`{shown}`") }
}

/// A message of a library about model text: cleaned and cut.
pub(super) fn message(text: &str) -> String {
    let (shown, cut) = beginning(text, 2 * SHOWN);
    if cut { format!("{shown}…") } else { shown }
}

/// What was told of a program or a server, with words of its own: cleaned and cut.
pub(super) fn report(text: &str) -> String {
    let (shown, cut) = beginning(text, 6 * SHOWN);
    if cut { format!("{shown}…") } else { shown }
}

/// What a judge said: quoted, cleaned, and cut where it goes on.
pub(super) fn said(text: &str) -> String {
    let (shown, cut) = beginning(text.trim(), 4 * SHOWN);
    if cut { format!("\"{shown}…\"") } else { format!("\"{shown}\"") }
}

/// A whole reason, cut where it is longer than anyone reads.
pub(super) fn bounded(text: String) -> String {
    // Every score has a reason, and hardly one has more bytes than it may have characters.
    if text.len() <= LONGEST || text.chars().nth(LONGEST).is_none() {
        return text;
    }
    let shown: String = text.chars().take(LONGEST).collect();
    format!("{shown}…")
}

/// `1 word`, `2 words`.
pub(super) fn count(number: u64, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_cut_with_its_length_told() {
        let text = "é".repeat(100);
        assert_eq!(quote(&text), format!("\"{}…\" (100 characters)", "é".repeat(80)));
        assert_eq!(quote(&"x".repeat(80)), format!("\"{}\"", "x".repeat(80)));
        assert_eq!(quote(""), "an empty text");
    }

    #[test]
    fn control_characters_and_direction_overrides_are_stripped() {
        assert_eq!(quote("a\u{1b}[31m\u{202e}b\n\t c\u{0}"), "\"ab c\"");
    }

    #[test]
    fn whole_sequences_are_stripped_also_where_the_text_is_cut() {
        assert_eq!(quote("\u{1b}[31mRED\u{1b}[0m"), "\"RED\"");
        assert_eq!(quote("\u{9b}31mRED\u{1b}]0;title\u{7}!"), "\"RED!\"");
        let long = format!("{}\u{1b}[38;5;196mRED", "x".repeat(77));
        assert_eq!(quote(&long), format!("\"{}RED\"", "x".repeat(77)));
        let around = format!("\u{1b}[1;31mrefund\u{1b}[0m{}", "\u{1b}[2Kz".repeat(10));
        let at = around.find("refund").unwrap_or(0);
        assert_eq!(quote_around(&around, at, at + 6), "\"refundzzzzzzzzzz\" (at character 8)");
        assert_eq!(message("\u{1b}[31mno\u{1b}[0m"), "no");
    }

    #[test]
    fn a_match_is_shown_with_its_surroundings() {
        let text = format!("{}refund{}", "ä".repeat(50), "z".repeat(50));
        let at = text.find("refund").unwrap_or(0);
        let wanted = format!("\"…{}refund{}…\" (at character 51)", "ä".repeat(30), "z".repeat(30));
        assert_eq!(quote_around(&text, at, at + 6), wanted);
        assert_eq!(quote_around("refund", 0, 6), "\"refund\" (at character 1)");
    }

    #[test]
    fn lists_tell_how_many_more_there_are() {
        assert_eq!(list(&["a", "b"]), "\"a\", \"b\"");
        assert_eq!(list(&["a", "b", "c", "d", "e", "f", "g"]), "\"a\", \"b\", \"c\", \"d\", \"e\" and 2 more");
    }
}
