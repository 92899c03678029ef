//! `POST /v1beta/models/{model}:generateContent` (reference §4.1).

use serde_json::{Map, Value, json};

use super::super::super::spec::{Encoded, Endpoint};
use super::super::body::{Changes, bytes_of, join_url, merge_extra, number};
use super::super::percent::percent_encode;
use super::contents::{contents, system};
use super::models::{Generation, thinking};
use crate::net::{HttpRequest, Method};
use crate::record::{CallError, ChatRequest, OutputFormat, ToolChoice};

/// Most texts that may end an answer.
const MOST_STOPS: usize = 5;

pub(super) fn encode(request: &ChatRequest, endpoint: Endpoint<'_>) -> Result<Encoded, CallError> {
    let mut changes = Changes::default();
    let body = body(request, &mut changes)?;
    // The base URL comes without a version; one that has it is taken as well.
    let base = endpoint.base_url.trim_end_matches('/');
    let versioned = [("/v1beta"), ("/v1")].iter().any(|version| base.ends_with(version));
    let model = if request.model.contains('/') { request.model.clone() } else { format!("models/{}", request.model) };
    let path = format!("{}:{}", percent_encode(&model, "/"), method(endpoint.stream));
    let url = join_url(base, &if versioned { path } else { format!("v1beta/{path}") });
    Ok(Encoded { http: post(url, &body), warnings: changes.0 })
}

/// What is asked of the model, with the parameter that makes a stream one of events.
pub(in super::super) fn method(stream: bool) -> &'static str {
    if stream { "streamGenerateContent?alt=sse" } else { "generateContent" }
}

/// A JSON request.
pub(in super::super) fn post(url: String, body: &Map<String, Value>) -> HttpRequest {
    HttpRequest {
        method: Method::Post,
        url,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        auth: None,
        body: bytes_of(body),
    }
}

/// The body, the user's extra fields included; Vertex takes the same one.
pub(in super::super) fn body(request: &ChatRequest, changes: &mut Changes) -> Result<Map<String, Value>, CallError> {
    let mut body = Map::new();
    let signatures = Generation::of(&request.model).wants_signatures();
    body.insert("contents".to_owned(), Value::Array(contents(request, signatures, changes)?));
    if let Some(system) = system(request, changes) {
        body.insert("systemInstruction".to_owned(), system);
    }
    let mut config = Map::new();
    generation(&mut config, request, changes);
    output(&mut config, &request.output);
    thinking(&mut config, &request.model, &request.params, changes);
    if !config.is_empty() {
        body.insert("generationConfig".to_owned(), Value::Object(config));
    }
    tools(&mut body, request, changes);
    if let Some(tier) = &request.params.service_tier {
        body.insert("serviceTier".to_owned(), json!(tier));
    }
    if request.prediction.is_some() {
        changes.dropped("prediction", "this API has no such parameter");
    }
    if request.messages.iter().any(|message| message.cache.is_some()) {
        changes.dropped("cache", "this API has no marks: it caches long prefixes by itself");
    }
    merge_extra(&mut body, &request.params.extra);
    Ok(body)
}

fn generation(config: &mut Map<String, Value>, request: &ChatRequest, changes: &mut Changes) {
    let params = &request.params;
    let numbers = [
        ("temperature", params.temperature),
        ("topP", params.top_p),
        ("presencePenalty", params.presence_penalty),
        ("frequencyPenalty", params.frequency_penalty),
    ];
    for (name, value) in numbers {
        if let Some(value) = value {
            config.insert(name.to_owned(), number(value));
        }
    }
    let counts = [("maxOutputTokens", params.max_tokens), ("topK", params.top_k)];
    for (name, value) in counts {
        if let Some(value) = value {
            config.insert(name.to_owned(), json!(value));
        }
    }
    match params.seed.map(i32::try_from) {
        Some(Ok(seed)) => {
            config.insert("seed".to_owned(), json!(seed));
        }
        Some(Err(_)) => changes.dropped("seed", "this API takes seeds of 32 bits"),
        None => {}
    }
    if params.stop.len() > MOST_STOPS {
        changes.clamped("stop", format!("this API takes {MOST_STOPS} texts; the first {MOST_STOPS} are sent"));
    }
    if !params.stop.is_empty() {
        let stops: Vec<&String> = params.stop.iter().take(MOST_STOPS).collect();
        config.insert("stopSequences".to_owned(), json!(stops));
    }
    if let Some(alternatives) = params.logprobs {
        config.insert("responseLogprobs".to_owned(), json!(true));
        config.insert("logprobs".to_owned(), json!(alternatives));
    }
}

fn output(config: &mut Map<String, Value>, output: &OutputFormat) {
    if *output != OutputFormat::Text {
        config.insert("responseMimeType".to_owned(), json!("application/json"));
    }
    if let OutputFormat::JsonSchema { schema, .. } = output {
        config.insert("responseJsonSchema".to_owned(), schema.clone());
    }
}

fn tools(body: &mut Map<String, Value>, request: &ChatRequest, changes: &mut Changes) {
    if request.tools.is_empty() {
        return;
    }
    let declarations: Vec<Value> = request
        .tools
        .iter()
        .map(
            |tool| json!({"name": tool.name, "description": tool.description, "parametersJsonSchema": tool.parameters}),
        )
        .collect();
    body.insert("tools".to_owned(), json!([{"functionDeclarations": declarations}]));
    let config = match &request.tool_choice {
        ToolChoice::Auto => None,
        ToolChoice::None => Some(json!({"mode": "NONE"})),
        ToolChoice::Required => Some(json!({"mode": "ANY"})),
        ToolChoice::Named(name) => Some(json!({"mode": "ANY", "allowedFunctionNames": [name]})),
    };
    if let Some(config) = config {
        body.insert("toolConfig".to_owned(), json!({"functionCallingConfig": config}));
    }
    if request.parallel_tools == Some(false) {
        changes.dropped("parallel_tools", "this API has no such parameter");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{CacheTtl, Message, Params, Role, Tool};

    fn request(model: &str, params: Params) -> ChatRequest {
        ChatRequest {
            vars: None,
            messages: vec![Message::text(Role::User, "u")],
            model: model.to_owned(),
            output: OutputFormat::Text,
            parallel_tools: None,
            params,
            prediction: None,
            tool_choice: ToolChoice::Auto,
            tools: vec![],
        }
    }

    fn sent(request: &ChatRequest) -> (Value, Vec<String>) {
        let encoded = encode(request, Endpoint::new("https://x", true)).expect("encodes");
        let changed = encoded.warnings.iter().map(|w| format!("{} {}", w.param, w.action)).collect();
        (serde_json::from_slice(&encoded.http.body).expect("json"), changed)
    }

    #[test]
    fn addresses_carry_version_model_and_method() {
        let url = |base: &str, model: &str, stream| {
            let endpoint = Endpoint { stream, ..Endpoint::new(base, true) };
            encode(&request(model, Params::default()), endpoint).map(|encoded| encoded.http.url)
        };
        let plain = "https://x/v1beta/models/gemini-3-pro:generateContent";
        for (base, model) in [("https://x", "gemini-3-pro"), ("https://x/v1beta/", "models/gemini-3-pro")] {
            assert_eq!(url(base, model, false).as_deref(), Ok(plain));
        }
        let stream = "https://x/v1/tunedModels/a%20b:streamGenerateContent?alt=sse";
        assert_eq!(url("https://x/v1", "tunedModels/a b", true).as_deref(), Ok(stream));
    }

    #[test]
    fn every_parameter_has_its_field_or_a_warning() {
        let params = Params {
            temperature: Some(0.5),
            top_p: Some(0.25),
            top_k: Some(3),
            seed: Some(7),
            max_tokens: Some(9),
            presence_penalty: Some(1.0),
            frequency_penalty: Some(-1.0),
            logprobs: Some(2),
            stop: ["a", "b", "c", "d", "e", "f"].map(str::to_owned).to_vec(),
            service_tier: Some("flex".into()),
            ..Params::default()
        };
        let mut ask = request("gemini-2.0-flash", params);
        ask.prediction = Some("p".into());
        ask.messages[0].cache = Some(CacheTtl::FiveMinutes);
        let (body, changed) = sent(&ask);
        assert_eq!(
            body["generationConfig"],
            json!({"temperature": 0.5, "topP": 0.25, "presencePenalty": 1.0, "frequencyPenalty": -1.0,
                "maxOutputTokens": 9, "topK": 3, "seed": 7, "stopSequences": ["a", "b", "c", "d", "e"],
                "responseLogprobs": true, "logprobs": 2})
        );
        assert_eq!(body["serviceTier"], "flex");
        assert_eq!(changed, ["stop clamped", "prediction dropped", "cache dropped"]);
        let huge = request("gemini-2.0-flash", Params { seed: Some(i64::MAX), ..Params::default() });
        assert_eq!(sent(&huge).1, ["seed dropped"]);
    }

    #[test]
    fn tools_are_offered_forced_and_forbidden() {
        let config = |choice| {
            let mut ask = request("gemini-2.5-flash", Params::default());
            ask.tools = vec![Tool { name: "f".into(), description: "d".into(), parameters: json!({"type": "object"}) }];
            ask.parallel_tools = Some(false);
            ask.tool_choice = choice;
            let (body, changed) = sent(&ask);
            assert_eq!(changed, ["parallel_tools dropped"]);
            body["toolConfig"]["functionCallingConfig"].clone()
        };
        assert_eq!(config(ToolChoice::Auto), Value::Null);
        assert_eq!(config(ToolChoice::None), json!({"mode": "NONE"}));
        assert_eq!(config(ToolChoice::Required), json!({"mode": "ANY"}));
        let named = json!({"mode": "ANY", "allowedFunctionNames": ["f"]});
        assert_eq!(config(ToolChoice::Named("f".into())), named);
    }

    #[test]
    fn extra_fields_reach_into_the_configuration() {
        let extra = json!({"safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "OFF"}],
            "generationConfig": {"thinkingConfig": {"includeThoughts": true}}});
        let params = Params {
            thinking_budget: Some(100),
            extra: extra.as_object().cloned().expect("object"),
            ..Params::default()
        };
        let (body, _) = sent(&request("gemini-2.5-flash", params));
        assert_eq!(body["generationConfig"]["thinkingConfig"], json!({"thinkingBudget": 100, "includeThoughts": true}));
        assert_eq!(body["safetySettings"][0]["threshold"], "OFF");
    }
}
