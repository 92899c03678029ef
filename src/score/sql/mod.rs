//! SQL in the output: whether it parses, and what it touches.

pub(super) mod check;
pub(super) mod parse;
mod permit;
mod scope;
mod uses;
mod writes;
