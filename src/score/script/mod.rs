//! Checks that users write themselves, in a language of their own.

mod engine;
mod input;
pub(super) mod javascript;
#[cfg(test)]
mod javascript_test;
mod verdict;
