//! How the caller answers from batches: what was sent together is looked up, decoded, and priced as any other reply.

use std::time::Duration;

use super::super::attempt::HttpBackend;
use super::super::caller::{Caller, cache_key};
use super::super::route::{Answer, Backend, Route};
use super::super::spec::Endpoint;
use super::line::http_of;
use crate::base::{Digest, ModelRef, Timestamp};
use crate::net::HttpRequest;
use crate::record::{BatchReply, CallError, CallSource, ChatReply, ChatRequest, ErrorKind};

/// What is known about a request in the batches of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BatchAnswer {
    /// The provider's reply.
    Reply {
        /// As it came.
        reply: BatchReply,
        /// When the batch was sent.
        sent: Timestamp,
    },
    /// It is on its way, or has not been sent yet.
    Pending,
    /// It failed, for good.
    Failed(CallError),
    /// It is to be asked as a single call.
    Single,
}

/// Answers of the batches of a run.
pub trait BatchReplies: Send + Sync {
    /// What is known about the request of this key.
    fn get(&self, key: &Digest) -> BatchAnswer;

    /// Whether the caller is the first to use this answer, and so the one that pays for it.
    fn is_first(&self, key: &Digest) -> bool;
}

/// What a trial needs of a batch.
#[derive(Debug, Clone)]
pub enum BatchRequest {
    /// Nothing: it is answered by the response cache, a mock or a cassette, or it can never be sent.
    Nothing,
    /// This request must be sent.
    Wanted {
        /// Identity of its reply.
        key: Digest,
        /// As it would be sent alone, without key.
        http: HttpRequest,
    },
}

impl Caller {
    /// Takes the answers of real providers from batches where they have some.
    #[must_use]
    pub fn with_batches(mut self, replies: std::sync::Arc<dyn BatchReplies>) -> Caller {
        self.batches = Some(replies);
        self
    }

    /// What must be sent so that this request gets its answer.
    pub fn batch_request(&self, model: &ModelRef, request: &ChatRequest, repeat: u32) -> BatchRequest {
        let Some(route) = self.routes.get(&model.provider) else { return BatchRequest::Nothing };
        let Backend::Http(http) = &route.backend else { return BatchRequest::Nothing };
        let mut request = request.clone();
        if http.wire.batches().is_none() || self.limit_tokens(&mut request).is_err() {
            return BatchRequest::Nothing;
        }
        let key = cache_key(route, &request, repeat);
        let Ok(encoded) = http.wire.encode(&request, alone(route, http, &request)) else {
            return BatchRequest::Nothing;
        };
        let cache = self.cache.as_ref().filter(|_| route.settings.cache);
        let cached = cache.is_some_and(|cache| cache.get(&key).is_some());
        if cached { BatchRequest::Nothing } else { BatchRequest::Wanted { key, http: encoded.http } }
    }

    /// Whether a request has its reply in a batch, so that asking for it costs nothing more.
    pub fn is_batched(&self, model: &ModelRef, request: &ChatRequest, repeat: u32) -> bool {
        let (Some(batches), Some(route)) = (&self.batches, self.routes.get(&model.provider)) else { return false };
        if !matches!(&route.backend, Backend::Http(http) if http.wire.batches().is_some()) {
            return false;
        }
        let mut request = request.clone();
        let _allowed = self.limit_tokens(&mut request);
        !matches!(batches.get(&cache_key(route, &request, repeat)), BatchAnswer::Single)
    }

    /// The answer of a request from the batches; `None` when it is to be asked otherwise: no batch, or a cached reply may
    /// be there while its batch is under way.
    pub(in crate::provider) fn batched_answer(
        &self,
        model: &ModelRef,
        request: &ChatRequest,
        key: &Digest,
    ) -> Option<Result<(Answer, CallSource, Timestamp), CallError>> {
        let (batches, route) = (self.batches.as_ref()?, self.routes.get(&model.provider)?);
        let Backend::Http(http) = &route.backend else { return None };
        http.wire.batches()?;
        let encoded = match http.wire.encode(request, alone(route, http, request)) {
            Ok(encoded) => encoded,
            Err(error) => return Some(Err(error)),
        };
        match batches.get(key) {
            BatchAnswer::Single => None,
            BatchAnswer::Failed(error) => Some(Err(error)),
            BatchAnswer::Pending => Some(Err(pending())),
            BatchAnswer::Reply { reply, sent } => {
                let decoded = http.wire.decode(&http_of(&reply)).map_err(|failure| failure.error);
                let decoded = decoded.map(|reply| {
                    Box::new(ChatReply {
                        service_tier: Some(ChatReply::BATCH_TIER.to_owned()),
                        warnings: encoded.warnings,
                        ..reply
                    })
                });
                let cost = self.price(model, decoded.as_deref().ok(), sent);
                let answer = Answer {
                    reply: decoded,
                    latency: Duration::ZERO,
                    attempts: 0,
                    waited: Duration::ZERO,
                    possible_double_charge: false,
                    hedges: 0,
                    partial: None,
                    cost,
                };
                let pays = answer.reply.is_err() || batches.is_first(key);
                Some(Ok((answer, if pays { CallSource::Live } else { CallSource::Shared }, sent)))
            }
        }
    }
}

/// The address of a request that is sent alone, and not as a stream.
fn alone<'r>(route: &'r Route, http: &HttpBackend, request: &ChatRequest) -> Endpoint<'r> {
    let known_as = route.settings.known_as(&request.model);
    Endpoint { stream: false, known_as, ..route.settings.endpoint(&*http.wire, http.official) }
}

/// The error of a call whose answer has not come yet.
fn pending() -> CallError {
    let message = "the answer is in a batch that has not ended yet".to_owned();
    CallError { kind: ErrorKind::Pending, message, status: None, request_id: None }
}
