//! What a question is, and what a caller is made of.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use super::super::aside::Spend;
use super::super::embed::VectorCache;
use super::super::routing::{History, RouteSettings};
use super::super::semantic::SemanticSettings;
use super::super::settings::{CallMode, ProviderSettings};
use crate::base::{Clock, Digest, ModelRef, Secret, Timestamp, Usd};
use crate::net::Transport;
use crate::price::PriceTable;
use crate::record::{CachedReply, ChatReply, ChatRequest};

/// Replies of earlier runs, by identity.
pub trait ReplyCache: Send + Sync {
    /// The reply kept under this key, if there is one that is not too old.
    fn get(&self, key: &Digest) -> Option<CachedReply>;
}

/// What a reply costs at the price table's rates; `None` is unknown.
pub type Pricer = Arc<dyn Fn(&ModelRef, &ChatReply, Timestamp) -> Option<Usd> + Send + Sync>;

/// One question.
#[derive(Debug)]
pub struct Ask<'a> {
    /// Who is asked.
    pub model: &'a ModelRef,
    /// What is asked.
    pub request: ChatRequest,
    /// 0-based repeat: repeats of one question are different calls.
    pub repeat: u32,
    /// `suite/case`, for messages and cassettes.
    pub label: &'a str,
    /// Whether the answer to nearly the same question will do, where there is a semantic cache.
    pub alike: bool,
    /// Where money is counted that is spent besides the call.
    pub aside: Option<&'a Mutex<Spend>>,
    /// Place of the case in its suite, repeats counted: routes take turns by it, so that a case keeps its model however
    /// a run is interrupted or narrowed.
    pub turn: u64,
}

/// What a [`Caller`] is made of.
pub struct CallerOptions {
    /// Where answers come from.
    pub mode: CallMode,
    /// The providers, by unique names.
    pub providers: Vec<ProviderSettings>,
    /// Replies of earlier runs; `None` turns the cache off. Only calls to real providers look there.
    pub cache: Option<Arc<dyn ReplyCache>>,
    /// Answers to questions that mean nearly the same; `None` turns the semantic cache off. Only calls to real providers
    /// look there, and only when they are neither replayed nor recorded.
    pub semantic: Option<SemanticSettings>,
    /// Vectors of earlier calls; `None` keeps none.
    pub vectors: Option<Arc<dyn VectorCache>>,
    /// Folder of the project: paths in messages are relative to it.
    pub root: PathBuf,
    /// Folder of the cassettes.
    pub cassettes: PathBuf,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The HTTP client.
    pub transport: Arc<dyn Transport>,
    /// Seed of the mock.
    pub seed: u64,
    /// Prices; it also decides whether a charge that the reply states is the bill. `None` takes every stated charge.
    pub pricer: Option<Pricer>,
    /// Most output tokens that one request may ask for; also sent when a request sets no limit.
    pub max_tokens_per_request: Option<u32>,
    /// Further secrets that must not appear in messages and cassettes.
    pub secrets: Vec<Secret>,
    /// How many calls the run makes at once; no provider gets more.
    pub concurrency: Option<u32>,
    /// Named routes.
    pub routings: Vec<RouteSettings>,
    /// Prices and capabilities, for routes that choose by them.
    pub prices: Option<Arc<PriceTable>>,
    /// What earlier runs say about models, for routes that choose by it.
    pub history: Option<Arc<dyn History>>,
}
