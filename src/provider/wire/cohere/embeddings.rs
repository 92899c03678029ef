//! `POST /v2/embed`: at most 96 texts, each with a purpose.

use serde_json::json;

use super::super::super::side_wire::{BatchLimit, EmbeddingAsk, EmbeddingWire};
use super::super::super::spec::{Encoded, Endpoint, Failure};
use super::super::body::{json_object, malformed, post_json};
use super::super::embeddings::vectors::{input_only, listed};
use super::{errors, url_of};
use crate::net::HttpReply;
use crate::price::{Dialect, normalize};
use crate::record::{CallError, EmbeddingReply, InputType};

/// Cohere's embeddings.
#[derive(Debug)]
pub(super) struct Embeddings;

impl EmbeddingWire for Embeddings {
    fn limit(&self) -> BatchLimit {
        BatchLimit { texts: 96, bytes: 400_000 }
    }

    fn encode(&self, ask: &EmbeddingAsk<'_>, endpoint: Endpoint<'_>) -> Result<Encoded, CallError> {
        // The API does not do without; texts that are compared with each other are all documents.
        let purpose = match ask.params.input_type.unwrap_or(InputType::Document) {
            InputType::Query => "search_query",
            InputType::Document => "search_document",
            InputType::Classification => "classification",
            InputType::Clustering => "clustering",
        };
        let mut body = json!({
            "model": ask.model, "texts": ask.texts, "input_type": purpose, "embedding_types": ["float"],
            // What is too long is refused rather than cut: the vector would be that of another text.
            "truncate": "NONE",
        });
        if let Some(dimensions) = ask.params.dimensions {
            body["output_dimension"] = json!(dimensions);
        }
        Ok(post_json(url_of(endpoint, "embed"), &body))
    }

    fn decode(&self, reply: &HttpReply, ask: &EmbeddingAsk<'_>) -> Result<EmbeddingReply, Failure> {
        if !(200..300).contains(&reply.status) {
            return Err(errors::of_status(reply));
        }
        let body = json_object(reply)?;
        let list = body.get("embeddings").and_then(|kinds| kinds.get("float"));
        let vectors = listed(list, ask.texts.len(), ask.params).map_err(|why| malformed(reply, why))?;
        let usage = body.get("meta").and_then(|meta| input_only(normalize(Dialect::Cohere, meta)));
        Ok(EmbeddingReply { vectors, usage, reported_cost: None })
    }
}
