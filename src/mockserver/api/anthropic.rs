//! Messages of Anthropic (reference §3.1, §3.2, §3.6).

use serde_json::{Map, Value, json};

use super::super::exchange::{Event, words};
use super::parse::{Body, Unreadable, arguments_object, effort, empty, stops, text};
use crate::record::{
    CacheTtl, ChatReply, ChatRequest, Effort, Finish, Media, Message, OutputFormat, Part, Role, Tool, ToolCall,
    ToolChoice, Usage,
};

/// The request of a body, and whether it wants a stream. Unknown fields are `extra`; the limit, which this API demands,
/// is taken as it is written.
pub(in super::super) fn read(bytes: &[u8]) -> Result<(ChatRequest, bool), Unreadable> {
    let mut body = Body::parse(bytes)?;
    let model = body.text("model").ok_or("the body has no `model`")?;
    let mut request = empty(&model);
    system(body.take("system").as_ref(), &mut request.messages);
    let turns = body.list("messages");
    if turns.is_empty() {
        return Err("the body has no `messages`".to_owned());
    }
    for turn in &turns {
        turn_of(turn, &mut request.messages)?;
    }
    let stream = body.flag("stream").unwrap_or(false);
    let params = &mut request.params;
    params.max_tokens = body.count("max_tokens");
    params.temperature = body.number("temperature");
    params.top_p = body.number("top_p");
    params.top_k = body.count("top_k");
    params.stop = stops(body.take("stop_sequences"));
    params.service_tier = body.text("service_tier");
    let mut config = body.object("output_config");
    params.effort = config.text("effort").as_deref().and_then(effort);
    match body.take("thinking") {
        Some(thinking) if text(&thinking, "type") == Some("enabled") => {
            let budget = thinking.get("budget_tokens").and_then(Value::as_u64);
            params.thinking_budget = budget.and_then(|budget| u32::try_from(budget).ok());
        }
        Some(thinking) if text(&thinking, "type") == Some("disabled") => params.effort = Some(Effort::None),
        Some(_) | None => {}
    }
    if let Some(schema) = config.take("format").and_then(|format| format.get("schema").cloned()) {
        request.output = OutputFormat::JsonSchema { name: "output".to_owned(), schema };
    }
    request.tools = body.list("tools").iter().filter_map(tool).collect();
    let choice = body.take("tool_choice").unwrap_or_default();
    request.tool_choice = match text(&choice, "type") {
        Some("none") => ToolChoice::None,
        Some("any") => ToolChoice::Required,
        Some("tool") => ToolChoice::Named(text(&choice, "name").unwrap_or_default().to_owned()),
        Some(_) | None => ToolChoice::Auto,
    };
    if choice.get("disable_parallel_tool_use") == Some(&Value::Bool(true)) {
        request.parallel_tools = Some(false);
    }
    request.params.extra = body.0;
    Ok((request, stream))
}

/// One message per block: that is how they are written.
fn system(system: Option<&Value>, messages: &mut Vec<Message>) {
    match system {
        Some(Value::String(one)) => messages.push(Message::text(Role::System, one.clone())),
        Some(Value::Array(blocks)) => {
            let message = |block: &Value| {
                let said = Message::text(Role::System, text(block, "text").unwrap_or_default());
                Message { cache: mark(block), ..said }
            };
            messages.extend(blocks.iter().map(message));
        }
        Some(_) | None => {}
    }
}

fn mark(block: &Value) -> Option<CacheTtl> {
    let control = block.get("cache_control")?;
    Some(if text(control, "ttl") == Some("1h") { CacheTtl::OneHour } else { CacheTtl::FiveMinutes })
}

/// Results of tools, which stand first in a turn of the user, are a message of their own.
fn turn_of(turn: &Value, messages: &mut Vec<Message>) -> Result<(), Unreadable> {
    let role = match text(turn, "role") {
        Some("user") => Role::User,
        Some("assistant") => Role::Assistant,
        Some("system") => Role::System,
        other => return Err(format!("`{}` is not a role of a message", other.unwrap_or("null"))),
    };
    let blocks = match turn.get("content") {
        Some(Value::String(one)) => {
            messages.push(Message::text(role, one.clone()));
            return Ok(());
        }
        Some(Value::Array(blocks)) => blocks.as_slice(),
        _ => return Err("a message has no `content`".to_owned()),
    };
    let is_result = |block: &&Value| text(block, "type") == Some("tool_result");
    let results: Vec<&Value> = blocks.iter().filter(is_result).collect();
    let others: Vec<&Value> = blocks.iter().filter(|block| !is_result(block)).collect();
    for (role, blocks) in [(Role::Tool, results), (role, others)] {
        let parts: Vec<Part> = blocks.iter().filter_map(|block| part(block)).collect();
        if !parts.is_empty() {
            messages.push(Message { cache: blocks.iter().rev().find_map(|block| mark(block)), parts, role });
        }
    }
    Ok(())
}

fn part(block: &Value) -> Option<Part> {
    match text(block, "type")? {
        "text" => Some(Part::Text(text(block, "text")?.to_owned())),
        "image" => Some(Part::Image(source(block.get("source")?)?)),
        "document" => {
            let name = text(block, "title").unwrap_or_default().to_owned();
            Some(Part::File { media: source(block.get("source")?)?, name })
        }
        "tool_use" => Some(Part::ToolCall(ToolCall {
            arguments: block.get("input").map_or_else(|| "{}".to_owned(), Value::to_string),
            id: text(block, "id").unwrap_or_default().to_owned(),
            name: text(block, "name")?.to_owned(),
        })),
        "tool_result" => Some(Part::ToolResult {
            id: text(block, "tool_use_id").unwrap_or_default().to_owned(),
            is_error: block.get("is_error") == Some(&Value::Bool(true)),
            text: result_text(block.get("content")),
        }),
        "thinking" | "redacted_thinking" => Some(Part::Reasoning {
            opaque: Some(block.to_string()),
            text: text(block, "thinking").unwrap_or_default().to_owned(),
        }),
        _ => None,
    }
}

fn result_text(content: Option<&Value>) -> String {
    match content {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(blocks)) => {
            blocks.iter().filter_map(|block| text(block, "text")).collect::<Vec<_>>().join("\n")
        }
        Some(_) | None => String::new(),
    }
}

fn source(source: &Value) -> Option<Media> {
    match text(source, "type")? {
        "url" => Some(Media::Url(text(source, "url")?.to_owned())),
        _ => Some(Media::Base64 {
            data: text(source, "data")?.to_owned(),
            mime: text(source, "media_type").unwrap_or_default().to_owned(),
        }),
    }
}

fn tool(tool: &Value) -> Option<Tool> {
    Some(Tool {
        name: text(tool, "name")?.to_owned(),
        description: text(tool, "description").unwrap_or_default().to_owned(),
        parameters: tool.get("input_schema").cloned().unwrap_or_default(),
    })
}

/// A reply in one piece.
pub(in super::super) fn write(reply: &ChatReply, model: &str, id: &str) -> Value {
    let mut body = head(reply, model, id);
    body.insert("content".to_owned(), Value::Array(blocks(reply)));
    let (reason, stop) = stop(reply);
    body.insert("stop_reason".to_owned(), json!(reason));
    body.insert("stop_sequence".to_owned(), stop);
    body.insert("usage".to_owned(), reply.usage.as_ref().map_or_else(|| json!({}), usage_of));
    Value::Object(body)
}

fn head(reply: &ChatReply, model: &str, id: &str) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("id".to_owned(), json!(format!("msg_{id}")));
    body.insert("type".to_owned(), json!("message"));
    body.insert("role".to_owned(), json!("assistant"));
    body.insert("model".to_owned(), json!(reply.model.as_deref().unwrap_or(model)));
    body
}

fn blocks(reply: &ChatReply) -> Vec<Value> {
    let mut blocks: Vec<Value> = reply.thoughts.iter().filter_map(thought).collect();
    if blocks.is_empty()
        && let Some(reasoning) = &reply.reasoning
    {
        blocks.push(json!({"type": "thinking", "thinking": reasoning, "signature": ""}));
    }
    let said = if reply.text.is_empty() { reply.refusal.as_deref().unwrap_or_default() } else { &reply.text };
    if !said.is_empty() {
        blocks.push(json!({"type": "text", "text": said}));
    }
    blocks.extend(reply.tool_calls.iter().map(
        |call| json!({"type": "tool_use", "id": call.id, "name": call.name, "input": arguments_object(&call.arguments)}),
    ));
    blocks
}

/// Thinking goes out only as this API wrote it.
fn thought(part: &Part) -> Option<Value> {
    let Part::Reasoning { opaque, .. } = part else { return None };
    let block: Value = serde_json::from_str(opaque.as_deref()?).ok()?;
    matches!(text(&block, "type"), Some("thinking" | "redacted_thinking")).then_some(block)
}

fn stop(reply: &ChatReply) -> (&'static str, Value) {
    match reply.finish {
        Finish::Length => ("max_tokens", Value::Null),
        Finish::ContextFull => ("model_context_window_exceeded", Value::Null),
        Finish::ToolCalls => ("tool_use", Value::Null),
        Finish::Refusal | Finish::ContentFilter => ("refusal", Value::Null),
        Finish::Paused => ("pause_turn", Value::Null),
        Finish::StopSequence => ("stop_sequence", json!("")),
        Finish::Stop | Finish::Error | Finish::Other => ("end_turn", Value::Null),
    }
}

/// Usage as Messages counts: the cache is apart from the input.
fn usage_of(usage: &Usage) -> Value {
    let (short, hour) = (usage.cache_write.unwrap_or(0), usage.cache_write_1h.unwrap_or(0));
    let mut body = json!({
        "input_tokens": usage.input.unwrap_or(0),
        "cache_creation_input_tokens": short.saturating_add(hour),
        "cache_read_input_tokens": usage.cache_read.unwrap_or(0),
        "output_tokens": usage.total_output().map_or(0, |tokens| tokens.0),
    });
    if let Some(map) = body.as_object_mut() {
        if short > 0 || hour > 0 {
            let split = json!({"ephemeral_5m_input_tokens": short, "ephemeral_1h_input_tokens": hour});
            map.insert("cache_creation".to_owned(), split);
        }
        if let Some(thinking) = usage.reasoning {
            map.insert("output_tokens_details".to_owned(), json!({"thinking_tokens": thinking}));
        }
    }
    body
}

/// The events of a streamed reply.
pub(in super::super) fn stream(reply: &ChatReply, model: &str, id: &str) -> Vec<Event> {
    let usage = reply.usage.as_ref().map_or_else(|| json!({}), usage_of);
    let mut begun = usage.clone();
    if let Some(count) = begun.get_mut("output_tokens") {
        *count = json!(1);
    }
    if let Some(map) = begun.as_object_mut() {
        map.shift_remove("output_tokens_details");
    }
    let mut message = head(reply, model, id);
    message.insert("content".to_owned(), json!([]));
    message.insert("stop_reason".to_owned(), Value::Null);
    message.insert("stop_sequence".to_owned(), Value::Null);
    message.insert("usage".to_owned(), begun);
    let mut events = vec![Event::typed(&json!({"type": "message_start", "message": message}))];
    events.push(Event::typed(&json!({"type": "ping"})));
    for (index, block) in blocks(reply).iter().enumerate() {
        let (start, deltas) = in_pieces(block);
        events.push(Event::typed(&json!({"type": "content_block_start", "index": index, "content_block": start})));
        let delta =
            |delta: Value| Event::typed(&json!({"type": "content_block_delta", "index": index, "delta": delta}));
        events.extend(deltas.into_iter().map(delta));
        events.push(Event::typed(&json!({"type": "content_block_stop", "index": index})));
    }
    let (reason, sequence) = stop(reply);
    let delta = json!({"stop_reason": reason, "stop_sequence": sequence});
    events.push(Event::typed(&json!({"type": "message_delta", "delta": delta, "usage": usage})));
    events.push(Event::typed(&json!({"type": "message_stop"})));
    events
}

/// A block as it begins, and what is added to it.
fn in_pieces(block: &Value) -> (Value, Vec<Value>) {
    let pieces = |field: &str, kind: &str| {
        let said = words(text(block, field).unwrap_or_default()).into_iter();
        said.map(|piece| json!({"type": kind, field: piece})).collect::<Vec<_>>()
    };
    match text(block, "type") {
        Some("text") => (json!({"type": "text", "text": ""}), pieces("text", "text_delta")),
        Some("thinking") => {
            let mut deltas = pieces("thinking", "thinking_delta");
            if let Some(signature) = text(block, "signature").filter(|signature| !signature.is_empty()) {
                deltas.push(json!({"type": "signature_delta", "signature": signature}));
            }
            (json!({"type": "thinking", "thinking": "", "signature": ""}), deltas)
        }
        Some("tool_use") => {
            let input = block.get("input").map_or_else(|| "{}".to_owned(), Value::to_string);
            let deltas =
                words(&input).into_iter().map(|piece| json!({"type": "input_json_delta", "partial_json": piece}));
            let mut start = block.clone();
            if let Some(map) = start.as_object_mut() {
                map.insert("input".to_owned(), json!({}));
            }
            (start, deltas.collect())
        }
        // Thinking that nobody may read comes whole.
        _ => (block.clone(), Vec::new()),
    }
}

/// An error in this API's shape.
pub(in super::super) fn error(status: u16, message: &str) -> Value {
    let kind = match status {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        503 | 529 => "overloaded_error",
        504 => "timeout_error",
        500.. => "api_error",
        _ => "invalid_request_error",
    };
    json!({"type": "error", "error": {"type": kind, "message": message}})
}
