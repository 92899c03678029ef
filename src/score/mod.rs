//! Checks: pure scorers from a reply to a three-state score.
//!
//! [`compile`] reads one entry of a `checks:` list into a [`Check`]; everything wrong with it becomes diagnostics.
//! [`score`] applies a check to a reply without I/O, [`score_asking`] one that asks judges through a [`World`], [`score_among`] one that compares the variants of a case; [`aggregate`] turns the scores of a trial into its outcome.
//! A new check is one file `<family>/<name>.rs` with a `SPEC` and one line in `registry.rs`.

mod aggregate;
mod among;
mod apply;
mod asking;
mod call;
mod check;
mod classification;
mod comparison;
mod compile;
mod entry;
mod format;
mod group;
mod judge;
mod likeness;
mod measure;
mod numerals;
mod options;
mod reason;
mod reasoning;
mod registry;
mod retrieval;
mod safety;
mod schema;
mod script;
mod settings;
mod spec;
mod sql;
mod structure;
#[cfg(test)]
mod testing;
mod text;
mod text_file;
mod tools;
mod world;

pub use aggregate::{Graded, PassRule, aggregate};
pub use among::{Comparing, Rival, counterpart, score_among};
pub use apply::{score, score_asking};
pub use check::{Check, ScoreInput};
pub use compile::{CheckModels, CompileContext, compile};
pub use measure::corpus::CorpusTally;
pub use reasoning::{NotReasoning, Reasoning, ReasoningForm, Step, parse_reasoning, reasoning_of};
pub use registry::{catalogue, metric_versions};
pub use spec::{COMMON_OPTIONS, CheckSpec, OptionKind, OptionSpec, ValueRule};
pub use world::{Asks, JudgeQuestion, World};
