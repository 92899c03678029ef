//! `POST /chat/completions` (reference §2.2 and §2.8).

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::super::super::spec::{Encoded, Endpoint};
use super::super::body::{Changes, bytes_of, join_url, merge_extra, number, refused};
use super::models::{Family, takes_marks};
use super::quirks::{Marks, Quirks};
use super::texts::{Texts, texts_of};
use crate::net::{HttpRequest, Method};
use crate::record::{
    CallError, ChatRequest, Media, Message, OutputFormat, Params, Part, Role, Tool, ToolCall, ToolChoice,
};

/// Most texts of `stop`.
const MAX_STOPS: usize = 4;

/// Largest `top_logprobs`.
const MAX_LOGPROBS: u8 = 20;

pub(super) fn encode(request: &ChatRequest, endpoint: Endpoint<'_>) -> Result<Encoded, CallError> {
    let known_as = endpoint.known_as.unwrap_or(&request.model);
    let mut changes = Changes::default();
    let marks = if endpoint.official && takes_marks(known_as) { Marks::Breakpoint } else { Marks::Never };
    let quirks = Quirks { marks, ..Quirks::OPENAI };
    let family = Family::of(known_as);
    let url = join_url(endpoint.base_url, "chat/completions");
    let texts = request.params.extra.is_empty().then(|| texts_of(request, system_role(family, endpoint))).flatten();
    if let Some(messages) = texts {
        let mut rest = Map::new();
        fields(&mut rest, request, family, endpoint, &quirks, &mut changes);
        stream(&mut rest, endpoint);
        return Ok(post(url, &Texts { model: &request.model, messages, rest }, changes));
    }
    let mut body = body(request, family, endpoint, &quirks, &mut changes)?;
    merge_extra(&mut body, &request.params.extra);
    stream(&mut body, endpoint);
    Ok(post(url, &body, changes))
}

/// The body without the user's extra fields, for a host with these quirks.
pub(in crate::provider::wire) fn body(
    request: &ChatRequest,
    family: Family,
    endpoint: Endpoint<'_>,
    quirks: &Quirks,
    changes: &mut Changes,
) -> Result<Map<String, Value>, CallError> {
    let mut body = Map::new();
    body.insert("model".to_owned(), json!(request.model));
    body.insert("messages".to_owned(), Value::Array(messages(request, family, endpoint, quirks)?));
    fields(&mut body, request, family, endpoint, quirks, changes);
    Ok(body)
}

/// All fields but the model and the messages.
fn fields(
    body: &mut Map<String, Value>,
    request: &ChatRequest,
    family: Family,
    endpoint: Endpoint<'_>,
    quirks: &Quirks,
    changes: &mut Changes,
) {
    limits(body, &request.params, family, endpoint);
    reasoning(body, &request.params, family, quirks, changes);
    sampling(body, &request.params, family, changes);
    plain(body, &request.params, family, quirks, changes);
    output(body, request, changes);
    tools(body, request);
    prediction(body, request, family, changes);
}

/// The request that carries a body.
pub(in crate::provider::wire) fn post(url: String, body: &impl Serialize, changes: Changes) -> Encoded {
    let http = HttpRequest {
        method: Method::Post,
        url,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        auth: None,
        body: bytes_of(body),
    };
    Encoded { http, warnings: changes.0 }
}

/// Asks for a stream, with its usage. For a server that refuses `stream_options` the extra parameters may say `null`,
/// which leaves them out.
pub(in crate::provider::wire) fn stream(body: &mut Map<String, Value>, endpoint: Endpoint<'_>) {
    if !endpoint.stream {
        return;
    }
    body.insert("stream".to_owned(), json!(true));
    match body.get("stream_options") {
        Some(Value::Null) => {
            body.shift_remove("stream_options");
        }
        Some(_) => {}
        None => {
            body.insert("stream_options".to_owned(), json!({"include_usage": true}));
        }
    }
}

/// Reasoning models call it `developer`; compatible servers often know only `system`, which OpenAI accepts too.
fn system_role(family: Family, endpoint: Endpoint<'_>) -> &'static str {
    if family.reasons() && endpoint.official { "developer" } else { "system" }
}

fn messages(
    request: &ChatRequest,
    family: Family,
    endpoint: Endpoint<'_>,
    quirks: &Quirks,
) -> Result<Vec<Value>, CallError> {
    let system = system_role(family, endpoint);
    let mut list = Vec::with_capacity(request.messages.len());
    for message in &request.messages {
        let before = list.len();
        tool_results(message, &mut list);
        match message.role {
            Role::System => list.push(json!({"role": system, "content": message.joined_text()})),
            Role::Assistant => list.push(assistant(message)),
            Role::User => {
                let parts = content_parts(message, quirks)?;
                if !parts.is_empty() {
                    list.push(json!({"role": "user", "content": content(parts)}));
                }
            }
            Role::Tool if message.parts.iter().all(|part| matches!(part, Part::ToolResult { .. })) => {}
            Role::Tool => return Err(refused("a tool message may hold only tool results")),
        }
        quirks.dress(message, list.get_mut(before..).unwrap_or_default());
    }
    Ok(list)
}

fn tool_results(message: &Message, list: &mut Vec<Value>) {
    for part in &message.parts {
        if let Part::ToolResult { id, text, .. } = part {
            list.push(json!({"role": "tool", "tool_call_id": id, "content": text}));
        }
    }
}

fn assistant(message: &Message) -> Value {
    let calls: Vec<Value> = message.parts.iter().filter_map(|part| tool_call(part).map(encode_call)).collect();
    let text = message.joined_text();
    if calls.is_empty() {
        return json!({"role": "assistant", "content": text});
    }
    let content = if text.is_empty() { Value::Null } else { Value::String(text) };
    json!({"role": "assistant", "content": content, "tool_calls": calls})
}

fn tool_call(part: &Part) -> Option<&ToolCall> {
    if let Part::ToolCall(call) = part { Some(call) } else { None }
}

fn encode_call(call: &ToolCall) -> Value {
    json!({"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}})
}

fn content_parts(message: &Message, quirks: &Quirks) -> Result<Vec<Value>, CallError> {
    let mut parts = Vec::with_capacity(message.parts.len());
    for part in &message.parts {
        match part {
            Part::Text(text) => parts.push(json!({"type": "text", "text": text})),
            Part::Image(media) => parts.push(json!({"type": "image_url", "image_url": {"url": url_of(media)}})),
            Part::File { name, media } if quirks.documents => {
                parts.push(json!({"type": "document_url", "document_url": url_of(media), "document_name": name}));
            }
            Part::File { name, media: media @ Media::Base64 { .. } } => {
                parts.push(json!({"type": "file", "file": {"filename": name, "file_data": url_of(media)}}));
            }
            Part::File { name, media: Media::Url(_) } => {
                return Err(refused(format!("file `{name}`: this API takes files as bytes, not by URL")));
            }
            Part::ToolCall(_) => return Err(refused("a user message may not hold tool calls")),
            Part::ToolResult { .. } | Part::Reasoning { .. } => {}
        }
    }
    Ok(parts)
}

/// A single text is sent as a string: every compatible server takes that.
fn content(parts: Vec<Value>) -> Value {
    let single = match parts.as_slice() {
        [only] => only.get("text").cloned(),
        _ => None,
    };
    single.unwrap_or(Value::Array(parts))
}

pub(in crate::provider::wire) fn url_of(media: &Media) -> String {
    match media {
        Media::Url(url) => url.clone(),
        Media::Base64 { mime, data } => format!("data:{mime};base64,{data}"),
    }
}

/// Reasoning models take `max_completion_tokens` only, behind a gateway too. Everything else is sent `max_tokens`,
/// which OpenAI still accepts there and many compatible servers take alone.
fn limits(body: &mut Map<String, Value>, params: &Params, family: Family, endpoint: Endpoint<'_>) {
    let Some(limit) = params.max_tokens else { return };
    // A name that is unknown on OpenAI's own host is a newer model: those take the newer field.
    let newer = family.reasons() || (endpoint.official && family == Family::Foreign);
    body.insert(if newer { "max_completion_tokens" } else { "max_tokens" }.to_owned(), json!(limit));
}

fn reasoning(body: &mut Map<String, Value>, params: &Params, family: Family, quirks: &Quirks, changes: &mut Changes) {
    if let Some(wanted) = params.effort {
        match family.effort(wanted) {
            Some(effort) => {
                if effort != wanted {
                    changes
                        .clamped("effort", format!("this model has no `{}`; sent `{}`", wanted.word(), effort.word()));
                }
                body.insert("reasoning_effort".to_owned(), json!(effort.word()));
            }
            None => changes.dropped("effort", "this model does not reason"),
        }
    }
    if params.thinking_budget.is_some() && !quirks.takes("thinking_budget") {
        changes.dropped("thinking_budget", "this API has no such parameter; use `effort`");
    }
}

fn sampling(body: &mut Map<String, Value>, params: &Params, family: Family, changes: &mut Changes) {
    let samples = family.samples(params.effort);
    let why = match family {
        Family::Gpt5Point => "this model takes it only with effort `none`",
        _ => "reasoning models take only the default",
    };
    for (name, value) in [("temperature", params.temperature), ("top_p", params.top_p)] {
        match value {
            Some(value) if samples => {
                body.insert(name.to_owned(), number(value));
            }
            Some(_) => changes.dropped(name, why),
            None => {}
        }
    }
    for (name, value) in
        [("presence_penalty", params.presence_penalty), ("frequency_penalty", params.frequency_penalty)]
    {
        match value {
            Some(value) if !family.reasons() => {
                body.insert(name.to_owned(), number(value));
            }
            Some(_) => changes.dropped(name, "reasoning models do not take it"),
            None => {}
        }
    }
    logprobs(body, params, family, samples, why, changes);
}

fn logprobs(
    body: &mut Map<String, Value>,
    params: &Params,
    family: Family,
    samples: bool,
    why: &str,
    changes: &mut Changes,
) {
    let Some(wanted) = params.logprobs else { return };
    if !samples {
        changes.dropped("logprobs", why);
        return;
    }
    body.insert("logprobs".to_owned(), json!(true));
    if wanted > 0 && family.reasons() {
        changes.clamped("logprobs", "this model gives no alternatives per token");
    } else if wanted > 0 {
        if wanted > MAX_LOGPROBS {
            changes.clamped("logprobs", format!("at most {MAX_LOGPROBS} alternatives"));
        }
        body.insert("top_logprobs".to_owned(), json!(wanted.min(MAX_LOGPROBS)));
    }
}

fn plain(body: &mut Map<String, Value>, params: &Params, family: Family, quirks: &Quirks, changes: &mut Changes) {
    match params.top_k {
        Some(top_k) if quirks.takes("top_k") => {
            body.insert("top_k".to_owned(), json!(top_k));
        }
        Some(_) => {
            changes.dropped("top_k", "this API has no such parameter; a server that knows it takes it from `extra`");
        }
        None => {}
    }
    if !params.stop.is_empty() {
        if family.reasons() {
            changes.dropped("stop", "reasoning models do not take it");
        } else {
            if params.stop.len() > MAX_STOPS {
                changes.clamped("stop", format!("at most {MAX_STOPS} texts; the first {MAX_STOPS} are sent"));
            }
            let stops: Vec<&String> = params.stop.iter().take(MAX_STOPS).collect();
            body.insert("stop".to_owned(), json!(stops));
        }
    }
    if let Some(seed) = params.seed {
        body.insert("seed".to_owned(), json!(seed));
    }
    if let Some(tier) = &params.service_tier {
        body.insert("service_tier".to_owned(), json!(tier));
    }
}

fn output(body: &mut Map<String, Value>, request: &ChatRequest, changes: &mut Changes) {
    let format = match &request.output {
        OutputFormat::Text => return,
        OutputFormat::Json if !mentions_json(&request.messages) => {
            changes.dropped("output.format", "this API takes `json` only when the prompt says the word JSON");
            return;
        }
        OutputFormat::Json => json!({"type": "json_object"}),
        OutputFormat::JsonSchema { name, schema } => {
            let schema_name = wire_name(name);
            json!({
                "type": "json_schema",
                "json_schema": {"name": schema_name, "schema": schema, "strict": is_strict(schema)},
            })
        }
    };
    body.insert("response_format".to_owned(), format);
}

pub(in crate::provider::wire) fn mentions_json(messages: &[Message]) -> bool {
    messages.iter().any(|message| message.joined_text().to_lowercase().contains("json"))
}

/// Letters, digits, `_`, `-`; at most 64.
pub(in crate::provider::wire) fn wire_name(name: &str) -> String {
    let kept: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '_' | '-') { c } else { '_' })
        .take(64)
        .collect();
    if kept.is_empty() { "output".to_owned() } else { kept }
}

/// Whether a schema fulfils the conditions of `strict`: every object closed and all its properties required.
/// Another schema is sent without `strict` rather than refused by the API.
pub(in crate::provider::wire) fn is_strict(schema: &Value) -> bool {
    match schema {
        Value::Object(map) => {
            let is_object = map.get("type").is_some_and(|kind| kind == "object") || map.contains_key("properties");
            let required = map.get("required").and_then(Value::as_array);
            let names_required =
                |key: &String| required.is_some_and(|list| list.iter().any(|name| name == key.as_str()));
            let closed = map.get("additionalProperties") == Some(&Value::Bool(false))
                && map.get("properties").and_then(Value::as_object).is_some_and(|all| all.keys().all(names_required));
            (!is_object || closed) && map.values().all(is_strict)
        }
        Value::Array(items) => items.iter().all(is_strict),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

fn tools(body: &mut Map<String, Value>, request: &ChatRequest) {
    if request.tools.is_empty() {
        return;
    }
    let list: Vec<Value> = request.tools.iter().map(encode_tool).collect();
    body.insert("tools".to_owned(), Value::Array(list));
    // Without tools the field is an error.
    if let Some(parallel) = request.parallel_tools {
        body.insert("parallel_tool_calls".to_owned(), json!(parallel));
    }
    let choice = match &request.tool_choice {
        ToolChoice::Auto => return,
        ToolChoice::None => json!("none"),
        ToolChoice::Required => json!("required"),
        ToolChoice::Named(name) => json!({"type": "function", "function": {"name": name}}),
    };
    body.insert("tool_choice".to_owned(), choice);
}

/// Text that the answer is expected to repeat; only models that do not reason take it, and not together with tools.
fn prediction(body: &mut Map<String, Value>, request: &ChatRequest, family: Family, changes: &mut Changes) {
    let Some(text) = &request.prediction else { return };
    if family.reasons() {
        changes.dropped("prediction", "reasoning models do not take it");
    } else if !request.tools.is_empty() {
        changes.dropped("prediction", "this API takes it only without tools");
    } else {
        body.insert("prediction".to_owned(), json!({"type": "content", "content": text}));
    }
}

fn encode_tool(tool: &Tool) -> Value {
    json!({
        "type": "function",
        "function": {"name": tool.name, "description": tool.description, "parameters": tool.parameters},
    })
}

#[cfg(test)]
#[path = "encode_test.rs"]
mod tests;
