//! METEOR (Lavie and Agarwal 2007) without synonyms, as NLTK aligns: exact words, then Porter stems.

use std::collections::HashMap;

use super::ngram::real;
use super::porter::stem;

const ALPHA: f64 = 0.9;
const GAMMA: f64 = 0.5;

/// The score, 0 to 1, of tokens: F weighing recall nine times, less up to half for matches that are scattered.
pub(in crate::score) fn meteor(reference: &[String], hypothesis: &[String]) -> f64 {
    let lower = |tokens: &[String]| -> Vec<(usize, String)> {
        tokens.iter().map(|token| token.to_lowercase()).enumerate().collect()
    };
    let (mut given, mut wanted) = (lower(hypothesis), lower(reference));
    let mut pairs = Vec::new();
    align(&mut given, &mut wanted, &mut pairs);
    for (_, token) in given.iter_mut().chain(wanted.iter_mut()) {
        *token = stem(token);
    }
    align(&mut given, &mut wanted, &mut pairs);
    if pairs.is_empty() {
        return 0.0;
    }
    pairs.sort_unstable();
    let broken = |pair: &&[(usize, usize)]| !matches!(pair, [(a, b), (c, d)] if *c == a + 1 && *d == b + 1);
    let chunks = 1 + pairs.windows(2).filter(broken).count();
    let count = |length: usize| real(u64::try_from(length).unwrap_or(u64::MAX));
    let matches = count(pairs.len());
    let (precision, recall) = (matches / count(hypothesis.len()), matches / count(reference.len()));
    let mean = precision * recall / (ALPHA * precision + (1.0 - ALPHA) * recall);
    let penalty = GAMMA * (count(chunks) / matches).powi(3);
    (1.0 - penalty) * mean
}

/// Pairs each given word, from the last to the first, with the last free place of the same word.
fn align(given: &mut Vec<(usize, String)>, wanted: &mut Vec<(usize, String)>, pairs: &mut Vec<(usize, usize)>) {
    let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
    for (place, token) in wanted.iter() {
        places.entry(token.as_str()).or_default().push(*place);
    }
    let mut found = Vec::new();
    for (at, token) in given.iter().rev() {
        if let Some(place) = places.get_mut(token.as_str()).and_then(Vec::pop) {
            found.push((*at, place));
        }
    }
    given.retain(|(at, _)| !found.iter().any(|(taken, _)| taken == at));
    wanted.retain(|(place, _)| !found.iter().any(|(_, taken)| taken == place));
    pairs.extend(found);
}
