//! What differs between two prompts: messages word by word, variables, parameters, overrides, output.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::super::Prompt;
use super::align::{Spoken, align};
use super::values::{ValueChange, keys, value_changes};
use super::view::{MediaView, MessageView, PartView};
use super::words::{Piece, word_diff};
use crate::record::{Media, Message, OutputFormat, Part, Role};

/// Parts of a prompt's identity that are compared in a form of their own; all others are compared as values.
const OWN_FORM: &[&str] = &["messages", "partials", "variables", "params", "models", "output"];

/// What became of something that a prompt has or had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Nothing.
    Same,
    /// Only the second prompt has it.
    Added,
    /// Only the first prompt has it.
    Removed,
    /// Both have it, and it differs.
    Changed,
}

/// What differs between two prompts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PromptDiff {
    /// Whether the digests are equal: the same is sent. Only what it is for may then differ.
    pub same_content: bool,
    /// What it is for, when that differs.
    pub about: Option<Vec<Piece>>,
    /// All messages of both, in order.
    pub messages: Vec<MessageDiff>,
    /// Partials that differ, by name.
    pub partials: Vec<PartialDiff>,
    /// Variables that differ: those of the first prompt in its order, then new ones.
    pub variables: Vec<VariableDiff>,
    /// Parameters that differ.
    pub params: Vec<ValueChange>,
    /// Overrides by model that differ, by pattern.
    pub overrides: Vec<OverrideDiff>,
    /// Format and schema of the answer, where they differ.
    pub output: Vec<ValueChange>,
    /// Whatever else belongs to the prompt's identity and differs.
    pub other: Vec<ValueChange>,
}

/// A message of one prompt beside that of the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MessageDiff {
    /// What became of it.
    pub change: Change,
    /// Its number in the first prompt, from 1.
    pub before: Option<usize>,
    /// Its number in the second prompt, from 1.
    pub after: Option<usize>,
    /// Who speaks in the first prompt.
    pub role_before: Option<Role>,
    /// Who speaks in the second prompt.
    pub role_after: Option<Role>,
    /// Its text, word by word; images and documents stand in it as `[image: …]` and `[file: …]`.
    pub text: Vec<Piece>,
}

impl MessageDiff {
    /// Whether who speaks has changed.
    pub fn has_new_role(&self) -> bool {
        matches!((self.role_before, self.role_after), (Some(before), Some(after)) if before != after)
    }
}

/// A partial that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PartialDiff {
    /// Its name.
    pub name: String,
    /// What became of it; `added` and `removed` mean that it is used or no longer used.
    pub change: Change,
    /// Its text, word by word.
    pub text: Vec<Piece>,
}

/// A variable that differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VariableDiff {
    /// Its name.
    pub name: String,
    /// What became of it.
    pub change: Change,
    /// Whether it had to be given before.
    pub required_before: bool,
    /// Whether it has to be given now.
    pub required_after: bool,
    /// Its rules that differ; all of them when it was added or removed.
    pub rules: Vec<ValueChange>,
}

impl VariableDiff {
    /// Whether who renders the prompt has to change what is given: a variable that is required now and was not, or one
    /// that is refused now.
    pub fn is_breaking(&self) -> bool {
        self.change == Change::Removed || (self.required_after && !self.required_before)
    }
}

/// Overrides for a pattern of models that differ.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OverrideDiff {
    /// The pattern.
    pub pattern: String,
    /// What became of it.
    pub change: Change,
    /// What it sets, where that differs.
    pub values: Vec<ValueChange>,
}

impl PromptDiff {
    /// Compares two prompts, of one name or not.
    pub fn of(before: &Prompt, after: &Prompt) -> PromptDiff {
        let (old, new) = (before.identity(), after.identity());
        let part = |key: &str| (old.get(key).unwrap_or(&Value::Null), new.get(key).unwrap_or(&Value::Null));
        let about = |prompt: &Prompt| prompt.about.clone().unwrap_or_default();
        let (variables_before, variables_after) = part("variables");
        let (overrides_before, overrides_after) = part("models");
        let (params_before, params_after) = part("params");
        PromptDiff {
            same_content: before.digest == after.digest,
            about: (before.about != after.about).then(|| word_diff(&about(before), &about(after))),
            messages: templates(before, after, part("messages")),
            partials: partials(before, after),
            variables: variables(variables_before, variables_after),
            params: value_changes(params_before, params_after),
            overrides: overrides(overrides_before, overrides_after),
            output: value_changes(&output(&before.output), &output(&after.output)),
            other: value_changes(&rest(&old), &rest(&new)),
        }
    }

    /// Whether nothing differs, not even what the prompt is for.
    pub fn is_empty(&self) -> bool {
        self.same_content && self.about.is_none()
    }

    /// The messages that differ.
    pub fn changed_messages(&self) -> impl Iterator<Item = &MessageDiff> {
        self.messages.iter().filter(|message| message.change != Change::Same)
    }
}

/// The difference of two rendered conversations, all messages in order.
pub fn compare_rendered(before: &[Message], after: &[Message]) -> Vec<MessageDiff> {
    let texts = |messages: &[Message]| -> Vec<(Role, String)> {
        messages.iter().map(|message| (message.role, rendered_text(message))).collect()
    };
    let same = |i: usize, j: usize| before.get(i) == after.get(j);
    paired(&texts(before), &texts(after), same)
}

fn templates(before: &Prompt, after: &Prompt, identities: (&Value, &Value)) -> Vec<MessageDiff> {
    let texts = |prompt: &Prompt| -> Vec<(Role, String)> {
        prompt.message_views().iter().map(|view| (view.role, template_text(view))).collect()
    };
    // By identity and not by text: `a` and `b` in two parts are not `a b` in one.
    let same = |i: usize, j: usize| identities.0.get(i) == identities.1.get(j);
    paired(&texts(before), &texts(after), same)
}

fn paired(
    before: &[(Role, String)],
    after: &[(Role, String)],
    same: impl Fn(usize, usize) -> bool,
) -> Vec<MessageDiff> {
    fn spoken(messages: &[(Role, String)]) -> Vec<Spoken<'_>> {
        messages.iter().map(|(role, text)| Spoken { role: *role, text }).collect()
    }
    let diff = |(i, j): (Option<usize>, Option<usize>)| {
        let old = i.and_then(|i| before.get(i));
        let new = j.and_then(|j| after.get(j));
        let text = |message: Option<&(Role, String)>| message.map_or("", |(_, text)| text).to_owned();
        MessageDiff {
            change: match (i, j) {
                (Some(i), Some(j)) if same(i, j) => Change::Same,
                (Some(_), Some(_)) => Change::Changed,
                (Some(_), None) => Change::Removed,
                (None, _) => Change::Added,
            },
            before: i.map(|i| i + 1),
            after: j.map(|j| j + 1),
            role_before: old.map(|(role, _)| *role),
            role_after: new.map(|(role, _)| *role),
            text: word_diff(&text(old), &text(new)),
        }
    };
    align(&spoken(before), &spoken(after)).into_iter().map(diff).collect()
}

pub(in crate::prompt) fn template_text(view: &MessageView<'_>) -> String {
    let media = |media: &MediaView<'_>| match media {
        MediaView::Template(text) | MediaView::Url(text) => (*text).to_owned(),
        MediaView::File { mime, digest } => format!("{mime} {}", digest.short()),
    };
    let part = |part: &PartView<'_>| match part {
        PartView::Text(text) => (*text).to_owned(),
        PartView::Image(source) => format!("[image: {}]", media(source)),
        PartView::File { name, media: source } => format!("[file: {name} {}]", media(source)),
        PartView::ToolCall { name, arguments, .. } => format!("[call: {name} {arguments}]"),
        PartView::ToolResult { is_error, text, .. } => format!("{}{text}", if *is_error { "[error] " } else { "" }),
    };
    view.parts.iter().map(part).collect::<Vec<_>>().join("\n")
}

fn rendered_text(message: &Message) -> String {
    let media = |media: &Media| match media {
        Media::Url(url) => url.clone(),
        Media::Base64 { mime, data } => {
            format!("{mime} {}", crate::base::Digest::of_bytes(data.as_bytes()).short())
        }
    };
    let part = |part: &Part| match part {
        Part::Text(text) | Part::ToolResult { text, .. } => text.clone(),
        Part::Reasoning { text, .. } => format!("[reasoning: {text}]"),
        Part::Image(source) => format!("[image: {}]", media(source)),
        Part::File { name, media: source } => format!("[file: {name} {}]", media(source)),
        Part::ToolCall(call) => format!("[call: {} {}]", call.name, call.arguments),
    };
    message.parts.iter().map(part).collect::<Vec<_>>().join("\n")
}

fn partials(before: &Prompt, after: &Prompt) -> Vec<PartialDiff> {
    let (old, new) = (before.partial_texts(), after.partial_texts());
    let mut names: Vec<&str> = old.iter().chain(&new).map(|(name, _)| *name).collect();
    names.sort_unstable();
    names.dedup();
    let text = |texts: &[(&str, &str)], name: &str| {
        texts.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned())
    };
    let diff = |name: &str| {
        let (before, after) = (text(&old, name), text(&new, name));
        let change = change(before.as_ref(), after.as_ref());
        let text = word_diff(&before.unwrap_or_default(), &after.unwrap_or_default());
        PartialDiff { name: name.to_owned(), change, text }
    };
    names.into_iter().map(diff).filter(|partial| partial.change != Change::Same).collect()
}

fn variables(before: &Value, after: &Value) -> Vec<VariableDiff> {
    let is_required = |variable: Option<&Value>| variable.and_then(|rules| rules.get("required")) == Some(&json!(true));
    let diff = |name: String| {
        let (old, new) = (before.get(&name), after.get(&name));
        VariableDiff {
            change: change(old, new),
            required_before: is_required(old),
            required_after: is_required(new),
            rules: value_changes(old.unwrap_or(&Value::Null), new.unwrap_or(&Value::Null)),
            name,
        }
    };
    keys(before, after).into_iter().map(diff).filter(|variable| variable.change != Change::Same).collect()
}

fn overrides(before: &Value, after: &Value) -> Vec<OverrideDiff> {
    let diff = |pattern: String| {
        let (old, new) = (before.get(&pattern), after.get(&pattern));
        OverrideDiff {
            change: change(old, new),
            values: value_changes(old.unwrap_or(&Value::Null), new.unwrap_or(&Value::Null)),
            pattern,
        }
    };
    let mut patterns = keys(before, after);
    patterns.sort_unstable();
    patterns.into_iter().map(diff).filter(|over| over.change != Change::Same).collect()
}

/// The form of the answer as an object, so that its parts are compared one by one.
fn output(format: &OutputFormat) -> Value {
    match format {
        OutputFormat::Text => json!({"format": "text"}),
        OutputFormat::Json => json!({"format": "json"}),
        OutputFormat::JsonSchema { name, schema } => json!({"format": "json", "name": name, "schema": schema}),
    }
}

/// What of an identity has no form of its own here.
fn rest(identity: &Value) -> Value {
    let entries = identity.as_object().into_iter().flatten();
    let rest: Map<String, Value> = entries
        .filter(|(key, _)| !OWN_FORM.contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    Value::Object(rest)
}

fn change<T: PartialEq>(before: Option<&T>, after: Option<&T>) -> Change {
    match (before, after) {
        (Some(before), Some(after)) if before != after => Change::Changed,
        (None, Some(_)) => Change::Added,
        (Some(_), None) => Change::Removed,
        (Some(_), Some(_)) | (None, None) => Change::Same,
    }
}
