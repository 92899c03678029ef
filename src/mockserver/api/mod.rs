//! How each API reads requests and writes replies: the inverse of the provider's wires, pure functions.

pub(super) mod anthropic;
pub(super) mod gemini;
pub(super) mod openai;
mod parse;
pub(super) mod responses;
#[cfg(test)]
mod round_trip_test;
