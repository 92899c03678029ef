//! How each API speaks: pure encode and decode, one folder each.

pub(super) mod anthropic;
mod body;
mod error_body;
#[cfg(test)]
mod fixture_test;
pub(super) mod http;
pub(super) mod openai;
