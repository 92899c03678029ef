//! Responses of OpenAI.

use serde_json::{Map, Value, json};

use super::super::exchange::{Event, words};
use super::parse::{Body, Unreadable, effort, empty, media, text};
use crate::record::{
    ChatReply, ChatRequest, Finish, Media, Message, OutputFormat, Part, Role, Tool, ToolCall, ToolChoice, Usage,
};

/// The request of a body, and whether it wants a stream. Instructions are a first system message; `store` and `include`
/// say nothing about the answer; unknown fields are `extra`.
pub(in super::super) fn read(bytes: &[u8]) -> Result<(ChatRequest, bool), Unreadable> {
    let mut body = Body::parse(bytes)?;
    let model = body.text("model").ok_or("the body has no `model`")?;
    if body.0.get("previous_response_id").is_some_and(Value::is_string) {
        return Err("`previous_response_id` is not known here: send the whole conversation in `input`".to_owned());
    }
    let mut request = empty(&model);
    if let Some(instructions) = body.text("instructions") {
        request.messages.push(Message::text(Role::System, instructions));
    }
    match body.take("input") {
        Some(Value::String(one)) => request.messages.push(Message::text(Role::User, one)),
        Some(Value::Array(items)) => items.iter().for_each(|item| take_item(item, &mut request.messages)),
        _ => return Err("the body has no `input`".to_owned()),
    }
    let stream = body.flag("stream").unwrap_or(false);
    let include = body.list("include");
    let wants = include.iter().any(|wanted| wanted == "message.output_text.logprobs");
    for ignored in ["store", "stream_options", "previous_response_id"] {
        body.take(ignored);
    }
    let params = &mut request.params;
    params.max_tokens = body.count("max_output_tokens");
    params.temperature = body.number("temperature");
    params.top_p = body.number("top_p");
    params.service_tier = body.text("service_tier");
    let alternatives = body.count("top_logprobs").and_then(|count| u8::try_from(count).ok());
    params.logprobs = wants.then(|| alternatives.unwrap_or(0));
    let mut reasoning = body.object("reasoning");
    params.effort = reasoning.text("effort").as_deref().and_then(effort);
    if !reasoning.0.is_empty() {
        params.extra.insert("reasoning".to_owned(), Value::Object(reasoning.0));
    }
    let mut said = body.object("text");
    request.output = output(said.take("format").as_ref());
    request.tools = body.list("tools").iter().filter_map(tool).collect();
    request.tool_choice = match body.take("tool_choice") {
        Some(Value::String(word)) if word == "none" => ToolChoice::None,
        Some(Value::String(word)) if word == "required" => ToolChoice::Required,
        Some(choice @ Value::Object(_)) => {
            text(&choice, "name").map_or(ToolChoice::Auto, |name| ToolChoice::Named(name.to_owned()))
        }
        Some(_) | None => ToolChoice::Auto,
    };
    request.parallel_tools = body.flag("parallel_tool_calls");
    request.params.extra.extend(body.0);
    Ok((request, stream))
}

/// Items of the model's turn, and results of one turn, stand together.
fn take_item(item: &Value, messages: &mut Vec<Message>) {
    let (role, parts) = match text(item, "type") {
        Some("function_call") => {
            let call = ToolCall {
                arguments: text(item, "arguments").unwrap_or_default().to_owned(),
                id: text(item, "call_id").unwrap_or_default().to_owned(),
                name: text(item, "name").unwrap_or_default().to_owned(),
            };
            (Role::Assistant, vec![Part::ToolCall(call)])
        }
        Some("function_call_output") => {
            let said = text(item, "output").unwrap_or_default().to_owned();
            let id = text(item, "call_id").unwrap_or_default().to_owned();
            (Role::Tool, vec![Part::ToolResult { id, is_error: false, text: said }])
        }
        Some("reasoning") => {
            (Role::Assistant, vec![Part::Reasoning { opaque: Some(item.to_string()), text: String::new() }])
        }
        Some("message") | None => {
            let role = match text(item, "role") {
                Some("system" | "developer") => Role::System,
                Some("assistant") => Role::Assistant,
                _ => Role::User,
            };
            let parts = match item.get("content") {
                Some(Value::String(one)) => vec![Part::Text(one.clone())],
                Some(Value::Array(parts)) => parts.iter().filter_map(part).collect(),
                _ => Vec::new(),
            };
            (role, parts)
        }
        Some(_) => return,
    };
    match messages.last_mut() {
        Some(last) if last.role == role && matches!(role, Role::Assistant | Role::Tool) => last.parts.extend(parts),
        _ => messages.push(Message { cache: None, parts, role }),
    }
}

fn part(part: &Value) -> Option<Part> {
    match text(part, "type")? {
        "input_text" | "output_text" | "text" => Some(Part::Text(text(part, "text")?.to_owned())),
        "input_image" => Some(Part::Image(media(text(part, "image_url")?))),
        "input_file" => {
            let name = text(part, "filename").unwrap_or_default().to_owned();
            let data = text(part, "file_data").map(media);
            let media = data.or_else(|| text(part, "file_url").map(|url| Media::Url(url.to_owned())))?;
            Some(Part::File { media, name })
        }
        _ => None,
    }
}

fn output(format: Option<&Value>) -> OutputFormat {
    match format.and_then(|format| Some((text(format, "type")?, format))) {
        Some(("json_object", _)) => OutputFormat::Json,
        Some(("json_schema", format)) => OutputFormat::JsonSchema {
            name: text(format, "name").unwrap_or("output").to_owned(),
            schema: format.get("schema").cloned().unwrap_or_default(),
        },
        _ => OutputFormat::Text,
    }
}

fn tool(tool: &Value) -> Option<Tool> {
    Some(Tool {
        name: text(tool, "name")?.to_owned(),
        description: text(tool, "description").unwrap_or_default().to_owned(),
        parameters: tool.get("parameters").cloned().unwrap_or_default(),
    })
}

/// A reply in one piece.
pub(in super::super) fn write(reply: &ChatReply, model: &str, id: &str, created: i64) -> Value {
    let (status, reason) = match reply.finish {
        Finish::Length | Finish::ContextFull => ("incomplete", json!({"reason": "max_output_tokens"})),
        Finish::ContentFilter => ("incomplete", json!({"reason": "content_filter"})),
        _ => ("completed", Value::Null),
    };
    let mut body = head(reply, model, id, created, status);
    body.insert("incomplete_details".to_owned(), reason);
    body.insert("output".to_owned(), Value::Array(items(reply, id)));
    if let Some(usage) = &reply.usage {
        body.insert("usage".to_owned(), usage_of(usage));
    }
    Value::Object(body)
}

fn head(reply: &ChatReply, model: &str, id: &str, created: i64, status: &str) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("id".to_owned(), json!(format!("resp_{id}")));
    body.insert("object".to_owned(), json!("response"));
    body.insert("created_at".to_owned(), json!(created));
    body.insert("status".to_owned(), json!(status));
    body.insert("error".to_owned(), Value::Null);
    body.insert("model".to_owned(), json!(reply.model.as_deref().unwrap_or(model)));
    body.insert("output".to_owned(), json!([]));
    if let Some(tier) = &reply.service_tier {
        body.insert("service_tier".to_owned(), json!(tier));
    }
    body
}

fn items(reply: &ChatReply, id: &str) -> Vec<Value> {
    let mut items = Vec::new();
    if let Some(reasoning) = &reply.reasoning {
        let summary = json!([{"type": "summary_text", "text": reasoning}]);
        items.push(json!({"type": "reasoning", "id": format!("rs_{id}"), "summary": summary}));
    }
    let mut content = Vec::new();
    if !reply.text.is_empty() || (reply.tool_calls.is_empty() && reply.refusal.is_none()) {
        content.push(json!({"type": "output_text", "text": reply.text, "annotations": []}));
    }
    if let Some(refusal) = &reply.refusal {
        content.push(json!({"type": "refusal", "refusal": refusal}));
    }
    if !content.is_empty() {
        items.push(json!({"type": "message", "id": format!("msg_{id}"), "status": "completed", "role": "assistant",
            "content": content}));
    }
    items.extend(reply.tool_calls.iter().enumerate().map(|(at, call)| {
        json!({"type": "function_call", "id": format!("fc_{id}_{at}"), "call_id": call.id, "name": call.name,
            "arguments": call.arguments, "status": "completed"})
    }));
    items
}

fn usage_of(usage: &Usage) -> Value {
    let input = usage.total_input().map_or(0, |tokens| tokens.0);
    let output = usage.total_output().map_or(0, |tokens| tokens.0);
    json!({
        "input_tokens": input,
        "input_tokens_details": {"cached_tokens": usage.cache_read.unwrap_or(0)},
        "output_tokens": output,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning.unwrap_or(0)},
        "total_tokens": input.saturating_add(output),
    })
}

/// The events of a streamed reply.
pub(in super::super) fn stream(reply: &ChatReply, model: &str, id: &str, created: i64) -> Vec<Event> {
    let whole = write(reply, model, id, created);
    let begun = head(reply, model, id, created, "in_progress");
    let mut list = vec![
        json!({"type": "response.created", "response": begun}),
        json!({"type": "response.in_progress", "response": begun}),
    ];
    for (at, item) in whole.get("output").and_then(Value::as_array).into_iter().flatten().enumerate() {
        item_events(at, item, &mut list);
    }
    let kind = if text(&whole, "status") == Some("incomplete") { "response.incomplete" } else { "response.completed" };
    list.push(json!({"type": kind, "response": whole}));
    for (number, event) in list.iter_mut().enumerate() {
        if let Some(map) = event.as_object_mut() {
            map.insert("sequence_number".to_owned(), json!(number));
        }
    }
    list.iter().map(Event::typed).collect()
}

fn item_events(at: usize, item: &Value, list: &mut Vec<Value>) {
    let id = text(item, "id").unwrap_or_default();
    let mut begun = item.clone();
    let emptied = match text(item, "type") {
        Some("message") => ("content", json!([])),
        Some("function_call") => ("arguments", json!("")),
        _ => ("summary", json!([])),
    };
    if let Some(map) = begun.as_object_mut() {
        map.insert(emptied.0.to_owned(), emptied.1);
    }
    list.push(json!({"type": "response.output_item.added", "output_index": at, "item": begun}));
    for (index, part) in item.get("content").and_then(Value::as_array).into_iter().flatten().enumerate() {
        let field = if text(part, "type") == Some("refusal") { "refusal" } else { "text" };
        let event = if field == "text" { "response.output_text" } else { "response.refusal" };
        let at_part = |kind: String, key: &str, value: Value| {
            let mut event = json!({"type": kind, "item_id": id, "output_index": at, "content_index": index});
            if let Some(map) = event.as_object_mut() {
                map.insert(key.to_owned(), value);
            }
            event
        };
        let mut empty = part.clone();
        if let Some(map) = empty.as_object_mut() {
            map.insert(field.to_owned(), json!(""));
        }
        let said = text(part, field).unwrap_or_default();
        list.push(at_part("response.content_part.added".to_owned(), "part", empty));
        list.extend(words(said).into_iter().map(|piece| at_part(format!("{event}.delta"), "delta", json!(piece))));
        list.push(at_part(format!("{event}.done"), field, json!(said)));
        list.push(at_part("response.content_part.done".to_owned(), "part", part.clone()));
    }
    if let Some(arguments) = text(item, "arguments") {
        let of =
            |kind: &str, key: &str, value: &str| json!({"type": kind, "item_id": id, "output_index": at, key: value});
        let deltas = words(arguments).into_iter();
        list.extend(deltas.map(|piece| of("response.function_call_arguments.delta", "delta", piece)));
        list.push(of("response.function_call_arguments.done", "arguments", arguments));
    }
    for (index, part) in item.get("summary").and_then(Value::as_array).into_iter().flatten().enumerate() {
        let said = words(text(part, "text").unwrap_or_default()).into_iter();
        list.extend(said.map(|piece| {
            json!({"type": "response.reasoning_summary_text.delta", "item_id": id, "output_index": at,
                "summary_index": index, "delta": piece})
        }));
    }
    list.push(json!({"type": "response.output_item.done", "output_index": at, "item": item}));
}
