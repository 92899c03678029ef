//! Word and character error rates as jiwer computes them.

use super::ngram::{numbered, real, size};

/// Edits and the length of the reference; they add up over the segments of a corpus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::score) struct Errors {
    /// Substitutions, deletions and insertions.
    pub(in crate::score) edits: u64,
    /// Units of the reference.
    pub(in crate::score) wanted: u64,
}

impl Errors {
    /// Of words: runs between blanks.
    pub(in crate::score) fn of_words(reference: &str, hypothesis: &str) -> Errors {
        errors(&words(reference), &words(hypothesis))
    }

    /// Of characters: code points, white space at both ends left out.
    pub(in crate::score) fn of_characters(reference: &str, hypothesis: &str) -> Errors {
        let characters = |text: &str| -> Vec<char> { text.trim().chars().collect() };
        errors(&characters(reference), &characters(hypothesis))
    }

    /// Edits, and the length of the reference.
    pub(in crate::score) fn numbers(self) -> Vec<u64> {
        vec![self.edits, self.wanted]
    }

    /// From what [`Errors::numbers`] gives; `None` for anything else.
    pub(in crate::score) fn of_numbers(numbers: &[u64]) -> Option<Errors> {
        let [edits, wanted] = numbers.try_into().ok()?;
        Some(Errors { edits, wanted })
    }

    /// The errors of two texts, or corpora, together.
    pub(in crate::score) fn plus(self, other: Errors) -> Errors {
        let sum = u64::saturating_add;
        Errors { edits: sum(self.edits, other.edits), wanted: sum(self.wanted, other.wanted) }
    }

    /// Edits per unit of the reference; it may pass 1. With an empty reference it is the number of units inserted.
    pub(in crate::score) fn rate(self) -> f64 {
        real(self.edits) / real(self.wanted.max(1))
    }
}

/// White space runs of two and more become one blank, single ones stay what they are: only blanks separate.
fn words(text: &str) -> Vec<String> {
    let mut plain = String::with_capacity(text.len());
    let mut blanks: Vec<char> = Vec::new();
    for c in text.trim().chars().chain([' ']) {
        if c.is_whitespace() {
            blanks.push(c);
            continue;
        }
        push_blanks(&mut plain, &mut blanks);
        plain.push(c);
    }
    plain.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn push_blanks(plain: &mut String, blanks: &mut Vec<char>) {
    match blanks.as_slice() {
        [] => {}
        [one] => plain.push(*one),
        _ => plain.push(' '),
    }
    blanks.clear();
}

fn errors<T: std::hash::Hash + Eq>(reference: &[T], hypothesis: &[T]) -> Errors {
    let (wanted, given) = numbered(reference, hypothesis);
    let edits = rapidfuzz::distance::levenshtein::distance(wanted, given);
    Errors { edits: u64::try_from(edits).unwrap_or(u64::MAX), wanted: size(reference) }
}
