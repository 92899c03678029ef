//! Anthropic Messages.

mod decode;
mod encode;
mod errors;
mod messages;
mod models;
mod schema;
mod stream;
mod usage;

pub(super) use encode::body;
pub(super) use models::Family;

use super::super::batch::{AnthropicBatches, BatchWire};
use super::super::spec::{Encoded, Endpoint, Failure, KeySource, ProviderSpec, Wire};
use super::super::stream::StreamWire;
use crate::net::HttpReply;
use crate::record::{CallError, ChatReply, ChatRequest, Effort};

/// Anthropic.
pub(in crate::provider) static SPEC: ProviderSpec = ProviderSpec {
    name: "anthropic",
    about: "Anthropic Messages, and any compatible server by its base URL (without `/v1`)",
    keys: &[
        KeySource { env: "ANTHROPIC_API_KEY", header: "x-api-key", prefix: "" },
        KeySource { env: "ANTHROPIC_AUTH_TOKEN", header: "authorization", prefix: "Bearer " },
    ],
    base_url: "https://api.anthropic.com",
    base_url_env: Some("ANTHROPIC_BASE_URL"),
    env_headers: &[],
    hosts: &["api.anthropic.com"],
    wire: Some(&Anthropic),
    ..ProviderSpec::PLAIN
};

/// The wire.
#[derive(Debug)]
pub(in crate::provider) struct Anthropic;

impl Wire for Anthropic {
    fn encode(&self, request: &ChatRequest, endpoint: Endpoint<'_>) -> Result<Encoded, CallError> {
        encode::encode(request, endpoint)
    }

    fn decode(&self, reply: &HttpReply) -> Result<ChatReply, Failure> {
        decode::decode(reply)
    }

    fn batches(&self) -> Option<&dyn BatchWire> {
        Some(&AnthropicBatches)
    }

    fn thinks_long(&self, request: &ChatRequest) -> bool {
        thinks_long(request)
    }

    fn streaming(&self) -> Option<&dyn StreamWire> {
        Some(&stream::MessageStream)
    }
}

/// Whether the model thinks before its first byte, on whatever cloud.
pub(super) fn thinks_long(request: &ChatRequest) -> bool {
    let asked = request.params.thinking_budget.is_some()
        || request.params.effort.is_some_and(|effort| effort != Effort::None)
        || request.params.extra.contains_key("thinking");
    asked || Family::of(&request.model).is_always_thinking()
}
