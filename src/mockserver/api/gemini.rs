//! `generateContent` of Google Gemini (reference §4.1, §4.2, §4.4).

use serde_json::{Map, Value, json};

use super::super::exchange::{Event, words};
use super::parse::{Body, Unreadable, arguments_object, effort, empty, stops, text};
use crate::record::{
    ChatReply, ChatRequest, Finish, Media, Message, OutputFormat, Part, Role, Tool, ToolCall, ToolChoice, Usage,
};

/// The request of a body to `model`. Results of tools stand by the place of their call, as the API may leave ids out;
/// unknown fields are `extra`.
pub(in super::super) fn read(bytes: &[u8], model: &str) -> Result<ChatRequest, Unreadable> {
    let mut body = Body::parse(bytes)?;
    let mut request = empty(model);
    let system = body.take("systemInstruction").or_else(|| body.take("system_instruction"));
    for part in parts_of(system.as_ref()) {
        request.messages.push(Message::text(Role::System, text(part, "text").unwrap_or_default()));
    }
    let turns = body.list("contents");
    if turns.is_empty() {
        return Err("the body has no `contents`".to_owned());
    }
    let mut calls = Calls::default();
    for turn in &turns {
        turn_of(turn, &mut calls, &mut request.messages);
    }
    let config = body.take("generationConfig").or_else(|| body.take("generation_config"));
    if let Some(Value::Object(config)) = config {
        let rest = generation(&mut request, Body(config));
        if !rest.is_empty() {
            request.params.extra.insert("generationConfig".to_owned(), Value::Object(rest));
        }
    }
    let tools = body.list("tools");
    let declared = tools.iter().filter_map(|tool| tool.get("functionDeclarations")?.as_array()).flatten();
    request.tools = declared.filter_map(declaration).collect();
    request.tool_choice = choice(body.take("toolConfig").as_ref());
    request.params.service_tier = body.text("serviceTier");
    request.params.extra.extend(body.0);
    Ok(request)
}

fn parts_of(content: Option<&Value>) -> &[Value] {
    content.and_then(|content| content.get("parts")).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// The calls so far, for ids that are left out.
#[derive(Default)]
struct Calls {
    in_turn: usize,
    answered: usize,
}

fn turn_of(turn: &Value, calls: &mut Calls, messages: &mut Vec<Message>) {
    let role = if text(turn, "role") == Some("model") { Role::Assistant } else { Role::User };
    if role == Role::Assistant {
        *calls = Calls::default();
    } else {
        calls.answered = 0;
    }
    let mut results = Vec::new();
    let mut others = Vec::new();
    for part in parts_of(Some(turn)) {
        match part_of(part, calls) {
            Some(result @ Part::ToolResult { .. }) => results.push(result),
            Some(other) => others.push(other),
            None => {}
        }
    }
    for (role, parts) in [(Role::Tool, results), (role, others)] {
        if !parts.is_empty() {
            messages.push(Message { cache: None, parts, role });
        }
    }
}

fn part_of(part: &Value, calls: &mut Calls) -> Option<Part> {
    if let Some(call) = part.get("functionCall") {
        let id = text(call, "id").map_or_else(|| format!("call_{}", calls.in_turn), str::to_owned);
        calls.in_turn += 1;
        let arguments = call.get("args").map_or_else(|| "{}".to_owned(), Value::to_string);
        return Some(Part::ToolCall(ToolCall { arguments, id, name: text(call, "name")?.to_owned() }));
    }
    if let Some(response) = part.get("functionResponse") {
        let id = text(response, "id").map_or_else(|| format!("call_{}", calls.answered), str::to_owned);
        calls.answered += 1;
        let content = response.get("response").cloned().unwrap_or_default();
        let wrapped = |key: &str| content.as_object().filter(|map| map.len() == 1).and_then(|_| text(&content, key));
        let (is_error, said) = match (wrapped("error"), wrapped("output")) {
            (Some(error), _) => (true, error.to_owned()),
            (None, Some(output)) => (false, output.to_owned()),
            (None, None) => (false, content.to_string()),
        };
        return Some(Part::ToolResult { id, is_error, text: said });
    }
    if part.get("thought") == Some(&Value::Bool(true)) {
        let shown = text(part, "text").unwrap_or_default().to_owned();
        return Some(Part::Reasoning { opaque: Some(part.to_string()), text: shown });
    }
    if let Some(data) = part.get("inlineData").or_else(|| part.get("inline_data")) {
        let mime = text(data, "mimeType").or_else(|| text(data, "mime_type")).unwrap_or_default().to_owned();
        return Some(file(Media::Base64 { data: text(data, "data")?.to_owned(), mime: mime.clone() }, &mime));
    }
    if let Some(data) = part.get("fileData") {
        let mime = text(data, "mimeType").unwrap_or_default();
        return Some(file(Media::Url(text(data, "fileUri")?.to_owned()), mime));
    }
    text(part, "text").map(|text| Part::Text(text.to_owned()))
}

/// The API does not tell images from files.
fn file(media: Media, mime: &str) -> Part {
    if mime.starts_with("image/") { Part::Image(media) } else { Part::File { media, name: String::new() } }
}

/// Reads what it knows; the rest comes back.
fn generation(request: &mut ChatRequest, mut config: Body) -> Map<String, Value> {
    let params = &mut request.params;
    params.temperature = config.number("temperature");
    params.top_p = config.number("topP");
    params.top_k = config.count("topK");
    params.presence_penalty = config.number("presencePenalty");
    params.frequency_penalty = config.number("frequencyPenalty");
    params.max_tokens = config.count("maxOutputTokens");
    params.seed = config.take("seed").and_then(|seed| seed.as_i64());
    params.stop = stops(config.take("stopSequences"));
    let alternatives = config.count("logprobs").and_then(|count| u8::try_from(count).ok());
    params.logprobs = config.flag("responseLogprobs").unwrap_or(false).then(|| alternatives.unwrap_or(0));
    let mut thinking = config.object("thinkingConfig");
    params.effort = thinking.text("thinkingLevel").and_then(|level| effort(&level.to_ascii_lowercase()));
    params.thinking_budget = thinking.count("thinkingBudget");
    let json = config.text("responseMimeType").is_some_and(|mime| mime == "application/json");
    let schema = config.take("responseJsonSchema").or_else(|| config.take("responseSchema"));
    request.output = match schema {
        Some(schema) => OutputFormat::JsonSchema { name: "output".to_owned(), schema },
        None if json => OutputFormat::Json,
        None => OutputFormat::Text,
    };
    config.0
}

fn declaration(tool: &Value) -> Option<Tool> {
    let parameters = tool.get("parametersJsonSchema").or_else(|| tool.get("parameters"));
    Some(Tool {
        name: text(tool, "name")?.to_owned(),
        description: text(tool, "description").unwrap_or_default().to_owned(),
        parameters: parameters.cloned().unwrap_or_default(),
    })
}

fn choice(config: Option<&Value>) -> ToolChoice {
    let Some(config) = config.and_then(|config| config.get("functionCallingConfig")) else { return ToolChoice::Auto };
    let only = config.get("allowedFunctionNames").and_then(Value::as_array).and_then(|names| names.first()?.as_str());
    match (text(config, "mode"), only) {
        (Some("NONE"), _) => ToolChoice::None,
        (Some("ANY"), Some(name)) => ToolChoice::Named(name.to_owned()),
        (Some("ANY"), None) => ToolChoice::Required,
        _ => ToolChoice::Auto,
    }
}

/// A reply in one piece.
pub(in super::super) fn write(reply: &ChatReply, model: &str, id: &str) -> Value {
    let mut parts = Vec::new();
    if let Some(reasoning) = &reply.reasoning {
        parts.push(json!({"text": reasoning, "thought": true}));
    }
    if let Some(said) = said(reply) {
        parts.push(json!({"text": said}));
    }
    parts.extend(reply.tool_calls.iter().map(call));
    piece(reply, model, id, &parts, true)
}

fn said(reply: &ChatReply) -> Option<&str> {
    let text = if reply.text.is_empty() { reply.refusal.as_deref().unwrap_or_default() } else { &reply.text };
    (!text.is_empty()).then_some(text)
}

fn call(call: &ToolCall) -> Value {
    json!({"functionCall": {"id": call.id, "name": call.name, "args": arguments_object(&call.arguments)}})
}

/// One piece of a reply; only the last one has a reason and the usage.
fn piece(reply: &ChatReply, model: &str, id: &str, parts: &[Value], last: bool) -> Value {
    let mut candidate = Map::new();
    candidate.insert("content".to_owned(), json!({"parts": parts, "role": "model"}));
    if last {
        candidate.insert("finishReason".to_owned(), json!(finish(reply)));
    }
    candidate.insert("index".to_owned(), json!(0));
    let mut body = json!({"candidates": [candidate], "modelVersion": reply.model.as_deref().unwrap_or(model),
        "responseId": id});
    if let (true, Some(usage), Some(map)) = (last, &reply.usage, body.as_object_mut()) {
        map.insert("usageMetadata".to_owned(), usage_of(usage));
    }
    body
}

fn finish(reply: &ChatReply) -> &'static str {
    match reply.finish {
        Finish::Length | Finish::ContextFull => "MAX_TOKENS",
        Finish::ContentFilter | Finish::Refusal => "SAFETY",
        Finish::Paused => "CONTINUATION",
        Finish::Error => "OTHER",
        Finish::Stop | Finish::StopSequence | Finish::ToolCalls | Finish::Other => "STOP",
    }
}

/// Usage as Gemini counts: the cache is within the prompt, thoughts are beside the candidates.
fn usage_of(usage: &Usage) -> Value {
    let prompt = usage.total_input().map_or(0, |tokens| tokens.0);
    let thoughts = usage.reasoning.unwrap_or(0);
    let output = usage.total_output().map_or(0, |tokens| tokens.0);
    let mut body = Map::new();
    body.insert("promptTokenCount".to_owned(), json!(prompt));
    body.insert("candidatesTokenCount".to_owned(), json!(output.saturating_sub(thoughts)));
    for (name, count) in [("thoughtsTokenCount", usage.reasoning), ("cachedContentTokenCount", usage.cache_read)] {
        if let Some(count) = count {
            body.insert(name.to_owned(), json!(count));
        }
    }
    body.insert("totalTokenCount".to_owned(), json!(prompt.saturating_add(output)));
    Value::Object(body)
}

/// The pieces of a streamed reply, each of the shape of a whole one.
pub(in super::super) fn pieces(reply: &ChatReply, model: &str, id: &str) -> Vec<Value> {
    let mut parts: Vec<Value> = Vec::new();
    let thoughts = words(reply.reasoning.as_deref().unwrap_or_default());
    parts.extend(thoughts.into_iter().map(|text| json!({"text": text, "thought": true})));
    parts.extend(words(said(reply).unwrap_or_default()).into_iter().map(|text| json!({"text": text})));
    parts.extend(reply.tool_calls.iter().map(call));
    if parts.is_empty() {
        return vec![piece(reply, model, id, &[], true)];
    }
    let last = parts.len() - 1;
    parts.iter().enumerate().map(|(at, part)| piece(reply, model, id, std::slice::from_ref(part), at == last)).collect()
}

/// The same as events.
pub(in super::super) fn stream(reply: &ChatReply, model: &str, id: &str) -> Vec<Event> {
    pieces(reply, model, id).iter().map(Event::of).collect()
}

/// An error in this API's shape.
pub(in super::super) fn error(status: u16, message: &str) -> Value {
    let word = match status {
        401 => "UNAUTHENTICATED",
        402 | 403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        429 => "RESOURCE_EXHAUSTED",
        503 | 529 => "UNAVAILABLE",
        504 => "DEADLINE_EXCEEDED",
        500.. => "INTERNAL",
        _ => "INVALID_ARGUMENT",
    };
    json!({"error": {"code": status, "message": message, "status": word}})
}
