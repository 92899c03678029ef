//! Edit distances over code points, and their likeness between 0 and 1 (conventions of `RapidFuzz`).

use rapidfuzz::distance::{damerau_levenshtein, indel, jaro_winkler, levenshtein, osa};

use super::ngram::real;

/// `1 - distance / longer length`; two empty texts are alike (1).
fn likeness(distance: usize, one: &str, other: &str) -> f64 {
    let longer = one.chars().count().max(other.chars().count());
    if longer == 0 { 1.0 } else { 1.0 - ratio(distance, longer) }
}

fn ratio(part: usize, whole: usize) -> f64 {
    real(u64::try_from(part).unwrap_or(u64::MAX)) / real(u64::try_from(whole).unwrap_or(u64::MAX))
}

/// Insertions, deletions and substitutions from one text to the other.
pub(in crate::score) fn levenshtein_distance(one: &str, other: &str) -> usize {
    levenshtein::distance(one.chars(), other.chars())
}

/// Levenshtein likeness.
pub(in crate::score) fn levenshtein_likeness(one: &str, other: &str) -> f64 {
    likeness(levenshtein_distance(one, other), one, other)
}

/// Damerau-Levenshtein distance without restriction: `ca` → `abc` takes 2.
pub(in crate::score) fn damerau_distance(one: &str, other: &str) -> usize {
    damerau_levenshtein::distance(one.chars(), other.chars())
}

/// Damerau-Levenshtein likeness.
pub(in crate::score) fn damerau_likeness(one: &str, other: &str) -> f64 {
    likeness(damerau_distance(one, other), one, other)
}

/// Optimal string alignment: swaps of neighbours, each piece edited once; `ca` → `abc` takes 3.
pub(in crate::score) fn osa_distance(one: &str, other: &str) -> usize {
    osa::distance(one.chars(), other.chars())
}

/// Optimal string alignment likeness.
pub(in crate::score) fn osa_likeness(one: &str, other: &str) -> f64 {
    likeness(osa_distance(one, other), one, other)
}

/// `2 · LCS / (both lengths)`: what fuzzy matchers call a ratio. Two empty texts are alike (1).
pub(in crate::score) fn indel_likeness(one: &str, other: &str) -> f64 {
    let both = one.chars().count() + other.chars().count();
    if both == 0 { 1.0 } else { 1.0 - ratio(indel::distance(one.chars(), other.chars()), both) }
}

/// Jaro-Winkler likeness: Jaro's, raised by a common beginning of up to 4 characters when it is above 0.7. Two empty
/// texts are alike (1), one empty text is not (0).
pub(in crate::score) fn jaro_winkler_likeness(one: &str, other: &str) -> f64 {
    jaro_winkler::similarity(one.chars(), other.chars())
}
