//! One call as it is kept: what was asked, what came back or why not, what it took.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{ChatReply, ChatRequest, RouteNote, SemanticMatch};
use crate::base::{Digest, Millis, ModelRef, Timestamp, Usd};

/// Classes of failed calls; the class decides on retry, on stopping the run, and on what the user can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The key is missing, wrong or may not do this (401, 403).
    Auth,
    /// The model or path does not exist (404).
    NotFound,
    /// Too many requests for now (429).
    RateLimited,
    /// The account has no money or quota left (402, quota codes under 429).
    QuotaExhausted,
    /// The provider is overloaded (503, 529).
    Overloaded,
    /// The provider failed (other 5xx).
    Server,
    /// No answer in time.
    Timeout,
    /// The request is wrong (400, 422).
    BadRequest,
    /// The request does not fit the model's context, or is too large.
    ContextLength,
    /// The provider refused the prompt outright (HTTP error, not a scored reply).
    Filtered,
    /// Connection refused, reset, DNS, TLS.
    Network,
    /// The answer is not what the protocol promises.
    Malformed,
    /// Replay has no recorded reply for this request.
    NotRecorded,
    /// The circuit breaker is open: the provider failed repeatedly just before.
    CircuitOpen,
    /// The run was stopped while the call was under way.
    Cancelled,
    /// A local rule refused the call before it was sent (token limit, missing configuration).
    Refused,
    /// The answer is in a batch that has not ended yet.
    Pending,
}

impl ErrorKind {
    /// Word and kind, in one table.
    pub const ALL: &[(&str, ErrorKind)] = &[
        ("auth", ErrorKind::Auth),
        ("not_found", ErrorKind::NotFound),
        ("rate_limited", ErrorKind::RateLimited),
        ("quota_exhausted", ErrorKind::QuotaExhausted),
        ("overloaded", ErrorKind::Overloaded),
        ("server", ErrorKind::Server),
        ("timeout", ErrorKind::Timeout),
        ("bad_request", ErrorKind::BadRequest),
        ("context_length", ErrorKind::ContextLength),
        ("filtered", ErrorKind::Filtered),
        ("network", ErrorKind::Network),
        ("malformed", ErrorKind::Malformed),
        ("not_recorded", ErrorKind::NotRecorded),
        ("circuit_open", ErrorKind::CircuitOpen),
        ("cancelled", ErrorKind::Cancelled),
        ("refused", ErrorKind::Refused),
        ("pending", ErrorKind::Pending),
    ];

    /// Its word in JSON and the store.
    pub fn word(self) -> &'static str {
        ErrorKind::ALL.iter().find(|(_, kind)| *kind == self).map_or("malformed", |(word, _)| word)
    }

    /// The kind of a word.
    pub fn parse(word: &str) -> Option<ErrorKind> {
        ErrorKind::ALL.iter().find(|(known, _)| *known == word).map(|(_, kind)| *kind)
    }

    /// Whether every further call to the same provider and model must fail the same way, so that the run stops now.
    pub fn is_fatal(self) -> bool {
        matches!(self, ErrorKind::Auth | ErrorKind::NotFound | ErrorKind::QuotaExhausted)
    }
}

/// Why a call gave no reply, after all retries.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
pub struct CallError {
    /// Its class.
    pub kind: ErrorKind,
    /// What happened and what to do, for people; no secrets, no control characters.
    pub message: String,
    /// HTTP status, if one came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The provider's id of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Where a reply came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallSource {
    /// The provider, over the network. The only source that costs money.
    Live,
    /// The response cache.
    Cache,
    /// A cassette.
    Cassette,
    /// The built-in mock.
    Mock,
    /// An identical call that was already under way.
    Shared,
    /// The semantic cache: the answer to a question that means nearly the same.
    Semantic,
}

impl CallSource {
    /// Word and source, in one table.
    pub const ALL: &[(&str, CallSource)] = &[
        ("live", CallSource::Live),
        ("cache", CallSource::Cache),
        ("cassette", CallSource::Cassette),
        ("mock", CallSource::Mock),
        ("shared", CallSource::Shared),
        ("semantic", CallSource::Semantic),
    ];

    /// Its word in JSON and the store.
    pub fn word(self) -> &'static str {
        CallSource::ALL.iter().find(|(_, source)| *source == self).map_or("live", |(word, _)| word)
    }

    /// The source of a word.
    pub fn parse(word: &str) -> Option<CallSource> {
        CallSource::ALL.iter().find(|(known, _)| *known == word).map(|(_, source)| *source)
    }
}

/// One call with its retries, as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallRecord {
    /// Identity of the reply in the response cache: provider, endpoint, request, repeat.
    pub cache_key: Digest,
    /// Who was asked.
    pub model: ModelRef,
    /// What was asked.
    pub request: ChatRequest,
    /// What was asked as JSON, where that is known already: it need not be written out again.
    #[serde(skip)]
    pub written: Option<String>,
    /// What came back, or why not.
    pub reply: Result<ChatReply, CallError>,
    /// Where it came from.
    pub source: CallSource,
    /// Time of the answering attempt, from sending to the last byte; of the original call when it is a cached one.
    pub latency_ms: Millis,
    /// HTTP attempts made by this call; 0 for cache, cassette, mock and shared.
    pub attempts: u32,
    /// Time spent waiting for limits and between retries.
    pub waited_ms: Millis,
    /// When it began.
    pub started: Timestamp,
    /// What it costs at the price table's rates, or as reported by the provider; `None` is unknown. For a cached reply:
    /// what the original cost. See [`CallRecord::spent`] for what this call itself cost.
    pub cost: Option<Usd>,
    /// Whether an attempt timed out after it was sent, or was given up for a faster one, so that the provider may bill it
    /// as well.
    pub possible_double_charge: bool,
    /// What the semantic cache had: it answered when the source is `semantic`, and was checked when it is `live`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub semantic: Option<SemanticMatch>,
    /// Second requests that were made because the first took long. What they cost is unknown; as much as the reply is
    /// assumed.
    #[serde(default)]
    pub hedges: u32,
    /// The model that answered, or was the last to fail, when `model` is a route.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_by: Option<ModelRef>,
    /// How the route came to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<RouteNote>,
}

impl CallRecord {
    /// What this call itself added to the bill: its cost when live, once more for every hedge, zero otherwise, `None` when
    /// unknown.
    pub fn spent(&self) -> Option<Usd> {
        match (self.source, &self.reply) {
            (CallSource::Live, Ok(_)) => {
                let each = self.cost?;
                Some((0..self.hedges).fold(each, |sum, _| sum.saturating_add(each)))
            }
            (CallSource::Live, Err(_)) => self.cost.or(Some(Usd::ZERO)),
            (
                CallSource::Cache | CallSource::Cassette | CallSource::Mock | CallSource::Shared | CallSource::Semantic,
                _,
            ) => Some(Usd::ZERO),
        }
    }
}

/// A reply kept from an earlier call.
#[derive(Debug, Clone, PartialEq)]
pub struct CachedReply {
    /// The reply.
    pub reply: ChatReply,
    /// Latency of the original call.
    pub latency_ms: Millis,
    /// Cost of the original call.
    pub cost: Option<Usd>,
    /// When the original call began.
    pub started: Timestamp,
}
