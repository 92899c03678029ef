//! What examples are compared by, built once per prompt.

use super::bm25::Bm25;
use super::tfidf::TfIdf;
use super::vectors::ExampleVectors;

/// Similarity of words.
#[derive(Debug)]
pub(super) enum WordIndex {
    Bm25(Bm25),
    TfIdf(TfIdf),
}

/// What one case is compared by.
#[derive(Debug, Clone, Copy)]
pub(super) enum Measure<'a> {
    Words(&'a WordIndex),
    Vectors(&'a ExampleVectors),
}

impl Measure<'_> {
    /// Its name, for people.
    pub(super) fn word(self) -> &'static str {
        match self {
            Measure::Words(WordIndex::Bm25(_)) => "bm25",
            Measure::Words(WordIndex::TfIdf(_)) => "tfidf",
            Measure::Vectors(_) => "embedding",
        }
    }

    /// How near every example is to the example number `index`.
    pub(super) fn near_one(self, index: usize) -> Vec<f64> {
        match self {
            Measure::Words(WordIndex::Bm25(words)) => words.near_one(index),
            Measure::Words(WordIndex::TfIdf(words)) => words.near_one(index),
            Measure::Vectors(vectors) => vectors.near_one(index),
        }
    }
}

impl WordIndex {
    /// How near every example is to `text`.
    pub(super) fn near(&self, text: &str) -> Vec<f64> {
        match self {
            WordIndex::Bm25(words) => words.near(text),
            WordIndex::TfIdf(words) => words.near(text),
        }
    }
}
