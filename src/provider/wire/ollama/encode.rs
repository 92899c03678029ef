//! `POST /api/chat`.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::super::super::spec::{Encoded, Endpoint};
use super::super::body::{Changes, merge_extra, number, post_json, refused};
use super::url_of;
use crate::record::{
    CallError, ChatRequest, Effort, Media, Message, OutputFormat, Params, Part, Role, ToolCall, ToolChoice,
};

pub(super) fn encode(request: &ChatRequest, endpoint: Endpoint<'_>) -> Result<Encoded, CallError> {
    let mut changes = Changes::default();
    let mut body = Map::new();
    body.insert("model".to_owned(), json!(request.model));
    body.insert("messages".to_owned(), Value::Array(messages(request)?));
    // Left out, it would be true.
    body.insert("stream".to_owned(), json!(endpoint.stream));
    let options = options(&request.params);
    if !options.is_empty() {
        body.insert("options".to_owned(), Value::Object(options));
    }
    thinking(&mut body, request, &mut changes);
    match &request.output {
        OutputFormat::Text => {}
        OutputFormat::Json => {
            body.insert("format".to_owned(), json!("json"));
        }
        OutputFormat::JsonSchema { schema, .. } => {
            body.insert("format".to_owned(), schema.clone());
        }
    }
    if let Some(top) = request.params.logprobs {
        body.insert("logprobs".to_owned(), json!(true));
        if top > 0 {
            body.insert("top_logprobs".to_owned(), json!(top));
        }
    }
    tools(&mut body, request, &mut changes);
    if request.params.service_tier.is_some() {
        changes.dropped("service_tier", "this API has no such parameter");
    }
    if request.prediction.is_some() {
        changes.dropped("prediction", "this API has no such parameter");
    }
    merge_extra(&mut body, &request.params.extra);
    let encoded = post_json(url_of(endpoint, "chat"), &Value::Object(body));
    Ok(Encoded { warnings: changes.0, ..encoded })
}

fn messages(request: &ChatRequest) -> Result<Vec<Value>, CallError> {
    // Results name the tool, not the call; only the call knows both.
    let mut names: HashMap<&str, &str> = HashMap::new();
    let mut list = Vec::with_capacity(request.messages.len());
    for message in &request.messages {
        for part in &message.parts {
            match part {
                Part::ToolCall(call) => {
                    names.insert(&call.id, &call.name);
                }
                Part::ToolResult { id, text, .. } => {
                    let mut result = json!({"role": "tool", "content": text});
                    if let Some(name) = names.get(id.as_str()) {
                        result["tool_name"] = json!(name);
                    }
                    list.push(result);
                }
                Part::Text(_) | Part::Image(_) | Part::File { .. } | Part::Reasoning { .. } => {}
            }
        }
        match message.role {
            Role::System | Role::User | Role::Assistant => list.extend(said(message)?),
            Role::Tool if message.parts.iter().all(|part| matches!(part, Part::ToolResult { .. })) => {}
            Role::Tool => return Err(refused("a tool message may hold only tool results")),
        }
    }
    Ok(list)
}

/// A message that is no tool result; `None` when nothing else is in it.
fn said(message: &Message) -> Result<Option<Value>, CallError> {
    if !message.parts.is_empty() && message.parts.iter().all(|part| matches!(part, Part::ToolResult { .. })) {
        return Ok(None);
    }
    let mut said = Map::new();
    said.insert("role".to_owned(), json!(message.role.word()));
    said.insert("content".to_owned(), json!(message.joined_text()));
    let (mut images, mut calls, mut thinking) = (Vec::new(), Vec::new(), String::new());
    for part in &message.parts {
        match part {
            Part::Image(Media::Base64 { data, .. }) => images.push(json!(data)),
            Part::Image(Media::Url(_)) => return Err(refused("Ollama takes images as bytes, not by URL")),
            Part::File { name, .. } => {
                return Err(refused(format!("file `{name}`: Ollama takes no files; put the text into the prompt")));
            }
            Part::ToolCall(call) => calls.push(tool_call(call)?),
            // What another API signed is of no use here.
            Part::Reasoning { opaque: None, text } => thinking.push_str(text),
            Part::Reasoning { opaque: Some(_), .. } | Part::Text(_) | Part::ToolResult { .. } => {}
        }
    }
    for (name, list) in [("images", images), ("tool_calls", calls)] {
        if !list.is_empty() {
            said.insert(name.to_owned(), Value::Array(list));
        }
    }
    if !thinking.is_empty() {
        said.insert("thinking".to_owned(), json!(thinking));
    }
    Ok(Some(Value::Object(said)))
}

/// Arguments are an object here, not text.
fn tool_call(call: &ToolCall) -> Result<Value, CallError> {
    let written = if call.arguments.trim().is_empty() { "{}" } else { &call.arguments };
    match serde_json::from_str(written) {
        Ok(arguments @ Value::Object(_)) => Ok(json!({"function": {"name": call.name, "arguments": arguments}})),
        _ => Err(refused(format!(
            "the arguments of the call of `{}` are not a JSON object, Ollama takes nothing else",
            call.name
        ))),
    }
}

fn options(params: &Params) -> Map<String, Value> {
    let mut options = Map::new();
    let numbers = [
        ("temperature", params.temperature),
        ("top_p", params.top_p),
        ("presence_penalty", params.presence_penalty),
        ("frequency_penalty", params.frequency_penalty),
    ];
    for (name, value) in numbers {
        if let Some(value) = value {
            options.insert(name.to_owned(), number(value));
        }
    }
    if let Some(top_k) = params.top_k {
        options.insert("top_k".to_owned(), json!(top_k));
    }
    if let Some(seed) = params.seed {
        options.insert("seed".to_owned(), json!(seed));
    }
    if let Some(limit) = params.max_tokens {
        options.insert("num_predict".to_owned(), json!(limit));
    }
    if !params.stop.is_empty() {
        options.insert("stop".to_owned(), json!(params.stop));
    }
    options
}

/// `gpt-oss` thinks at three levels and cannot be stopped from it; all other models know on and off, and refuse levels.
fn thinking(body: &mut Map<String, Value>, request: &ChatRequest, changes: &mut Changes) {
    if request.params.thinking_budget.is_some() {
        changes.dropped("thinking_budget", "this API has no such parameter; use `effort`");
    }
    let Some(effort) = request.params.effort else { return };
    let think = if request.model.to_lowercase().contains("gpt-oss") {
        let level = match effort {
            Effort::None | Effort::Minimal | Effort::Low => Effort::Low,
            Effort::Medium => Effort::Medium,
            Effort::High | Effort::Xhigh | Effort::Max => Effort::High,
        };
        if level != effort {
            changes.clamped("effort", format!("this model has no `{}`; sent `{}`", effort.word(), level.word()));
        }
        json!(level.word())
    } else {
        if effort != Effort::None {
            changes
                .clamped("effort", format!("this model knows thinking on and off, not `{}`; sent on", effort.word()));
        }
        json!(effort != Effort::None)
    };
    body.insert("think".to_owned(), think);
}

fn tools(body: &mut Map<String, Value>, request: &ChatRequest, changes: &mut Changes) {
    match &request.tool_choice {
        ToolChoice::Auto => {}
        ToolChoice::None => {
            if !request.tools.is_empty() {
                changes.clamped("tool_choice", "this API has no such parameter; no tool is offered");
            }
            return;
        }
        ToolChoice::Required | ToolChoice::Named(_) => {
            changes.dropped("tool_choice", "this API has no such parameter: the model decides");
        }
    }
    if request.parallel_tools.is_some() {
        changes.dropped("parallel_tools", "this API has no such parameter");
    }
    if request.tools.is_empty() {
        return;
    }
    let tool = |tool: &crate::record::Tool| {
        let function = json!({"name": tool.name, "description": tool.description, "parameters": tool.parameters});
        json!({"type": "function", "function": function})
    };
    body.insert("tools".to_owned(), Value::Array(request.tools.iter().map(tool).collect()));
}
