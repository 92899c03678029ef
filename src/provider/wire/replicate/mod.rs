//! Replicate (reference §10): predictions of official models and of versions, polled until they are done.

mod decode;
mod encode;
mod follow;
mod stream;

use super::super::spec::{Encoded, Endpoint, Failure, Follow, KeySource, ProviderSpec, Wire};
use super::super::stream::StreamWire;
use super::body::text_of;
use crate::net::{HttpReply, HttpRequest};
use crate::record::{CallError, ChatReply, ChatRequest};

/// Replicate.
pub(in crate::provider) static SPEC: ProviderSpec = ProviderSpec {
    name: "replicate",
    about: "Replicate predictions: `replicate/owner/name`, or `replicate/owner/name:version`; a model's own fields go under `extra`",
    keys: &[KeySource { env: "REPLICATE_API_TOKEN", header: "authorization", prefix: "Bearer " }],
    base_url: "https://api.replicate.com/v1",
    base_url_env: Some("REPLICATE_BASE_URL"),
    hosts: &["api.replicate.com"],
    wire: Some(&Replicate),
    ..ProviderSpec::PLAIN
};

/// The wire.
#[derive(Debug)]
pub(in crate::provider) struct Replicate;

impl Wire for Replicate {
    fn encode(&self, request: &ChatRequest, endpoint: Endpoint<'_>) -> Result<Encoded, CallError> {
        encode::encode(request, endpoint)
    }

    fn decode(&self, reply: &HttpReply) -> Result<ChatReply, Failure> {
        decode::decode(reply)
    }

    /// The server holds the reply back until the prediction is done, or for the time that it is asked to.
    fn thinks_long(&self, _: &ChatRequest) -> bool {
        true
    }

    fn streaming(&self) -> Option<&dyn StreamWire> {
        Some(&stream::PredictionStream)
    }

    fn follow(&self, reply: &HttpReply, endpoint: Endpoint<'_>, step: u32) -> Option<Follow> {
        follow::follow(reply, endpoint, step)
    }

    fn after_stream(&self, begun: &HttpReply, endpoint: Endpoint<'_>) -> Option<HttpRequest> {
        let body = serde_json::from_str(text_of(begun).trim()).ok()?;
        follow::look(&body, endpoint)
    }
}
