//! Makes foreign text safe to print on a terminal.

use std::borrow::Cow;

const ESCAPE: char = '\u{1b}';
const BELL: char = '\u{7}';

/// Removes what a terminal would obey instead of show: control characters except line feed and tab, whole escape sequences
/// (colours, cursor movement, titles, links), and the characters that reorder text. Borrows when there is nothing to do.
///
/// A sequence that never ends loses its introducer only: the text behind it stays visible.
pub fn strip_control(text: &str) -> Cow<'_, str> {
    // Almost all texts have none of these bytes, and looking them up is much faster than looking at characters.
    if !text.bytes().any(|byte| MAY_BE_UNWANTED[usize::from(byte)]) {
        return Cow::Borrowed(text);
    }
    let Some(first) = text.find(is_unwanted) else { return Cow::Borrowed(text) };
    let (clean, mut rest) = text.split_at(first);
    let mut kept = String::with_capacity(text.len());
    kept.push_str(clean);
    while let Some(character) = rest.chars().next() {
        let skipped = match introducer(rest) {
            Some((kind, length)) => length + sequence(kind, rest.get(length..).unwrap_or("")),
            None => character.len_utf8(),
        };
        rest = rest.get(skipped..).unwrap_or("");
        let plain = rest.find(is_unwanted).unwrap_or(rest.len());
        let (clean, tail) = rest.split_at(plain);
        kept.push_str(clean);
        rest = tail;
    }
    Cow::Owned(kept)
}

/// [`may_be_unwanted`] of every byte.
static MAY_BE_UNWANTED: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    loop {
        table[byte as usize] = may_be_unwanted(byte);
        match byte.checked_add(1) {
            Some(next) => byte = next,
            None => break table,
        }
    }
};

/// Whether a byte is, or begins, a character that [`is_unwanted`]: a control, U+0080 to U+00BF, or U+2000 to U+2FFF.
const fn may_be_unwanted(byte: u8) -> bool {
    (byte < 0x20 && !matches!(byte, b'\n' | b'\t')) || matches!(byte, 0x7f | 0xc2 | 0xe2)
}

fn is_unwanted(character: char) -> bool {
    let is_control = character.is_control() && !matches!(character, '\n' | '\t');
    is_control || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The kinds of escape sequences.
#[derive(Clone, Copy)]
enum Sequence {
    /// Parameters and intermediates, then one final character (ECMA-48 CSI).
    Control,
    /// Text up to a terminator (OSC, DCS, PM, APC, SOS); only OSC also ends at a bell, but terminals accept it elsewhere.
    Text,
    /// Intermediates, then one final character.
    Short,
}

/// What sequence `text` begins with, and how long its introducer is; 7-bit and 8-bit forms.
fn introducer(text: &str) -> Option<(Sequence, usize)> {
    let mut characters = text.chars();
    let first = characters.next()?;
    match first {
        ESCAPE => Some(match characters.next() {
            Some('[') => (Sequence::Control, 2),
            Some(']' | 'P' | 'X' | '^' | '_') => (Sequence::Text, 2),
            _ => (Sequence::Short, 1),
        }),
        '\u{9b}' => Some((Sequence::Control, first.len_utf8())),
        '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}' => Some((Sequence::Text, first.len_utf8())),
        _ => None,
    }
}

/// Length in bytes of the sequence behind its introducer.
fn sequence(kind: Sequence, rest: &str) -> usize {
    match kind {
        Sequence::Control => {
            let body = count(rest, |c| ('\u{20}'..='\u{3f}').contains(&c));
            body + count_one(rest.get(body..), |c| ('\u{40}'..='\u{7e}').contains(&c))
        }
        Sequence::Short => {
            let body = count(rest, |c| ('\u{20}'..='\u{2f}').contains(&c));
            body + count_one(rest.get(body..), |c| ('\u{30}'..='\u{7e}').contains(&c))
        }
        Sequence::Text => text_length(rest).unwrap_or(0),
    }
}

/// Up to and with the terminator: bell, `ESC \` or its 8-bit form. `None` without one before the next escape.
fn text_length(rest: &str) -> Option<usize> {
    let at = rest.find([BELL, ESCAPE, '\u{9c}'])?;
    let tail = rest.get(at..)?;
    if tail.starts_with(ESCAPE) {
        return tail.starts_with("\u{1b}\\").then_some(at + 2);
    }
    Some(at + tail.chars().next()?.len_utf8())
}

fn count(text: &str, wanted: impl Fn(char) -> bool) -> usize {
    text.find(|c| !wanted(c)).unwrap_or(text.len())
}

fn count_one(text: Option<&str>, wanted: impl Fn(char) -> bool) -> usize {
    text.and_then(|text| text.chars().next()).filter(|c| wanted(*c)).map_or(0, char::len_utf8)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sequences_vanish_and_their_text_stays() {
        for (text, clean) in [
            ("", ""),
            ("plain\n\ttext", "plain\n\ttext"),
            ("a\r\nb\r", "a\nb"),
            ("\u{1b}[31mred\u{1b}[0m", "red"),
            ("\u{1b}[38;2;1;2;3mx\u{1b}[?25ly", "xy"),
            ("\u{1b}]0;title\u{7}after", "after"),
            ("\u{1b}]8;;https://evil\u{1b}\\link\u{1b}]8;;\u{1b}\\", "link"),
            ("\u{1b}P1$r0m\u{1b}\\x\u{1b}_app\u{1b}\\y", "xy"),
            ("\u{9b}2Jx\u{9d}0;t\u{9c}y\u{85}z", "xyz"),
            ("\u{1b}c\u{1b}(Bx\u{1b}7", "x"),
            ("\u{1b}]52;c;never ends\nnext", "52;c;never ends\nnext"),
            ("\u{1b}]0;cut\u{1b}[31mred", "0;cutred"),
            ("\u{1b}[12", ""),
            ("\u{1b}", ""),
            ("\u{1b}é", "é"),
            ("\u{1b}[é", "é"),
            ("a\u{0}\u{8}\u{7f}b", "ab"),
            ("abc\u{202e}def\u{2066}g", "abcdefg"),
            ("Größe 東京 👩\u{200d}👧", "Größe 東京 👩\u{200d}👧"),
        ] {
            assert_eq!(strip_control(text), clean, "{text:?}");
        }
        assert!(matches!(strip_control("clean é\n"), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn nothing_a_terminal_obeys_is_left(text in "(?s)[\\x00-\\x7f\u{80}-\u{9f}\u{202a}-\u{202e}é;\\[\\]\\\\]{0,60}") {
            let clean = strip_control(&text);
            prop_assert!(!clean.chars().any(is_unwanted), "{clean:?}");
            prop_assert_eq!(strip_control(&clean), clean.clone());
        }

        #[test]
        fn visible_text_is_kept(text in "[ -~\\n\\té東]{0,60}") {
            prop_assert_eq!(strip_control(&text), text.as_str());
        }
    }
}
