//! Hugging Face Text Embeddings Inference (reference §11): a server of one embedding model or one reranker.

use serde_json::{Value, json};

use super::super::side_wire::{BatchLimit, EmbeddingAsk, EmbeddingWire, RerankAsk, RerankWire};
use super::super::spec::{Encoded, Endpoint, Failure, KeySource, ProviderSpec, Wire};
use super::body::{clean, join_url, malformed, post_json, refused, text_of};
use super::embeddings::vectors::listed;
use super::failure;
use super::ranking::ranking;
use crate::net::HttpReply;
use crate::record::{CallError, ChatReply, ChatRequest, EmbeddingReply, ErrorKind, RerankReply, Usage};

const NO_CHAT: &str =
    "Text Embeddings Inference has no chat models; name it under `embedding:` or `rerank:` in karat.yaml";

/// The server's own default; a server may be started with more.
const BATCH: BatchLimit = BatchLimit { texts: 32, bytes: 1_000_000 };

/// Text Embeddings Inference.
pub(in crate::provider) static SPEC: ProviderSpec = ProviderSpec {
    name: "tei",
    about: "Hugging Face Text Embeddings Inference: embeddings and rerankers on a server of one's own",
    keys: &[KeySource { env: "HF_TOKEN", header: "authorization", prefix: "Bearer " }],
    base_url: "http://127.0.0.1:8080",
    wire: Some(&Tei),
    ..ProviderSpec::PLAIN
};

/// The wire.
#[derive(Debug)]
struct Tei;

impl Wire for Tei {
    fn encode(&self, _: &ChatRequest, _: Endpoint<'_>) -> Result<Encoded, CallError> {
        Err(refused(NO_CHAT))
    }

    fn decode(&self, _: &HttpReply) -> Result<ChatReply, Failure> {
        Err(Failure::new(ErrorKind::Refused, NO_CHAT))
    }

    fn thinks_long(&self, _: &ChatRequest) -> bool {
        false
    }

    fn chats(&self) -> bool {
        false
    }

    fn embeddings(&self) -> Option<&dyn EmbeddingWire> {
        Some(&Tei)
    }

    fn rerank(&self) -> Option<&dyn RerankWire> {
        Some(&Tei)
    }
}

impl EmbeddingWire for Tei {
    fn limit(&self) -> BatchLimit {
        BATCH
    }

    fn encode(&self, ask: &EmbeddingAsk<'_>, endpoint: Endpoint<'_>) -> Result<Encoded, CallError> {
        if ask.params.input_type.is_some() {
            let message =
                "Text Embeddings Inference knows no `input_type`: write what the model wants before its texts";
            return Err(refused(message));
        }
        // Without `truncate: false` a server may be set to cut what is too long.
        let mut body = json!({"inputs": ask.texts, "normalize": true, "truncate": false});
        if let Some(dimensions) = ask.params.dimensions {
            body["dimensions"] = json!(dimensions);
        }
        Ok(post_json(join_url(endpoint.base_url, "embed"), &body))
    }

    fn decode(&self, reply: &HttpReply, ask: &EmbeddingAsk<'_>) -> Result<EmbeddingReply, Failure> {
        let list = list(reply)?;
        let vectors = listed(Some(&list), ask.texts.len(), ask.params).map_err(|why| malformed(reply, why))?;
        Ok(EmbeddingReply { vectors, usage: usage_of(reply), reported_cost: None })
    }
}

impl RerankWire for Tei {
    fn limit(&self) -> BatchLimit {
        BATCH
    }

    fn encode(&self, ask: &RerankAsk<'_>, endpoint: Endpoint<'_>) -> Result<Encoded, CallError> {
        let body = json!({"query": ask.query, "texts": ask.documents, "raw_scores": false, "truncate": false});
        Ok(post_json(join_url(endpoint.base_url, "rerank"), &body))
    }

    fn decode(&self, reply: &HttpReply, ask: &RerankAsk<'_>) -> Result<RerankReply, Failure> {
        let list = list(reply)?;
        let scores = ranking(Some(&list), "score", ask).map_err(|why| malformed(reply, why))?;
        Ok(RerankReply { scores, usage: usage_of(reply) })
    }
}

/// The body of a good reply: a list.
fn list(reply: &HttpReply) -> Result<Value, Failure> {
    if !(200..300).contains(&reply.status) {
        return Err(failure::of_status(reply, |status, error| match status {
            // Too long for the model, which is all that can be wrong with a text.
            422 if error.message.to_lowercase().contains("tokens") => Some(ErrorKind::ContextLength),
            429 => Some(ErrorKind::Overloaded),
            // The model on this server is of another kind, or cannot do it.
            424 => Some(ErrorKind::BadRequest),
            _ => None,
        }));
    }
    match serde_json::from_str(text_of(reply).trim()) {
        Ok(list @ Value::Array(_)) => Ok(list),
        Ok(_) => Err(malformed(reply, "the provider answered with JSON that is not a list; check the base URL")),
        Err(error) => {
            let why = clean(&error.to_string());
            Err(malformed(reply, format!("the provider answered with a body that is not JSON ({why})")))
        }
    }
}

/// Tokens are counted in a header, where they are counted.
fn usage_of(reply: &HttpReply) -> Option<Usage> {
    let tokens = reply.header("x-compute-tokens")?.trim().parse().ok()?;
    Some(Usage::plain(tokens, 0))
}
