//! A user's own application as a program: started here, spoken to in lines of JSON.
//!
//! The protocol, one line each way: `{"id": 1, "input": …, "messages": […], "system": …, "vars": {…}, "model": …,
//! "params": {…}}` is answered by `{"id": 1, "output": …}` with any of `contexts`, `tool_calls`, `usage`, `cost`,
//! `model`, `refusal`; or by `{"id": 1, "error": {"kind": …, "message": …, "retry_after_ms": …}}`.

mod answer;
mod judge;
#[cfg(test)]
mod judge_test;
mod lines;
mod pool;
mod process;
#[cfg(test)]
mod tests;
mod worker;

pub(super) use judge::Judge;
pub(super) use pool::Exec;

use super::spec::{Answers, ProviderSpec};

/// A command.
pub(super) static EXEC: ProviderSpec = ProviderSpec {
    name: "exec",
    about: "your own application as a command: JSON on stdin, JSON on stdout",
    base_url: "exec:",
    answers: Answers::Process,
    ..ProviderSpec::PLAIN
};

/// A Python file.
pub(super) static PYTHON: ProviderSpec = ProviderSpec {
    name: "python",
    about: "your own application as a function of a Python file",
    base_url: "python:",
    answers: Answers::Process,
    ..ProviderSpec::PLAIN
};

/// A JavaScript file.
pub(super) static JAVASCRIPT: ProviderSpec = ProviderSpec {
    name: "javascript",
    about: "your own application as a function of a JavaScript module",
    base_url: "javascript:",
    answers: Answers::Process,
    ..ProviderSpec::PLAIN
};
