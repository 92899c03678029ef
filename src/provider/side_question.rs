//! Questions besides chat: vectors of texts, ranked documents, verdicts on harm.

use super::limit::{Load, Used};
use super::mock::Mock;
use super::question::{Question, quarter, used};
use super::side_wire::{EmbeddingAsk, RerankAsk};
use super::spec::{Encoded, Endpoint, Failure, Wire};
use crate::base::Digest;
use crate::net::HttpReply;
use crate::record::{CallError, EmbeddingParams, EmbeddingReply, ErrorKind, ModerationReply, RerankReply, Warning};

/// Texts whose vectors are wanted.
#[derive(Debug)]
pub(super) struct EmbeddingRequest {
    pub(super) model: String,
    pub(super) texts: Vec<String>,
    pub(super) params: EmbeddingParams,
}

impl EmbeddingRequest {
    fn ask(&self) -> EmbeddingAsk<'_> {
        EmbeddingAsk { model: &self.model, texts: &self.texts, params: self.params }
    }
}

impl Question for EmbeddingRequest {
    type Reply = EmbeddingReply;

    fn model(&self) -> &str {
        &self.model
    }

    fn encode(&self, wire: &dyn Wire, endpoint: Endpoint<'_>) -> Result<Encoded, CallError> {
        let words = wire.embeddings().ok_or_else(|| not_offered("embeddings").error)?;
        check_texts("a text to embed", &self.texts)?;
        words.encode(&self.ask(), endpoint)
    }

    fn decode(&self, wire: &dyn Wire, reply: &HttpReply) -> Result<EmbeddingReply, Failure> {
        wire.embeddings().ok_or_else(|| not_offered("embeddings"))?.decode(reply, &self.ask())
    }

    fn thinks_long(&self, _: &dyn Wire, _: Option<&str>) -> bool {
        false
    }

    fn load(&self) -> Load {
        Load { input: quarter(self.texts.iter().map(String::len).sum()), output: 0 }
    }

    fn used(reply: &EmbeddingReply) -> Option<Used> {
        used(reply.usage.as_ref()?)
    }

    fn warn(_: &mut EmbeddingReply, _: Vec<Warning>) {}

    async fn play(&self, _: &Mock, _: &str, _: &Digest, _: u32) -> Result<EmbeddingReply, Failure> {
        Err(not_offered("embeddings"))
    }
}

/// Documents to be ranked.
#[derive(Debug, Clone)]
pub(super) struct RerankRequest {
    pub(super) model: String,
    pub(super) query: String,
    pub(super) documents: Vec<String>,
    pub(super) top_n: Option<usize>,
}

impl RerankRequest {
    fn ask(&self) -> RerankAsk<'_> {
        RerankAsk { model: &self.model, query: &self.query, documents: &self.documents, top_n: self.top_n }
    }

    /// What no request is made for.
    pub(super) fn check(&self) -> Result<(), CallError> {
        check_texts("the query", std::slice::from_ref(&self.query))?;
        check_texts("a document to rank", &self.documents)?;
        if self.top_n == Some(0) { Err(refused("`top_n` is 0: nothing would come back".to_owned())) } else { Ok(()) }
    }
}

impl Question for RerankRequest {
    type Reply = RerankReply;

    fn model(&self) -> &str {
        &self.model
    }

    fn encode(&self, wire: &dyn Wire, endpoint: Endpoint<'_>) -> Result<Encoded, CallError> {
        let words = wire.rerank().ok_or_else(|| not_offered("reranking").error)?;
        self.check()?;
        words.encode(&self.ask(), endpoint)
    }

    fn decode(&self, wire: &dyn Wire, reply: &HttpReply) -> Result<RerankReply, Failure> {
        wire.rerank().ok_or_else(|| not_offered("reranking"))?.decode(reply, &self.ask())
    }

    fn thinks_long(&self, _: &dyn Wire, _: Option<&str>) -> bool {
        false
    }

    fn load(&self) -> Load {
        // The query is read again with every document.
        let documents: usize = self.documents.iter().map(String::len).sum();
        let bytes = documents.saturating_add(self.query.len().saturating_mul(self.documents.len()));
        Load { input: quarter(bytes), output: 0 }
    }

    fn used(reply: &RerankReply) -> Option<Used> {
        used(reply.usage.as_ref()?)
    }

    fn warn(_: &mut RerankReply, _: Vec<Warning>) {}

    async fn play(&self, _: &Mock, _: &str, _: &Digest, _: u32) -> Result<RerankReply, Failure> {
        Err(not_offered("reranking"))
    }
}

/// Texts to be judged.
#[derive(Debug)]
pub(super) struct ModerationRequest {
    pub(super) model: String,
    pub(super) texts: Vec<String>,
}

impl Question for ModerationRequest {
    type Reply = Vec<ModerationReply>;

    fn model(&self) -> &str {
        &self.model
    }

    fn encode(&self, wire: &dyn Wire, endpoint: Endpoint<'_>) -> Result<Encoded, CallError> {
        let words = wire.moderation().ok_or_else(|| not_offered("moderation").error)?;
        check_texts("a text to judge", &self.texts)?;
        words.encode(&self.model, &self.texts, endpoint)
    }

    fn decode(&self, wire: &dyn Wire, reply: &HttpReply) -> Result<Vec<ModerationReply>, Failure> {
        wire.moderation().ok_or_else(|| not_offered("moderation"))?.decode(reply, self.texts.len())
    }

    fn thinks_long(&self, _: &dyn Wire, _: Option<&str>) -> bool {
        false
    }

    fn load(&self) -> Load {
        Load { input: quarter(self.texts.iter().map(String::len).sum()), output: 0 }
    }

    fn used(_: &Vec<ModerationReply>) -> Option<Used> {
        None
    }

    fn warn(_: &mut Vec<ModerationReply>, _: Vec<Warning>) {}

    async fn play(&self, _: &Mock, _: &str, _: &Digest, _: u32) -> Result<Vec<ModerationReply>, Failure> {
        Err(not_offered("moderation"))
    }
}

/// Blank texts are an error at every API, and a paid one at some.
pub(super) fn check_texts(what: &str, texts: &[String]) -> Result<(), CallError> {
    if texts.is_empty() {
        return Err(refused(format!("there is no text: {what} is missing")));
    }
    match texts.iter().position(|text| text.trim().is_empty()) {
        Some(at) if texts.len() > 1 => Err(refused(format!("{what} is empty: number {}", at + 1))),
        Some(_) => Err(refused(format!("{what} is empty"))),
        None => Ok(()),
    }
}

fn not_offered(what: &str) -> Failure {
    Failure::new(ErrorKind::Refused, format!("this provider has no {what}"))
}

fn refused(message: String) -> CallError {
    CallError { kind: ErrorKind::Refused, message, status: None, request_id: None }
}
