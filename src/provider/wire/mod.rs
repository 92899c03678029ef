//! How each API speaks: pure encode and decode, one folder each.

pub(super) mod anthropic;
pub(super) mod azure;
pub(super) mod bedrock;
mod body;
mod cache_marks;
pub(super) mod cohere;
pub(super) mod compatible;
pub(super) mod embeddings;
mod error_body;
mod failure;
#[cfg(test)]
mod fixture_test;
pub(super) mod gemini;
pub(super) mod http;
pub(super) mod ollama;
pub(super) mod openai;
mod percent;
mod ranking;
pub(super) mod replicate;
pub(super) mod responses;
pub(super) mod tei;
pub(super) mod vertex;
pub(super) mod voyage;

pub(super) use body::request_id;
