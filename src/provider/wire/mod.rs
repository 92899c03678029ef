//! How each API speaks: pure encode and decode, one folder each.

pub(super) mod anthropic;
mod body;
pub(super) mod cohere;
pub(super) mod embeddings;
mod error_body;
mod failure;
#[cfg(test)]
mod fixture_test;
pub(super) mod ollama;
pub(super) mod openai;
mod ranking;
pub(super) mod replicate;
pub(super) mod tei;
pub(super) mod voyage;
