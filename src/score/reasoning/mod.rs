//! Checks on replies that reason in steps, and the parser of such replies.

pub(super) mod check;
mod json;
mod labelled;
mod parse;

pub use parse::{NotReasoning, Reasoning, ReasoningForm, Step, parse_reasoning};
