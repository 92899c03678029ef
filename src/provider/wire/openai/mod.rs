//! OpenAI Chat Completions, and every server that speaks it.

pub(super) mod decode;
pub(super) mod embeddings;
pub(super) mod encode;
pub(super) mod errors;
pub(super) mod models;
mod moderation;
pub(super) mod quirks;
pub(super) mod stream;
mod texts;
mod usage;

use super::super::batch::{BatchWire, OpenAiBatches};
use super::super::side_wire::{EmbeddingWire, ModerationWire};
use super::super::spec::{Encoded, Endpoint, Failure, KeySource, ProviderSpec, Wire};
use super::super::stream::StreamWire;
use crate::net::HttpReply;
use crate::record::{CallError, ChatReply, ChatRequest};

/// OpenAI and compatible servers.
pub(in crate::provider) static SPEC: ProviderSpec = ProviderSpec {
    name: "openai",
    about: "OpenAI Chat Completions, and any compatible server by its base URL (which includes `/v1`)",
    keys: &[KeySource { env: "OPENAI_API_KEY", header: "authorization", prefix: "Bearer " }],
    base_url: "https://api.openai.com/v1",
    base_url_env: Some("OPENAI_BASE_URL"),
    env_headers: &[("OPENAI_ORG_ID", "openai-organization"), ("OPENAI_PROJECT_ID", "openai-project")],
    hosts: &["api.openai.com"],
    wire: Some(&OpenAi),
    ..ProviderSpec::PLAIN
};

/// The wire.
#[derive(Debug)]
pub(in crate::provider) struct OpenAi;

impl Wire for OpenAi {
    fn encode(&self, request: &ChatRequest, endpoint: Endpoint<'_>) -> Result<Encoded, CallError> {
        encode::encode(request, endpoint)
    }

    fn decode(&self, reply: &HttpReply) -> Result<ChatReply, Failure> {
        decode::decode(reply, &quirks::Quirks::OPENAI)
    }

    fn thinks_long(&self, request: &ChatRequest) -> bool {
        models::Family::of(&request.model).reasons()
    }

    fn batches(&self) -> Option<&dyn BatchWire> {
        Some(&OpenAiBatches)
    }

    fn embeddings(&self) -> Option<&dyn EmbeddingWire> {
        Some(&embeddings::Embeddings)
    }

    fn streaming(&self) -> Option<&dyn StreamWire> {
        Some(&stream::ChatStream { quirks: &quirks::Quirks::OPENAI })
    }

    fn moderation(&self) -> Option<&dyn ModerationWire> {
        Some(&moderation::Moderation)
    }
}
