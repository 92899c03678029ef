//! How each API speaks: pure encode and decode, one folder each.

pub(super) mod anthropic;
pub(super) mod azure;
mod body;
pub(super) mod compatible;
mod error_body;
#[cfg(test)]
mod fixture_test;
pub(super) mod openai;
pub(super) mod responses;

pub(super) use body::request_id;
