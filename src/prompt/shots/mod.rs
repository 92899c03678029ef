//! Few-shot examples: read with the prompt, chosen for each case, put before what is asked.
//!
//! Choosing is pure: the same settings, examples, variables and vectors give the same examples, in the same order.

mod bm25;
mod corpus;
mod index;
mod insert;
#[cfg(test)]
mod laws;
mod mmr;
mod pick;
mod read;
mod set;
mod settings;
mod tfidf;
mod vectors;
mod words;

pub use pick::{PickedExample, Why};
pub use read::Example;
pub use vectors::{ExampleVectors, Nearby, VectorProblem};

pub(super) use insert::{Insert, LIST_VARIABLE};
pub(super) use pick::Picks;
pub(super) use read::{ExampleFile, read_examples};
pub(super) use set::{Fit, Shots};
