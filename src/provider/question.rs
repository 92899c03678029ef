//! What can be asked of a provider: a conversation, or the vectors of some texts. Retry, limits and breaker are the same.

use std::time::Duration;

use super::exec::Exec;
use super::mock::Mock;
use super::spec::{Encoded, Endpoint, Failure, Wire};
use crate::base::Digest;
use crate::net::HttpReply;
use crate::record::{CallError, ChatReply, ChatRequest, EmbeddingReply, ErrorKind, Part, Usage, Warning};

/// A question that a route can put to its provider.
pub(super) trait Question: Sync {
    /// What comes back.
    type Reply: Send;

    /// The model that is asked.
    fn model(&self) -> &str;

    /// The request on the wire.
    fn encode(&self, wire: &dyn Wire, endpoint: Endpoint<'_>) -> Result<Encoded, CallError>;

    /// The reply of one attempt.
    fn decode(&self, wire: &dyn Wire, reply: &HttpReply) -> Result<Self::Reply, Failure>;

    /// Whether the wait for the first byte must be long.
    fn thinks_long(&self, wire: &dyn Wire) -> bool;

    /// Tokens to reserve: four bytes are about one token, and all the output that may come.
    fn tokens(&self) -> u64;

    /// Tokens it used.
    fn used(reply: &Self::Reply) -> Option<u64>;

    /// Puts down what was changed on the way to the wire.
    fn warn(reply: &mut Self::Reply, warnings: Vec<Warning>);

    /// The reply of the mock.
    fn play(
        &self,
        mock: &Mock,
        label: &str,
        identity: &Digest,
        number: u32,
    ) -> impl Future<Output = Result<Self::Reply, Failure>> + Send;

    /// The reply of the user's program, within `limit`.
    fn run(&self, exec: &Exec, limit: Duration) -> impl Future<Output = Result<Self::Reply, Failure>> + Send;
}

impl Question for ChatRequest {
    type Reply = ChatReply;

    fn model(&self) -> &str {
        &self.model
    }

    fn encode(&self, wire: &dyn Wire, endpoint: Endpoint<'_>) -> Result<Encoded, CallError> {
        wire.encode(self, endpoint)
    }

    fn decode(&self, wire: &dyn Wire, reply: &HttpReply) -> Result<ChatReply, Failure> {
        wire.decode(reply)
    }

    fn thinks_long(&self, wire: &dyn Wire) -> bool {
        wire.thinks_long(self)
    }

    fn tokens(&self) -> u64 {
        let texts = self.messages.iter().flat_map(|message| &message.parts).map(|part| match part {
            Part::Text(text) | Part::ToolResult { text, .. } | Part::Reasoning { text, .. } => text.len(),
            Part::ToolCall(call) => call.arguments.len(),
            Part::Image(_) | Part::File { .. } => 4_000,
        });
        quarter(texts.sum()).saturating_add(u64::from(self.params.max_tokens.unwrap_or(1_000)))
    }

    fn used(reply: &ChatReply) -> Option<u64> {
        total(reply.usage.as_ref())
    }

    fn warn(reply: &mut ChatReply, warnings: Vec<Warning>) {
        reply.warnings.extend(warnings);
    }

    async fn play(&self, mock: &Mock, label: &str, identity: &Digest, number: u32) -> Result<ChatReply, Failure> {
        mock.answer(label, self, identity, number).await
    }

    async fn run(&self, exec: &Exec, limit: Duration) -> Result<ChatReply, Failure> {
        exec.answer(self, limit).await
    }
}

/// Texts whose vectors are wanted.
#[derive(Debug)]
pub(super) struct EmbeddingRequest {
    pub(super) model: String,
    pub(super) texts: Vec<String>,
}

impl Question for EmbeddingRequest {
    type Reply = EmbeddingReply;

    fn model(&self) -> &str {
        &self.model
    }

    fn encode(&self, wire: &dyn Wire, endpoint: Endpoint<'_>) -> Result<Encoded, CallError> {
        let words = wire.embeddings().ok_or_else(|| no_embeddings().error)?;
        Ok(words.encode(&self.model, &self.texts, endpoint))
    }

    fn decode(&self, wire: &dyn Wire, reply: &HttpReply) -> Result<EmbeddingReply, Failure> {
        wire.embeddings().ok_or_else(no_embeddings)?.decode(reply, self.texts.len())
    }

    fn thinks_long(&self, _: &dyn Wire) -> bool {
        false
    }

    fn tokens(&self) -> u64 {
        quarter(self.texts.iter().map(String::len).sum())
    }

    fn used(reply: &EmbeddingReply) -> Option<u64> {
        total(reply.usage.as_ref())
    }

    fn warn(_: &mut EmbeddingReply, _: Vec<Warning>) {}

    async fn play(&self, _: &Mock, _: &str, _: &Digest, _: u32) -> Result<EmbeddingReply, Failure> {
        Err(no_embeddings())
    }

    async fn run(&self, _: &Exec, _: Duration) -> Result<EmbeddingReply, Failure> {
        Err(no_embeddings())
    }
}

fn no_embeddings() -> Failure {
    Failure::new(ErrorKind::Refused, "this provider has no embeddings")
}

fn quarter(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX) / 4
}

fn total(usage: Option<&Usage>) -> Option<u64> {
    let usage = usage?;
    Some(usage.total_input()?.0.saturating_add(usage.total_output()?.0))
}
