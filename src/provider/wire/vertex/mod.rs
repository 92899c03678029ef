//! Google Cloud's Vertex AI: Gemini with Google's own body, and Claude with Anthropic's.

mod authority;
mod credentials;
mod encode;
mod jwt;
mod stream;

use serde_json::Value;

use super::super::spec::{Encoded, Endpoint, Failure, ProviderSpec, Wire};
use super::super::stream::StreamWire;
use super::anthropic::{self, Anthropic};
use super::gemini;
use crate::net::HttpReply;
use crate::record::{CallError, ChatReply, ChatRequest};

/// Vertex AI.
pub(in crate::provider) static SPEC: ProviderSpec = ProviderSpec {
    name: "vertex",
    about: "Gemini and Claude on Google Cloud (Vertex AI); `project` and `location` say where",
    // The location belongs into it; it is put there when a request is made.
    base_url: encode::ANY_LOCATION,
    base_url_env: Some("GOOGLE_VERTEX_BASE_URL"),
    hosts: &["googleapis.com"],
    wire: Some(&Vertex),
    credentials: credentials::VARIABLES,
    option_envs: &[
        ("project", &["GOOGLE_CLOUD_PROJECT"]),
        ("location", &["GOOGLE_CLOUD_LOCATION"]),
        ("credentials_file", &["GOOGLE_APPLICATION_CREDENTIALS"]),
        ("config_folder", &["CLOUDSDK_CONFIG"]),
        ("home", &["HOME", "USERPROFILE"]),
    ],
    authority: Some(authority::new),
    load: Some(credentials::load),
    lacks: Some(credentials::lacks),
    ..ProviderSpec::PLAIN
};

/// The wire.
#[derive(Debug)]
pub(in crate::provider) struct Vertex;

impl Wire for Vertex {
    fn encode(&self, request: &ChatRequest, endpoint: Endpoint<'_>) -> Result<Encoded, CallError> {
        encode::encode(request, endpoint)
    }

    fn decode(&self, reply: &HttpReply) -> Result<ChatReply, Failure> {
        let body = serde_json::from_slice::<Value>(&reply.body).unwrap_or(Value::Null);
        if is_anthropic(&body) { Anthropic.decode(reply) } else { gemini::decode(reply) }
    }

    fn thinks_long(&self, request: &ChatRequest) -> bool {
        if encode::is_claude(&request.model) { anthropic::thinks_long(request) } else { gemini::thinks_long(request) }
    }

    fn streaming(&self) -> Option<&dyn StreamWire> {
        Some(&stream::VertexStream)
    }
}

/// Whether a body, or a piece of a stream, is Anthropic's: all of its objects name their type.
fn is_anthropic(body: &Value) -> bool {
    body.get("type").is_some_and(Value::is_string)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::ErrorKind;

    #[test]
    fn replies_and_errors_of_both_vendors_are_told_apart() {
        let decoded =
            |status, body: &str| Vertex.decode(&HttpReply { status, body: body.into(), ..HttpReply::default() });
        let claude = r#"{"type":"message","content":[{"type":"text","text":"c"}],"stop_reason":"end_turn"}"#;
        assert_eq!(decoded(200, claude).map(|reply| reply.text), Ok("c".to_owned()));
        let gemini = r#"{"candidates":[{"content":{"parts":[{"text":"g"}]},"finishReason":"STOP"}]}"#;
        assert_eq!(decoded(200, gemini).map(|reply| reply.text), Ok("g".to_owned()));
        let kind = |status, body: &str| decoded(status, body).map_err(|failure| failure.error.kind);
        let long =
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 9 tokens"}}"#;
        assert_eq!(kind(400, long), Err(ErrorKind::ContextLength));
        let quota = r#"{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"Quota exceeded"}}"#;
        assert_eq!(kind(429, quota), Err(ErrorKind::RateLimited));
        assert_eq!(kind(502, "<html>"), Err(ErrorKind::Server));
    }
}
