//! Ollama's own API (reference §11): chat and embeddings of local models.

mod decode;
mod embeddings;
mod encode;
mod errors;
mod stream;

use super::super::side_wire::EmbeddingWire;
use super::super::spec::{Encoded, Endpoint, Failure, KeySource, ProviderSpec, Wire};
use super::super::stream::StreamWire;
use super::body::join_url;
use crate::net::HttpReply;
use crate::record::{CallError, ChatReply, ChatRequest};

/// Ollama.
pub(in crate::provider) static SPEC: ProviderSpec = ProviderSpec {
    name: "ollama",
    about: "Ollama's own API; prompts longer than the model's `num_ctx` are cut, set it by `extra: {options: {num_ctx: 16384}}`",
    keys: &[KeySource { env: "OLLAMA_API_KEY", header: "authorization", prefix: "Bearer " }],
    base_url: "http://127.0.0.1:11434",
    base_url_env: Some("OLLAMA_HOST"),
    wire: Some(&Ollama),
    ..ProviderSpec::PLAIN
};

/// The wire.
#[derive(Debug)]
pub(in crate::provider) struct Ollama;

impl Wire for Ollama {
    fn encode(&self, request: &ChatRequest, endpoint: Endpoint<'_>) -> Result<Encoded, CallError> {
        encode::encode(request, endpoint)
    }

    fn decode(&self, reply: &HttpReply) -> Result<ChatReply, Failure> {
        decode::decode(reply)
    }

    /// The first call loads the model, which can take minutes.
    fn thinks_long(&self, _: &ChatRequest) -> bool {
        true
    }

    fn embeddings(&self) -> Option<&dyn EmbeddingWire> {
        Some(&embeddings::Embeddings)
    }

    fn streaming(&self) -> Option<&dyn StreamWire> {
        Some(&stream::Stream)
    }
}

/// An address of the native API; a base URL for its OpenAI-compatible side is understood.
fn url_of(endpoint: Endpoint<'_>, path: &str) -> String {
    let base = endpoint.base_url.trim_end_matches('/');
    let base = base.strip_suffix("/v1").or(base.strip_suffix("/api")).unwrap_or(base);
    join_url(base, &format!("api/{path}"))
}
