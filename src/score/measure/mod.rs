//! Measures of likeness between texts: pure functions, exact as the reference libraries compute them.
//!
//! Lengths and n-grams are over Unicode code points; nothing is normalised unless a function says so.

pub(super) mod assignment;
pub(super) mod bleu;
pub(super) mod chrf;
pub(super) mod corpus;
pub(super) mod edit;
pub(super) mod error_rate;
pub(super) mod meteor;
pub(super) mod ngram;
pub(super) mod porter;
pub(super) mod retrieval;
pub(super) mod rouge;
pub(super) mod squad;
pub(super) mod ter;
pub(super) mod ter_align;
pub(super) mod tfidf;
pub(super) mod tokens;
#[cfg(test)]
mod vectors;
