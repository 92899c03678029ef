//! `POST /responses`.

use serde_json::{Map, Value, json};

use super::super::super::spec::{Encoded, Endpoint};
use super::super::body::{Changes, join_url, merge_extra, number};
use super::super::openai::encode::{is_strict, mentions_json, post, wire_name};
use super::super::openai::models::Family;
use super::items::input;
use crate::record::{CallError, ChatRequest, OutputFormat, Params, Tool, ToolChoice};

/// Largest `top_logprobs`.
const MAX_LOGPROBS: u8 = 20;

/// Least `max_output_tokens` that OpenAI takes here.
const MIN_OUTPUT: u32 = 16;

const NO_SUCH: &str = "this API has no such parameter";

pub(super) fn encode(request: &ChatRequest, endpoint: Endpoint<'_>) -> Result<Encoded, CallError> {
    let family = Family::of(endpoint.known_as.unwrap_or(&request.model));
    let params = &request.params;
    let mut changes = Changes::default();
    let mut body = Map::new();
    let input = input(request)?;
    body.insert("model".to_owned(), json!(request.model));
    if let Some(instructions) = input.instructions {
        body.insert("instructions".to_owned(), json!(instructions));
    }
    body.insert("input".to_owned(), Value::Array(input.items));
    // The provider keeps what is asked and answered for a month unless told not to.
    body.insert("store".to_owned(), json!(false));
    limit(&mut body, params, endpoint, &mut changes);
    let mut include = Vec::new();
    reasoning(&mut body, params, family, &mut include, &mut changes);
    sampling(&mut body, params, family, &mut include, &mut changes);
    if !include.is_empty() {
        body.insert("include".to_owned(), json!(include));
    }
    if let Some(tier) = &params.service_tier {
        body.insert("service_tier".to_owned(), json!(tier));
    }
    lacks(request, &mut changes);
    output(&mut body, request, &mut changes);
    tools(&mut body, request);
    if endpoint.stream {
        body.insert("stream".to_owned(), json!(true));
    }
    merge_extra(&mut body, &params.extra);
    Ok(post(join_url(endpoint.base_url, "responses"), &body, changes))
}

fn limit(body: &mut Map<String, Value>, params: &Params, endpoint: Endpoint<'_>, changes: &mut Changes) {
    let Some(limit) = params.max_tokens else { return };
    let sent = if endpoint.official { limit.max(MIN_OUTPUT) } else { limit };
    if sent != limit {
        changes.clamped("max_tokens", format!("this API takes at least {MIN_OUTPUT}"));
    }
    body.insert("max_output_tokens".to_owned(), json!(sent));
}

fn reasoning(
    body: &mut Map<String, Value>,
    params: &Params,
    family: Family,
    include: &mut Vec<&str>,
    changes: &mut Changes,
) {
    if params.thinking_budget.is_some() {
        changes.dropped("thinking_budget", "this API has no such parameter; use `effort`");
    }
    // Nothing is stored there, so that the next turn must bring the thinking along.
    if family.reasons() {
        include.push("reasoning.encrypted_content");
    }
    let Some(wanted) = params.effort else { return };
    let Some(effort) = family.effort(wanted) else {
        changes.dropped("effort", "this model does not reason");
        return;
    };
    if effort != wanted {
        changes.clamped("effort", format!("this model has no `{}`; sent `{}`", wanted.word(), effort.word()));
    }
    body.insert("reasoning".to_owned(), json!({"effort": effort.word()}));
}

fn sampling(
    body: &mut Map<String, Value>,
    params: &Params,
    family: Family,
    include: &mut Vec<&str>,
    changes: &mut Changes,
) {
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
    match params.logprobs {
        Some(wanted) if samples => {
            include.push("message.output_text.logprobs");
            if wanted > 0 && family.reasons() {
                changes.clamped("logprobs", "this model gives no alternatives per token");
            } else if wanted > 0 {
                if wanted > MAX_LOGPROBS {
                    changes.clamped("logprobs", format!("at most {MAX_LOGPROBS} alternatives"));
                }
                body.insert("top_logprobs".to_owned(), json!(wanted.min(MAX_LOGPROBS)));
            }
        }
        Some(_) => changes.dropped("logprobs", why),
        None => {}
    }
}

/// What Chat Completions takes and this API does not.
fn lacks(request: &ChatRequest, changes: &mut Changes) {
    let params = &request.params;
    let set = [
        ("seed", params.seed.is_some()),
        ("stop", !params.stop.is_empty()),
        ("presence_penalty", params.presence_penalty.is_some()),
        ("frequency_penalty", params.frequency_penalty.is_some()),
        ("top_k", params.top_k.is_some()),
        ("prediction", request.prediction.is_some()),
    ];
    for (name, _) in set.into_iter().filter(|(_, is_set)| *is_set) {
        changes.dropped(name, NO_SUCH);
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
        OutputFormat::JsonSchema { name, schema } => json!({
            "type": "json_schema", "name": wire_name(name), "schema": schema, "strict": is_strict(schema),
        }),
    };
    body.insert("text".to_owned(), json!({"format": format}));
}

fn tools(body: &mut Map<String, Value>, request: &ChatRequest) {
    if request.tools.is_empty() {
        return;
    }
    body.insert("tools".to_owned(), request.tools.iter().map(tool).collect());
    if let Some(parallel) = request.parallel_tools {
        body.insert("parallel_tool_calls".to_owned(), json!(parallel));
    }
    let choice = match &request.tool_choice {
        ToolChoice::Auto => return,
        ToolChoice::None => json!("none"),
        ToolChoice::Required => json!("required"),
        ToolChoice::Named(name) => json!({"type": "function", "name": name}),
    };
    body.insert("tool_choice".to_owned(), choice);
}

/// `strict` is on unless it is turned off here, and off unless it is turned on in Chat Completions: both wires ask for
/// the same.
fn tool(tool: &Tool) -> Value {
    json!({
        "type": "function",
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.parameters,
        "strict": false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Effort, Media, Message, Part, Role, ToolCall};

    const OFFICIAL: Endpoint<'static> = Endpoint::new("https://api.openai.com/v1/", true);

    fn request(model: &str, params: Params) -> ChatRequest {
        ChatRequest {
            vars: None,
            model: model.to_owned(),
            messages: vec![Message::text(Role::User, "u")],
            params,
            output: OutputFormat::Text,
            tools: vec![],
            parallel_tools: None,
            prediction: None,
            tool_choice: ToolChoice::Auto,
        }
    }

    fn sent(request: &ChatRequest, endpoint: Endpoint<'_>) -> (Value, Vec<String>) {
        let encoded = encode(request, endpoint).expect("encodes");
        assert_eq!(encoded.http.url, "https://api.openai.com/v1/responses");
        let changed = encoded.warnings.iter().map(|w| format!("{} {}", w.param, w.action)).collect();
        (serde_json::from_slice(&encoded.http.body).expect("json"), changed)
    }

    #[test]
    fn everything_this_api_lacks_is_told() {
        let params = Params {
            seed: Some(1),
            stop: vec!["x".into()],
            presence_penalty: Some(1.0),
            frequency_penalty: Some(1.0),
            top_k: Some(3),
            thinking_budget: Some(9),
            ..Params::default()
        };
        let ask = ChatRequest { prediction: Some("p".into()), ..request("gpt-4o", params) };
        let (body, changed) = sent(&ask, OFFICIAL);
        let keys: Vec<&str> = body.as_object().expect("object").keys().map(String::as_str).collect();
        assert_eq!(keys, ["model", "input", "store"]);
        assert_eq!(changed.len(), 7, "{changed:?}");
    }

    #[test]
    fn thinking_is_asked_for_in_a_form_that_can_be_sent_back() {
        let params = Params { effort: Some(Effort::Max), max_tokens: Some(3), ..Params::default() };
        let (body, changed) = sent(&request("gpt-5", params.clone()), OFFICIAL);
        assert_eq!(body["include"], json!(["reasoning.encrypted_content"]));
        assert_eq!(body["reasoning"], json!({"effort": "high"}));
        assert_eq!(body["max_output_tokens"], 16);
        assert_eq!(changed, ["max_tokens clamped", "effort clamped"]);
        let extra = json!({"reasoning": {"summary": "auto"}, "store": true}).as_object().cloned().expect("object");
        let (body, _) = sent(&request("gpt-5", Params { extra, ..params }), OFFICIAL);
        assert_eq!(body["reasoning"], json!({"effort": "high", "summary": "auto"}));
        assert_eq!(body["store"], true);
    }

    #[test]
    fn logprobs_are_included_where_the_model_samples() {
        let params = Params { logprobs: Some(25), temperature: Some(0.5), ..Params::default() };
        let (body, changed) = sent(&request("gpt-4o", params.clone()), OFFICIAL);
        assert_eq!(body["include"], json!(["message.output_text.logprobs"]));
        assert_eq!((&body["top_logprobs"], &body["temperature"]), (&json!(20), &json!(0.5)));
        assert_eq!(changed, ["logprobs clamped"]);
        let (body, changed) = sent(&request("gpt-5", params), OFFICIAL);
        assert_eq!(body["include"], json!(["reasoning.encrypted_content"]));
        assert_eq!(changed, ["temperature dropped", "logprobs dropped"]);
    }

    #[test]
    fn a_turn_keeps_the_order_of_thinking_text_and_calls() {
        let item = r#"{"encrypted_content":"gAAA","id":"rs_1","summary":[],"type":"reasoning"}"#;
        let call = ToolCall { arguments: "{}".into(), id: "c1".into(), name: "f".into() };
        let mut ask = request("gpt-5", Params::default());
        ask.messages = vec![
            Message::text(Role::System, "one"),
            Message::text(Role::System, "two"),
            Message {
                cache: None,
                role: Role::User,
                parts: vec![
                    Part::Text("see".into()),
                    Part::File { name: "a.pdf".into(), media: Media::Url("https://x/a.pdf".into()) },
                ],
            },
            Message {
                cache: None,
                role: Role::Assistant,
                parts: vec![
                    Part::Reasoning { opaque: Some(item.into()), text: String::new() },
                    Part::Reasoning { opaque: None, text: "of another API".into() },
                    Part::Reasoning { opaque: Some("sig".into()), text: "of another API".into() },
                    Part::Text("hm".into()),
                    Part::ToolCall(call),
                ],
            },
            Message {
                cache: None,
                role: Role::Tool,
                parts: vec![Part::ToolResult { id: "c1".into(), is_error: false, text: "r".into() }],
            },
            Message::text(Role::System, "later"),
        ];
        let (body, _) = sent(&ask, OFFICIAL);
        assert_eq!(body["instructions"], "one\n\ntwo");
        assert_eq!(
            body["input"],
            json!([
                {"role": "user", "content": [{"type": "input_text", "text": "see"},
                    {"type": "input_file", "file_url": "https://x/a.pdf"}]},
                {"encrypted_content": "gAAA", "id": "rs_1", "summary": [], "type": "reasoning"},
                {"role": "assistant", "content": "hm"},
                {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"},
                {"type": "function_call_output", "call_id": "c1", "output": "r"},
                {"role": "developer", "content": [{"type": "input_text", "text": "later"}]},
            ])
        );
    }

    #[test]
    fn a_stream_is_asked_for_when_the_endpoint_says_so() {
        let endpoint = Endpoint { stream: true, ..OFFICIAL };
        assert_eq!(sent(&request("gpt-5", Params::default()), endpoint).0["stream"], true);
        assert_eq!(sent(&request("gpt-5", Params::default()), OFFICIAL).0.get("stream"), None);
    }
}
