//! `POST /model/{id}/converse` and `/converse-stream` (reference §5).

use serde_json::{Map, Value, json};

use super::super::super::spec::{Encoded, Endpoint};
use super::super::body::{Changes, bytes_of, join_url, merge_extra, refused};
use super::super::cache_marks::cache_marks;
use super::super::percent::percent_encode;
use super::messages::{system, turns};
use super::parameters::parameters;
use crate::net::{HttpRequest, Method};
use crate::record::{CallError, ChatRequest, OutputFormat, Part, ToolChoice};

/// Amazon's address without its region.
pub(super) const ANY_REGION: &str = "https://bedrock-runtime.amazonaws.com";

pub(super) fn encode(request: &ChatRequest, endpoint: Endpoint<'_>) -> Result<Encoded, CallError> {
    let mut changes = Changes::default();
    let marks = cache_marks(request, &mut changes);
    let mut body = Map::new();
    body.insert("messages".to_owned(), Value::Array(turns(request, &marks)?));
    let system = system(request, &marks, &mut changes);
    if !system.is_empty() {
        body.insert("system".to_owned(), Value::Array(system));
    }
    parameters(&mut body, request, &mut changes);
    output(&mut body, &request.output, &mut changes);
    tools(&mut body, request, &mut changes);
    merge_extra(&mut body, &request.params.extra);
    let verb = if endpoint.stream { "converse-stream" } else { "converse" };
    let path = format!("model/{}/{verb}", percent_encode(&request.model, ""));
    let http = HttpRequest {
        method: Method::Post,
        url: join_url(&base_url(endpoint)?, &path),
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        auth: None,
        body: bytes_of(&body),
    };
    Ok(Encoded { http, warnings: changes.0 })
}

/// The address: the user's, or Amazon's for the region.
fn base_url(endpoint: Endpoint<'_>) -> Result<String, CallError> {
    if endpoint.base_url.trim_end_matches('/') != ANY_REGION {
        return Ok(endpoint.base_url.to_owned());
    }
    if let Some(url) = &endpoint.options.endpoint_url {
        return Ok(url.clone());
    }
    let region = endpoint.options.region.as_deref().map(str::trim).filter(|region| is_region(region));
    let region = region.ok_or_else(|| {
        refused("Bedrock needs a region such as `us-east-1`: set AWS_REGION, or `region` of the provider in karat.yaml")
    })?;
    let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    Ok(format!("https://bedrock-runtime.{region}.{domain}"))
}

/// Whether it may stand in a host's name.
fn is_region(region: &str) -> bool {
    !region.is_empty() && region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn output(body: &mut Map<String, Value>, output: &OutputFormat, changes: &mut Changes) {
    match output {
        OutputFormat::Text => {}
        OutputFormat::Json => changes.dropped("output.format", "this API has no JSON mode without a schema"),
        OutputFormat::JsonSchema { name, schema } => {
            // The schema travels as a text.
            let structure = json!({"jsonSchema": {"name": name, "schema": schema.to_string()}});
            let format = json!({"textFormat": {"type": "json_schema", "structure": structure}});
            let mut wanted = Map::new();
            wanted.insert("outputConfig".to_owned(), format);
            merge_extra(body, &wanted);
        }
    }
}

fn tools(body: &mut Map<String, Value>, request: &ChatRequest, changes: &mut Changes) {
    if request.tools.is_empty() {
        return;
    }
    if request.parallel_tools == Some(false) {
        changes.dropped("parallel_tools", "this API has no such parameter");
    }
    let speaks_of_tools = || {
        let is_tool = |part: &Part| matches!(part, Part::ToolCall(_) | Part::ToolResult { .. });
        request.messages.iter().any(|message| message.parts.iter().any(is_tool))
    };
    let choice = match &request.tool_choice {
        ToolChoice::Auto => None,
        ToolChoice::None if speaks_of_tools() => {
            changes.dropped("tool_choice", "this API cannot forbid tools, and earlier turns need them named");
            None
        }
        ToolChoice::None => {
            changes.dropped("tools", "this API cannot forbid tools: they are left out");
            return;
        }
        ToolChoice::Required => Some(json!({"any": {}})),
        ToolChoice::Named(name) => Some(json!({"tool": {"name": name}})),
    };
    let spec = |tool: &crate::record::Tool| {
        let mut spec = Map::new();
        spec.insert("name".to_owned(), json!(tool.name));
        // An empty description is refused.
        if !tool.description.is_empty() {
            spec.insert("description".to_owned(), json!(tool.description));
        }
        spec.insert("inputSchema".to_owned(), json!({"json": tool.parameters}));
        json!({"toolSpec": spec})
    };
    let mut config = Map::new();
    config.insert("tools".to_owned(), request.tools.iter().map(spec).collect());
    if let Some(choice) = choice {
        config.insert("toolChoice".to_owned(), choice);
    }
    body.insert("toolConfig".to_owned(), Value::Object(config));
}

#[cfg(test)]
mod tests {
    use super::super::super::super::spec::WireOptions;
    use super::*;
    use crate::record::{Message, Params, Role, Tool, ToolCall};

    fn request(model: &str) -> ChatRequest {
        ChatRequest {
            vars: None,
            messages: vec![Message::text(Role::User, "u")],
            model: model.to_owned(),
            output: OutputFormat::Text,
            parallel_tools: None,
            params: Params::default(),
            prediction: None,
            tool_choice: ToolChoice::Auto,
            tools: vec![],
        }
    }

    fn region(region: &str) -> WireOptions {
        WireOptions { region: Some(region.to_owned()), ..WireOptions::NONE }
    }

    #[test]
    fn addresses_carry_region_and_encoded_model() {
        let url = |base_url, options: &WireOptions, stream| {
            let endpoint = Endpoint { stream, options, ..Endpoint::new(base_url, true) };
            encode(&request("us.anthropic.claude-haiku-4-5-20251001-v1:0"), endpoint).map(|encoded| encoded.http.url)
        };
        let model = "us.anthropic.claude-haiku-4-5-20251001-v1%3A0";
        let east = format!("https://bedrock-runtime.us-east-1.amazonaws.com/model/{model}/converse");
        assert_eq!(url(ANY_REGION, &region("us-east-1"), false), Ok(east));
        let china = format!("https://bedrock-runtime.cn-north-1.amazonaws.com.cn/model/{model}/converse-stream");
        assert_eq!(url(ANY_REGION, &region("cn-north-1"), true), Ok(china));
        let own = format!("http://127.0.0.1:1/model/{model}/converse");
        assert_eq!(url("http://127.0.0.1:1/", &WireOptions::NONE, false), Ok(own.clone()));
        let moved = WireOptions { endpoint_url: Some("http://127.0.0.1:1".to_owned()), ..WireOptions::NONE };
        assert_eq!(url(ANY_REGION, &moved, false), Ok(own));
        for bad in [WireOptions::NONE, region("evil.example/")] {
            let error = url(ANY_REGION, &bad, false).expect_err("refused");
            assert!(error.message.contains("AWS_REGION"), "{error}");
        }
        let arn = "arn:aws:bedrock:us-east-1:1:application-inference-profile/x";
        let endpoint = Endpoint { options: &region("us-east-1"), ..Endpoint::new(ANY_REGION, true) };
        let encoded = encode(&request(arn), endpoint).expect("encodes");
        assert!(
            encoded
                .http
                .url
                .contains("/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Aapplication-inference-profile%2Fx/")
        );
    }

    #[test]
    fn tools_are_offered_forced_and_left_out() {
        let sent = |choice, messages: Vec<Message>| {
            let mut ask = request("amazon.nova-pro-v1:0");
            ask.messages.extend(messages);
            ask.tools =
                vec![Tool { name: "f".into(), description: String::new(), parameters: json!({"type": "object"}) }];
            ask.tool_choice = choice;
            let encoded = encode(&ask, Endpoint::new("http://127.0.0.1:1", false)).expect("encodes");
            let body: Value = serde_json::from_slice(&encoded.http.body).expect("json");
            (body["toolConfig"].clone(), encoded.warnings.len())
        };
        let spec = json!([{"toolSpec": {"name": "f", "inputSchema": {"json": {"type": "object"}}}}]);
        assert_eq!(sent(ToolChoice::Auto, vec![]), (json!({"tools": spec}), 0));
        assert_eq!(sent(ToolChoice::Required, vec![]).0["toolChoice"], json!({"any": {}}));
        assert_eq!(sent(ToolChoice::Named("f".into()), vec![]).0["toolChoice"], json!({"tool": {"name": "f"}}));
        assert_eq!(sent(ToolChoice::None, vec![]), (Value::Null, 1));
        let call = Part::ToolCall(ToolCall { id: "a".into(), name: "f".into(), arguments: "{}".into() });
        let earlier = vec![Message { cache: None, role: Role::Assistant, parts: vec![call] }];
        assert_eq!(sent(ToolChoice::None, earlier), (json!({"tools": spec}), 1));
    }

    #[test]
    fn schemas_travel_as_text() {
        let mut ask = request("amazon.nova-pro-v1:0");
        ask.output = OutputFormat::JsonSchema { name: "answer".into(), schema: json!({"type": "object"}) };
        let encoded = encode(&ask, Endpoint::new("http://127.0.0.1:1", false)).expect("encodes");
        let body: Value = serde_json::from_slice(&encoded.http.body).expect("json");
        let structure = json!({"jsonSchema": {"name": "answer", "schema": "{\"type\":\"object\"}"}});
        assert_eq!(body["outputConfig"], json!({"textFormat": {"type": "json_schema", "structure": structure}}));
    }
}
