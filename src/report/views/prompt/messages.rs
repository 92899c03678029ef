//! Rendered messages, for people and for chat APIs.

use serde_json::{Value, json};

use super::super::super::doc::{Block, Doc, Line, Tone};
use crate::record::{Media, Message, Part};

/// Messages in the form that most chat APIs take: `[{"role": "user", "content": "…"}]`; the content is a list of parts
/// where there is more than one text.
pub fn chat_json(messages: &[Message]) -> Value {
    let one = |message: &Message| {
        if let [Part::ToolResult { id, text, .. }] = message.parts.as_slice() {
            return json!({"role": "tool", "tool_call_id": id, "content": text});
        }
        let calls: Vec<Value> = message.parts.iter().filter_map(call).collect();
        if !calls.is_empty() {
            let text = message.joined_text();
            let content = if text.is_empty() { Value::Null } else { Value::String(text) };
            return json!({"role": message.role.word(), "content": content, "tool_calls": calls});
        }
        let content = match message.parts.as_slice() {
            [Part::Text(text)] => json!(text),
            parts => Value::Array(parts.iter().map(part).collect()),
        };
        json!({"role": message.role.word(), "content": content})
    };
    Value::Array(messages.iter().map(one).collect())
}

fn call(part: &Part) -> Option<Value> {
    let Part::ToolCall(call) = part else { return None };
    let function = json!({"name": call.name, "arguments": call.arguments});
    Some(json!({"id": call.id, "type": "function", "function": function}))
}

fn part(part: &Part) -> Value {
    match part {
        Part::Text(text) | Part::ToolResult { text, .. } => json!({"type": "text", "text": text}),
        Part::Reasoning { text, .. } => json!({"type": "reasoning", "text": text}),
        Part::Image(media) => json!({"type": "image_url", "image_url": {"url": url(media)}}),
        Part::File { media, name } => json!({"type": "file", "file": {"filename": name, "file_data": url(media)}}),
        Part::ToolCall(call) => json!({"type": "tool_call", "name": call.name, "arguments": call.arguments}),
    }
}

fn url(media: &Media) -> String {
    match media {
        Media::Url(url) => url.clone(),
        Media::Base64 { data, mime } => format!("data:{mime};base64,{data}"),
    }
}

/// Each message under its role.
pub(super) fn push_messages(doc: &mut Doc, messages: &[Message]) {
    for message in messages {
        doc.push(Block::Heading(Line::of(message.role.word(), Tone::Strong)));
        for part in &message.parts {
            match part {
                Part::Text(text) | Part::ToolResult { text, .. } | Part::Reasoning { text, .. } => {
                    doc.push(Block::Code(text.clone()));
                }
                Part::Image(media) => doc.push(Block::Paragraph(Line::of(described("image", media), Tone::Dim))),
                Part::File { media, name } => {
                    let what = format!("file {name}");
                    doc.push(Block::Paragraph(Line::of(described(&what, media), Tone::Dim)));
                }
                Part::ToolCall(call) => {
                    doc.push(Block::Code(format!("{}({})", call.name, call.arguments)));
                }
            }
        }
    }
}

fn described(what: &str, media: &Media) -> String {
    match media {
        Media::Url(url) => format!("[{what}: {url}]"),
        Media::Base64 { data, mime } => {
            let padding = data.bytes().rev().take_while(|byte| *byte == b'=').count();
            let bytes = (data.len() / 4 * 3).saturating_sub(padding);
            format!("[{what}: {mime}, {bytes} bytes]")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Role, ToolCall};

    #[test]
    fn messages_take_the_form_of_chat_apis() {
        let media = Media::Base64 { data: "Zm9vYg==".to_owned(), mime: "image/png".to_owned() };
        let parts = vec![
            Part::Text("a".to_owned()),
            Part::Image(media.clone()),
            Part::File { media: Media::Url("https://example.org/d.pdf".to_owned()), name: "d.pdf".to_owned() },
        ];
        let messages = [Message::text(Role::System, "s"), Message { cache: None, parts, role: Role::User }];
        let wanted = json!([
            {"role": "system", "content": "s"},
            {"role": "user", "content": [
                {"type": "text", "text": "a"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,Zm9vYg=="}},
                {"type": "file", "file": {"filename": "d.pdf", "file_data": "https://example.org/d.pdf"}},
            ]},
        ]);
        assert_eq!(chat_json(&messages), wanted);
        let call = ToolCall { arguments: "{\"a\":1}".to_owned(), id: "c1".to_owned(), name: "f".to_owned() };
        let result = Part::ToolResult { id: "c1".to_owned(), is_error: false, text: "2".to_owned() };
        let turn = |role, part| Message { cache: None, parts: vec![part], role };
        let function = json!({"name": "f", "arguments": "{\"a\":1}"});
        let wanted = json!([
            {"role": "assistant", "content": null, "tool_calls": [{"id": "c1", "type": "function", "function": function}]},
            {"role": "tool", "tool_call_id": "c1", "content": "2"},
        ]);
        assert_eq!(chat_json(&[turn(Role::Assistant, Part::ToolCall(call)), turn(Role::Tool, result)]), wanted);
        assert_eq!(described("image", &media), "[image: image/png, 4 bytes]");
    }
}
