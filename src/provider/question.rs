//! What can be asked of a provider: a conversation here, all else in `side_question`. Retry, limits and breaker are the
//! same.

use std::time::Duration;

use super::exec::Exec;
use super::limit::{Load, Used};
use super::mock::Mock;
use super::spec::{Encoded, Endpoint, Failure, Follow, Wire};
use super::stream::StreamWire;
use crate::base::Digest;
use crate::net::{HttpReply, HttpRequest};
use crate::record::{CallError, ChatReply, ChatRequest, ErrorKind, Part, Usage, Warning};

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

    /// How its reply streams; `None` when it never does.
    fn streaming<'w>(&self, _wire: &'w dyn Wire) -> Option<&'w dyn StreamWire> {
        None
    }

    /// The reply of a stream; `None` when there is no such thing.
    fn of_stream(_reply: Box<ChatReply>) -> Option<Self::Reply> {
        None
    }

    /// The next request of an exchange that takes several.
    fn follow(&self, _wire: &dyn Wire, _reply: &HttpReply, _endpoint: Endpoint<'_>, _step: u32) -> Option<Follow> {
        None
    }

    /// Whether the wait for the first byte must be long; `known_as` is the model behind the name, where one is known.
    fn thinks_long(&self, wire: &dyn Wire, known_as: Option<&str>) -> bool;

    /// Tokens to reserve: four bytes are about one token, and all the output that may come.
    fn load(&self) -> Load;

    /// Tokens it used.
    fn used(reply: &Self::Reply) -> Option<Used>;

    /// The next request when a stream has ended that `begun` had named: for what streams do not tell.
    fn after_stream(&self, _wire: &dyn Wire, _begun: &HttpReply, _endpoint: Endpoint<'_>) -> Option<HttpRequest> {
        None
    }

    /// How long the answer took, of what was measured.
    fn latency(_reply: &mut Self::Reply, measured: Duration) -> Duration {
        measured
    }

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

    /// The reply of the user's program, within `limit`; most questions are not for one.
    fn run(&self, _exec: &Exec, _limit: Duration) -> impl Future<Output = Result<Self::Reply, Failure>> + Send {
        std::future::ready(Err(Failure::new(ErrorKind::Refused, "a program answers conversations only")))
    }
}

impl Question for ChatRequest {
    // Boxed: hundreds of bytes that every storey on the way up would copy.
    type Reply = Box<ChatReply>;

    fn model(&self) -> &str {
        &self.model
    }

    fn encode(&self, wire: &dyn Wire, endpoint: Endpoint<'_>) -> Result<Encoded, CallError> {
        wire.encode(self, endpoint)
    }

    fn decode(&self, wire: &dyn Wire, reply: &HttpReply) -> Result<Self::Reply, Failure> {
        wire.decode(reply).map(Box::new)
    }

    fn streaming<'w>(&self, wire: &'w dyn Wire) -> Option<&'w dyn StreamWire> {
        wire.streaming()
    }

    fn of_stream(reply: Box<ChatReply>) -> Option<Self::Reply> {
        Some(reply)
    }

    fn follow(&self, wire: &dyn Wire, reply: &HttpReply, endpoint: Endpoint<'_>, step: u32) -> Option<Follow> {
        wire.follow(reply, endpoint, step)
    }

    fn after_stream(&self, wire: &dyn Wire, begun: &HttpReply, endpoint: Endpoint<'_>) -> Option<HttpRequest> {
        wire.after_stream(begun, endpoint)
    }

    fn latency(reply: &mut Self::Reply, measured: Duration) -> Duration {
        let off = std::mem::take(&mut reply.off_clock);
        reply.stream = reply.stream.map(|times| times.earlier(off.before));
        measured.saturating_sub(off.before).saturating_sub(off.after)
    }

    fn thinks_long(&self, wire: &dyn Wire, known_as: Option<&str>) -> bool {
        match known_as {
            Some(model) => wire.thinks_long(&ChatRequest { model: model.to_owned(), ..self.clone() }),
            None => wire.thinks_long(self),
        }
    }

    fn load(&self) -> Load {
        let texts = self.messages.iter().flat_map(|message| &message.parts).map(|part| match part {
            Part::Text(text) | Part::ToolResult { text, .. } | Part::Reasoning { text, .. } => text.len(),
            Part::ToolCall(call) => call.arguments.len(),
            Part::Image(_) | Part::File { .. } => 4_000,
        });
        Load { input: quarter(texts.sum()), output: u64::from(self.params.max_tokens.unwrap_or(1_000)) }
    }

    fn used(reply: &Self::Reply) -> Option<Used> {
        used(reply.usage.as_ref()?)
    }

    fn warn(reply: &mut Self::Reply, warnings: Vec<Warning>) {
        reply.warnings.extend(warnings);
    }

    async fn play(&self, mock: &Mock, label: &str, identity: &Digest, number: u32) -> Result<Self::Reply, Failure> {
        mock.answer(label, self, identity, number).await.map(Box::new)
    }

    async fn run(&self, exec: &Exec, limit: Duration) -> Result<Self::Reply, Failure> {
        exec.answer(self, limit).await.map(Box::new)
    }
}

pub(super) fn quarter(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX) / 4
}

pub(super) fn used(usage: &Usage) -> Option<Used> {
    let (input, output) = (usage.total_input()?.0, usage.total_output()?.0);
    let read = usage.cache_read.unwrap_or(0).saturating_add(usage.cache_read_audio.unwrap_or(0));
    Some(Used { total: input.saturating_add(output), uncached: input.saturating_sub(read), output })
}
