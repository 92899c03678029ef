//! Why a prompt cannot be rendered, in words a user can act on.

use std::collections::BTreeMap;
use std::sync::Arc;

use thiserror::Error;

use super::language::fuel::SPENT;
use super::language::template::{Failed, MAX_MESSAGE_BYTES};
use super::partials::Partial;
use super::templates::Slot;
use super::written::var_problem::VarProblem;
use crate::base::{Diagnostic, Place};

/// Where values came from, by variable, in words for messages: `--var code`, `vars.json: code`, `evals/x.yaml:12:7`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins(BTreeMap<String, String>);

impl Origins {
    /// Notes where the value of a variable came from; the last word counts.
    pub fn set(&mut self, variable: &str, origin: impl Into<String>) {
        self.0.insert(variable.to_owned(), origin.into());
    }

    /// Where the value of a variable came from, when that is known.
    pub fn of(&self, variable: &str) -> Option<&str> {
        self.0.get(variable).map(String::as_str)
    }
}

/// Why a prompt cannot be rendered for some variables.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RenderError {
    /// Variables that are missing or break their rules; at least one.
    #[error("prompt `{prompt}`: {}", joined(problems))]
    Variables {
        /// The prompt's name.
        prompt: String,
        /// What is wrong.
        problems: Vec<VarProblem>,
    },
    /// A template met something it cannot work with.
    #[error("prompt `{prompt}`, {}: {message}", place.pointer())]
    Template {
        /// The prompt's name.
        prompt: String,
        /// Where, in the prompt or a partial.
        place: Box<Place>,
        /// What happened, with the expression.
        message: String,
        /// How to mend the prompt.
        help: String,
    },
    /// A message would be larger than [`MAX_MESSAGE_BYTES`].
    #[error("prompt `{prompt}`: message {message} is larger than {MAX_MESSAGE_BYTES} bytes")]
    TooLarge {
        /// The prompt's name.
        prompt: String,
        /// Number of the message, from 1.
        message: usize,
        /// Where the message is written.
        place: Box<Place>,
    },
}

fn joined(problems: &[VarProblem]) -> String {
    problems.iter().map(VarProblem::told).collect::<Vec<_>>().join("; ")
}

impl RenderError {
    pub(super) fn of(
        prompt: &str,
        message: usize,
        slot: &Slot,
        partials: &BTreeMap<String, Arc<Partial>>,
        failed: Failed,
    ) -> RenderError {
        let prompt = prompt.to_owned();
        match failed {
            Failed::TooLarge => {
                RenderError::TooLarge { prompt, message: message + 1, place: Box::new(slot.text.whole()) }
            }
            Failed::Other(why) => {
                let place = Box::new(slot.text.whole());
                RenderError::Template { prompt, place, message: why, help: HELP.to_owned() }
            }
            Failed::At { template, range, message } => {
                let text = partials.get(&template).map_or(&slot.text, |partial| &partial.text);
                let start = start_of_path(text.as_str(), range.start);
                let path = text.as_str().get(start..range.end).unwrap_or("");
                let place = Box::new(text.place(start, range.end));
                let is_undefined = message.contains("not defined") || message.contains("undefined");
                let (message, help) = if message.contains(SPENT) {
                    (format!("{SPENT}; the limit was reached at `{path}`"), SPENT_HELP.to_owned())
                } else if is_undefined {
                    (format!("`{path}` is not defined"), undefined_help(path))
                } else {
                    (format!("{message}, in `{path}`"), HELP.to_owned())
                };
                RenderError::Template { prompt, place, message, help }
            }
        }
    }

    pub(super) fn media(prompt: &str, slot: &Slot, text: &str) -> RenderError {
        let shown: String = text.chars().take(60).collect();
        RenderError::Template {
            prompt: prompt.to_owned(),
            place: Box::new(slot.text.whole()),
            message: format!("`{shown}` is no `https:` or `data:` URL of an image or document"),
            help: "give a URL; files are read only when the prompt itself names them".to_owned(),
        }
    }

    pub(super) fn arguments(prompt: &str, slot: &Slot, text: &str) -> RenderError {
        let shown: String = text.chars().take(60).collect();
        RenderError::Template {
            prompt: prompt.to_owned(),
            place: Box::new(slot.text.whole()),
            message: format!("the arguments of a tool call are no JSON object: `{shown}`"),
            help: "insert values with `json_encode`, such as `'{\"city\": {{ city | json_encode }}}'`".to_owned(),
        }
    }

    /// The same error, with the origins of values that broke their rules.
    #[must_use]
    pub fn with_origins(mut self, origins: &Origins) -> RenderError {
        if let RenderError::Variables { problems, .. } = &mut self {
            for problem in problems {
                problem.locate(origins);
            }
        }
        self
    }

    /// Stable kebab-case code.
    pub fn code(&self) -> &'static str {
        match self {
            RenderError::Variables { problems, .. } => problems.first().map_or("missing-variable", |first| first.code),
            RenderError::Template { .. } => "render-failed",
            RenderError::TooLarge { .. } => "message-too-large",
        }
    }

    /// The error as diagnostics: one for each variable, or the only one.
    pub fn to_diagnostics(&self) -> Vec<Diagnostic> {
        let RenderError::Variables { prompt, problems } = self else { return vec![self.to_diagnostic()] };
        problems.iter().map(|problem| problem.to_diagnostic(prompt)).collect()
    }

    /// The error as a diagnostic. Errors of variables have no place of their own: add that of the case.
    pub fn to_diagnostic(&self) -> Diagnostic {
        let diagnostic = Diagnostic::error(self.code(), self.to_string());
        match self {
            RenderError::Variables { problems, .. } => {
                match problems.iter().find_map(|problem| problem.help.as_deref()) {
                    Some(help) => diagnostic.help(help),
                    None => diagnostic,
                }
            }
            RenderError::Template { place, help, .. } => diagnostic.at((**place).clone()).help(help),
            RenderError::TooLarge { place, .. } => {
                diagnostic.at((**place).clone()).help("shorten a variable or a loop of the message")
            }
        }
    }
}

const HELP: &str = "give the variable a `type` in the prompt, so that other values are refused before anything is sent";

const SPENT_HELP: &str =
    "shorten the lists that loops run over and the texts that `set` keeps, in the values or in the prompt";

fn undefined_help(path: &str) -> String {
    let guard = "{{ … | default(value='') }}".replace('…', path);
    format!("give it a value, or write `{guard}` or `{{% if {path} %}}` where it may be absent")
}

/// The beginning of the path `a.b[0].c` whose last part starts at `at`.
fn start_of_path(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or("").as_bytes();
    let is_path = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'?' | b'[' | b']');
    at - before.iter().rev().take_while(|byte| is_path(byte)).count()
}
