//! chrF and chrF++ (Popović 2015, 2017) as sacreBLEU computes them.

use super::ngram::{counts, overlap, share};

/// Longest runs of characters.
const CHARACTERS: usize = 6;

/// Weight of recall: F with beta 2.
const BETA: f64 = 2.0;

/// Counts of one segment per order: given, wanted, hits. Characters first, then words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::score) struct ChrfCounts(Vec<[u64; 3]>);

impl ChrfCounts {
    /// Of one segment; `words` is 0 for chrF and 2 for chrF++. Of several references the one with the best score counts.
    pub(in crate::score) fn of(hypothesis: &str, references: &[&str], words: usize) -> ChrfCounts {
        let mut best: Option<(f64, ChrfCounts)> = None;
        for reference in references {
            let found = ChrfCounts::of_pair(hypothesis, reference, words);
            let score = found.score();
            if best.as_ref().is_none_or(|(known, _)| score > *known) {
                best = Some((score, found));
            }
        }
        best.map(|(_, counts)| counts).unwrap_or_default()
    }

    fn of_pair(hypothesis: &str, reference: &str, words: usize) -> ChrfCounts {
        let characters = |text: &str| -> Vec<char> { text.chars().filter(|c| !c.is_whitespace()).collect() };
        let (given, wanted) = (characters(hypothesis), characters(reference));
        let mut all: Vec<[u64; 3]> = (1..=CHARACTERS).map(|order| order_counts(&given, &wanted, order)).collect();
        if words > 0 {
            let (given, wanted) = (words_of(hypothesis), words_of(reference));
            all.extend((1..=words).map(|order| order_counts(&given, &wanted, order)));
        }
        ChrfCounts(all)
    }

    /// Order by order: given, wanted, hits.
    pub(in crate::score) fn numbers(&self) -> Vec<u64> {
        self.0.iter().flatten().copied().collect()
    }

    /// From what [`ChrfCounts::numbers`] gives; `None` for anything else.
    pub(in crate::score) fn of_numbers(numbers: &[u64]) -> Option<ChrfCounts> {
        let (orders, rest) = numbers.as_chunks::<3>();
        (rest.is_empty() && orders.len() >= CHARACTERS).then(|| ChrfCounts(orders.to_vec()))
    }

    /// The counts of two texts, or corpora, together.
    pub(in crate::score) fn plus(mut self, other: &ChrfCounts) -> ChrfCounts {
        if self.0.is_empty() {
            return other.clone();
        }
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            for (mine, theirs) in mine.iter_mut().zip(theirs) {
                *mine = mine.saturating_add(*theirs);
            }
        }
        self
    }

    /// The score, 0 to 1: F of the mean precision and the mean recall over the orders that both sides reach.
    pub(in crate::score) fn score(&self) -> f64 {
        let reached = || self.0.iter().filter(|[given, wanted, _]| *given > 0 && *wanted > 0);
        let orders = super::ngram::real(reached().count() as u64);
        if orders == 0.0 {
            return 0.0;
        }
        let precision = reached().map(|[given, _, hits]| share(*hits, *given)).sum::<f64>() / orders;
        let recall = reached().map(|[_, wanted, hits]| share(*hits, *wanted)).sum::<f64>() / orders;
        let factor = BETA * BETA;
        let weighed = factor * precision + recall;
        if weighed > 0.0 { ((1.0 + factor) * precision * recall / weighed).min(1.0) } else { 0.0 }
    }
}

/// Given n-grams do not count where the reference has none of that order.
fn order_counts<T: std::hash::Hash + Eq>(given: &[T], wanted: &[T], order: usize) -> [u64; 3] {
    let (given, wanted) = (counts(given, order), counts(wanted, order));
    let total = if wanted.is_empty() { 0 } else { given.values().sum() };
    [total, wanted.values().sum(), overlap(&given, &wanted)]
}

/// Words with one punctuation mark split off: at the end, else at the beginning.
fn words_of(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for word in text.split_whitespace() {
        let mut characters = word.chars();
        let (first, last) = (characters.next(), characters.next_back());
        match (first, last) {
            (Some(_), Some(last)) if last.is_ascii_punctuation() => {
                let (front, mark) = word.split_at(word.len() - last.len_utf8());
                words.extend([front, mark]);
            }
            (Some(first), Some(_)) if first.is_ascii_punctuation() => {
                let (mark, rest) = word.split_at(first.len_utf8());
                words.extend([mark, rest]);
            }
            _ => words.push(word),
        }
    }
    words
}
