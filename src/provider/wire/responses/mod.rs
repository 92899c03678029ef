//! OpenAI Responses (reference §2.3), and servers that speak it: nothing is stored unless asked for.

mod decode;
mod encode;
mod items;
mod stream;

use super::super::batch::{BatchWire, OpenAiBatches};
use super::super::side_wire::EmbeddingWire;
use super::super::spec::{Encoded, Endpoint, Failure, KeySource, ProviderSpec, Wire};
use super::super::stream::StreamWire;
use super::openai::embeddings::Embeddings;
use super::openai::models::Family;
use crate::net::HttpReply;
use crate::record::{CallError, ChatReply, ChatRequest};

/// OpenAI's Responses API.
pub(in crate::provider) static SPEC: ProviderSpec = ProviderSpec {
    name: "openai-responses",
    about: "OpenAI Responses, and any server that speaks it by its base URL (which includes `/v1`)",
    keys: &[KeySource { env: "OPENAI_API_KEY", header: "authorization", prefix: "Bearer " }],
    base_url: "https://api.openai.com/v1",
    base_url_env: Some("OPENAI_BASE_URL"),
    env_headers: &[("OPENAI_ORG_ID", "openai-organization"), ("OPENAI_PROJECT_ID", "openai-project")],
    hosts: &["api.openai.com"],
    wire: Some(&Responses),
    ..ProviderSpec::PLAIN
};

/// The wire.
#[derive(Debug)]
pub(in crate::provider) struct Responses;

impl Wire for Responses {
    fn encode(&self, request: &ChatRequest, endpoint: Endpoint<'_>) -> Result<Encoded, CallError> {
        encode::encode(request, endpoint)
    }

    fn decode(&self, reply: &HttpReply) -> Result<ChatReply, Failure> {
        decode::decode(reply)
    }

    fn thinks_long(&self, request: &ChatRequest) -> bool {
        Family::of(&request.model).reasons() || request.params.effort.is_some()
    }

    fn embeddings(&self) -> Option<&dyn EmbeddingWire> {
        Some(&Embeddings)
    }

    fn batches(&self) -> Option<&dyn BatchWire> {
        Some(&OpenAiBatches)
    }

    fn streaming(&self) -> Option<&dyn StreamWire> {
        Some(&stream::Events)
    }
}
