//! Cosine of TF-IDF vectors of two texts, as scikit-learn computes it when it is fitted on these two texts only.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use super::ngram::real;

/// Python's `\w\w+`: letters, numbers and `_`, but not the marks that some scripts put onto letters.
static TOKEN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"[\p{L}\p{N}_]{2,}").ok());

/// The likeness, 0 to 1; `None` when one of the texts has no token.
///
/// Tokens are runs of two and more word characters in lower case. Weights are counts times `ln((1 + 2)/(1 + df)) + 1`.
pub(in crate::score) fn tfidf_cosine(one: &str, other: &str) -> Option<f64> {
    let (a, b) = (bag(one), bag(other));
    if a.is_empty() && b.is_empty() {
        return None;
    }
    let idf = |token: &str| {
        let texts = u64::from(a.contains_key(token)) + u64::from(b.contains_key(token));
        (3.0 / (1.0 + real(texts))).ln() + 1.0
    };
    Some(cosine(&a, &b, idf))
}

/// The same with plain counts.
pub(in crate::score) fn count_cosine(one: &str, other: &str) -> Option<f64> {
    let (a, b) = (bag(one), bag(other));
    if a.is_empty() && b.is_empty() { None } else { Some(cosine(&a, &b, |_| 1.0)) }
}

fn bag(text: &str) -> BTreeMap<String, u64> {
    let lower = text.to_lowercase();
    let mut bag = BTreeMap::new();
    for token in TOKEN.iter().flat_map(|token| token.find_iter(&lower)) {
        *bag.entry(token.as_str().to_owned()).or_insert(0) += 1;
    }
    bag
}

fn cosine(a: &BTreeMap<String, u64>, b: &BTreeMap<String, u64>, idf: impl Fn(&str) -> f64) -> f64 {
    let tokens: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    let (mut dot, mut square_a, mut square_b) = (0.0, 0.0, 0.0);
    for token in tokens {
        let weight = idf(token);
        let x = real(a.get(token).copied().unwrap_or(0)) * weight;
        let y = real(b.get(token).copied().unwrap_or(0)) * weight;
        dot += x * y;
        square_a += x * x;
        square_b += y * y;
    }
    if square_a == 0.0 || square_b == 0.0 { 0.0 } else { (dot / (square_a.sqrt() * square_b.sqrt())).min(1.0) }
}
