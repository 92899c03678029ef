//! What some APIs do besides chat: vectors of texts, ranked documents, verdicts on harm.

use std::fmt;

use super::spec::{Encoded, Endpoint, Failure};
use crate::net::HttpReply;
use crate::record::{CallError, EmbeddingParams, EmbeddingReply, ModerationReply, RerankReply};

/// Texts whose vectors are asked for.
#[derive(Debug, Clone, Copy)]
pub struct EmbeddingAsk<'a> {
    /// What the API calls the model.
    pub model: &'a str,
    /// At least one text, none of them blank.
    pub texts: &'a [String],
    /// What is asked besides.
    pub params: EmbeddingParams,
}

/// How much one request may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchLimit {
    /// Most texts.
    pub texts: usize,
    /// Most bytes of all texts together; one longer text goes alone.
    pub bytes: usize,
}

/// How an API speaks of embeddings: two pure functions, as in [`Wire`](super::Wire).
pub trait EmbeddingWire: Send + Sync + fmt::Debug {
    /// How much one request may hold.
    fn limit(&self) -> BatchLimit;

    /// The HTTP request for the vectors of some texts.
    ///
    /// # Errors
    /// [`ErrorKind::Refused`](crate::record::ErrorKind::Refused) when the API has no words for a parameter: vectors of another kind than was asked for
    /// would be kept under the wrong name.
    fn encode(&self, ask: &EmbeddingAsk<'_>, endpoint: Endpoint<'_>) -> Result<Encoded, CallError>;

    /// The vectors, one per text, whatever the reply's status and shape.
    ///
    /// # Errors
    /// [`Failure`] with its class and whether a retry can help.
    fn decode(&self, reply: &HttpReply, ask: &EmbeddingAsk<'_>) -> Result<EmbeddingReply, Failure>;
}

/// Documents to be ranked by how well they answer a query.
#[derive(Debug, Clone, Copy)]
pub struct RerankAsk<'a> {
    /// What the API calls the model.
    pub model: &'a str,
    /// What is looked for; not blank.
    pub query: &'a str,
    /// At least one document, none of them blank.
    pub documents: &'a [String],
    /// How many are wanted; absent is all of them.
    pub top_n: Option<usize>,
}

/// How an API ranks documents: two pure functions, as in [`Wire`](super::Wire).
pub trait RerankWire: Send + Sync + fmt::Debug {
    /// How much one request may hold. Documents are judged one by one, so that many are asked for in several requests.
    fn limit(&self) -> BatchLimit;

    /// The HTTP request.
    ///
    /// # Errors
    /// [`ErrorKind::Refused`](crate::record::ErrorKind::Refused) when the API has no words for it.
    fn encode(&self, ask: &RerankAsk<'_>, endpoint: Endpoint<'_>) -> Result<Encoded, CallError>;

    /// The documents by falling score, whatever the reply's status and shape.
    ///
    /// # Errors
    /// [`Failure`] with its class and whether a retry can help.
    fn decode(&self, reply: &HttpReply, ask: &RerankAsk<'_>) -> Result<RerankReply, Failure>;
}

/// How an API judges whether texts are harmful: two pure functions, as in [`Wire`](super::Wire).
pub trait ModerationWire: Send + Sync + fmt::Debug {
    /// How much one request may hold.
    fn limit(&self) -> BatchLimit;

    /// Whether the vendor documents that it costs nothing on its own host.
    fn is_free(&self) -> bool;

    /// The HTTP request for some texts, at least one and none of them blank.
    ///
    /// # Errors
    /// [`ErrorKind::Refused`](crate::record::ErrorKind::Refused) when the API has no words for it.
    fn encode(&self, model: &str, texts: &[String], endpoint: Endpoint<'_>) -> Result<Encoded, CallError>;

    /// The verdicts on `count` texts, in their order.
    ///
    /// # Errors
    /// [`Failure`] with its class and whether a retry can help.
    fn decode(&self, reply: &HttpReply, count: usize) -> Result<Vec<ModerationReply>, Failure>;
}
