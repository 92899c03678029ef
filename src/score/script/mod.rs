//! Checks that users write themselves: in a language of their own, as a program, or behind an address.

mod answer;
mod brief;
mod engine;
pub(super) mod exec;
mod given;
mod hand;
mod imports;
mod input;
pub(super) mod javascript;
#[cfg(test)]
mod javascript_test;
#[cfg(test)]
mod programs_test;
pub(super) mod python;
mod verdict;
pub(super) mod webhook;
