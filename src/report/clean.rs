//! Makes text of models and files safe to print: no control characters, no line breaks where one line is meant, and
//! characters that hide or reorder others shown by their number.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::base::Tokens;
use crate::guard::{find_invisible, strip_control};

/// The text without control characters, and with what hides in it shown: `\u{202e}`. Joiners and tags that scripts and
/// emoji need stay.
fn visible(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return strip_control(text);
    }
    let separators = text.char_indices().filter(|(_, c)| matches!(c, '\u{2028}' | '\u{2029}'));
    let order_mark = text.chars().next().filter(|c| *c == '\u{feff}').map(|c| (0, c));
    let found = find_invisible(text).into_iter().map(|found| (found.start, found.character));
    let mut hidden: Vec<(usize, char)> = order_mark.into_iter().chain(found).chain(separators).collect();
    if hidden.is_empty() {
        return strip_control(text);
    }
    hidden.sort_unstable();
    hidden.dedup();
    let mut shown = String::with_capacity(text.len() + 8 * hidden.len());
    let mut done = 0;
    for (start, c) in hidden {
        shown.push_str(text.get(done..start).unwrap_or_default());
        shown.extend(c.escape_unicode());
        done = start + c.len_utf8();
    }
    shown.push_str(text.get(done..).unwrap_or_default());
    Cow::Owned(strip_control(&shown).into_owned())
}

/// The text without control characters, in one line: line breaks and tabs become spaces, runs of spaces one space.
pub(super) fn one_line(text: &str) -> String {
    let safe = visible(text);
    let mut line = String::with_capacity(safe.len());
    for word in safe.split(char::is_whitespace).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    // Spans carry their own spaces at the ends, such as `" · "`.
    let lead = safe.chars().take_while(|c| *c == ' ').count();
    if line.is_empty() {
        return " ".repeat(lead);
    }
    let trail = safe.chars().rev().take_while(|c| *c == ' ').count();
    format!("{}{line}{}", " ".repeat(lead), " ".repeat(trail))
}

/// The text without control characters, line by line; tabs become four spaces.
pub(super) fn lines(text: &str) -> Vec<String> {
    visible(text).replace('\t', "    ").split('\n').map(str::to_owned).collect()
}

/// Text that XML 1.0 can hold: line breaks stay, other control characters and noncharacters go.
pub(super) fn xml_safe(text: &str) -> String {
    let kept: Vec<String> = lines(text);
    kept.join("\n").replace(['\u{fffe}', '\u{ffff}'], "")
}

/// The text cut to `width` columns, with the length of the whole told when something is missing.
///
/// `whole_chars` is the length of what `text` is the beginning of. Shown text can be longer than what it shows, so
/// `missing` says where something is left out already.
pub(super) fn cut(text: &str, width: usize, whole_chars: Option<u64>, missing: bool) -> String {
    let chars = u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
    let whole = whole_chars.unwrap_or(chars);
    if text.width() <= width && whole <= chars && !missing {
        return text.to_owned();
    }
    let told = format!("… ({} characters)", Tokens(whole));
    let room = width.saturating_sub(told.width());
    let mut used = 0;
    let kept: String = text
        .chars()
        .take_while(|c| {
            used += c.width().unwrap_or(0);
            used <= room
        })
        .collect();
    format!("{}{told}", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_and_reordering_never_reach_the_terminal() {
        let hostile = "\u{1b}[2J\u{1b}]0;owned\u{7}ok\r\n\u{202e}gnp.exe\u{9b}31m";
        let shown = one_line(hostile);
        assert!(!shown.chars().any(|c| c.is_control() || c == '\u{202e}'), "{shown:?}");
        assert!(shown.contains(r"ok \u{202e}gnp.exe"), "{shown:?}");
        assert!(lines(hostile).iter().all(|line| !line.chars().any(char::is_control)));
    }

    #[test]
    fn hidden_characters_are_shown_and_spelling_stays() {
        let hidden = "\u{feff}a\u{200b}b\u{200d}c\u{2060}d\u{2066}e\u{2069}\u{2028}f\u{200f}";
        let wanted = r"\u{feff}a\u{200b}b\u{200d}c\u{2060}d\u{2066}e\u{2069}\u{2028}f\u{200f}";
        assert_eq!((one_line(hidden).as_str(), xml_safe(hidden).as_str()), (wanted, wanted));
        assert_eq!(lines("\u{1b}]0;\u{200b}title\u{7}x\ny"), ["x", "y"]);
        let family = "👩\u{200d}👧 می\u{200c}خواهم";
        assert_eq!(one_line(family), family);
    }

    #[test]
    fn one_line_keeps_words_and_outer_spaces() {
        assert_eq!((one_line(" · ").as_str(), one_line("  ").as_str()), (" · ", "  "));
        assert_eq!(one_line("a\n\n\tb   c"), "a b c");
        assert_eq!(one_line("\n"), "");
    }

    #[test]
    fn cutting_tells_the_whole_length_and_counts_columns() {
        assert_eq!(cut("short", 10, None, false), "short");
        assert_eq!(cut("0123456789012345678901234567890", 25, None, false), "01234567… (31 characters)");
        assert_eq!(cut("begin", 80, Some(1_204), true), "begin… (1,204 characters)");
        let wide = cut(&"漢".repeat(40), 30, None, false);
        assert!(wide.width() <= 30 && wide.ends_with("… (40 characters)"), "{wide}");
    }

    #[test]
    fn xml_text_has_no_forbidden_characters() {
        assert_eq!(xml_safe("a\u{0}\u{b}\nb\u{ffff}\u{1b}[1m"), "a\nb");
    }
}
