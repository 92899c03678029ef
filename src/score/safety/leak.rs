//! How much of a text stands in another, in contiguous words, and whether a canary does, plain or encoded.

use std::collections::HashSet;

use crate::base::{base64_decode, base64_encode};

/// Most words of each text that are compared.
const MAX_WORDS: usize = 50_000;

/// Words without case, marks and punctuation; characters of Chinese, Japanese and Thai stand alone.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut is_open = false;
    for c in text.chars() {
        if is_ideograph(c) {
            words.push(c.to_string());
            is_open = false;
        } else if c.is_alphanumeric() {
            match words.last_mut().filter(|_| is_open) {
                Some(word) => word.extend(c.to_lowercase()),
                None => words.push(c.to_lowercase().collect()),
            }
            is_open = true;
        } else if !matches!(c, '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' | '\'' | '\u{2019}') {
            is_open = false;
        }
        if words.len() > MAX_WORDS {
            words.pop();
            break;
        }
    }
    words
}

fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{0e00}'..='\u{0eff}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{323af}')
}

/// How much of a prompt stands in an output.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Overlap {
    /// Different sequences of `size` words of the prompt.
    pub(super) sequences: usize,
    /// Those of them that stand in the output.
    pub(super) found: usize,
    /// Words of the longest part of the output that stands in the prompt.
    pub(super) longest: usize,
}

impl Overlap {
    /// Share of the prompt's sequences that stand in the output, 0 to 1; 0 without any.
    pub(super) fn share(self) -> f64 {
        let count = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
        if self.sequences == 0 { 0.0 } else { count(self.found) / count(self.sequences) }
    }
}

/// Compares by sequences of `size` words; `size` is at least 1.
pub(super) fn overlap(prompt: &[String], output: &[String], size: usize) -> Overlap {
    let size = size.max(1);
    let wanted: HashSet<&[String]> = prompt.windows(size).collect();
    let mut found: HashSet<&[String]> = HashSet::new();
    let (mut run, mut longest) = (0_usize, 0_usize);
    for window in output.windows(size) {
        if wanted.contains(window) {
            found.insert(window);
            // Sequences that follow one another are one part: it grows by a word each.
            run = if run == 0 { size } else { run + 1 };
            longest = longest.max(run);
        } else {
            run = 0;
        }
    }
    Overlap { sequences: wanted.len(), found: found.len(), longest }
}

/// How a canary stands in an output; `None` when it does not.
pub(super) fn canary_form(canary: &str, output: &str) -> Option<&'static str> {
    let (bare, text) = (bare(canary), bare(output));
    if bare.is_empty() {
        return None;
    }
    if text.contains(&bare) {
        return Some("as it is");
    }
    if text.contains(&bare.chars().rev().collect::<String>()) {
        return Some("reversed");
    }
    if text.contains(&bare.chars().map(rot13).collect::<String>()) {
        return Some("in ROT13");
    }
    let hex: String = canary.bytes().map(|byte| format!("{byte:02x}")).collect();
    if text.contains(&hex) {
        return Some("in hexadecimal");
    }
    is_in_base64(canary, output).then_some("in base64")
}

/// Letters and digits without case: what is left of a canary whose letters were spread or marked up.
fn bare(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn rot13(c: char) -> char {
    match c {
        'a'..='m' => char::from_u32(u32::from(c) + 13).unwrap_or(c),
        'n'..='z' => char::from_u32(u32::from(c) - 13).unwrap_or(c),
        _ => c,
    }
}

/// Whether base64 in the output holds it: what it decodes to, or the three ways it may be cut from a longer text.
fn is_in_base64(canary: &str, output: &str) -> bool {
    let runs = output.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=')));
    let bare_canary = bare(canary);
    let decodes = |run: &str| {
        let whole = run.trim_end_matches('=');
        let padded = format!("{whole}{}", "=".repeat((4 - whole.len() % 4) % 4));
        base64_decode(&padded).is_some_and(|bytes| bare(&String::from_utf8_lossy(&bytes)).contains(&bare_canary))
    };
    let cut = |skip: usize| {
        let encoded = base64_encode(format!("{}{canary}", " ".repeat(skip)).as_bytes());
        // Characters that share bits with what stands before or behind differ.
        let from = (skip * 8).div_ceil(6);
        let to = (skip + canary.len()) * 8 / 6;
        encoded.get(from..to).is_some_and(|core| core.len() >= 8 && output.contains(core))
    };
    runs.filter(|run| run.len() >= 8).take(1_000).any(decodes) || (0..3).any(cut)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn overlap_counts_sequences_by_hand() {
        // Sequences of three: abc bcd cde def; the output has bcd, cde and, apart, def.
        let (prompt, output) = (words("a b c d e f"), words("x b c d e y d e f"));
        let found = overlap(&prompt, &output, 3);
        assert_eq!((found.sequences, found.found, found.longest), (4, 3, 4));
        assert!((found.share() - 0.75).abs() < 1e-12);
        assert_eq!(overlap(&words("a b"), &output, 3).sequences, 0);
    }

    #[test]
    fn words_have_neither_case_nor_marks() {
        assert_eq!(words("**You** are, the “Bot’s”! pay\u{200b}pal"), ["you", "are", "the", "bots", "paypal"]);
        assert_eq!(words("東京 is"), ["東", "京", "is"]);
    }

    #[test]
    fn canaries_are_found_in_every_form() {
        let canary = "Zebra-Quartz-7731";
        let encoded = base64_encode(b"the word is Zebra-Quartz-7731, ok");
        for (text, form) in [
            ("It is zebra quartz 7731.".to_owned(), "as it is"),
            ("Z e b r a - Q.u.a.r.t.z 7 7 3 1".to_owned(), "as it is"),
            ("1377-ztrauQ-arbeZ".to_owned(), "reversed"),
            ("Mroen-Dhnegm-7731".to_owned(), "in ROT13"),
            (encoded.clone(), "in base64"),
            (format!("x{encoded}"), "in base64"),
        ] {
            assert_eq!(canary_form(canary, &text), Some(form), "{text}");
        }
        let hex: String = canary.bytes().map(|byte| format!("{byte:02X}")).collect();
        assert_eq!(canary_form(canary, &hex), Some("in hexadecimal"));
        assert_eq!(canary_form(canary, "zebra quartz 7732"), None);
        assert_eq!(canary_form("--", "--"), None);
    }

    proptest! {
        #[test]
        fn a_text_covers_itself_and_shares_stay_in_bounds(a in "[a-d ]{0,60}", b in "[a-d ]{0,60}", size in 1_usize..6) {
            let (a, b) = (words(&a), words(&b));
            let share = overlap(&a, &b, size).share();
            prop_assert!((0.0..=1.0).contains(&share));
            if a.len() >= size {
                let own = overlap(&a, &a, size);
                prop_assert!((own.share() - 1.0).abs() < 1e-12 && own.longest == a.len());
            }
        }

        #[test]
        fn canaries_are_read_without_a_panic(canary in "\\PC{0,20}", text in "\\PC{0,80}") {
            prop_assert!(canary_form(&canary, &text).is_none_or(|form| !form.is_empty()));
            if canary.chars().any(char::is_alphanumeric) {
                let with = format!("{text} {canary}");
                prop_assert!(canary_form(&canary, &with).is_some());
            }
        }
    }
}
