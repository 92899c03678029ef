//! Checks on replies that reason in steps, and the parser of such replies.

mod answer;
pub(super) mod calibration;
pub(super) mod check;
pub(super) mod consistency;
mod equations;
mod json;
mod labelled;
mod parse;
pub(super) mod progression;
mod tagged;

pub use parse::{NotReasoning, Reasoning, ReasoningForm, Step, parse_reasoning, reasoning_of};
