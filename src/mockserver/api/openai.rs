//! Chat Completions, embeddings and the list of models of OpenAI (reference §2.2, §2.4, §2.8).

use serde_json::{Map, Value, json};

use super::super::exchange::{Event, words};
use super::parse::{Body, Unreadable, effort, empty, media, stops, text};
use crate::base::base64_encode;
use crate::record::{
    ChatReply, ChatRequest, Finish, Message, OutputFormat, Part, Role, Tool, ToolCall, ToolChoice, Usage,
};

/// The request of a body, and whether it wants a stream. `developer` is `system`, both names of the limit are one, and
/// unknown fields are `extra`.
pub(in super::super) fn read(bytes: &[u8]) -> Result<(ChatRequest, bool), Unreadable> {
    let mut body = Body::parse(bytes)?;
    let model = body.text("model").ok_or("the body has no `model`")?;
    let mut request = empty(&model);
    for message in body.list("messages") {
        message_of(&message, &mut request.messages)?;
    }
    if request.messages.is_empty() {
        return Err("the body has no `messages`".to_owned());
    }
    let stream = body.flag("stream").unwrap_or(false);
    body.take("stream_options");
    let params = &mut request.params;
    let older = body.count("max_tokens");
    params.max_tokens = body.count("max_completion_tokens").or(older);
    params.temperature = body.number("temperature");
    params.top_p = body.number("top_p");
    params.top_k = body.count("top_k");
    params.presence_penalty = body.number("presence_penalty");
    params.frequency_penalty = body.number("frequency_penalty");
    params.seed = body.take("seed").and_then(|seed| seed.as_i64());
    params.service_tier = body.text("service_tier");
    params.stop = stops(body.take("stop"));
    params.effort = body.text("reasoning_effort").as_deref().and_then(effort);
    let wants = body.flag("logprobs").unwrap_or(false);
    let alternatives = body.count("top_logprobs").and_then(|count| u8::try_from(count).ok());
    params.logprobs = wants.then(|| alternatives.unwrap_or(0));
    request.output = output(body.take("response_format").as_ref());
    request.tools = body.list("tools").iter().filter_map(tool).collect();
    request.tool_choice = choice(body.take("tool_choice").as_ref());
    request.parallel_tools = body.flag("parallel_tool_calls");
    request.prediction = body.take("prediction").and_then(|value| text(&value, "content").map(str::to_owned));
    request.params.extra = body.0;
    Ok((request, stream))
}

fn message_of(message: &Value, list: &mut Vec<Message>) -> Result<(), Unreadable> {
    let content = message.get("content").unwrap_or(&Value::Null);
    let role = match text(message, "role") {
        Some("system" | "developer") => Role::System,
        Some("user") => Role::User,
        Some("assistant") => Role::Assistant,
        Some("tool" | "function") => {
            let id = text(message, "tool_call_id").unwrap_or_default().to_owned();
            let result = Part::ToolResult { id, is_error: false, text: joined(content) };
            match list.last_mut().filter(|last| last.role == Role::Tool) {
                // Results of one turn stand together.
                Some(last) => last.parts.push(result),
                None => list.push(Message { cache: None, parts: vec![result], role: Role::Tool }),
            }
            return Ok(());
        }
        other => return Err(format!("`{}` is not a role of a message", other.unwrap_or("null"))),
    };
    let mut parts = match content {
        Value::String(text) => vec![Part::Text(text.clone())],
        Value::Array(parts) => parts.iter().filter_map(part).collect(),
        _ => Vec::new(),
    };
    let calls = message.get("tool_calls").and_then(Value::as_array);
    parts.extend(calls.into_iter().flatten().filter_map(call).map(Part::ToolCall));
    if parts.is_empty() {
        parts.push(Part::Text(String::new()));
    }
    list.push(Message { cache: None, parts, role });
    Ok(())
}

/// The texts of a content, whole or in parts.
fn joined(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| text(part, "text")).collect::<Vec<_>>().join("\n"),
        _ => String::new(),
    }
}

fn part(part: &Value) -> Option<Part> {
    match text(part, "type")? {
        "text" => Some(Part::Text(text(part, "text")?.to_owned())),
        "image_url" => Some(Part::Image(media(text(part.get("image_url")?, "url")?))),
        "file" => {
            let file = part.get("file")?;
            let name = text(file, "filename").unwrap_or_default().to_owned();
            Some(Part::File { media: media(text(file, "file_data")?), name })
        }
        _ => None,
    }
}

fn call(call: &Value) -> Option<ToolCall> {
    let function = call.get("function")?;
    Some(ToolCall {
        arguments: text(function, "arguments").unwrap_or_default().to_owned(),
        id: text(call, "id").unwrap_or_default().to_owned(),
        name: text(function, "name")?.to_owned(),
    })
}

fn output(format: Option<&Value>) -> OutputFormat {
    let kind = format.and_then(|format| text(format, "type"));
    match (kind, format.and_then(|format| format.get("json_schema"))) {
        (Some("json_object"), _) => OutputFormat::Json,
        (Some("json_schema"), Some(inner)) => OutputFormat::JsonSchema {
            name: text(inner, "name").unwrap_or("output").to_owned(),
            schema: inner.get("schema").cloned().unwrap_or_default(),
        },
        _ => OutputFormat::Text,
    }
}

fn tool(tool: &Value) -> Option<Tool> {
    let function = tool.get("function")?;
    Some(Tool {
        name: text(function, "name")?.to_owned(),
        description: text(function, "description").unwrap_or_default().to_owned(),
        parameters: function.get("parameters").cloned().unwrap_or_default(),
    })
}

fn choice(choice: Option<&Value>) -> ToolChoice {
    match choice {
        Some(Value::String(word)) if word == "none" => ToolChoice::None,
        Some(Value::String(word)) if word == "required" => ToolChoice::Required,
        Some(Value::Object(_)) => {
            let name = choice.and_then(|choice| choice.get("function")).and_then(|function| text(function, "name"));
            name.map_or(ToolChoice::Auto, |name| ToolChoice::Named(name.to_owned()))
        }
        Some(_) | None => ToolChoice::Auto,
    }
}

/// A reply in one piece.
pub(in super::super) fn write(reply: &ChatReply, model: &str, id: &str, created: i64) -> Value {
    let mut message = Map::new();
    message.insert("role".to_owned(), json!("assistant"));
    let silent = reply.text.is_empty() && (!reply.tool_calls.is_empty() || reply.refusal.is_some());
    message.insert("content".to_owned(), if silent { Value::Null } else { json!(reply.text) });
    message.insert("refusal".to_owned(), json!(reply.refusal));
    if let Some(reasoning) = &reply.reasoning {
        message.insert("reasoning_content".to_owned(), json!(reasoning));
    }
    if !reply.tool_calls.is_empty() {
        message.insert("tool_calls".to_owned(), Value::Array(reply.tool_calls.iter().map(written_call).collect()));
    }
    let mut body = head(reply, model, id, created, "chat.completion");
    let logprobs = logprobs(reply);
    let choice = json!({"index": 0, "message": message, "logprobs": logprobs, "finish_reason": finish(reply)});
    body.insert("choices".to_owned(), json!([choice]));
    if let Some(usage) = &reply.usage {
        body.insert("usage".to_owned(), usage_of(usage));
    }
    Value::Object(body)
}

fn head(reply: &ChatReply, model: &str, id: &str, created: i64, object: &str) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("id".to_owned(), json!(format!("chatcmpl-{id}")));
    body.insert("object".to_owned(), json!(object));
    body.insert("created".to_owned(), json!(created));
    body.insert("model".to_owned(), json!(reply.model.as_deref().unwrap_or(model)));
    for (name, value) in [("system_fingerprint", &reply.fingerprint), ("service_tier", &reply.service_tier)] {
        if let Some(value) = value {
            body.insert(name.to_owned(), json!(value));
        }
    }
    body
}

fn written_call(call: &ToolCall) -> Value {
    json!({"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}})
}

fn finish(reply: &ChatReply) -> &'static str {
    match reply.finish {
        Finish::Length | Finish::ContextFull => "length",
        Finish::ToolCalls => "tool_calls",
        Finish::ContentFilter => "content_filter",
        Finish::Stop | Finish::StopSequence | Finish::Refusal | Finish::Paused | Finish::Error | Finish::Other => {
            "stop"
        }
    }
}

fn logprobs(reply: &ChatReply) -> Value {
    if reply.logprobs.is_empty() {
        return Value::Null;
    }
    let token = |text: &str, logprob: f64| json!({"token": text, "logprob": logprob, "bytes": text.as_bytes()});
    let tokens = reply.logprobs.iter().map(|one| {
        let mut written = token(&one.text, one.logprob);
        let top: Vec<Value> = one.top.iter().map(|(text, logprob)| token(text, *logprob)).collect();
        if let Some(map) = written.as_object_mut() {
            map.insert("top_logprobs".to_owned(), Value::Array(top));
        }
        written
    });
    json!({"content": tokens.collect::<Vec<_>>(), "refusal": null})
}

/// Usage as Chat Completions counts: the parts are within the totals.
fn usage_of(usage: &Usage) -> Value {
    let input = usage.total_input().map_or(0, |tokens| tokens.0);
    let output = usage.total_output().map_or(0, |tokens| tokens.0);
    let details = |pairs: &[(&str, Option<u64>)]| {
        let known = pairs.iter().filter_map(|(name, count)| Some(((*name).to_owned(), json!((*count)?))));
        Value::Object(known.collect())
    };
    json!({
        "prompt_tokens": input,
        "completion_tokens": output,
        "total_tokens": input.saturating_add(output),
        "prompt_tokens_details": details(&[
            ("cached_tokens", usage.cache_read), ("cache_write_tokens", usage.cache_write),
            ("audio_tokens", usage.input_audio), ("image_tokens", usage.input_image),
        ]),
        "completion_tokens_details": details(&[
            ("reasoning_tokens", usage.reasoning), ("audio_tokens", usage.output_audio),
        ]),
    })
}

/// The events of a streamed reply; with `usage`, a last chunk carries it.
pub(in super::super) fn stream(reply: &ChatReply, model: &str, id: &str, created: i64, usage: bool) -> Vec<Event> {
    let chunk = |delta: Value, logprobs: Value, finish: Option<&str>| {
        let mut body = head(reply, model, id, created, "chat.completion.chunk");
        let choice = json!({"index": 0, "delta": delta, "logprobs": logprobs, "finish_reason": finish});
        body.insert("choices".to_owned(), json!([choice]));
        if usage {
            body.insert("usage".to_owned(), Value::Null);
        }
        Event::of(&Value::Object(body))
    };
    let part = |delta: Value| chunk(delta, Value::Null, None);
    let mut events = vec![part(json!({"role": "assistant", "content": "", "refusal": null}))];
    let reasoning = words(reply.reasoning.as_deref().unwrap_or_default());
    events.extend(reasoning.into_iter().map(|text| part(json!({"reasoning_content": text}))));
    if reply.logprobs.is_empty() {
        events.extend(words(&reply.text).into_iter().map(|text| part(json!({"content": text}))));
    } else {
        // Probabilities come with the text that they speak of.
        events.push(chunk(json!({"content": reply.text}), logprobs(reply), None));
    }
    let refusal = words(reply.refusal.as_deref().unwrap_or_default());
    events.extend(refusal.into_iter().map(|text| part(json!({"refusal": text}))));
    for (index, call) in reply.tool_calls.iter().enumerate() {
        let begun = json!({"index": index, "id": call.id, "type": "function",
            "function": {"name": call.name, "arguments": ""}});
        events.push(part(json!({"tool_calls": [begun]})));
        let pieces = words(&call.arguments).into_iter();
        events.extend(
            pieces.map(|text| part(json!({"tool_calls": [{"index": index, "function": {"arguments": text}}]}))),
        );
    }
    events.push(chunk(json!({}), Value::Null, Some(finish(reply))));
    if let Some(counted) = reply.usage.as_ref().filter(|_| usage) {
        let mut body = head(reply, model, id, created, "chat.completion.chunk");
        body.insert("choices".to_owned(), json!([]));
        body.insert("usage".to_owned(), usage_of(counted));
        events.push(Event::of(&Value::Object(body)));
    }
    events.push(Event { name: None, data: "[DONE]".to_owned() });
    events
}

/// An error in this API's shape.
pub(in super::super) fn error(status: u16, message: &str) -> Value {
    let (kind, code) = match status {
        401 | 403 => ("invalid_request_error", "invalid_api_key"),
        402 => ("insufficient_quota", "insufficient_quota"),
        404 => ("invalid_request_error", "not_recorded"),
        413 => ("invalid_request_error", "context_length_exceeded"),
        429 => ("requests", "rate_limit_exceeded"),
        500.. => ("server_error", "server_error"),
        _ => ("invalid_request_error", "invalid_request"),
    };
    json!({"error": {"message": message, "type": kind, "param": null, "code": code}})
}

/// A request for vectors.
#[derive(Debug, PartialEq, Eq)]
pub(in super::super) struct Embed {
    pub(in super::super) model: String,
    pub(in super::super) texts: Vec<String>,
    pub(in super::super) base64: bool,
}

/// The texts of a body.
pub(in super::super) fn read_embeddings(bytes: &[u8]) -> Result<Embed, Unreadable> {
    let mut body = Body::parse(bytes)?;
    let model = body.text("model").ok_or("the body has no `model`")?;
    let texts = match body.take("input") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(list)) if list.iter().all(Value::is_string) => stops(Some(Value::Array(list))),
        _ => return Err("`input` must be a text or a list of texts".to_owned()),
    };
    let base64 = body.text("encoding_format").is_some_and(|format| format == "base64");
    Ok(Embed { model, texts, base64 })
}

/// The vectors, in the order of the texts.
pub(in super::super) fn write_embeddings(asked: &Embed, vectors: &[Vec<f32>]) -> Value {
    let data = vectors.iter().enumerate().map(|(index, vector)| {
        let embedding = if asked.base64 {
            let bytes: Vec<u8> = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
            json!(base64_encode(&bytes))
        } else {
            json!(vector)
        };
        json!({"object": "embedding", "index": index, "embedding": embedding})
    });
    // A recording of vectors has no usage; clients want the field.
    let usage = json!({"prompt_tokens": 0, "total_tokens": 0});
    json!({"object": "list", "data": data.collect::<Vec<_>>(), "model": asked.model, "usage": usage})
}
