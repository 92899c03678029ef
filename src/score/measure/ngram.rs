//! Counting runs of tokens, and the three figures that follow from counts.

use std::collections::HashMap;
use std::hash::Hash;

/// How often each run of `order` tokens occurs.
pub(in crate::score) fn counts<T: Hash + Eq>(tokens: &[T], order: usize) -> HashMap<&[T], u64> {
    let mut counts = HashMap::new();
    if order > 0 {
        for run in tokens.windows(order) {
            *counts.entry(run).or_insert(0) += 1;
        }
    }
    counts
}

/// Occurrences that both have: the sum of the smaller counts.
pub(in crate::score) fn overlap<K: Hash + Eq>(one: &HashMap<K, u64>, other: &HashMap<K, u64>) -> u64 {
    one.iter().map(|(run, count)| (*count).min(other.get(run).copied().unwrap_or(0))).sum()
}

/// Precision, recall and their harmonic mean; 0/0 is 0.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(in crate::score) struct Figures {
    pub(in crate::score) precision: f64,
    pub(in crate::score) recall: f64,
    pub(in crate::score) f: f64,
}

impl Figures {
    /// From what was found right, what was given, and what was wanted.
    pub(in crate::score) fn of(hits: u64, given: u64, wanted: u64) -> Figures {
        let (precision, recall) = (share(hits, given), share(hits, wanted));
        Figures { precision, recall, f: Figures::harmonic(precision, recall) }
    }

    /// The harmonic mean; 0 of two zeros.
    pub(in crate::score) fn harmonic(precision: f64, recall: f64) -> f64 {
        let sum = precision + recall;
        if sum > 0.0 { 2.0 * precision * recall / sum } else { 0.0 }
    }
}

/// `part / whole`; 0 when the whole is 0.
pub(in crate::score) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { real(part) / real(whole) }
}

#[expect(clippy::cast_precision_loss, reason = "counts of tokens are far below 2^52")]
pub(in crate::score) fn real(count: u64) -> f64 {
    count as f64
}

/// A length as a count.
pub(in crate::score) fn size<T>(items: &[T]) -> u64 {
    u64::try_from(items.len()).unwrap_or(u64::MAX)
}

/// Both lists with equal tokens as equal numbers.
pub(in crate::score) fn numbered<T: Hash + Eq>(one: &[T], other: &[T]) -> (Vec<u32>, Vec<u32>) {
    let mut known: HashMap<&T, u32> = HashMap::with_capacity(one.len());
    let first = one.iter().map(|token| number(&mut known, token)).collect();
    (first, other.iter().map(|token| number(&mut known, token)).collect())
}

fn number<'t, T: Hash + Eq>(known: &mut HashMap<&'t T, u32>, token: &'t T) -> u32 {
    let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
    *known.entry(token).or_insert(next)
}
