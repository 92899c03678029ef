//! A reply in the words of an API.

use std::time::Duration;

use serde_json::Value;

use super::api::{anthropic, gemini, openai, responses};
use super::exchange::Outgoing;
use super::target::{Api, Asked};
use crate::record::ChatReply;

/// What a reply of this server says beside the recorded one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stamp<'a> {
    /// Of this reply.
    pub(super) id: &'a str,
    /// Seconds since 1970.
    pub(super) created: i64,
    /// Between two events of a stream.
    pub(super) gap: Duration,
}

/// The reply on the wire of `api`, as a stream when that was asked for.
pub(super) fn written(api: &Api, asked: &Asked, reply: &ChatReply, stamp: Stamp<'_>) -> Outgoing {
    let model = asked.request.model.as_str();
    let Stamp { id, created, gap } = stamp;
    match (api, asked.stream) {
        (Api::Chat, false) => Outgoing::json(200, &openai::write(reply, model, id, created)),
        (Api::Chat, true) => Outgoing::events(openai::stream(reply, model, id, created, asked.usage), gap),
        (Api::Responses, false) => Outgoing::json(200, &responses::write(reply, model, id, created)),
        (Api::Responses, true) => Outgoing::events(responses::stream(reply, model, id, created), gap),
        (Api::Anthropic, false) => Outgoing::json(200, &anthropic::write(reply, model, id)),
        (Api::Anthropic, true) => Outgoing::events(anthropic::stream(reply, model, id), gap),
        (Api::Gemini { events: true, .. }, true) => Outgoing::events(gemini::stream(reply, model, id), gap),
        // Without `alt=sse` a stream is a list of pieces.
        (Api::Gemini { .. }, true) => Outgoing::json(200, &Value::Array(gemini::pieces(reply, model, id))),
        (Api::Gemini { .. }, false) => Outgoing::json(200, &gemini::write(reply, model, id)),
        (Api::Embeddings | Api::Models(_), _) => Outgoing::json(404, &api.shape().error(404, "this is no chat")),
    }
}
