//! `POST /chat/completions` (reference §2.2 and §2.8).

use serde_json::{Map, Value, json};

use super::super::super::spec::{Encoded, Endpoint};
use super::super::body::{Changes, join_url, merge_extra, number, refused};
use super::models::Family;
use crate::net::{HttpRequest, Method};
use crate::record::{
    CallError, ChatRequest, Media, Message, OutputFormat, Params, Part, Role, Tool, ToolCall, ToolChoice,
};

/// Most texts of `stop`.
const MAX_STOPS: usize = 4;

/// Largest `top_logprobs`.
const MAX_LOGPROBS: u8 = 20;

pub(super) fn encode(request: &ChatRequest, endpoint: Endpoint<'_>) -> Result<Encoded, CallError> {
    let family = Family::of(&request.model);
    let mut changes = Changes::default();
    let mut body = Map::new();
    body.insert("model".to_owned(), json!(request.model));
    body.insert("messages".to_owned(), Value::Array(messages(request, family, endpoint)?));
    limits(&mut body, &request.params, family, endpoint);
    reasoning(&mut body, &request.params, family, &mut changes);
    sampling(&mut body, &request.params, family, &mut changes);
    plain(&mut body, &request.params, family, &mut changes);
    output(&mut body, request, &mut changes);
    tools(&mut body, request);
    merge_extra(&mut body, &request.params.extra);
    let http = HttpRequest {
        method: Method::Post,
        url: join_url(endpoint.base_url, "chat/completions"),
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        auth: None,
        body: Value::Object(body).to_string().into_bytes(),
    };
    Ok(Encoded { http, warnings: changes.0 })
}

fn messages(request: &ChatRequest, family: Family, endpoint: Endpoint<'_>) -> Result<Vec<Value>, CallError> {
    // Reasoning models call it `developer`; compatible servers often know only `system`, which OpenAI accepts too.
    let system = if family.reasons() && endpoint.official { "developer" } else { "system" };
    let mut list = Vec::with_capacity(request.messages.len());
    for message in &request.messages {
        tool_results(message, &mut list);
        match message.role {
            Role::System => list.push(json!({"role": system, "content": message.joined_text()})),
            Role::Assistant => list.push(assistant(message)),
            Role::User => {
                let parts = content_parts(message)?;
                if !parts.is_empty() {
                    list.push(json!({"role": "user", "content": content(parts)}));
                }
            }
            Role::Tool if message.parts.iter().all(|part| matches!(part, Part::ToolResult { .. })) => {}
            Role::Tool => return Err(refused("a tool message may hold only tool results")),
        }
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

fn content_parts(message: &Message) -> Result<Vec<Value>, CallError> {
    let mut parts = Vec::with_capacity(message.parts.len());
    for part in &message.parts {
        match part {
            Part::Text(text) => parts.push(json!({"type": "text", "text": text})),
            Part::Image(media) => parts.push(json!({"type": "image_url", "image_url": {"url": url_of(media)}})),
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

fn url_of(media: &Media) -> String {
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

fn reasoning(body: &mut Map<String, Value>, params: &Params, family: Family, changes: &mut Changes) {
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
    if params.thinking_budget.is_some() {
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

fn plain(body: &mut Map<String, Value>, params: &Params, family: Family, changes: &mut Changes) {
    if params.top_k.is_some() {
        changes.dropped("top_k", "this API has no such parameter; a server that knows it takes it from `extra`");
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

fn mentions_json(messages: &[Message]) -> bool {
    messages.iter().any(|message| message.joined_text().to_lowercase().contains("json"))
}

/// Letters, digits, `_`, `-`; at most 64.
fn wire_name(name: &str) -> String {
    let kept: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '_' | '-') { c } else { '_' })
        .take(64)
        .collect();
    if kept.is_empty() { "output".to_owned() } else { kept }
}

/// Whether a schema fulfils the conditions of `strict`: every object closed and all its properties required.
/// Another schema is sent without `strict` rather than refused by the API.
fn is_strict(schema: &Value) -> bool {
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
    let choice = match &request.tool_choice {
        ToolChoice::Auto => return,
        ToolChoice::None => json!("none"),
        ToolChoice::Required => json!("required"),
        ToolChoice::Named(name) => json!({"type": "function", "function": {"name": name}}),
    };
    body.insert("tool_choice".to_owned(), choice);
}

fn encode_tool(tool: &Tool) -> Value {
    json!({
        "type": "function",
        "function": {"name": tool.name, "description": tool.description, "parameters": tool.parameters},
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Effort;

    const OFFICIAL: Endpoint<'static> = Endpoint::new("https://api.openai.com/v1", true);
    const OTHER: Endpoint<'static> = Endpoint::new("http://127.0.0.1:1/v1/", false);

    fn request(model: &str, params: Params) -> ChatRequest {
        ChatRequest {
            model: model.to_owned(),
            messages: vec![Message::text(Role::System, "s"), Message::text(Role::User, "u")],
            params,
            output: OutputFormat::Text,
            tools: vec![],
            parallel_tools: None,
            vars: None,
            prediction: None,
            tool_choice: ToolChoice::Auto,
        }
    }

    fn sent(request: &ChatRequest, endpoint: Endpoint<'_>) -> (Value, Vec<String>) {
        let encoded = encode(request, endpoint).expect("encodes");
        let changed = encoded.warnings.iter().map(|w| format!("{} {}", w.param, w.action)).collect();
        (serde_json::from_slice(&encoded.http.body).expect("json"), changed)
    }

    #[test]
    fn the_limit_has_the_field_that_the_model_takes() {
        let params = Params { max_tokens: Some(9), ..Params::default() };
        let cases = [
            ("gpt-4o", OFFICIAL, "max_tokens"),
            ("gpt-5-mini", OFFICIAL, "max_completion_tokens"),
            ("o3", OFFICIAL, "max_completion_tokens"),
            ("llama-3", OTHER, "max_tokens"),
            ("gpt-4o", OTHER, "max_tokens"),
            ("gpt-5-mini", OTHER, "max_completion_tokens"),
        ];
        for (model, endpoint, field) in cases {
            let (body, changed) = sent(&request(model, params.clone()), endpoint);
            let fields: Vec<&str> =
                ["max_tokens", "max_completion_tokens"].into_iter().filter(|name| body.get(name).is_some()).collect();
            assert_eq!((fields, changed.len()), (vec![field], 0), "{model}");
        }
    }

    #[test]
    fn reasoning_models_get_no_sampling_and_every_drop_is_told() {
        let params = Params {
            temperature: Some(0.0),
            top_p: Some(0.5),
            presence_penalty: Some(1.0),
            frequency_penalty: Some(1.0),
            logprobs: Some(3),
            stop: vec!["x".into()],
            top_k: Some(4),
            thinking_budget: Some(9),
            seed: Some(7),
            ..Params::default()
        };
        let (body, changed) = sent(&request("gpt-5", params.clone()), OFFICIAL);
        let keys: Vec<&str> = body.as_object().expect("object").keys().map(String::as_str).collect();
        assert_eq!(keys, ["model", "messages", "seed"]);
        assert_eq!(changed.len(), 8, "{changed:?}");
        let (body, changed) = sent(&request("gpt-4o", params.clone()), OFFICIAL);
        assert_eq!(changed, ["thinking_budget dropped", "top_k dropped"]);
        assert_eq!((&body["temperature"], &body["top_logprobs"]), (&json!(0.0), &json!(3)));
        // 5.1 and later sample with effort `none` only.
        let none = Params { effort: Some(Effort::None), ..params };
        let (body, changed) = sent(&request("gpt-5.1", none), OFFICIAL);
        assert_eq!((&body["temperature"], &body["reasoning_effort"]), (&json!(0.0), &json!("none")));
        assert!(changed.contains(&"stop dropped".to_owned()) && body.get("top_logprobs").is_none(), "{changed:?}");
    }

    #[test]
    fn efforts_are_clamped_to_what_the_family_has() {
        let cases = [
            ("o3", Effort::None, Some("low")),
            ("o3", Effort::Max, Some("high")),
            ("gpt-5", Effort::None, Some("minimal")),
            ("gpt-5.2", Effort::Xhigh, Some("xhigh")),
            ("gpt-6", Effort::Minimal, Some("low")),
            ("gpt-4o", Effort::Low, None),
            ("deepseek-v4", Effort::Low, Some("low")),
        ];
        for (model, effort, wanted) in cases {
            let (body, changed) = sent(&request(model, Params { effort: Some(effort), ..Params::default() }), OTHER);
            assert_eq!(body.get("reasoning_effort").and_then(Value::as_str), wanted, "{model}");
            assert_eq!(changed.is_empty(), wanted == Some(effort.word()), "{model} {changed:?}");
        }
    }

    #[test]
    fn instructions_are_developer_messages_only_for_openais_own_reasoning_models() {
        let role =
            |model: &str, endpoint| sent(&request(model, Params::default()), endpoint).0["messages"][0]["role"].clone();
        assert_eq!(role("gpt-5", OFFICIAL), "developer");
        assert_eq!(role("gpt-5", OTHER), "system");
        assert_eq!(role("gpt-4o", OFFICIAL), "system");
    }

    #[test]
    fn json_mode_needs_the_word_in_the_prompt() {
        let mut ask = request("gpt-4o", Params::default());
        ask.output = OutputFormat::Json;
        let (body, changed) = sent(&ask, OFFICIAL);
        assert_eq!(
            (body.get("response_format"), changed.as_slice()),
            (None, &["output.format dropped".to_owned()][..])
        );
        ask.messages.push(Message::text(Role::User, "answer as Json"));
        assert_eq!(sent(&ask, OFFICIAL).0["response_format"], json!({"type": "json_object"}));
    }

    #[test]
    fn strict_is_set_only_for_schemas_that_allow_it() {
        let closed = json!({"type": "object", "additionalProperties": false, "required": ["a"],
            "properties": {"a": {"type": "array", "items": {"type": "string"}}}});
        let open_inside = json!({"type": "object", "additionalProperties": false, "required": ["a"],
            "properties": {"a": {"type": "object", "properties": {}}}});
        let optional = json!({"type": "object", "additionalProperties": false, "properties": {"a": {}}});
        assert_eq!([&closed, &open_inside, &optional].map(is_strict), [true, false, false]);
        assert_eq!(wire_name("größe x"), "gr__e_x");
    }

    #[test]
    fn extra_fields_have_the_last_word() {
        let extra = json!({"temperature": 0.7, "user": "u1"}).as_object().cloned().expect("object");
        let params = Params { temperature: Some(0.1), extra, ..Params::default() };
        let (body, _) = sent(&request("gpt-4o", params), OFFICIAL);
        assert_eq!((&body["temperature"], &body["user"]), (&json!(0.7), &json!("u1")));
    }

    #[test]
    fn what_the_api_has_no_words_for_is_refused() {
        let mut ask = request("gpt-4o", Params::default());
        ask.messages = vec![Message {
            cache: None,
            role: Role::User,
            parts: vec![Part::File { name: "a.pdf".into(), media: Media::Url("https://x/a.pdf".into()) }],
        }];
        let error = encode(&ask, OFFICIAL).expect_err("refused");
        assert!(error.message.contains("`a.pdf`"), "{}", error.message);
    }
}
