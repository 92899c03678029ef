//! Ways to write an order so that filters pass over it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// How the payload of an attack is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Disguise {
    /// As it is.
    Plain,
    /// Base64 (RFC 4648) of its UTF-8.
    Base64,
    /// Lowercase hexadecimal of its UTF-8.
    Hex,
    /// Latin letters moved by 13 places.
    Rot13,
    /// Latin letters replaced by Cyrillic and Greek ones that look the same.
    Homoglyph,
    /// A zero-width space after every character.
    ZeroWidth,
    /// The invisible tag characters U+E0020 to U+E007E in place of ASCII.
    TagCharacters,
}

impl Disguise {
    /// Word and disguise, in one table.
    pub(super) const ALL: &[(&'static str, Disguise)] = &[
        ("none", Disguise::Plain),
        ("base64", Disguise::Base64),
        ("hex", Disguise::Hex),
        ("rot13", Disguise::Rot13),
        ("homoglyph", Disguise::Homoglyph),
        ("zero_width", Disguise::ZeroWidth),
        ("tag_characters", Disguise::TagCharacters),
    ];

    /// The text as it is sent.
    pub(super) fn apply(self, text: &str) -> String {
        match self {
            Disguise::Plain => text.to_owned(),
            Disguise::Base64 => STANDARD.encode(text),
            Disguise::Hex => text.bytes().map(|byte| format!("{byte:02x}")).collect(),
            Disguise::Rot13 => text.chars().map(rot13).collect(),
            Disguise::Homoglyph => text.chars().map(look_alike).collect(),
            Disguise::ZeroWidth => text.chars().flat_map(|letter| [letter, '\u{200b}']).collect(),
            Disguise::TagCharacters => text.chars().map(tag).collect(),
        }
    }
}

fn rot13(letter: char) -> char {
    let moved = |first: u8| {
        let place = u8::try_from(letter).unwrap_or(first).saturating_sub(first);
        char::from(first + (place + 13) % 26)
    };
    match letter {
        'a'..='z' => moved(b'a'),
        'A'..='Z' => moved(b'A'),
        other => other,
    }
}

fn look_alike(letter: char) -> char {
    const PAIRS: &[(char, char)] = &[
        ('a', 'а'),
        ('c', 'с'),
        ('e', 'е'),
        ('i', 'і'),
        ('j', 'ј'),
        ('o', 'о'),
        ('p', 'р'),
        ('s', 'ѕ'),
        ('x', 'х'),
        ('y', 'у'),
        ('A', 'А'),
        ('B', 'В'),
        ('E', 'Е'),
        ('H', 'Н'),
        ('I', 'І'),
        ('K', 'Κ'),
        ('M', 'М'),
        ('O', 'О'),
        ('P', 'Р'),
        ('T', 'Т'),
    ];
    PAIRS.iter().find(|(latin, _)| *latin == letter).map_or(letter, |(_, other)| *other)
}

fn tag(letter: char) -> char {
    let code = u32::from(letter);
    if (0x20..0x7f).contains(&code) { char::from_u32(0xe_0000 + code).unwrap_or(letter) } else { letter }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_texts_have_known_forms() {
        assert_eq!(Disguise::Base64.apply("Hi there"), "SGkgdGhlcmU=");
        assert_eq!(Disguise::Hex.apply("aé"), "61c3a9");
        assert_eq!(Disguise::Rot13.apply("Hello, Zz 9"), "Uryyb, Mm 9");
        assert_eq!(Disguise::ZeroWidth.apply("ab"), "a\u{200b}b\u{200b}");
        assert_eq!(Disguise::TagCharacters.apply("A"), "\u{e0041}");
        let seen = Disguise::Homoglyph.apply("peace");
        assert!(seen != "peace" && seen.chars().count() == 5 && !seen.is_ascii());
    }

    proptest! {
        #[test]
        fn what_is_written_backwards_is_the_text_again(text in "\\PC{0,60}") {
            prop_assert_eq!(Disguise::Rot13.apply(&Disguise::Rot13.apply(&text)), text.clone());
            let decoded = STANDARD.decode(Disguise::Base64.apply(&text)).expect("base64");
            prop_assert_eq!(decoded, text.as_bytes());
            prop_assert_eq!(Disguise::ZeroWidth.apply(&text).chars().count(), 2 * text.chars().count());
        }
    }
}
