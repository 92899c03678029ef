//! What requests become, parameter by parameter.

use super::*;
use crate::record::Effort;

const OFFICIAL: Endpoint<'static> = Endpoint::new("https://api.openai.com/v1", true);
const OTHER: Endpoint<'static> = Endpoint::new("http://127.0.0.1:1/v1/", false);

fn request(model: &str, params: Params) -> ChatRequest {
    ChatRequest {
        vars: None,
        model: model.to_owned(),
        messages: vec![Message::text(Role::System, "s"), Message::text(Role::User, "u")],
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
    assert_eq!((body.get("response_format"), changed.as_slice()), (None, &["output.format dropped".to_owned()][..]));
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
fn a_stream_is_asked_for_with_its_usage_unless_the_server_refuses_that() {
    let stream = Endpoint { stream: true, ..OTHER };
    let with = |extra: Value| {
        let extra = extra.as_object().cloned().expect("object");
        sent(&request("m", Params { extra, ..Params::default() }), stream).0
    };
    let usual = with(json!({}));
    assert_eq!((&usual["stream"], &usual["stream_options"]), (&json!(true), &json!({"include_usage": true})));
    assert_eq!(with(json!({"stream_options": null})).get("stream_options"), None);
    assert_eq!(with(json!({"stream_options": {"x": 1}}))["stream_options"], json!({"x": 1}));
    assert_eq!(sent(&request("m", Params::default()), OTHER).0.get("stream"), None);
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
