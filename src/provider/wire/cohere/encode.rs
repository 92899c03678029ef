//! `POST /v2/chat`.

use serde_json::{Map, Value, json};

use super::super::super::spec::{Encoded, Endpoint};
use super::super::body::{Changes, merge_extra, number, post_json, refused};
use super::url_of;
use crate::record::{CallError, ChatRequest, Effort, Media, Message, OutputFormat, Params, Part, Role, ToolChoice};

/// Most texts of `stop_sequences`.
const MAX_STOPS: usize = 5;

pub(super) fn encode(request: &ChatRequest, endpoint: Endpoint<'_>) -> Result<Encoded, CallError> {
    let mut changes = Changes::default();
    let mut body = Map::new();
    body.insert("model".to_owned(), json!(request.model));
    body.insert("messages".to_owned(), Value::Array(messages(request)?));
    if endpoint.stream {
        body.insert("stream".to_owned(), json!(true));
    }
    sampling(&mut body, &request.params, &mut changes);
    plain(&mut body, &request.params, &mut changes);
    thinking(&mut body, &request.params, &mut changes);
    match &request.output {
        OutputFormat::Text => {}
        OutputFormat::Json => {
            body.insert("response_format".to_owned(), json!({"type": "json_object"}));
        }
        OutputFormat::JsonSchema { schema, .. } => {
            body.insert("response_format".to_owned(), json!({"type": "json_object", "json_schema": schema}));
        }
    }
    tools(&mut body, request, &mut changes)?;
    if request.prediction.is_some() {
        changes.dropped("prediction", "this API has no such parameter");
    }
    merge_extra(&mut body, &request.params.extra);
    let encoded = post_json(url_of(endpoint, "chat"), &Value::Object(body));
    Ok(Encoded { warnings: changes.0, ..encoded })
}

fn messages(request: &ChatRequest) -> Result<Vec<Value>, CallError> {
    let mut list = Vec::with_capacity(request.messages.len());
    for message in &request.messages {
        for part in &message.parts {
            if let Part::ToolResult { id, text, .. } = part {
                list.push(json!({"role": "tool", "tool_call_id": id, "content": text}));
            }
        }
        match message.role {
            Role::System => list.push(json!({"role": "system", "content": message.joined_text()})),
            Role::Assistant => list.push(assistant(message)),
            Role::User => {
                let parts = user_parts(message)?;
                match parts.as_slice() {
                    [] => {}
                    [only] if only.get("text").is_some() => {
                        list.push(json!({"role": "user", "content": only.get("text")}));
                    }
                    _ => list.push(json!({"role": "user", "content": parts})),
                }
            }
            Role::Tool if message.parts.iter().all(|part| matches!(part, Part::ToolResult { .. })) => {}
            Role::Tool => return Err(refused("a tool message may hold only tool results")),
        }
    }
    Ok(list)
}

fn user_parts(message: &Message) -> Result<Vec<Value>, CallError> {
    let mut parts = Vec::with_capacity(message.parts.len());
    for part in &message.parts {
        match part {
            Part::Text(text) => parts.push(json!({"type": "text", "text": text})),
            Part::Image(media) => {
                let url = match media {
                    Media::Url(url) => url.clone(),
                    Media::Base64 { mime, data } => format!("data:{mime};base64,{data}"),
                };
                parts.push(json!({"type": "image_url", "image_url": {"url": url}}));
            }
            Part::File { name, .. } => {
                return Err(refused(format!("file `{name}`: this API takes no files; put the text into the prompt")));
            }
            Part::ToolCall(_) => return Err(refused("a user message may not hold tool calls")),
            Part::ToolResult { .. } | Part::Reasoning { .. } => {}
        }
    }
    Ok(parts)
}

fn assistant(message: &Message) -> Value {
    let mut said = Map::new();
    said.insert("role".to_owned(), json!("assistant"));
    let thinking = |part: &Part| match part {
        // What another API signed is of no use here.
        Part::Reasoning { opaque: None, text } if !text.is_empty() => {
            Some(json!({"type": "thinking", "thinking": text}))
        }
        _ => None,
    };
    let mut content: Vec<Value> = message.parts.iter().filter_map(thinking).collect();
    let text = message.joined_text();
    let calls: Vec<Value> = message
        .parts
        .iter()
        .filter_map(|part| if let Part::ToolCall(call) = part { Some(call) } else { None })
        .map(|call| {
            json!({"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}})
        })
        .collect();
    if content.is_empty() {
        if !text.is_empty() || calls.is_empty() {
            said.insert("content".to_owned(), json!(text));
        }
    } else {
        if !text.is_empty() {
            content.push(json!({"type": "text", "text": text}));
        }
        said.insert("content".to_owned(), Value::Array(content));
    }
    if !calls.is_empty() {
        said.insert("tool_calls".to_owned(), Value::Array(calls));
    }
    Value::Object(said)
}

fn sampling(body: &mut Map<String, Value>, params: &Params, changes: &mut Changes) {
    if let Some(temperature) = params.temperature {
        body.insert("temperature".to_owned(), number(temperature));
    }
    clamped(body, changes, ("top_p", "p"), params.top_p, (0.01, 0.99));
    clamped(body, changes, ("frequency_penalty", "frequency_penalty"), params.frequency_penalty, (0.0, 1.0));
    clamped(body, changes, ("presence_penalty", "presence_penalty"), params.presence_penalty, (0.0, 1.0));
    if let Some(top_k) = params.top_k {
        body.insert("k".to_owned(), json!(top_k));
    }
    if let Some(wanted) = params.logprobs {
        body.insert("logprobs".to_owned(), json!(true));
        if wanted > 0 {
            changes.clamped("logprobs", "this API gives no alternatives per token");
        }
    }
}

/// Puts a number under its name on the wire, within what the API takes.
fn clamped(
    body: &mut Map<String, Value>,
    changes: &mut Changes,
    (param, name): (&str, &str),
    value: Option<f64>,
    (least, most): (f64, f64),
) {
    let Some(value) = value else { return };
    let sent = value.clamp(least, most);
    if !(least..=most).contains(&value) {
        changes.clamped(param, format!("this API takes {least} to {most}; sent {sent}"));
    }
    body.insert(name.to_owned(), number(sent));
}

fn plain(body: &mut Map<String, Value>, params: &Params, changes: &mut Changes) {
    if let Some(limit) = params.max_tokens {
        body.insert("max_tokens".to_owned(), json!(limit));
    }
    if let Some(seed) = params.seed {
        body.insert("seed".to_owned(), json!(seed));
    }
    if !params.stop.is_empty() {
        if params.stop.len() > MAX_STOPS {
            changes.clamped("stop", format!("at most {MAX_STOPS} texts; the first {MAX_STOPS} are sent"));
        }
        let stops: Vec<&String> = params.stop.iter().take(MAX_STOPS).collect();
        body.insert("stop_sequences".to_owned(), json!(stops));
    }
    if params.service_tier.is_some() {
        changes.dropped("service_tier", "this API has no such parameter");
    }
}

fn thinking(body: &mut Map<String, Value>, params: &Params, changes: &mut Changes) {
    if params.effort == Some(Effort::None) {
        if params.thinking_budget.is_some() {
            changes.dropped("thinking_budget", "effort `none` turns thinking off");
        }
        body.insert("thinking".to_owned(), json!({"type": "disabled"}));
        return;
    }
    if let Some(effort) = params.effort
        && params.thinking_budget.is_none()
    {
        let reason = format!("this API knows thinking on and off, not `{}`; sent on", effort.word());
        changes.clamped("effort", reason);
    }
    match params.thinking_budget {
        Some(budget) => {
            body.insert("thinking".to_owned(), json!({"type": "enabled", "token_budget": budget}));
        }
        None if params.effort.is_some() => {
            body.insert("thinking".to_owned(), json!({"type": "enabled"}));
        }
        None => {}
    }
}

fn tools(body: &mut Map<String, Value>, request: &ChatRequest, changes: &mut Changes) -> Result<(), CallError> {
    if request.parallel_tools.is_some() {
        changes.dropped("parallel_tools", "this API has no such parameter");
    }
    let choice = match &request.tool_choice {
        ToolChoice::Auto => None,
        ToolChoice::None => Some("NONE"),
        ToolChoice::Required | ToolChoice::Named(_) => Some("REQUIRED"),
    };
    let named = if let ToolChoice::Named(name) = &request.tool_choice { Some(name) } else { None };
    if let Some(name) = named {
        if !request.tools.iter().any(|tool| tool.name == *name) {
            return Err(refused(format!("the tool `{name}` must be called, and is not among the tools")));
        }
        let reason = format!("this API cannot name the tool; only `{name}` is offered, and a call is required");
        changes.clamped("tool_choice", reason);
    }
    if request.tools.is_empty() {
        return Ok(());
    }
    let offered = request.tools.iter().filter(|tool| named.is_none_or(|name| tool.name == *name));
    let tools: Vec<Value> = offered
        .map(|tool| {
            let function = json!({"name": tool.name, "description": tool.description, "parameters": tool.parameters});
            json!({"type": "function", "function": function})
        })
        .collect();
    body.insert("tools".to_owned(), Value::Array(tools));
    if let Some(choice) = choice {
        body.insert("tool_choice".to_owned(), json!(choice));
    }
    Ok(())
}
