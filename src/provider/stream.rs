//! Replies that come piece by piece: what a wire must know to put one together.

use std::fmt;

use super::spec::Failure;
use super::wire::request_id;
use crate::net::HttpReply;
use crate::record::ChatReply;

/// How a body is cut into frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// Server-sent events.
    Sse,
    /// One JSON text per line.
    Lines,
    /// Binary frames of AWS (`application/vnd.amazon.eventstream`).
    AwsEvents,
}

/// One piece of a stream, whole.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frame {
    /// Its name: the `event:` of an SSE event, the `:event-type` or `:exception-type` of an AWS frame.
    pub event: Option<String>,
    /// Its text: the `data:` lines joined by line feeds, a line, or the payload.
    pub data: String,
    /// Whether it is an AWS frame with `:message-type` `exception` or `error`.
    pub is_exception: bool,
}

/// What a frame brought; the time of the first visible and the first thinking byte is taken from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// Nothing that the user would see: pings, roles, usage.
    Nothing,
    /// A piece of the thinking.
    Reasoning,
    /// A piece of the answer: text, refusal or tool call.
    Visible,
    /// The protocol's own end mark; whatever follows is not read.
    End,
}

/// How replies of one API stream.
pub trait StreamWire: Send + Sync + fmt::Debug {
    /// How the body is cut.
    fn framing(&self) -> Framing;

    /// A new decoder, for one reply.
    fn decoder(&self) -> Box<dyn StreamDecoder>;
}

/// Puts one streamed reply together.
pub trait StreamDecoder: Send {
    /// Takes the next frame.
    ///
    /// # Errors
    /// [`Failure`] of an error that the stream reports.
    fn frame(&mut self, frame: &Frame) -> Result<Sign, Failure>;

    /// The visible text so far, for continuing an answer that broke off; `None` where tools were called too.
    fn partial(&self) -> Option<String> {
        None
    }

    /// The whole reply, after the end mark or the end of the body.
    ///
    /// # Errors
    /// [`Failure::cut_off`] when the protocol's end mark never came.
    fn finish(self: Box<Self>) -> Result<ChatReply, Failure>;
}

/// Puts on the outcome of a stream what only its head says: the status and the id of the request.
pub(super) fn with_head(outcome: Result<ChatReply, Failure>, head: &HttpReply) -> Result<ChatReply, Failure> {
    match outcome {
        Ok(mut reply) => {
            reply.request_id = request_id(head).or(reply.request_id);
            Ok(reply)
        }
        Err(mut failure) => {
            failure.error.status = Some(head.status);
            failure.error.request_id = request_id(head).or(failure.error.request_id);
            Err(failure)
        }
    }
}
