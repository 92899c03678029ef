//! Amazon Bedrock, by its Converse API: one body for all vendors' models.

mod authority;
mod credentials;
mod decode;
mod encode;
mod errors;
mod messages;
mod parameters;
mod sigv4;
mod stream;

use super::super::spec::{Encoded, Endpoint, Failure, ProviderSpec, Wire};
use super::super::stream::StreamWire;
use super::anthropic;
use crate::net::HttpReply;
use crate::record::{CallError, ChatReply, ChatRequest};

/// Amazon Bedrock.
pub(in crate::provider) static SPEC: ProviderSpec = ProviderSpec {
    name: "bedrock",
    about: "Amazon Bedrock Converse; the region comes from `region` or AWS_REGION",
    // The region belongs into it; it is put there when a request is made.
    base_url: encode::ANY_REGION,
    base_url_env: Some("AWS_ENDPOINT_URL_BEDROCK_RUNTIME"),
    hosts: &["amazonaws.com"],
    wire: Some(&Bedrock),
    credentials: credentials::VARIABLES,
    option_envs: &[
        ("region", &["AWS_REGION", "AWS_DEFAULT_REGION"]),
        ("endpoint_url", &["AWS_ENDPOINT_URL"]),
        ("profile", &["AWS_PROFILE"]),
        ("credentials_file", &["AWS_SHARED_CREDENTIALS_FILE"]),
        ("home", &["HOME", "USERPROFILE"]),
    ],
    authority: Some(authority::new),
    load: Some(credentials::load),
    lacks: Some(credentials::lacks),
    ..ProviderSpec::PLAIN
};

/// The wire.
#[derive(Debug)]
pub(in crate::provider) struct Bedrock;

impl Wire for Bedrock {
    fn encode(&self, request: &ChatRequest, endpoint: Endpoint<'_>) -> Result<Encoded, CallError> {
        encode::encode(request, endpoint)
    }

    fn decode(&self, reply: &HttpReply) -> Result<ChatReply, Failure> {
        decode::decode(reply)
    }

    fn thinks_long(&self, request: &ChatRequest) -> bool {
        anthropic::thinks_long(request)
    }

    fn streaming(&self) -> Option<&dyn StreamWire> {
        Some(&stream::BedrockStream)
    }
}
