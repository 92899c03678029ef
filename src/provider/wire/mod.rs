//! How each API speaks: pure encode and decode, one folder each.

pub(super) mod anthropic;
pub(super) mod azure;
pub(super) mod bedrock;
mod body;
mod cache_marks;
pub(super) mod compatible;
mod error_body;
#[cfg(test)]
mod fixture_test;
pub(super) mod gemini;
pub(super) mod openai;
mod percent;
pub(super) mod responses;
pub(super) mod vertex;

pub(super) use body::request_id;
