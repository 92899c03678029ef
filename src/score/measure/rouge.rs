//! ROUGE (Lin 2004) as the library rouge-score computes it.

use std::collections::{BTreeSet, HashMap};

use super::ngram::{Figures, counts, numbered, overlap, size};
use super::porter::stem;
use super::tokens;

/// How texts become tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::score) struct Cut {
    /// Words of Unicode instead of `[a-z0-9]`.
    pub(in crate::score) unicode: bool,
    /// Porter stems of tokens longer than three characters.
    pub(in crate::score) stemmed: bool,
}

impl Cut {
    /// The tokens of a text.
    pub(in crate::score) fn tokens(self, text: &str) -> Vec<String> {
        let tokens = if self.unicode { tokens::unicode(text) } else { tokens::latin(text) };
        if !self.stemmed {
            return tokens;
        }
        tokens.into_iter().map(|token| if token.chars().count() > 3 { stem(&token) } else { token }).collect()
    }
}

/// ROUGE-N of token lists; without tokens 0.
pub(in crate::score) fn rouge_n(reference: &[String], hypothesis: &[String], order: usize) -> Figures {
    let (wanted, given) = (counts(reference, order), counts(hypothesis, order));
    Figures::of(overlap(&wanted, &given), given.values().sum(), wanted.values().sum())
}

/// ROUGE-L of token lists: the longest common subsequence.
pub(in crate::score) fn rouge_l(reference: &[String], hypothesis: &[String]) -> Figures {
    if reference.is_empty() || hypothesis.is_empty() {
        return Figures::default();
    }
    let (wanted, given) = numbered(reference, hypothesis);
    let common = rapidfuzz::distance::lcs_seq::similarity(wanted, given);
    Figures::of(u64::try_from(common).unwrap_or(u64::MAX), size(hypothesis), size(reference))
}

/// ROUGE-Lsum of texts whose sentences stand on lines of their own: for each line of the reference the union of its
/// longest common subsequences with all lines of the hypothesis.
pub(in crate::score) fn rouge_lsum(reference: &str, hypothesis: &str, cut: Cut) -> Figures {
    let lines = |text: &str| -> Vec<Vec<String>> {
        text.split('\n').filter(|line| !line.is_empty()).map(|line| cut.tokens(line)).collect()
    };
    let (reference, hypothesis) = (lines(reference), lines(hypothesis));
    let (mut left_r, mut left_h) = (tally(&reference), tally(&hypothesis));
    let mut hits = 0;
    for line in &reference {
        let union: BTreeSet<usize> = hypothesis.iter().flat_map(|other| lcs_places(line, other)).collect();
        for token in union.iter().filter_map(|at| line.get(*at)) {
            let (Some(wanted), Some(given)) = (left_r.get_mut(token.as_str()), left_h.get_mut(token.as_str())) else {
                continue;
            };
            if *wanted > 0 && *given > 0 {
                (*wanted, *given) = (*wanted - 1, *given - 1);
                hits += 1;
            }
        }
    }
    let total = |lines: &[Vec<String>]| lines.iter().map(|line| size(line)).sum();
    Figures::of(hits, total(&hypothesis), total(&reference))
}

fn tally(lines: &[Vec<String>]) -> HashMap<&str, u64> {
    let mut left = HashMap::new();
    for token in lines.iter().flatten() {
        *left.entry(token.as_str()).or_insert(0) += 1;
    }
    left
}

/// Places in `reference` of one longest common subsequence. Where two ways are equally long, it steps back in the
/// reference: which of them is taken decides the union.
fn lcs_places(reference: &[String], hypothesis: &[String]) -> Vec<usize> {
    let columns = hypothesis.len() + 1;
    let mut table = vec![0_u32; (reference.len() + 1) * columns];
    let at = |table: &[u32], i: usize, j: usize| table.get(i * columns + j).copied().unwrap_or(0);
    for (i, wanted) in reference.iter().enumerate() {
        for (j, given) in hypothesis.iter().enumerate() {
            let longest =
                if wanted == given { at(&table, i, j) + 1 } else { at(&table, i, j + 1).max(at(&table, i + 1, j)) };
            if let Some(cell) = table.get_mut((i + 1) * columns + j + 1) {
                *cell = longest;
            }
        }
    }
    let (mut i, mut j) = (reference.len(), hypothesis.len());
    let mut places = Vec::new();
    while i > 0 && j > 0 {
        if reference.get(i - 1) == hypothesis.get(j - 1) {
            places.push(i - 1);
            (i, j) = (i - 1, j - 1);
        } else if at(&table, i, j - 1) > at(&table, i - 1, j) {
            j -= 1;
        } else {
            i -= 1;
        }
    }
    places
}
