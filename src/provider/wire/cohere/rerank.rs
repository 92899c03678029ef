//! `POST /v2/rerank`: billed by search units, one per query and hundred documents.

use serde_json::json;

use super::super::super::side_wire::{BatchLimit, RerankAsk, RerankWire};
use super::super::super::spec::{Encoded, Endpoint, Failure};
use super::super::body::{json_object, malformed, post_json};
use super::super::ranking::ranking;
use super::{errors, url_of};
use crate::net::HttpReply;
use crate::price::{Dialect, normalize};
use crate::record::{CallError, RerankReply};

/// Cohere's rerankers.
#[derive(Debug)]
pub(super) struct Rerank;

impl RerankWire for Rerank {
    /// The API advises against more than 1,000 documents; whole hundreds waste no unit.
    fn limit(&self) -> BatchLimit {
        BatchLimit { texts: 1_000, bytes: 4_000_000 }
    }

    fn encode(&self, ask: &RerankAsk<'_>, endpoint: Endpoint<'_>) -> Result<Encoded, CallError> {
        let mut body = json!({"model": ask.model, "query": ask.query, "documents": ask.documents});
        if let Some(top_n) = ask.top_n {
            body["top_n"] = json!(top_n);
        }
        Ok(post_json(url_of(endpoint, "rerank"), &body))
    }

    fn decode(&self, reply: &HttpReply, ask: &RerankAsk<'_>) -> Result<RerankReply, Failure> {
        if !(200..300).contains(&reply.status) {
            return Err(errors::of_status(reply));
        }
        let body = json_object(reply)?;
        let scores = ranking(body.get("results"), "relevance_score", ask).map_err(|why| malformed(reply, why))?;
        let usage = body.get("meta").map(|meta| normalize(Dialect::Cohere, meta));
        let usage = usage.filter(|usage| usage.search_units.is_some() || usage.input.is_some());
        Ok(RerankReply { scores, usage })
    }
}
