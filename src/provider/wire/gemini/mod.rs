//! Google Gemini, as AI Studio serves it; Vertex speaks the same body.

mod contents;
mod decode;
mod encode;
mod errors;
mod gather;
mod models;
mod stream;

use super::super::side_wire::EmbeddingWire;
use super::super::spec::{Encoded, Endpoint, Failure, KeySource, ProviderSpec, Wire};
use super::super::stream::StreamWire;
use super::embeddings::gemini::GeminiEmbeddings;
use crate::net::HttpReply;
use crate::record::{CallError, ChatReply, ChatRequest};

pub(super) use decode::decode;
pub(super) use encode::{body, method, post};
pub(super) use stream::{GeminiStream, new_decoder};

/// Google AI Studio.
pub(in crate::provider) static SPEC: ProviderSpec = ProviderSpec {
    name: "gemini",
    about: "Google Gemini through AI Studio (for Google Cloud see `vertex`)",
    keys: &[
        KeySource { env: "GOOGLE_API_KEY", header: "x-goog-api-key", prefix: "" },
        KeySource { env: "GEMINI_API_KEY", header: "x-goog-api-key", prefix: "" },
    ],
    base_url: "https://generativelanguage.googleapis.com",
    base_url_env: Some("GOOGLE_GEMINI_BASE_URL"),
    hosts: &["generativelanguage.googleapis.com"],
    wire: Some(&Gemini),
    ..ProviderSpec::PLAIN
};

/// The wire.
#[derive(Debug)]
pub(in crate::provider) struct Gemini;

impl Wire for Gemini {
    fn encode(&self, request: &ChatRequest, endpoint: Endpoint<'_>) -> Result<Encoded, CallError> {
        encode::encode(request, endpoint)
    }

    fn decode(&self, reply: &HttpReply) -> Result<ChatReply, Failure> {
        decode(reply)
    }

    fn thinks_long(&self, request: &ChatRequest) -> bool {
        thinks_long(request)
    }

    fn embeddings(&self) -> Option<&dyn EmbeddingWire> {
        Some(&GeminiEmbeddings)
    }

    fn streaming(&self) -> Option<&dyn StreamWire> {
        Some(&GeminiStream)
    }
}

/// Whether the model thinks before its first byte.
pub(super) fn thinks_long(request: &ChatRequest) -> bool {
    models::Generation::of(&request.model).thinks()
}
