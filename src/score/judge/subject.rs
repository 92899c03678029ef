//! What judges are shown of a trial, and how their words are shown to people.

use serde_json::Value;

use super::super::check::ScoreInput;
use super::super::reason;
use super::super::settings::{Fault, Settings, kind_of, texts_of};
use super::super::spec::OptionSpec;
use super::metric::Failure;
use crate::base::canonical_json;
use crate::record::{ChatRequest, Role};

/// The option of checks that look at what was asked.
pub(super) const QUESTION: OptionSpec =
    OptionSpec::value("question", "text", "what was asked; the last message of the user unless given");

/// Where the question comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked(Option<String>);

impl Asked {
    /// From the option.
    pub(super) fn of(settings: &Settings) -> Result<Asked, Vec<Fault>> {
        Ok(Asked(settings.get("question").map(|value| plain("question", value)).transpose().map_err(Fault::alone)?))
    }

    /// The question, where one is known.
    pub(super) fn text(&self, input: &ScoreInput<'_>) -> Option<String> {
        self.0.clone().or_else(|| input.request.and_then(last_of_user))
    }

    /// The question; a failure where none is known.
    pub(super) fn wanted(&self, input: &ScoreInput<'_>) -> Result<String, Failure> {
        let unknown = || Failure::Ungraded("what was asked is not known; write `question:` for the check".to_owned());
        self.text(input).ok_or_else(unknown)
    }
}

fn last_of_user(request: &ChatRequest) -> Option<String> {
    let mut texts = request.messages.iter().rev().filter(|message| message.role == Role::User);
    texts.next().map(crate::record::Message::joined_text).filter(|text| !text.trim().is_empty())
}

/// The instructions that the model was given: its system messages.
pub(super) fn instructions(input: &ScoreInput<'_>) -> Option<String> {
    let messages = &input.request?.messages;
    let texts = messages.iter().filter(|message| message.role == Role::System).map(crate::record::Message::joined_text);
    let text = texts.collect::<Vec<_>>().join("\n\n");
    (!text.trim().is_empty()).then_some(text)
}

/// The option of checks that look at passages.
pub(super) const CONTEXT: OptionSpec = OptionSpec::value(
    "context",
    "text, or a list of texts",
    "the passages; those that the application retrieved unless given, else the case's `context`",
);

/// Where the passages come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Passages(Option<Vec<String>>);

impl Passages {
    /// From the option.
    pub(super) fn of(settings: &Settings) -> Result<Passages, Vec<Fault>> {
        Ok(Passages(settings.get("context").map(|value| texts_of("context", value)).transpose()?))
    }

    /// The passages in their order; a failure without any.
    pub(super) fn wanted<'a>(&'a self, input: &'a ScoreInput<'a>) -> Result<&'a [String], Failure> {
        self.0.as_ref().map_or_else(|| contexts(input), |passages| Ok(passages))
    }
}

/// The passages of a trial: what the application retrieved, else those of the case.
pub(super) fn contexts<'a>(input: &ScoreInput<'a>) -> Result<&'a [String], Failure> {
    let retrieved = &input.reply.contexts;
    let passages = if retrieved.is_empty() { &input.case.context } else { retrieved };
    if passages.is_empty() {
        return Err(Failure::Ungraded("neither the case nor the reply has context passages".to_owned()));
    }
    Ok(passages)
}

/// The output; not applicable when it is empty.
pub(super) fn output<'a>(input: &ScoreInput<'a>) -> Result<&'a str, Failure> {
    let text = input.reply.text.as_str();
    if text.trim().is_empty() {
        return Err(Failure::NotApplicable("the output is empty".to_owned()));
    }
    Ok(text)
}

/// A text of the suite or the case; other JSON as it is written.
pub(super) fn plain(option: &'static str, value: &Value) -> Result<String, Fault> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Null => return Err(Fault::new(option, format!("`{option}` must be text, this is {}", kind_of(value)))),
        other => canonical_json(other),
    };
    if text.trim().is_empty() {
        return Err(Fault::new(option, format!("`{option}` is an empty text")));
    }
    Ok(text)
}

/// What a judge said, quoted for a reason: cleaned, and cut where it goes on.
pub(super) fn said(text: &str) -> String {
    reason::said(text)
}

/// The share that `part` is of `whole`; `whole` must not be 0.
pub(super) fn share(part: usize, whole: usize) -> f64 {
    let exact = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
    exact(part) / exact(whole)
}
