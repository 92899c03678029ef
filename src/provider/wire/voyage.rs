//! Voyage (reference §8): embeddings and rerankers, no chat.

use serde_json::{Value, json};

use super::super::side_wire::{BatchLimit, EmbeddingAsk, EmbeddingWire, RerankAsk, RerankWire};
use super::super::spec::{Encoded, Endpoint, Failure, KeySource, ProviderSpec, Wire};
use super::body::{join_url, json_object, malformed, post_json, refused};
use super::embeddings::list::indexed;
use super::embeddings::vectors::input_only;
use super::failure;
use super::ranking::ranking;
use crate::net::HttpReply;
use crate::price::{Dialect, normalize};
use crate::record::{CallError, ChatReply, ChatRequest, EmbeddingReply, ErrorKind, InputType, RerankReply, Usage};

const NO_CHAT: &str = "Voyage has no chat models; name its models under `embedding:` or `rerank:` in karat.yaml";

/// Voyage.
pub(in crate::provider) static SPEC: ProviderSpec = ProviderSpec {
    name: "voyage",
    about: "Voyage embeddings and rerankers; keys that begin with `al-` need the base URL `https://ai.mongodb.com/v1`",
    keys: &[KeySource { env: "VOYAGE_API_KEY", header: "authorization", prefix: "Bearer " }],
    base_url: "https://api.voyageai.com/v1",
    hosts: &["api.voyageai.com", "ai.mongodb.com"],
    wire: Some(&Voyage),
    ..ProviderSpec::PLAIN
};

/// The wire.
#[derive(Debug)]
struct Voyage;

impl Wire for Voyage {
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
        Some(&Voyage)
    }

    fn rerank(&self) -> Option<&dyn RerankWire> {
        Some(&Voyage)
    }
}

impl EmbeddingWire for Voyage {
    /// The API takes 1,000 texts and, with its largest models, 120,000 tokens.
    fn limit(&self) -> BatchLimit {
        BatchLimit { texts: 256, bytes: 240_000 }
    }

    fn encode(&self, ask: &EmbeddingAsk<'_>, endpoint: Endpoint<'_>) -> Result<Encoded, CallError> {
        // Its own default cuts what is too long, and the vector is then one of another text.
        let mut body = json!({"model": ask.model, "input": ask.texts, "truncation": false});
        match ask.params.input_type {
            None => {}
            Some(kind @ (InputType::Query | InputType::Document)) => body["input_type"] = json!(kind.word()),
            Some(kind @ (InputType::Classification | InputType::Clustering)) => {
                return Err(refused(format!(
                    "Voyage knows the input types `query` and `document`, not `{}`",
                    kind.word()
                )));
            }
        }
        if let Some(dimensions) = ask.params.dimensions {
            body["output_dimension"] = json!(dimensions);
        }
        Ok(post_json(join_url(endpoint.base_url, "embeddings"), &body))
    }

    fn decode(&self, reply: &HttpReply, ask: &EmbeddingAsk<'_>) -> Result<EmbeddingReply, Failure> {
        let body = object(reply)?;
        let vectors = indexed(&body, ask.texts.len(), ask.params).map_err(|why| malformed(reply, why))?;
        Ok(EmbeddingReply { vectors, usage: usage_of(body.get("usage")), reported_cost: None })
    }
}

impl RerankWire for Voyage {
    /// The API takes 1,000 documents and, with its smallest models, 300,000 tokens, the query counted with each.
    fn limit(&self) -> BatchLimit {
        BatchLimit { texts: 500, bytes: 300_000 }
    }

    fn encode(&self, ask: &RerankAsk<'_>, endpoint: Endpoint<'_>) -> Result<Encoded, CallError> {
        let mut body = json!({"model": ask.model, "query": ask.query, "documents": ask.documents, "truncation": false});
        if let Some(top_n) = ask.top_n {
            body["top_k"] = json!(top_n);
        }
        Ok(post_json(join_url(endpoint.base_url, "rerank"), &body))
    }

    fn decode(&self, reply: &HttpReply, ask: &RerankAsk<'_>) -> Result<RerankReply, Failure> {
        let body = object(reply)?;
        let scores = ranking(body.get("data"), "relevance_score", ask).map_err(|why| malformed(reply, why))?;
        Ok(RerankReply { scores, usage: usage_of(body.get("usage")) })
    }
}

fn object(reply: &HttpReply) -> Result<serde_json::Map<String, Value>, Failure> {
    if (200..300).contains(&reply.status) {
        return json_object(reply);
    }
    Err(failure::of_status(reply, |status, error| {
        let message = error.message.to_lowercase();
        // Too much at once is a plain 400 in words of its own.
        let is_long = status == 400
            && (message.contains("max allowed tokens") || message.contains("batch") || message.contains("truncation"));
        is_long.then_some(ErrorKind::ContextLength)
    }))
}

fn usage_of(raw: Option<&Value>) -> Option<Usage> {
    input_only(normalize(Dialect::Voyage, raw?))
}
