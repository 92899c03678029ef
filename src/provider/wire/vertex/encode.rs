//! Addresses of Vertex, and which body goes there (reference §4.7, §3.8).

use serde_json::json;

use super::super::super::spec::{Encoded, Endpoint, Wire};
use super::super::anthropic::{self, Anthropic};
use super::super::body::{Changes, join_url, merge_extra, refused};
use super::super::gemini;
use super::super::percent::percent_encode;
use crate::record::{CallError, ChatRequest};

/// Google's address without a location; it is also that of `global`.
pub(super) const ANY_LOCATION: &str = "https://aiplatform.googleapis.com";

/// Where requests go when no location is set.
const DEFAULT_LOCATION: &str = "global";

/// Version of Anthropic's API on this cloud.
const ANTHROPIC_VERSION: &str = "vertex-2023-10-16";

/// Whether a model is Anthropic's.
pub(super) fn is_claude(model: &str) -> bool {
    model.starts_with("claude") || model.starts_with("publishers/anthropic/")
}

pub(super) fn encode(request: &ChatRequest, endpoint: Endpoint<'_>) -> Result<Encoded, CallError> {
    let place = Place::of(endpoint)?;
    let mut changes = Changes::default();
    if !is_claude(&request.model) {
        let body = gemini::body(request, &mut changes)?;
        let url = place.url(endpoint, &request.model, "google", gemini::method(endpoint.stream));
        return Ok(Encoded { http: gemini::post(url, &body), warnings: changes.0 });
    }
    let streams = endpoint.stream && Anthropic.streaming().is_some();
    let mut body = anthropic::body(request, &mut changes)?;
    // The address names the model, and the body the version.
    body.shift_remove("model");
    body.insert("anthropic_version".to_owned(), json!(ANTHROPIC_VERSION));
    if streams {
        body.insert("stream".to_owned(), json!(true));
    }
    merge_extra(&mut body, &request.params.extra);
    let method = if streams { "streamRawPredict" } else { "rawPredict" };
    let url = place.url(endpoint, &request.model, "anthropic", method);
    Ok(Encoded { http: gemini::post(url, &body), warnings: changes.0 })
}

/// Project and location, both fit for a path.
struct Place<'a> {
    project: &'a str,
    location: &'a str,
}

impl<'a> Place<'a> {
    fn of(endpoint: Endpoint<'a>) -> Result<Place<'a>, CallError> {
        let fit = |text: &&str| {
            !text.is_empty()
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b':'))
        };
        let project = endpoint.options.project.as_deref().map(str::trim).filter(fit).ok_or_else(|| {
            refused("Vertex needs a project: set GOOGLE_CLOUD_PROJECT, or `project` of the provider in karat.yaml")
        })?;
        let location = endpoint.options.location.as_deref().map_or(DEFAULT_LOCATION, str::trim);
        if !fit(&location) || location.contains([':', '.']) {
            return Err(refused(format!(
                "`{location}` is no location of Google Cloud, such as `us-central1` or `global`"
            )));
        }
        Ok(Place { project, location })
    }

    fn url(&self, endpoint: Endpoint<'_>, model: &str, publisher: &str, method: &str) -> String {
        let Place { project, location } = self;
        let base = endpoint.base_url.trim_end_matches('/');
        let base = match *location {
            _ if base != ANY_LOCATION => base.to_owned(),
            "global" => ANY_LOCATION.to_owned(),
            "us" | "eu" => format!("https://aiplatform.{location}.rep.googleapis.com"),
            _ => format!("https://{location}-aiplatform.googleapis.com"),
        };
        // Claude's names carry a date after an `@`; tuned models are named by their endpoint.
        let name = percent_encode(model, "/@");
        let inside = format!("projects/{project}/locations/{location}");
        let path = match name.split('/').next() {
            Some("projects") => name,
            Some("publishers" | "endpoints") => format!("{inside}/{name}"),
            _ => format!("{inside}/publishers/{publisher}/models/{}", name.trim_start_matches("models/")),
        };
        let version = ["/v1", "/v1beta1"].iter().any(|version| base.ends_with(version));
        join_url(&base, &format!("{}{path}:{method}", if version { "" } else { "v1/" }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::super::spec::WireOptions;
    use super::*;
    use crate::record::{Message, OutputFormat, Params, Role, ToolChoice};
    use serde_json::Value;

    fn encoded(model: &str, base_url: &str, options: &WireOptions, stream: bool) -> Result<(String, Value), CallError> {
        let request = ChatRequest {
            vars: None,
            messages: vec![Message::text(Role::User, "u")],
            model: model.to_owned(),
            output: OutputFormat::Text,
            parallel_tools: None,
            params: Params { max_tokens: Some(9), ..Params::default() },
            prediction: None,
            tool_choice: ToolChoice::Auto,
            tools: vec![],
        };
        let endpoint = Endpoint { stream, options, ..Endpoint::new(base_url, true) };
        let http = encode(&request, endpoint)?.http;
        Ok((http.url, serde_json::from_slice(&http.body).expect("json")))
    }

    fn at(location: Option<&str>) -> WireOptions {
        let location = location.map(str::to_owned);
        WireOptions { project: Some("my-project".to_owned()), location, ..WireOptions::NONE }
    }

    #[test]
    fn the_host_follows_from_the_location() {
        let path = |location: &str| {
            format!(
                "/v1/projects/my-project/locations/{location}/publishers/google/models/gemini-3-pro:generateContent"
            )
        };
        let cases = [
            (None, "https://aiplatform.googleapis.com", "global"),
            (Some("global"), "https://aiplatform.googleapis.com", "global"),
            (Some("eu"), "https://aiplatform.eu.rep.googleapis.com", "eu"),
            (Some("us-central1"), "https://us-central1-aiplatform.googleapis.com", "us-central1"),
        ];
        for (location, host, name) in cases {
            let url = encoded("gemini-3-pro", ANY_LOCATION, &at(location), false).map(|(url, _)| url);
            assert_eq!(url, Ok(format!("{host}{}", path(name))));
        }
        let own = encoded("gemini-3-pro", "http://127.0.0.1:1/v1/", &at(Some("us-central1")), false);
        assert_eq!(own.map(|(url, _)| url), Ok(format!("http://127.0.0.1:1{}", path("us-central1"))));
        let tuned = encoded("endpoints/123", ANY_LOCATION, &at(Some("us-central1")), true).map(|(url, _)| url);
        let wanted = "https://us-central1-aiplatform.googleapis.com/v1/projects/my-project/locations/us-central1/endpoints/123:streamGenerateContent?alt=sse";
        assert_eq!(tuned.as_deref(), Ok(wanted));
    }

    #[test]
    fn claude_gets_anthropics_body_without_the_model() {
        let (url, body) = encoded("claude-haiku-4-5@20251001", ANY_LOCATION, &at(None), false).expect("encodes");
        assert_eq!(
            url,
            "https://aiplatform.googleapis.com/v1/projects/my-project/locations/global/publishers/anthropic/models/claude-haiku-4-5@20251001:rawPredict"
        );
        assert_eq!(
            body,
            json!({"max_tokens": 9, "messages": [{"role": "user", "content": "u"}], "anthropic_version": "vertex-2023-10-16"})
        );
        let (url, body) = encoded("claude-opus-5", ANY_LOCATION, &at(None), true).expect("encodes");
        assert!(url.ends_with(":streamRawPredict"), "{url}");
        assert_eq!(body["stream"], json!(true));
    }

    #[test]
    fn without_a_project_or_with_a_foreign_location_nothing_is_sent() {
        let missing = encoded("gemini-3-pro", ANY_LOCATION, &WireOptions::NONE, false).expect_err("refused");
        assert!(missing.message.contains("GOOGLE_CLOUD_PROJECT"), "{missing}");
        for location in ["evil.example/x", "", "a:b"] {
            assert!(encoded("gemini-3-pro", ANY_LOCATION, &at(Some(location)), false).is_err(), "{location}");
        }
    }
}
