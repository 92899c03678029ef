//! What only assistant and tool messages say: calls of tools, and their results.

use super::super::language::text::TemplateText;
use super::definition::{MessageText, PartText, Reading};
use crate::base::{Diagnostic, Fields, Kind, Node, Problems};
use crate::record::Role;

/// Reads `tool_calls:` of an assistant message.
pub(super) fn read_calls(
    fields: &mut Fields<'_>,
    role: Option<Role>,
    reading: &Reading<'_>,
    problems: &mut Problems,
) -> Vec<PartText> {
    let Some(node) = fields.node("tool_calls") else { return Vec::new() };
    if role.is_some_and(|role| role != Role::Assistant) {
        let message = "only an assistant message has `tool_calls`";
        let span = fields.key_span("tool_calls").unwrap_or(node.span);
        problems.push(Diagnostic::error("tool-calls", message).at(reading.source.place(span)));
        return Vec::new();
    }
    let Some(items) = node.as_list() else {
        fields.invalid("tool_calls", format!("`tool_calls` must be a list, this is {}", node.describe()), problems);
        return Vec::new();
    };
    items.iter().filter_map(|item| read_call(item, reading, problems)).collect()
}

fn read_call(node: &Node, reading: &Reading<'_>, problems: &mut Problems) -> Option<PartText> {
    let mut fields = Fields::of(node, "tool call", reading.source, problems)?;
    let id = fields.required_text("id", problems).map(str::to_owned);
    let name = fields.required_text("name", problems).map(str::to_owned);
    let arguments = match fields.node("arguments") {
        None => Some(TemplateText::of_scalar("{}", reading.source, node.span)),
        Some(node) => read_arguments(node, reading, problems),
    };
    fields.finish(problems);
    Some(PartText::ToolCall { id: id?, name: name?, arguments: arguments? })
}

/// A mapping, sent as it is, or a template of JSON text.
fn read_arguments(node: &Node, reading: &Reading<'_>, problems: &mut Problems) -> Option<TemplateText> {
    let place = reading.source.place(node.span);
    match &node.kind {
        Kind::Text(text) => Some(TemplateText::of_scalar(text, reading.source, node.span)),
        Kind::Map(_) => {
            let json = node.to_json().to_string();
            if has_tags(&json) {
                let message = "a mapping of arguments is sent as it is; its `{{ … }}` would not be filled";
                let help = "write the arguments as text: `arguments: '{\"city\": {{ city | json_encode }}}'`";
                problems.push(Diagnostic::error("tool-arguments", message).at(place).help(help));
                return None;
            }
            Some(TemplateText::of_scalar(&json, reading.source, node.span))
        }
        _ => {
            let message = format!("`arguments` must be a mapping, or a template of JSON, this is {}", node.describe());
            problems.push(Diagnostic::error("wrong-type", message).at(place));
            None
        }
    }
}

fn has_tags(text: &str) -> bool {
    ["{{", "{%", "{#"].iter().any(|tag| text.contains(tag))
}

/// Turns what a tool message says into the result of the call that it answers.
pub(super) fn as_result(
    id: Option<&str>,
    is_error: bool,
    said: Vec<PartText>,
    place: crate::base::Place,
    problems: &mut Problems,
) -> Vec<PartText> {
    let Some(id) = id else { return Vec::new() };
    let mut texts = said.into_iter();
    match (texts.next(), texts.next()) {
        (Some(PartText::Text(text)), None) => {
            vec![PartText::ToolResult { id: id.to_owned(), is_error, text }]
        }
        (None, _) => Vec::new(),
        _ => {
            let message = "the result of a tool is one text";
            problems.push(Diagnostic::error("tool-result", message).at(place).help("write it as `content: …`"));
            Vec::new()
        }
    }
}

/// Results must answer an earlier call, each once; APIs refuse a conversation where that is not so.
pub(super) fn check_answers(messages: &[(MessageText, crate::base::Place)], problems: &mut Problems) {
    let mut open: Vec<&str> = Vec::new();
    for (message, place) in messages {
        for part in &message.parts {
            match part {
                PartText::ToolCall { id, .. } => open.push(id),
                PartText::ToolResult { id, .. } => {
                    if let Some(at) = open.iter().position(|known| known == id) {
                        open.remove(at);
                    } else {
                        let message = format!("the tool result `{id}` answers no earlier tool call");
                        let near = crate::base::closest(id, open.iter().copied());
                        let help = "its `id` is that of an entry of `tool_calls` in an assistant message before it";
                        let problem = Diagnostic::error("tool-result", message).at(place.clone());
                        problems.push(problem.did_you_mean(near).help(help));
                    }
                }
                PartText::Text(_) | PartText::Image(_) | PartText::File { .. } => {}
            }
        }
    }
}
