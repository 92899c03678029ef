//! `:batchEmbedContents` of the Gemini API (reference §4.6).

use serde_json::{Value, json};

use super::super::super::side_wire::{BatchLimit, EmbeddingAsk, EmbeddingWire};
use super::super::super::spec::{Encoded, Endpoint, Failure};
use super::super::body::{join_url, json_object, malformed, post_json, refused};
use super::super::failure;
use super::vectors::{input_only, listed, normalized};
use crate::net::HttpReply;
use crate::price::{Dialect, normalize};
use crate::record::{CallError, EmbeddingReply, ErrorKind, InputType};

/// Gemini's embeddings.
#[derive(Debug)]
pub(in crate::provider) struct GeminiEmbeddings;

impl EmbeddingWire for GeminiEmbeddings {
    /// The API takes 100 texts at once.
    fn limit(&self) -> BatchLimit {
        BatchLimit { texts: 100, bytes: 400_000 }
    }

    fn encode(&self, ask: &EmbeddingAsk<'_>, endpoint: Endpoint<'_>) -> Result<Encoded, CallError> {
        let name = ask.model.strip_prefix("models/").unwrap_or(ask.model);
        if !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')) {
            return Err(refused(format!("`{name}` is no name of a Gemini model")));
        }
        let task = ask.params.input_type.map(|kind| match kind {
            InputType::Query => "RETRIEVAL_QUERY",
            InputType::Document => "RETRIEVAL_DOCUMENT",
            InputType::Classification => "CLASSIFICATION",
            InputType::Clustering => "CLUSTERING",
        });
        let one = |text: &String| {
            let mut request = json!({"model": format!("models/{name}"), "content": {"parts": [{"text": text}]}});
            if let Some(task) = task {
                request["taskType"] = json!(task);
            }
            if let Some(dimensions) = ask.params.dimensions {
                request["outputDimensionality"] = json!(dimensions);
            }
            request
        };
        let body = json!({"requests": ask.texts.iter().map(one).collect::<Vec<_>>()});
        let base = endpoint.base_url.trim_end_matches('/');
        let base =
            if base.ends_with("/v1beta") || base.ends_with("/v1") { base.to_owned() } else { format!("{base}/v1beta") };
        Ok(post_json(join_url(&base, &format!("models/{name}:batchEmbedContents")), &body))
    }

    fn decode(&self, reply: &HttpReply, ask: &EmbeddingAsk<'_>) -> Result<EmbeddingReply, Failure> {
        if !(200..300).contains(&reply.status) {
            // A wrong key is a plain 400 here.
            return Err(failure::of_status(reply, |status, error| {
                let is_key = status == 400 && error.message.to_lowercase().contains("api key not valid");
                is_key.then_some(ErrorKind::Auth)
            }));
        }
        let body = json_object(reply)?;
        let values = |list: &Vec<Value>| {
            Value::Array(list.iter().map(|item| item.get("values").cloned().unwrap_or_default()).collect())
        };
        let list = body.get("embeddings").and_then(Value::as_array).map(values);
        let vectors = listed(list.as_ref(), ask.texts.len(), ask.params).map_err(|why| malformed(reply, why))?;
        // Shortened vectors are not of length 1 on every model, and then cosines of them are wrong.
        let shortened = ask.params.dimensions.is_some();
        let vectors = if shortened { vectors.into_iter().map(normalized).collect() } else { vectors };
        let usage = body.get("usageMetadata").and_then(|raw| input_only(normalize(Dialect::Gemini, raw)));
        Ok(EmbeddingReply { vectors, usage, reported_cost: None })
    }
}
