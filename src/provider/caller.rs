//! The one door to models: cache, cassettes, mock, sharing, limits, retry, network, in this order.

mod key;
mod options;
mod outcome;
mod setup;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::backend::{backend_of, check_base_url};
use super::batch::BatchReplies;
use super::cassette::{CassetteError, Kept, Shelf};
use super::clean::{clean_error, clean_reply};
use super::embed::VectorCache;
use super::notice::Notices;
use super::route::{Answer, Backend, Errand, Route, stopped};
use super::routing::{Observed, ROUTE, RouteSettings};
use super::semantic::Semantic;
use super::settings::CallMode;
use super::side_shelf::SideShelf;
use super::vector_shelf::VectorShelf;
use crate::base::{
    Clock, Diagnostic, Digest, Millis, ModelRef, Problems, Redactor, SafeName, Secret, Timestamp, Usd, closest,
};
use crate::price::PriceTable;
use crate::record::{
    CallError, CallRecord, CallSource, ChatReply, ChatRequest, ErrorKind, ModerationReply, RerankReply,
};
pub(super) use key::cache_key;
pub use options::{Ask, CallerOptions, Pricer, ReplyCache};
use outcome::{answer_of, failed, nothing, refused};
use setup::secret_header;

/// Calls models. Shared by all trials of a run.
pub struct Caller {
    pub(super) mode: CallMode,
    pub(super) routes: BTreeMap<SafeName, Route>,
    pub(super) cache: Option<Arc<dyn ReplyCache>>,
    /// Answers of batches, asked before anything else.
    pub(super) batches: Option<Arc<dyn BatchReplies>>,
    pub(super) semantic: Option<Semantic>,
    shelf: Shelf,
    pub(super) vectors: VectorShelf,
    pub(super) rankings: SideShelf<RerankReply>,
    pub(super) verdicts: SideShelf<ModerationReply>,
    pub(super) vector_cache: Option<Arc<dyn VectorCache>>,
    pub(super) clock: Arc<dyn Clock>,
    pricer: Option<Pricer>,
    max_tokens_per_request: Option<u32>,
    pub(super) redactor: Redactor,
    pub(super) routings: Vec<RouteSettings>,
    pub(super) prices: Option<Arc<PriceTable>>,
    pub(super) observed: Observed,
    notices: Notices,
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller")
            .field("mode", &self.mode)
            .field("providers", &self.routes.keys())
            .finish_non_exhaustive()
    }
}

impl Caller {
    /// Sets up the caller without any call. Bad base URLs and mock rules are reported; `None` when there is an error.
    pub fn new(options: CallerOptions, problems: &mut Problems) -> Option<Caller> {
        let keys = options.providers.iter().filter_map(|provider| provider.key.as_ref()).map(|key| &key.secret);
        let hidden = options.providers.iter().flat_map(|provider| &provider.headers).filter_map(secret_header);
        let hidden = hidden.chain(options.providers.iter().flat_map(|provider| provider.credentials.values().cloned()));
        let hidden: Vec<Secret> = hidden.chain(options.secrets.iter().cloned()).collect();
        let redactor = Redactor::new(keys.chain(&hidden));
        let mut found = Problems::new();
        let mut routes = BTreeMap::new();
        let notices = Notices::default();
        for settings in options.providers {
            check_base_url(&settings, options.mode, &mut found);
            let backend = backend_of(&settings, options.mode, &options.transport, options.seed, &mut found);
            let clock = Arc::clone(&options.clock);
            let name = settings.name.clone();
            routes.insert(name, Route::new(settings, backend, clock, options.concurrency, &notices));
        }
        let failed = found.has_errors();
        problems.absorb(found);
        (!failed).then_some(Caller {
            mode: options.mode,
            routes,
            cache: options.cache,
            semantic: options.semantic.map(Semantic::new),
            batches: None,
            vectors: VectorShelf::new(&options.cassettes, &options.root),
            rankings: SideShelf::new(&options.cassettes, &options.root, "rerank/scores.jsonl", "ranking"),
            verdicts: SideShelf::new(&options.cassettes, &options.root, "moderation/verdicts.jsonl", "verdict"),
            vector_cache: options.vectors,
            shelf: Shelf::new(options.cassettes, options.root),
            clock: options.clock,
            pricer: options.pricer,
            max_tokens_per_request: options.max_tokens_per_request,
            redactor,
            routings: options.routings,
            prices: options.prices,
            observed: Observed::new(options.history),
            notices,
        })
    }

    /// Whether a model can be called: its provider is known and has its key. Nothing is called.
    ///
    /// # Errors
    /// A diagnostic without a place; the caller of this knows where the model was named.
    pub fn knows(&self, model: &ModelRef) -> Result<(), Box<Diagnostic>> {
        if model.provider.as_str() == ROUTE {
            let route = self.route_of(model).ok_or_else(|| Box::new(self.unknown_route(model)))?;
            return route.models.iter().try_for_each(|member| {
                let within = |diagnostic: Box<Diagnostic>| {
                    let place = diagnostic.place.clone().or(route.place.clone());
                    let message = format!("route `{}`: {}", route.name, diagnostic.message);
                    Box::new(Diagnostic { place, message, ..*diagnostic })
                };
                self.knows(member).map_err(within)
            });
        }
        let Some(route) = self.routes.get(&model.provider) else {
            let names = || self.routes.keys().map(SafeName::as_str);
            let diagnostic = Diagnostic::error("unknown-provider", format!("`{}` is not a provider", model.provider))
                .did_you_mean(closest(model.provider.as_str(), names()))
                .help("`karat eval --list-providers` prints them all; add one under `providers` in karat.yaml");
            return Err(Box::new(diagnostic));
        };
        let Backend::Http(http) = &route.backend else { return Ok(()) };
        let settings = &route.settings;
        if let Some((problem, help)) = settings.spec.lacks.and_then(|lacks| lacks(settings)) {
            let message = format!("provider `{}` cannot be called: {problem}", settings.name);
            return Err(Box::new(Diagnostic::error("missing-key", message).help(help)));
        }
        let usual = settings.spec.keys.first().map(|source| source.env);
        let needs_key = settings.key_env.is_some() || (http.official && usual.is_some());
        if settings.key.is_some() || !needs_key {
            return Ok(());
        }
        let variable = settings.key_env.as_deref().or(usual).unwrap_or("the key's variable");
        // A provider of another name than its kind's says itself which variable holds its key.
        let unnamed = settings.key_env.is_none() && settings.place.is_some();
        let named =
            if unnamed { format!("add `key_env: {variable}` to it in karat.yaml, and ") } else { String::new() };
        let diagnostic = Diagnostic::error("missing-key", format!("there is no key for provider `{}`", settings.name))
            .help(format!("{named}set {variable} in the environment or in .env, or replay with `--calls replay`"));
        Err(Box::new(diagnostic))
    }

    /// Why a model cannot answer, once a call has found that out; every further call to it fails the same way.
    pub fn known_failure(&self, model: &ModelRef) -> Option<CallError> {
        if let Some(route) = self.route_of(model) {
            let known: Option<Vec<CallError>> = route.models.iter().map(|member| self.known_failure(member)).collect();
            return known.and_then(|mut all| all.pop());
        }
        self.routes.get(&model.provider)?.fuses.error(&model.model)
    }

    /// Whether the response cache would answer this request now. Never when there is no cache, nor in a mode or from a
    /// provider that does not look there.
    pub fn is_cached(&self, model: &ModelRef, request: &ChatRequest, repeat: u32) -> bool {
        if let Some(route) = self.route_of(model) {
            return self.is_route_cached(route, request, repeat);
        }
        let (Some(cache), Some(route)) = (&self.cache, self.routes.get(&model.provider)) else { return false };
        if !matches!(route.backend, Backend::Http(_) | Backend::Process(_)) || !route.settings.cache {
            return false;
        }
        let mut request = request.clone();
        // As in `live`, the cache is asked before a request over the limit is refused.
        let _allowed = self.limit_tokens(&mut request);
        cache.get(&cache_key(route, &request, repeat)).is_some()
    }

    /// Reads the cassettes of these suites now and reports broken lines. Does nothing unless the mode is replay.
    pub fn check_cassettes(&self, suites: &[&str], problems: &mut Problems) {
        if self.mode == CallMode::Replay {
            self.shelf.check(suites, problems);
        }
    }

    /// Asks, and keeps asking within the provider's retry settings. Never fails as such: errors are in the record.
    ///
    /// Order: response cache, cassette or mock, semantic cache, an identical call under way, token limit, provider limits, circuit
    /// breaker, retry, network. Cancelling `stop` ends it at any point with [`ErrorKind::Cancelled`].
    ///
    /// A reference `route/<name>` asks the models of that route, each in this way, until one answers.
    ///
    /// A future is as large as the largest of its ways, and is copied on every storey of this house when a call begins. So
    /// here and below, what few calls need is boxed: the usual call then copies hundreds of bytes, not tens of thousands.
    pub async fn call(&self, ask: Ask<'_>, stop: &CancellationToken) -> Box<CallRecord> {
        match self.route_of(ask.model) {
            Some(route) => Box::pin(self.call_route(ask, route, stop)).await,
            None => self.call_model(Box::new(ask), false, stop).await.0,
        }
    }

    /// Asks one model; also gives what a stream had brought when it broke off. `hasty` says that somebody else can answer.
    pub(super) async fn call_model(
        &self,
        ask: Box<Ask<'_>>,
        hasty: bool,
        stop: &CancellationToken,
    ) -> (Box<CallRecord>, Option<String>) {
        let started = self.clock.now();
        let Some(route) = self.routes.get(&ask.model.provider) else {
            let message = format!("`{}` is not a provider", ask.model.provider);
            return (self.refusal(&ask, message, started), None);
        };
        match &route.backend {
            Backend::Cassette => (self.replay(*ask, route, started), None),
            Backend::Mock(_) => (Box::pin(self.play(*ask, route, started, stop)).await, None),
            Backend::Http(_) | Backend::Process(_) => self.live(ask, route, hasty, started, stop).await,
        }
    }

    /// The record of a call that cannot be made.
    pub(super) fn refusal(&self, ask: &Ask<'_>, message: String, started: Timestamp) -> Box<CallRecord> {
        failed(ask, Digest::of_bytes(b""), CallSource::Live, refused(message), started)
    }

    /// Writes what was recorded into the cassettes and returns the files written, none unless the mode is record. Settles
    /// the semantic cache.
    ///
    /// # Errors
    /// [`CassetteError`]; files written before it stay.
    pub fn finish(&self) -> Result<Vec<PathBuf>, CassetteError> {
        self.settle_questions();
        let mut written = self.shelf.finish(&self.redactor)?;
        written.extend(self.vectors.finish(&self.redactor)?);
        written.extend(self.rankings.finish(&self.redactor)?);
        written.extend(self.verdicts.finish(&self.redactor)?);
        Ok(written)
    }

    fn replay(&self, ask: Ask<'_>, route: &Route, started: Timestamp) -> Box<CallRecord> {
        let key = cache_key(route, &ask.request, ask.repeat);
        let digest = ask.request.digest(ask.model.provider.as_str());
        match self.shelf.find(&digest, ask.label, ask.model, ask.repeat) {
            Ok(entry) => {
                let answer = Answer {
                    reply: Ok(Box::new(entry.reply)),
                    latency: entry.latency_ms.to_duration(),
                    cost: entry.cost,
                    ..nothing()
                };
                self.record(ask, key, answer, CallSource::Cassette, started)
            }
            Err(error) => {
                let error = CallError { kind: ErrorKind::NotRecorded, ..refused(error.to_string()) };
                failed(&ask, key, CallSource::Cassette, error, started)
            }
        }
    }

    async fn play(&self, ask: Ask<'_>, route: &Route, started: Timestamp, stop: &CancellationToken) -> Box<CallRecord> {
        let key = cache_key(route, &ask.request, ask.repeat);
        let errand = Errand { request: &ask.request, label: ask.label, identity: &key, stop, hasty: false };
        let mut answer = route.answer(errand).await;
        answer.attempts = 0;
        answer.cost = self.price(ask.model, answer.reply.as_deref().ok(), started);
        // A mock can stand in for a provider while its cassettes are written, as the bundled example does.
        let asked = self.to_keep(&ask);
        let (label, repeat) = (ask.label, ask.repeat);
        self.keep(self.record(ask, key, answer, CallSource::Mock, started), label, repeat, asked)
    }

    async fn live(
        &self,
        mut ask: Box<Ask<'_>>,
        route: &Route,
        hasty: bool,
        started: Timestamp,
        stop: &CancellationToken,
    ) -> (Box<CallRecord>, Option<String>) {
        // The cassette answers the request as it was asked, whatever limit this environment puts on it.
        let asked = self.to_keep(&ask);
        let (label, repeat) = (ask.label, ask.repeat);
        let allowed = self.limit_tokens(&mut ask.request);
        let written = ask.request.canonical();
        let key = key::key_of(route, &ask.request, &written, ask.repeat);
        let batched = allowed.is_ok().then(|| self.batched_answer(ask.model, &ask.request, &key)).flatten();
        if let Some(Ok((answer, source, sent))) = batched {
            return (self.keep(self.record(*ask, key, answer, source, sent), label, repeat, asked), None);
        }
        let cache = self.cache.as_ref().filter(|_| route.settings.cache);
        if let Some(kept) = cache.and_then(|cache| cache.get(&key)) {
            let record = self.record(*ask, key, answer_of(kept), CallSource::Cache, started);
            return (self.keep(record, label, repeat, asked), None);
        }
        let allowed = allowed.and(batched.map_or(Ok(()), |answer| answer.map(|_| ())));
        let known = self.known_failure(ask.model).map_or(allowed, Err);
        if let Err(error) = known {
            return (failed(&ask, key, CallSource::Live, error, started), None);
        }
        let mut alike = match &self.semantic {
            Some(semantic) => Box::pin(self.alike(semantic, &ask, route, &key, stop)).await,
            None => None,
        };
        if let Some((found, kept)) = alike.as_mut().filter(|alike| !alike.verify).and_then(|alike| alike.found.take()) {
            let mut record = self.record(*ask, key, answer_of(kept), CallSource::Semantic, started);
            record.semantic = Some(found);
            return (record, None);
        }
        let (mut answer, shared) = self.share(&ask, route, &key, hasty, started, stop).await;
        let source = if shared { CallSource::Shared } else { CallSource::Live };
        let partial = answer.partial.take().map(|text| self.redactor.clean(&text).into_owned());
        let mut record = self.record(*ask, key, answer, source, started);
        record.written = record.request.is_canonical().then_some(written);
        self.learn(&mut record, alike);
        (self.keep(record, label, repeat, asked), partial)
    }

    /// One HTTP call for all identical calls that are under way.
    async fn share(
        &self,
        ask: &Ask<'_>,
        route: &Route,
        key: &Digest,
        hasty: bool,
        started: Timestamp,
        stop: &CancellationToken,
    ) -> (Answer, bool) {
        let lead = || async {
            let errand = Errand { request: &ask.request, label: ask.label, identity: key, stop, hasty };
            let mut answer = Box::pin(route.answer(errand)).await;
            answer.cost = self.price(ask.model, answer.reply.as_deref().ok(), started);
            let cancelled = answer.reply.as_ref().is_err_and(|error| error.kind == ErrorKind::Cancelled);
            if cancelled { Err(answer) } else { Ok(answer) }
        };
        // What is not worth keeping is not worth sharing: each case has an answer of its own.
        if !route.settings.cache {
            return match lead().await {
                Ok(answer) | Err(answer) => (answer, false),
            };
        }
        tokio::select! {
            biased;
            (made, shared) = route.flights.share(*key, lead) => match made {
                Ok(answer) if shared => {
                    (Answer { attempts: 0, waited: Duration::ZERO, possible_double_charge: false, hedges: 0, ..answer }, true)
                }
                Ok(answer) | Err(answer) => (answer, false),
            },
            () = stop.cancelled() => (Answer { reply: Err(stopped()), ..nothing() }, true),
        }
    }

    pub(super) fn price(&self, model: &ModelRef, reply: Option<&ChatReply>, started: Timestamp) -> Option<Usd> {
        let reply = reply?;
        self.pricer.as_ref().map_or(reply.reported_cost, |price| price(model, reply, started))
    }

    /// What a cassette keeps a reply under, in record mode.
    fn to_keep(&self, ask: &Ask<'_>) -> Option<Box<(Digest, ChatRequest)>> {
        (self.mode == CallMode::Record)
            .then(|| Box::new((ask.request.digest(ask.model.provider.as_str()), ask.request.clone())))
    }

    /// Puts a reply aside for the cassette when there is a digest to keep it under, as in record mode.
    fn keep(
        &self,
        record: Box<CallRecord>,
        label: &str,
        repeat: u32,
        kept: Option<Box<(Digest, ChatRequest)>>,
    ) -> Box<CallRecord> {
        if let (Ok(reply), Some(kept)) = (&record.reply, kept) {
            let (digest, request) = *kept;
            let (latency_ms, cost) = (record.latency_ms, record.cost);
            let model = &record.model;
            self.shelf.record(&Kept { digest, label, model, repeat, request: &request, reply, latency_ms, cost });
        }
        record
    }

    fn record(
        &self,
        ask: Ask<'_>,
        key: Digest,
        answer: Answer,
        source: CallSource,
        started: Timestamp,
    ) -> Box<CallRecord> {
        // Here, before anybody reads the reply: half a key in a quote could not be recognised any more.
        let mut reply = answer.reply;
        match &mut reply {
            Ok(reply) => clean_reply(&self.redactor, reply),
            Err(error) => clean_error(&self.redactor, error),
        }
        let found = self.routes.get(&ask.model.provider).and_then(Route::found_secrets);
        if let Some(spoken) = found {
            match &mut reply {
                Ok(reply) => clean_reply(&spoken, reply),
                Err(error) => clean_error(&spoken, error),
            }
        }
        tracing::debug!(
            case = ask.label,
            model = %ask.model,
            repeat = ask.repeat,
            source = source.word(),
            attempts = answer.attempts,
            latency_ms = Millis::of(answer.latency).0,
            waited_ms = Millis::of(answer.waited).0,
            error = reply.as_ref().err().map(|error| error.message.as_str()),
            "call"
        );
        Box::new(CallRecord {
            cache_key: key,
            model: ask.model.clone(),
            request: ask.request,
            written: None,
            latency_ms: if reply.is_ok() { Millis::of(answer.latency) } else { Millis(0) },
            reply: reply.map(|reply| *reply),
            source,
            attempts: answer.attempts,
            waited_ms: Millis::of(answer.waited),
            started,
            cost: answer.cost,
            possible_double_charge: answer.possible_double_charge,
            semantic: None,
            hedges: answer.hedges,
            answered_by: None,
            route: None,
        })
    }
}
