//! System text and messages as Anthropic wants them: alternating turns of blocks, tool results first.

use serde_json::{Value, json};

use super::super::body::{Changes, refused};
use crate::record::{CacheTtl, CallError, ChatRequest, Media, Message, Part, Role, ToolCall};

/// The top-level `system`: a text, or blocks when there are several system messages or one is marked for the cache;
/// `None` when there are none. `marks` are those of the messages, in their order.
pub(super) fn system(request: &ChatRequest, marks: &[Option<CacheTtl>], changes: &mut Changes) -> Option<Value> {
    let is_system = |message: &&Message| message.role == Role::System;
    let first_turn = request.messages.iter().position(|message| message.role != Role::System);
    let late = first_turn.is_some_and(|at| request.messages.iter().skip(at).any(|message| is_system(&message)));
    if late {
        changes
            .clamped("messages", "system messages between turns are moved to the top: the API takes them there only");
    }
    let texts: Vec<(String, Option<CacheTtl>)> = request
        .messages
        .iter()
        .zip(marks)
        .filter(|(message, _)| is_system(message))
        .map(|(message, mark)| (message.joined_text(), *mark))
        .filter(|(text, _)| !text.trim().is_empty())
        .collect();
    match texts.as_slice() {
        [] => None,
        [(only, None)] => Some(json!(only)),
        several => {
            let block = |(text, mark): &(String, Option<CacheTtl>)| {
                let mut blocks = vec![json!({"type": "text", "text": text})];
                put_mark(&mut blocks, *mark);
                blocks
            };
            Some(Value::Array(several.iter().flat_map(block).collect()))
        }
    }
}

/// The turns. Messages of one role in a row become one turn, so that all tool results of a turn stand together.
pub(super) fn turns(
    request: &ChatRequest,
    marks: &[Option<CacheTtl>],
    changes: &mut Changes,
) -> Result<Vec<Value>, CallError> {
    let mut turns: Vec<(&'static str, Vec<Value>)> = Vec::new();
    for (message, mark) in request.messages.iter().zip(marks) {
        let role = match message.role {
            Role::System => continue,
            Role::User | Role::Tool => "user",
            Role::Assistant => "assistant",
        };
        let mut blocks = blocks(message)?;
        put_mark(&mut blocks, *mark);
        match turns.last_mut() {
            Some((last, merged)) if *last == role => merged.extend(blocks),
            _ => turns.push((role, blocks)),
        }
    }
    if let Some(("assistant", blocks)) = turns.last_mut() {
        trim_prefill(blocks, changes);
    }
    Ok(turns.into_iter().map(|(role, blocks)| json!({"role": role, "content": content(blocks)})).collect())
}

/// Marks the last block that may carry a mark: thinking and empty texts may not.
fn put_mark(blocks: &mut [Value], mark: Option<CacheTtl>) {
    let Some(ttl) = mark else { return };
    let takes_mark = |block: &&mut Value| {
        let is_thinking = block.get("type").is_some_and(|kind| kind == "thinking" || kind == "redacted_thinking");
        !is_thinking && block.get("text").is_none_or(|text| text != "")
    };
    if let Some(Value::Object(block)) = blocks.iter_mut().rev().find(takes_mark) {
        let control = match ttl {
            // The default of the API; compatible servers may not know the field.
            CacheTtl::FiveMinutes => json!({"type": "ephemeral"}),
            CacheTtl::OneHour => json!({"type": "ephemeral", "ttl": ttl.word()}),
        };
        block.insert("cache_control".to_owned(), control);
    }
}

fn blocks(message: &Message) -> Result<Vec<Value>, CallError> {
    let mut blocks = Vec::with_capacity(message.parts.len());
    for part in &message.parts {
        match part {
            // The API refuses empty text blocks; beside other parts they say nothing.
            Part::Text(text) if text.is_empty() && message.parts.len() > 1 => {}
            Part::Text(text) => blocks.push(json!({"type": "text", "text": text})),
            Part::Image(media) => blocks.push(json!({"type": "image", "source": source(media)})),
            Part::File { name, media } => {
                blocks.push(json!({"type": "document", "title": name, "source": source(media)}));
            }
            Part::ToolCall(call) => blocks.push(tool_use(call)?),
            Part::ToolResult { id, text, is_error } => blocks.push(tool_result(id, text, *is_error)),
            // Only a whole block, as the API wrote it, may go back.
            Part::Reasoning { opaque, .. } => {
                blocks.extend(opaque.as_deref().and_then(|block| serde_json::from_str::<Value>(block).ok()));
            }
        }
    }
    Ok(blocks)
}

fn tool_use(call: &ToolCall) -> Result<Value, CallError> {
    let text = if call.arguments.trim().is_empty() { "{}" } else { call.arguments.as_str() };
    match serde_json::from_str::<Value>(text) {
        Ok(input @ Value::Object(_)) => {
            Ok(json!({"type": "tool_use", "id": call.id, "name": call.name, "input": input}))
        }
        _ => Err(refused(format!(
            "the arguments of tool call `{}` are not a JSON object, which this API needs",
            call.id
        ))),
    }
}

fn tool_result(id: &str, text: &str, is_error: bool) -> Value {
    let mut block = json!({"type": "tool_result", "tool_use_id": id, "content": text});
    if is_error && let Some(map) = block.as_object_mut() {
        map.insert("is_error".to_owned(), json!(true));
    }
    block
}

fn source(media: &Media) -> Value {
    match media {
        Media::Url(url) => json!({"type": "url", "url": url}),
        Media::Base64 { mime, data } => json!({"type": "base64", "media_type": mime, "data": data}),
    }
}

/// A single text is sent as a string; tool results go first in their turn.
fn content(mut blocks: Vec<Value>) -> Value {
    if let [only] = blocks.as_slice()
        && only.get("cache_control").is_none()
        && let Some(text) = only.get("text")
    {
        return text.clone();
    }
    blocks.sort_by_key(|block| block.get("type").is_none_or(|kind| kind != "tool_result"));
    Value::Array(blocks)
}

/// A prefill may not end with white space.
fn trim_prefill(blocks: &mut [Value], changes: &mut Changes) {
    let Some(Value::String(text)) = blocks.last_mut().and_then(|block| block.get_mut("text")) else { return };
    let kept = text.trim_end().len();
    if kept < text.len() {
        text.truncate(kept);
        changes.clamped("messages", "white space at the end of the prefilled answer is cut: the API refuses it");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{OutputFormat, Params, ToolChoice};

    fn request(messages: Vec<Message>) -> ChatRequest {
        ChatRequest {
            model: "claude-haiku-4-5".into(),
            messages,
            params: Params::default(),
            output: OutputFormat::Text,
            tools: vec![],
            parallel_tools: None,
            vars: None,
            prediction: None,
            tool_choice: ToolChoice::Auto,
        }
    }

    #[test]
    fn system_text_goes_to_the_top_and_a_move_is_told() {
        let mut changes = Changes::default();
        let one = request(vec![Message::text(Role::System, "s"), Message::text(Role::User, "u")]);
        assert_eq!((system(&one, &[None; 2], &mut changes), changes.0.len()), (Some(json!("s")), 0));
        let late = request(vec![
            Message::text(Role::System, "a"),
            Message::text(Role::User, "u"),
            Message::text(Role::System, "b"),
        ]);
        let blocks = json!([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]);
        assert_eq!((system(&late, &[None; 3], &mut changes), changes.0.len()), (Some(blocks), 1));
        assert_eq!(turns(&late, &[None; 3], &mut changes).map(|turns| turns.len()), Ok(1));
    }

    #[test]
    fn tool_results_of_a_turn_stand_first_in_one_user_message() {
        let call = |id: &str| Part::ToolCall(ToolCall { id: id.into(), name: "f".into(), arguments: String::new() });
        let result = |id: &str, is_error| Message {
            cache: None,
            role: Role::Tool,
            parts: vec![Part::ToolResult { id: id.into(), text: "r".into(), is_error }],
        };
        let ask = request(vec![
            Message::text(Role::User, "u"),
            Message { cache: None, role: Role::Assistant, parts: vec![Part::Text("t".into()), call("a"), call("b")] },
            Message::text(Role::User, "and"),
            result("a", false),
            result("b", true),
        ]);
        let turns = turns(&ask, &[None; 5], &mut Changes::default()).expect("turns");
        assert_eq!(turns.len(), 3);
        assert_eq!(turns[1]["content"][1], json!({"type": "tool_use", "id": "a", "name": "f", "input": {}}));
        assert_eq!(
            turns[2]["content"],
            json!([
                {"type": "tool_result", "tool_use_id": "a", "content": "r"},
                {"type": "tool_result", "tool_use_id": "b", "content": "r", "is_error": true},
                {"type": "text", "text": "and"},
            ])
        );
    }

    #[test]
    fn a_prefill_loses_its_trailing_space_visibly() {
        let mut changes = Changes::default();
        let ask = request(vec![Message::text(Role::User, "u"), Message::text(Role::Assistant, "{ \n")]);
        assert_eq!(turns(&ask, &[None; 2], &mut changes).expect("turns")[1]["content"], "{");
        assert_eq!(changes.0.len(), 1);
    }

    #[test]
    fn broken_tool_arguments_are_refused() {
        let bad = ToolCall { id: "a".into(), name: "f".into(), arguments: "{x".into() };
        let ask = request(vec![Message { cache: None, role: Role::Assistant, parts: vec![Part::ToolCall(bad)] }]);
        assert!(turns(&ask, &[None], &mut Changes::default()).is_err());
    }

    #[test]
    fn marks_stand_on_the_last_block_that_may_carry_one() {
        let thinking = json!({"type": "thinking", "thinking": "hm", "signature": "s"}).to_string();
        let parts = vec![Part::Text("t".into()), Part::Reasoning { opaque: Some(thinking), text: "hm".into() }];
        let ask = request(vec![
            Message::text(Role::System, "s"),
            Message::text(Role::User, "u"),
            Message { cache: None, role: Role::Assistant, parts },
        ]);
        let (long, short) = (Some(CacheTtl::OneHour), Some(CacheTtl::FiveMinutes));
        let marks = [long, short, short];
        let hour = json!([{"type": "text", "text": "s", "cache_control": {"type": "ephemeral", "ttl": "1h"}}]);
        assert_eq!(system(&ask, &marks, &mut Changes::default()), Some(hour));
        let turns = turns(&ask, &marks, &mut Changes::default()).expect("turns");
        let text = |text: &str| json!({"type": "text", "text": text, "cache_control": {"type": "ephemeral"}});
        assert_eq!(turns[0]["content"], json!([text("u")]));
        assert_eq!(turns[1]["content"][0], text("t"));
        assert_eq!(turns[1]["content"][1]["signature"], "s");
    }
}
