//! The answers that a prompt shows to the model as examples.

use serde_json::Value;

use super::super::ready::Prompt;
use super::super::written::definition::{MessageText, PartText};
use crate::base::{Place, json_message};
use crate::record::Role;

/// An example's answer, and where it is written.
pub(super) struct ExampleOutput {
    pub(super) place: Place,
    /// The answer as JSON, or why it is none.
    pub(super) output: Result<Value, String>,
}

/// The examples of a prompt: the assistant's messages that the user answers, then the rows of its `examples:`.
///
/// The last message, when it is the assistant's, is the beginning of the real answer. A message with variables is not
/// known before it is rendered.
pub(super) fn examples_of(prompt: &Prompt) -> Vec<ExampleOutput> {
    let messages = &prompt.definition().messages;
    let followed = messages.split_last().map_or(&[][..], |(_, before)| before);
    let rows = prompt.examples().iter().map(|example| ExampleOutput {
        place: prompt.example_place(example, &["output"]),
        output: match &example.output {
            Value::String(text) => parsed(text),
            json => Ok(json.clone()),
        },
    });
    followed.iter().filter_map(example_in).chain(rows).collect()
}

fn parsed(text: &str) -> Result<Value, String> {
    serde_json::from_str(text.trim()).map_err(|error| json_message(&error))
}

fn example_in(message: &MessageText) -> Option<ExampleOutput> {
    let [PartText::Text(text)] = message.parts.as_slice() else { return None };
    if message.role != Role::Assistant || text.as_str().contains("{{") || text.as_str().contains("{%") {
        return None;
    }
    Some(ExampleOutput { place: text.whole(), output: parsed(text.as_str()) })
}
