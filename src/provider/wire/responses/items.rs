//! The conversation as Responses takes it: instructions, and a flat list of input items.

use serde_json::{Value, json};

use super::super::body::refused;
use super::super::openai::encode::url_of;
use crate::record::{CallError, ChatRequest, Media, Message, Part, Role};

/// Instructions and input items.
pub(super) struct Input {
    pub(super) instructions: Option<String>,
    pub(super) items: Vec<Value>,
}

/// System messages at the start are the instructions; later ones stand where they were said.
pub(super) fn input(request: &ChatRequest) -> Result<Input, CallError> {
    let leading = request.messages.iter().take_while(|message| message.role == Role::System).count();
    let (first, rest) = request.messages.split_at_checked(leading).unwrap_or((&[], &request.messages));
    let texts: Vec<String> = first.iter().map(Message::joined_text).filter(|text| !text.is_empty()).collect();
    let mut items = Vec::with_capacity(rest.len());
    for message in rest {
        match message.role {
            Role::System => {
                let text = json!({"type": "input_text", "text": message.joined_text()});
                items.push(said("developer", vec![text]));
            }
            Role::Assistant => assistant(message, &mut items),
            Role::User => user(message, &mut items)?,
            Role::Tool => tool(message, &mut items)?,
        }
    }
    Ok(Input { instructions: (!texts.is_empty()).then(|| texts.join("\n\n")), items })
}

fn said(role: &str, content: Vec<Value>) -> Value {
    json!({"role": role, "content": Value::Array(content)})
}

/// Text, calls and thinking in the order they came: thinking must stand before what it led to.
///
/// Text is a plain text: a part `output_text` belongs to an item with an id, annotations and logprobs, which only what
/// this API itself has said has (`OutputMessage` of its `OpenAPI` document).
fn assistant(message: &Message, items: &mut Vec<Value>) {
    let mut texts: Vec<&str> = Vec::new();
    let flush = |texts: &mut Vec<&str>, items: &mut Vec<Value>| {
        if !texts.is_empty() {
            items.push(json!({"role": "assistant", "content": texts.join("\n")}));
            texts.clear();
        }
    };
    for part in &message.parts {
        match part {
            Part::Text(text) => texts.push(text),
            Part::ToolCall(call) => {
                flush(&mut texts, items);
                items.push(json!({
                    "type": "function_call", "call_id": call.id, "name": call.name, "arguments": call.arguments,
                }));
            }
            // An item goes back as it came. Thinking without one came from another API: this one cannot read it.
            Part::Reasoning { opaque, .. } => {
                let item = opaque.as_deref().and_then(|item| serde_json::from_str::<Value>(item).ok());
                if let Some(item) = item.filter(|item| item.get("type").is_some_and(|kind| kind == "reasoning")) {
                    flush(&mut texts, items);
                    items.push(item);
                }
            }
            Part::ToolResult { id, text, .. } => {
                flush(&mut texts, items);
                items.push(output(id, text));
            }
            Part::Image(_) | Part::File { .. } => {}
        }
    }
    flush(&mut texts, items);
}

fn user(message: &Message, items: &mut Vec<Value>) -> Result<(), CallError> {
    let mut content = Vec::with_capacity(message.parts.len());
    for part in &message.parts {
        match part {
            Part::Text(text) => content.push(json!({"type": "input_text", "text": text})),
            // The document wants `detail`; `auto` is what leaving it out means.
            Part::Image(media) => {
                content.push(json!({"type": "input_image", "image_url": url_of(media), "detail": "auto"}));
            }
            Part::File { name, media: media @ Media::Base64 { .. } } => {
                content.push(json!({"type": "input_file", "filename": name, "file_data": url_of(media)}));
            }
            Part::File { media: Media::Url(url), .. } => content.push(json!({"type": "input_file", "file_url": url})),
            Part::ToolResult { id, text, .. } => items.push(output(id, text)),
            Part::ToolCall(_) => return Err(refused("a user message may not hold tool calls")),
            Part::Reasoning { .. } => {}
        }
    }
    if !content.is_empty() {
        items.push(said("user", content));
    }
    Ok(())
}

fn tool(message: &Message, items: &mut Vec<Value>) -> Result<(), CallError> {
    for part in &message.parts {
        let Part::ToolResult { id, text, .. } = part else {
            return Err(refused("a tool message may hold only tool results"));
        };
        items.push(output(id, text));
    }
    Ok(())
}

fn output(id: &str, text: &str) -> Value {
    json!({"type": "function_call_output", "call_id": id, "output": text})
}
