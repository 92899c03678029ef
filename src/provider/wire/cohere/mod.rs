//! Cohere v2 (reference §7): chat, embeddings, rerankers.

mod decode;
mod embeddings;
mod encode;
mod errors;
mod rerank;
mod stream;

use super::super::side_wire::{EmbeddingWire, RerankWire};
use super::super::spec::{Encoded, Endpoint, Failure, KeySource, ProviderSpec, Wire};
use super::super::stream::StreamWire;
use super::body::join_url;
use crate::net::HttpReply;
use crate::record::{CallError, ChatReply, ChatRequest, Effort};

/// Cohere.
pub(in crate::provider) static SPEC: ProviderSpec = ProviderSpec {
    name: "cohere",
    about: "Cohere v2: chat, embeddings and rerankers",
    keys: &[
        KeySource { env: "CO_API_KEY", header: "authorization", prefix: "Bearer " },
        KeySource { env: "COHERE_API_KEY", header: "authorization", prefix: "Bearer " },
    ],
    base_url: "https://api.cohere.com",
    base_url_env: Some("CO_API_URL"),
    hosts: &["api.cohere.com", "api.cohere.ai"],
    wire: Some(&Cohere),
    ..ProviderSpec::PLAIN
};

/// The wire.
#[derive(Debug)]
pub(in crate::provider) struct Cohere;

impl Wire for Cohere {
    fn encode(&self, request: &ChatRequest, endpoint: Endpoint<'_>) -> Result<Encoded, CallError> {
        encode::encode(request, endpoint)
    }

    fn decode(&self, reply: &HttpReply) -> Result<ChatReply, Failure> {
        decode::decode(reply)
    }

    fn thinks_long(&self, request: &ChatRequest) -> bool {
        // Reasoning models think unless they are told not to.
        let asked = request.params.thinking_budget.is_some() || request.params.effort.is_some();
        (asked || request.model.contains("reasoning")) && request.params.effort != Some(Effort::None)
    }

    fn embeddings(&self) -> Option<&dyn EmbeddingWire> {
        Some(&embeddings::Embeddings)
    }

    fn rerank(&self) -> Option<&dyn RerankWire> {
        Some(&rerank::Rerank)
    }

    fn streaming(&self) -> Option<&dyn StreamWire> {
        Some(&stream::Stream)
    }
}

/// An address of the second version, whether or not the base URL names a version.
fn url_of(endpoint: Endpoint<'_>, path: &str) -> String {
    let base = endpoint.base_url.trim_end_matches('/');
    let base = base.strip_suffix("/v2").or(base.strip_suffix("/v1")).unwrap_or(base);
    join_url(base, &format!("v2/{path}"))
}
