//! Finds characters that readers do not see but models and compilers do.

/// A character that is not visible, or that reorders what is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invisible {
    /// Its name, such as `zero width space`.
    pub name: &'static str,
    /// The character.
    pub character: char,
    /// Byte offset.
    pub start: usize,
}

/// Ranges of invisible characters and their names, ascending.
const NAMES: &[(char, char, &str)] = &[
    ('\u{00ad}', '\u{00ad}', "soft hyphen"),
    ('\u{034f}', '\u{034f}', "combining grapheme joiner"),
    ('\u{061c}', '\u{061c}', "arabic letter mark"),
    ('\u{115f}', '\u{1160}', "hangul filler"),
    ('\u{17b4}', '\u{17b5}', "khmer inherent vowel"),
    ('\u{180b}', '\u{180f}', "mongolian separator"),
    ('\u{200b}', '\u{200b}', "zero width space"),
    ('\u{200c}', '\u{200c}', "zero width non-joiner"),
    ('\u{200d}', '\u{200d}', "zero width joiner"),
    ('\u{200e}', '\u{200e}', "left-to-right mark"),
    ('\u{200f}', '\u{200f}', "right-to-left mark"),
    ('\u{202a}', '\u{202b}', "bidirectional embedding"),
    ('\u{202c}', '\u{202c}', "bidirectional pop"),
    ('\u{202d}', '\u{202e}', "bidirectional override"),
    ('\u{2060}', '\u{2060}', "word joiner"),
    ('\u{2061}', '\u{2064}', "invisible operator"),
    ('\u{2065}', '\u{2065}', "unassigned invisible"),
    ('\u{2066}', '\u{2069}', "bidirectional isolate"),
    ('\u{206a}', '\u{206f}', "deprecated format character"),
    ('\u{3164}', '\u{3164}', "hangul filler"),
    ('\u{fe00}', '\u{fe0f}', "variation selector"),
    ('\u{feff}', '\u{feff}', "zero width no-break space"),
    ('\u{ffa0}', '\u{ffa0}', "hangul filler"),
    ('\u{fff9}', '\u{fffb}', "interlinear annotation"),
    ('\u{1bca0}', '\u{1bca3}', "shorthand format control"),
    ('\u{1d173}', '\u{1d17a}', "musical format control"),
    ('\u{e0000}', '\u{e007f}', "tag character"),
    ('\u{e0100}', '\u{e01ef}', "variation selector supplement"),
];

/// Finds the invisible characters of a text, in order.
///
/// Left out is what languages and emoji need: joiners between letters beyond Latin and between emoji, the tags of flags,
/// ideographic variants, and a byte order mark at the very start.
pub fn find_invisible(text: &str) -> Vec<Invisible> {
    if text.is_ascii() {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut before: Option<char> = None;
    let mut in_flag = false;
    for (start, character) in text.char_indices() {
        in_flag = character == BLACK_FLAG || in_flag && is_tag(character);
        if let Some(name) = name_of(character) {
            let after = text.get(start + character.len_utf8()..).and_then(|rest| rest.chars().next());
            let is_needed = in_flag || start == 0 && character == '\u{feff}' || is_spelling(before, character, after);
            if !is_needed {
                found.push(Invisible { name, character, start });
            }
        }
        before = Some(character);
    }
    found
}

/// The names that [`find_invisible`] gives, some of them several times.
pub fn invisible_names() -> impl Iterator<Item = &'static str> {
    NAMES.iter().map(|(_, _, name)| *name)
}

/// Flags of regions are this character, spelled out by tags.
const BLACK_FLAG: char = '\u{1f3f4}';

fn is_tag(character: char) -> bool {
    ('\u{e0020}'..='\u{e007f}').contains(&character)
}

fn name_of(character: char) -> Option<&'static str> {
    if character < '\u{00ad}' {
        return None;
    }
    let at = NAMES.partition_point(|(_, last, _)| *last < character);
    NAMES.get(at).filter(|(first, _, _)| *first <= character).map(|(_, _, name)| *name)
}

/// Whether an invisible character between these two belongs to the writing.
fn is_spelling(before: Option<char>, character: char, after: Option<char>) -> bool {
    match character {
        '\u{200c}' => before.is_some_and(is_complex_letter) && after.is_some_and(is_complex_letter),
        '\u{200d}' => {
            let letters = before.is_some_and(is_complex_letter);
            let emoji = before.is_some_and(is_emoji_part) && after.is_some_and(is_emoji_part);
            letters || emoji
        }
        '\u{e0100}'..='\u{e01ef}' => {
            before.is_some_and(|c| ('\u{2e80}'..='\u{323af}').contains(&c) && c.is_alphabetic())
        }
        // A symbol, an emoji, a digit of a keycap or an ideograph may be varied, once.
        '\u{fe00}'..='\u{fe0f}' => before.is_some_and(|c| {
            let is_varied = !c.is_alphabetic() || !c.is_ascii() && !matches!(c, '\u{80}'..='\u{24f}');
            is_varied
                && !c.is_whitespace()
                && !c.is_control()
                && !matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
                && (!c.is_ascii() || c.is_ascii_digit() || matches!(c, '#' | '*'))
        }),
        '\u{200e}' | '\u{200f}' | '\u{061c}' => {
            before.is_some_and(is_right_to_left) || after.is_some_and(is_right_to_left)
        }
        '\u{180b}'..='\u{180f}' => before.is_some_and(|c| ('\u{1800}'..='\u{18af}').contains(&c)),
        _ => false,
    }
}

/// Letters and signs of scripts in which joiners change the spelling: Arabic, Hebrew, Syriac and those of South Asia.
fn is_complex_letter(character: char) -> bool {
    matches!(character, '\u{0590}'..='\u{0fff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{18af}' | '\u{fb50}'..='\u{fefc}')
        && !character.is_ascii()
}

fn is_right_to_left(character: char) -> bool {
    matches!(character, '\u{0590}'..='\u{08ff}' | '\u{fb1d}'..='\u{fefc}')
}

/// Symbols, emoji, their skin tones and the selector that makes them colourful.
fn is_emoji_part(character: char) -> bool {
    matches!(character, '\u{fe0f}' | '\u{2190}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<(&'static str, usize)> {
        find_invisible(text).iter().map(|found| (found.name, found.start)).collect()
    }

    #[test]
    fn hidden_characters_are_found_with_name_and_offset() {
        assert_eq!(names("pay\u{200b}pal"), [("zero width space", 3)]);
        assert_eq!(names("é\u{202e}cod\u{202c}"), [("bidirectional override", 2), ("bidirectional pop", 8)]);
        assert_eq!(names("a\u{e0041}b"), [("tag character", 1)]);
        assert_eq!(names("a\u{200d}b\u{200c}c"), [("zero width joiner", 1), ("zero width non-joiner", 5)]);
        assert_eq!(names("x\u{feff}"), [("zero width no-break space", 1)]);
        assert_eq!(names("a\u{fe00}"), [("variation selector", 1)]);
        assert_eq!(names("😀\u{fe0f}\u{fe01}"), [("variation selector", 7)]);
        assert_eq!(names("a\u{e0101}"), [("variation selector supplement", 1)]);
        assert_eq!(names("\u{200f}abc"), [("right-to-left mark", 0)]);
        assert_eq!(names("\u{200d}"), [("zero width joiner", 0)]);
        assert_eq!(names("🏴\u{e0067}x\u{e0067}"), [("tag character", 9)]);
    }

    #[test]
    fn what_writing_needs_is_left_out() {
        for text in [
            "",
            "plain ASCII\n\t",
            "Größe, naïve, 東京, 한국어, ελληνικά",
            "👩\u{200d}👩\u{200d}👧 ❤\u{fe0f}\u{200d}🔥 👍🏽",
            "می\u{200c}خواهم",
            "क्\u{200d}ष",
            "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
            "\u{feff}first line",
            "葛\u{e0100}",
            "1\u{fe0f}\u{20e3} ©\u{fe0f} ☎\u{fe0e} ∩\u{fe00} 葛\u{fe00}",
            "שלום\u{200f}!",
        ] {
            assert_eq!(names(text), [], "{text:?}");
        }
    }

    #[test]
    fn the_table_is_sorted_for_its_binary_search() {
        for pair in NAMES.windows(2) {
            assert!(pair[0].0 <= pair[0].1 && pair[0].1 < pair[1].0, "{pair:?}");
        }
        for (first, last, name) in NAMES {
            assert_eq!((name_of(*first), name_of(*last)), (Some(*name), Some(*name)));
        }
    }
}
