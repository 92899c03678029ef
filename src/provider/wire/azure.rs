//! Azure OpenAI (reference §2.7): OpenAI's Chat Completions under names of one's own. What model answers is known only
//! from the reply, or from what the user says under `models`.

use serde_json_borrow::Value as Json;

use super::super::side_wire::EmbeddingWire;
use super::super::spec::{Encoded, Endpoint, Failure, KeySource, ProviderSpec, Wire};
use super::super::stream::StreamWire;
use super::body::{Changes, clean, join_url, merge_extra};
use super::embeddings::azure::AzureEmbeddings;
use super::openai::decode::decode;
use super::openai::encode::{body, post, stream};
use super::openai::models::{Family, takes_marks};
use super::openai::quirks::{Marks, Quirks};
use super::openai::stream::ChatStream;
use crate::net::HttpReply;
use crate::record::{CallError, ChatReply, ChatRequest, Warning};

/// Azure OpenAI.
pub(in crate::provider) static SPEC: ProviderSpec = ProviderSpec {
    name: "azure",
    about: "Azure OpenAI; models are deployments, the base URL is the resource's endpoint",
    keys: &[
        KeySource { env: "AZURE_OPENAI_API_KEY", header: "api-key", prefix: "" },
        KeySource { env: "AZURE_OPENAI_AD_TOKEN", header: "authorization", prefix: "Bearer " },
    ],
    base_url: "",
    base_url_env: Some("AZURE_OPENAI_ENDPOINT"),
    hosts: &["openai.azure.com", "cognitiveservices.azure.com", "services.ai.azure.com"],
    wire: Some(&Azure),
    option_envs: &[("api_version", &["OPENAI_API_VERSION"])],
    ..ProviderSpec::PLAIN
};

/// The wire.
#[derive(Debug)]
struct Azure;

const QUIRKS: Quirks = Quirks { amend, ..Quirks::OPENAI };

impl Wire for Azure {
    fn encode(&self, request: &ChatRequest, endpoint: Endpoint<'_>) -> Result<Encoded, CallError> {
        // The name of a deployment says nothing about the model behind it.
        let family = endpoint.known_as.map_or(Family::Foreign, Family::of);
        let marks = if endpoint.known_as.is_some_and(takes_marks) { Marks::Breakpoint } else { Marks::Never };
        let mut changes = Changes::default();
        let mut fields = body(request, family, endpoint, &Quirks { marks, ..QUIRKS }, &mut changes)?;
        merge_extra(&mut fields, &request.params.extra);
        stream(&mut fields, endpoint);
        Ok(post(address(endpoint, &request.model, "chat/completions"), &fields, changes))
    }

    fn decode(&self, reply: &HttpReply) -> Result<ChatReply, Failure> {
        let mut decoded = decode(reply, &QUIRKS);
        if let Err(failure) = &mut decoded
            && failure.param.is_some()
        {
            failure.error.message.push_str("; say which model the deployment serves, under `models` of the provider");
        }
        decoded
    }

    /// A deployment of an unknown model may think long as well.
    fn thinks_long(&self, request: &ChatRequest) -> bool {
        Family::of(&request.model) != Family::Classic
    }

    fn streaming(&self) -> Option<&dyn StreamWire> {
        Some(&ChatStream { quirks: &QUIRKS })
    }

    fn embeddings(&self) -> Option<&dyn EmbeddingWire> {
        Some(&AzureEmbeddings)
    }
}

/// With a dated `api_version` the deployment stands in the path; without one, or with `v1`, `preview` or `latest`, it is
/// the newer API with the deployment as the model's name.
pub(in crate::provider::wire) fn address(endpoint: Endpoint<'_>, deployment: &str, path: &str) -> String {
    let base = endpoint.base_url.trim_end_matches('/');
    let base = ["/openai/v1", "/openai"].iter().find_map(|end| base.strip_suffix(end)).unwrap_or(base);
    let newer = join_url(base, "openai/v1");
    match endpoint.options.api_version.as_deref() {
        None | Some("v1") => join_url(&newer, path),
        Some(version @ ("preview" | "latest")) => format!("{}?api-version={version}", join_url(&newer, path)),
        Some(version) => {
            let deployment = escaped(deployment);
            join_url(base, &format!("openai/deployments/{deployment}/{path}?api-version={}", escaped(version)))
        }
    }
}

/// Text as one step of a path.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => escaped.push(char::from(byte)),
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

/// A filter that was out of order let the answer through unseen: that must not be lost.
fn amend(reply: &mut ChatReply, body: &Json<'_>) {
    let choice = body.get("choices").as_array().and_then(<[Json<'_>]>::first);
    let results = choice.map(|choice| choice.get("content_filter_results"));
    let choice_error = results.map(|results| results.get("error")).filter(|error| error.is_object());
    let beside = choice.map(|choice| choice.get("content_filter_error")).filter(|error| error.is_object());
    if let Some(error) = choice_error.or(beside) {
        let said = error.get("message").as_str().map(clean).unwrap_or_default();
        reply.warnings.push(Warning {
            param: "content_filter".to_owned(),
            action: "dropped".to_owned(),
            reason: format!("the provider's content filter was out of order: {said}"),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::WireOptions;

    #[test]
    fn the_address_follows_the_version() {
        let at = |base_url: &str, version: Option<&str>| {
            let options = WireOptions { api_version: version.map(str::to_owned), ..WireOptions::NONE };
            address(Endpoint { options: &options, ..Endpoint::new(base_url, true) }, "my gpt", "chat/completions")
        };
        for base in
            ["https://r.openai.azure.com", "https://r.openai.azure.com/", "https://r.openai.azure.com/openai/v1"]
        {
            assert_eq!(at(base, None), "https://r.openai.azure.com/openai/v1/chat/completions");
            assert_eq!(
                at(base, Some("2024-10-21")),
                "https://r.openai.azure.com/openai/deployments/my%20gpt/chat/completions?api-version=2024-10-21"
            );
        }
        assert_eq!(
            at("https://gw/prefix", Some("preview")),
            "https://gw/prefix/openai/v1/chat/completions?api-version=preview"
        );
        assert_eq!(at("https://gw/prefix", Some("v1")), "https://gw/prefix/openai/v1/chat/completions");
    }
}
