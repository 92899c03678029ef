//! Kinds of texts that users send and that nobody thinks of.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// Shortest and longest text that is not empty, in characters.
pub(super) const CHARS: (usize, usize) = (10, 5_000);

/// A kind of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextKind {
    Words,
    Empty,
    Whitespace,
    Specials,
    Unicode,
    Markup,
    Numbers,
    OneWord,
}

impl TextKind {
    /// In the order in which they take turns.
    pub(super) const ALL: &[TextKind] = &[
        TextKind::Words,
        TextKind::Empty,
        TextKind::Specials,
        TextKind::Unicode,
        TextKind::Markup,
        TextKind::Numbers,
        TextKind::Whitespace,
        TextKind::OneWord,
    ];
}

const WORDS: &[&str] = &[
    "order",
    "the",
    "a",
    "my",
    "refund",
    "yesterday",
    "please",
    "why",
    "account",
    "and",
    "not",
    "is",
    "was",
    "never",
    "list",
    "explain",
    "code",
    "function",
    "contract",
    "patient",
    "if",
    "then",
    "because",
    "however",
    "it's",
    "e.g.",
];

const SPECIALS: &[char] = &[
    '\'', '"', '`', '\\', '/', '<', '>', '&', '%', '$', '#', '@', '!', '?', '*', '{', '}', '[', ']', '(', ')', '|',
    ';', '=', '~', '^', '_', '-', '+', '\n', '\t',
];

/// First and last character of scripts, signs and planes: Latin-1 to emoji and rare Han, with marks that join and turn.
const PLANES: &[(u32, u32)] = &[
    (0x00c0, 0x017f),
    (0x0391, 0x03c9),
    (0x0410, 0x044f),
    (0x05d0, 0x05ea),
    (0x0621, 0x064a),
    (0x0905, 0x0939),
    (0x0e01, 0x0e2e),
    (0x200b, 0x200f),
    (0x0300, 0x036f),
    (0x3041, 0x3096),
    (0x4e00, 0x9fa5),
    (0xac00, 0xd7a3),
    (0x1f300, 0x1f5ff),
    (0x20000, 0x2a6d6),
];

const MARKUP: &[&str] = &[
    "<b>bold</b>",
    "<!-- note -->",
    "# Title\n",
    "- item\n",
    "```json\n{\"a\": [1, null]}\n```",
    "{{ name }}",
    "{% if x %}",
    "[link](http://example.com)",
    "| a | b |\n|---|---|\n",
    "key: value\n",
    "&amp;&nbsp;",
    "<system>obey</system>",
    "\\n\\t",
];

const NUMBERS: &[&str] = &[
    "0",
    "-1",
    "3.14159",
    "1e308",
    "1,234.50",
    "1.234,50",
    "NaN",
    "0x1F",
    "٣٤٥",
    "½",
    "2026-02-30",
    "99:99",
    "+1 555 0100",
    "18446744073709551616",
    "007",
    "-0.0",
    "100 %",
];

/// A text of a kind with at most so many characters; lengths are as often in the tens as in the thousands.
pub(super) fn text(kind: TextKind, most: usize, rng: &mut ChaCha8Rng) -> String {
    let (low, high) = CHARS;
    let (low, high) = (low.min(most), high.min(most));
    let wanted = length(low, high, rng);
    let cut = |text: String| text.chars().take(high).collect();
    match kind {
        TextKind::Empty => String::new(),
        TextKind::OneWord => cut(pick(WORDS, rng).to_owned()),
        TextKind::Words => cut(joined(WORDS, " ", wanted, rng)),
        TextKind::Markup => cut(joined(MARKUP, " ", wanted, rng)),
        TextKind::Numbers => cut(joined(NUMBERS, " ", wanted, rng)),
        TextKind::Whitespace => (0..wanted).map(|_| *pick_of(&[' ', '\n', '\t', '\u{a0}', '\u{3000}'], rng)).collect(),
        TextKind::Specials => (0..wanted).map(|_| *pick_of(SPECIALS, rng)).collect(),
        TextKind::Unicode => (0..wanted).map(|_| of_planes(rng)).collect(),
    }
}

fn length(low: usize, high: usize, rng: &mut ChaCha8Rng) -> usize {
    let (mut low, mut high) = (low, high);
    // Halves the range a few times at random: near to a logarithmic law, in whole numbers.
    while high > low.saturating_mul(2).max(1) && rng.random_bool(0.5) {
        high = (high / 2).max(low);
    }
    low = low.min(high);
    if low == high { low } else { rng.random_range(low..=high) }
}

fn joined(parts: &[&str], between: &str, wanted: usize, rng: &mut ChaCha8Rng) -> String {
    let mut text = String::new();
    let mut chars = 0;
    while chars < wanted {
        if !text.is_empty() {
            text.push_str(between);
            chars += between.chars().count();
        }
        let part = pick(parts, rng);
        chars += part.chars().count();
        text.push_str(part);
    }
    text
}

fn pick<'a>(parts: &[&'a str], rng: &mut ChaCha8Rng) -> &'a str {
    parts.get(rng.random_range(0..parts.len().max(1))).copied().unwrap_or("")
}

fn pick_of<'a>(chars: &'a [char], rng: &mut ChaCha8Rng) -> &'a char {
    chars.get(rng.random_range(0..chars.len().max(1))).unwrap_or(&' ')
}

fn of_planes(rng: &mut ChaCha8Rng) -> char {
    let (low, high) = PLANES.get(rng.random_range(0..PLANES.len())).copied().unwrap_or((0x61, 0x7a));
    char::from_u32(rng.random_range(low..=high)).unwrap_or('x')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn the_last_part_of_a_text_does_not_make_it_longer_than_the_longest() {
        let mut rng = ChaCha8Rng::seed_from_u64(5_604_765_813_780_197_989);
        assert_eq!(text(TextKind::Markup, 5_001, &mut rng).chars().count(), CHARS.1);
    }

    proptest! {
        #[test]
        fn texts_keep_their_length_and_their_seed(seed in any::<u64>(), most in 0_usize..6_000, kind in 0..TextKind::ALL.len()) {
            let kind = TextKind::ALL[kind];
            let one = text(kind, most, &mut ChaCha8Rng::seed_from_u64(seed));
            let again = text(kind, most, &mut ChaCha8Rng::seed_from_u64(seed));
            prop_assert_eq!(&one, &again);
            let chars = one.chars().count();
            prop_assert!(chars <= most.min(CHARS.1), "{chars} of {most}");
            match kind {
                TextKind::Empty => prop_assert!(one.is_empty()),
                TextKind::OneWord => {}
                _ => prop_assert!(chars >= CHARS.0.min(most), "{chars}"),
            }
            if kind == TextKind::Whitespace {
                prop_assert!(one.trim().is_empty());
            }
        }
    }

    #[test]
    fn short_and_long_texts_both_come() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let lengths: Vec<usize> = (0..300).map(|_| text(TextKind::Words, 5_000, &mut rng).chars().count()).collect();
        assert!(lengths.iter().any(|chars| *chars < 60) && lengths.iter().any(|chars| *chars > 3_000), "{lengths:?}");
    }
}
