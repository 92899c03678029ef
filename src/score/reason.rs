//! Words of reasons: model text quoted, cut with its length told, without control characters.

/// Characters of model text shown in a reason.
const SHOWN: usize = 80;
/// Characters shown on each side of a match.
const AROUND: usize = 30;
/// Longest reason, in characters: groups join those of their members.
const LONGEST: usize = 800;

/// Text with white space as single spaces and without control characters or direction overrides.
pub(super) fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(512));
    for c in text.chars() {
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
    let shown: String = text.chars().take(SHOWN).collect();
    if total <= SHOWN {
        format!("\"{}\"", clean(&shown))
    } else {
        format!("\"{}…\" ({total} characters)", clean(&shown))
    }
}

/// The surroundings of the bytes `start..end`, quoted: `"…can get a refund within…" at character 104`.
pub(super) fn quote_around(text: &str, start: usize, end: usize) -> String {
    let before = text.get(..start).unwrap_or("");
    let matched: String = text.get(start..end).unwrap_or("").chars().take(SHOWN).collect();
    let after = text.get(end..).unwrap_or("");
    let position = before.chars().count() + 1;
    let left: Vec<char> = before.chars().rev().take(AROUND).collect();
    let left: String = left.into_iter().rev().collect();
    let right: String = after.chars().take(AROUND).collect();
    let open = if left.len() < before.len() { "…" } else { "" };
    let close = if right.len() < after.len() || matched.len() < end.saturating_sub(start) { "…" } else { "" };
    format!("\"{open}{}{close}\" (at character {position})", clean(&format!("{left}{matched}{right}")))
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
    let shown: String = text.chars().take(SHOWN).collect();
    if total <= SHOWN { format!("`{}`", clean(&shown)) } else { format!("`{}…` ({total} characters)", clean(&shown)) }
}

/// A message of a library about model text: cleaned and cut.
pub(super) fn message(text: &str) -> String {
    let total = text.chars().count();
    let shown: String = text.chars().take(2 * SHOWN).collect();
    if total <= 2 * SHOWN { clean(&shown) } else { format!("{}…", clean(&shown)) }
}

/// A whole reason, cut where it is longer than anyone reads.
pub(super) fn bounded(text: String) -> String {
    if text.chars().nth(LONGEST).is_none() {
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
        assert_eq!(quote("a\u{1b}[31m\u{202e}b\n\t c\u{0}"), "\"a[31mb c\"");
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
