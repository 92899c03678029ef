//! `POST /v1/embeddings` of Mistral (reference §6): as OpenAI's, with a name of its own for the dimensions.

use serde_json::json;

use super::super::super::side_wire::{BatchLimit, EmbeddingAsk, EmbeddingWire};
use super::super::super::spec::{Encoded, Endpoint, Failure};
use super::super::body::{join_url, post_json, refused};
use super::super::openai::embeddings::decode;
use crate::net::HttpReply;
use crate::record::{CallError, EmbeddingReply};

/// Mistral's embeddings.
#[derive(Debug)]
pub(in crate::provider) struct MistralEmbeddings;

impl EmbeddingWire for MistralEmbeddings {
    /// All texts of a request together may hold 16,384 tokens; a token is rarely less than two bytes.
    fn limit(&self) -> BatchLimit {
        BatchLimit { texts: 128, bytes: 32_000 }
    }

    fn encode(&self, ask: &EmbeddingAsk<'_>, endpoint: Endpoint<'_>) -> Result<Encoded, CallError> {
        if ask.params.input_type.is_some() {
            return Err(refused("Mistral's embeddings know no `input_type`: all texts are placed alike"));
        }
        let mut body = json!({"model": ask.model, "input": ask.texts, "encoding_format": "float"});
        if let Some(dimensions) = ask.params.dimensions {
            body["output_dimension"] = json!(dimensions);
        }
        let base = endpoint.base_url.trim_end_matches('/');
        let base = base.strip_suffix("/v1").unwrap_or(base);
        Ok(post_json(join_url(base, "v1/embeddings"), &body))
    }

    fn decode(&self, reply: &HttpReply, ask: &EmbeddingAsk<'_>) -> Result<EmbeddingReply, Failure> {
        decode(reply, ask)
    }
}
