//! One call of an embedding model: what it took, and the vectors that came back or why not.

use super::{CallError, CallSource, Usage};
use crate::base::{Digest, Millis, ModelRef, Timestamp, Usd};

/// What an embedding model answers.
#[derive(Debug, Clone, PartialEq)]
pub struct EmbeddingReply {
    /// One per text, in the order in which they were asked for.
    pub vectors: Vec<Vec<f32>>,
    /// Tokens it counted.
    pub usage: Option<Usage>,
    /// What the provider says it charged.
    pub reported_cost: Option<Usd>,
}

/// One call with its retries, as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct EmbeddingCall {
    /// Who was asked.
    pub model: ModelRef,
    /// Base URL of the server: vectors of another one are other vectors.
    pub endpoint: String,
    /// Digests of the texts, see [`EmbeddingCall::text_digest`].
    pub texts: Vec<Digest>,
    /// What came back, or why not.
    pub reply: Result<EmbeddingReply, CallError>,
    /// Where it came from.
    pub source: CallSource,
    /// Time of the answering attempt.
    pub latency_ms: Millis,
    /// HTTP attempts.
    pub attempts: u32,
    /// Time spent waiting for limits and between retries.
    pub waited_ms: Millis,
    /// When it began.
    pub started: Timestamp,
    /// What it cost; `None` is unknown.
    pub cost: Option<Usd>,
    /// Whether an attempt timed out after it was sent, so that the provider may bill it as well.
    pub possible_double_charge: bool,
}

impl EmbeddingCall {
    /// The identity of a text that is embedded.
    pub fn text_digest(text: &str) -> Digest {
        Digest::of_bytes(text.as_bytes())
    }

    /// What this call added to the bill: its cost when live, zero otherwise, `None` when unknown.
    pub fn spent(&self) -> Option<Usd> {
        match (self.source, &self.reply) {
            (CallSource::Live, Ok(_)) => self.cost,
            (CallSource::Live, Err(_)) => self.cost.or(Some(Usd::ZERO)),
            (CallSource::Cache | CallSource::Cassette | CallSource::Mock | CallSource::Shared, _) => Some(Usd::ZERO),
        }
    }
}
