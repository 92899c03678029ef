//! `POST /api/embed`.

use serde_json::{Value, json};

use super::super::super::side_wire::{BatchLimit, EmbeddingAsk, EmbeddingWire};
use super::super::super::spec::{Encoded, Endpoint, Failure};
use super::super::body::{json_object, malformed, post_json, refused};
use super::super::embeddings::vectors::{input_only, listed};
use super::{errors, url_of};
use crate::net::HttpReply;
use crate::price::{Dialect, normalize};
use crate::record::{CallError, EmbeddingReply};

/// Ollama's embeddings.
#[derive(Debug)]
pub(super) struct Embeddings;

impl EmbeddingWire for Embeddings {
    /// No limit is stated; the machine may be small.
    fn limit(&self) -> BatchLimit {
        BatchLimit { texts: 64, bytes: 400_000 }
    }

    fn encode(&self, ask: &EmbeddingAsk<'_>, endpoint: Endpoint<'_>) -> Result<Encoded, CallError> {
        if ask.params.input_type.is_some() {
            return Err(refused("Ollama knows no `input_type`: write what the model wants before its texts"));
        }
        // Its own default cuts what is too long, and the vector is then one of another text.
        let mut body = json!({"model": ask.model, "input": ask.texts, "truncate": false});
        if let Some(dimensions) = ask.params.dimensions {
            body["dimensions"] = json!(dimensions);
        }
        Ok(post_json(url_of(endpoint, "embed"), &body))
    }

    fn decode(&self, reply: &HttpReply, ask: &EmbeddingAsk<'_>) -> Result<EmbeddingReply, Failure> {
        if !(200..300).contains(&reply.status) {
            return Err(errors::of_status(reply));
        }
        let body = json_object(reply)?;
        let vectors =
            listed(body.get("embeddings"), ask.texts.len(), ask.params).map_err(|why| malformed(reply, why))?;
        let usage = input_only(normalize(Dialect::Ollama, &Value::Object(body)));
        Ok(EmbeddingReply { vectors, usage, reported_cost: None })
    }
}
