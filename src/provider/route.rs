//! The way to one provider: limiter, breaker, retry, and the attempt itself.

mod gate;

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::attempt::{Attempt, HttpBackend, Parcel, dress};
use super::breaker::Breaker;
use super::budget::RetryBudget;
use super::exec::Exec;
use super::fuse::Fuses;
use super::heal::leave_out;
use super::hedge::Hedges;
use super::inflight::Flights;
use super::limit::{Limiter, Load};
use super::mock::Mock;
use super::notice::Notices;
use super::question::Question;
use super::retry::{Tally, counts};
use super::settings::{ProviderSettings, RetrySettings};
use super::spec::{Endpoint, Failure, ProviderKey};
use crate::base::{Clock, Digest, Redactor, Usd};
use crate::net::{Auth, HttpReply};
use crate::record::{CallError, ChatReply, ChatRequest, ErrorKind};
use gate::local;

/// Shorter waits are those of the first calls, which leave one after the other: nothing to be told.
const WORTH_TELLING: Duration = Duration::from_millis(35);

/// One provider as it is called.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) settings: ProviderSettings,
    pub(super) backend: Backend,
    pub(super) flights: Flights<Answer>,
    pub(super) fuses: Fuses,
    limiter: Limiter,
    pub(super) breaker: Arc<Breaker>,
    budget: Mutex<RetryBudget>,
    hedges: Hedges,
    /// The transport has done what it does once.
    prepared: AtomicBool,
    clock: Arc<dyn Clock>,
}

/// Who answers.
#[derive(Debug)]
pub(super) enum Backend {
    /// The provider itself.
    Http(HttpBackend),
    /// The scripted mock.
    Mock(Mock),
    /// The user's program.
    Process(Box<Exec>),
    /// Recorded replies.
    Cassette,
}

/// What a call came to, all attempts together.
#[derive(Debug, Clone)]
pub(super) struct Answer<R = Box<ChatReply>> {
    pub(super) reply: Result<R, CallError>,
    pub(super) latency: Duration,
    pub(super) attempts: u32,
    pub(super) waited: Duration,
    pub(super) possible_double_charge: bool,
    /// Second requests that were made because the first took long.
    pub(super) hedges: u32,
    /// What a stream had brought when the last attempt broke off.
    pub(super) partial: Option<String>,
    /// Filled by the caller.
    pub(super) cost: Option<Usd>,
}

/// One call to a route.
pub(super) struct Errand<'a, Q = ChatRequest> {
    pub(super) request: &'a Q,
    pub(super) label: &'a str,
    pub(super) identity: &'a Digest,
    pub(super) stop: &'a CancellationToken,
    /// Somebody else can answer: an open breaker is not waited for.
    pub(super) hasty: bool,
}

// Derived, it would ask the question itself to be `Copy`.
impl<Q> Clone for Errand<'_, Q> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Q> Copy for Errand<'_, Q> {}

/// A call under way.
#[derive(Debug, Default)]
struct Progress {
    tally: Tally,
    waited: Duration,
    latency: Duration,
    first_sent: Option<Instant>,
    unreachable_since: Option<Instant>,
    blocked_since: Option<Instant>,
    last_error: Option<CallError>,
    possible_double_charge: bool,
    hedges: u32,
    healed: bool,
    partial: Option<String>,
}

impl Route {
    /// `ceiling` is how many calls the run makes at once.
    pub(super) fn new(
        settings: ProviderSettings,
        backend: Backend,
        clock: Arc<dyn Clock>,
        ceiling: Option<u32>,
        notices: &Notices,
    ) -> Route {
        let is_http = matches!(backend, Backend::Http(_));
        // A mock's failures are written by the user: nobody needs to hear of them.
        let notices = if is_http { notices.clone() } else { Notices::default() };
        Route {
            limiter: Limiter::new(settings.limits, ceiling, is_http),
            breaker: Arc::new(Breaker::new(settings.name.as_str(), settings.breaker, notices)),
            budget: Mutex::new(RetryBudget::new()),
            hedges: Hedges::new(settings.hedge.filter(|_| is_http)),
            settings,
            backend,
            flights: Flights::new(),
            fuses: Fuses::default(),
            prepared: AtomicBool::new(false),
            clock,
        }
    }

    /// Keeps secrets out of texts that came up in the run: those of an application's sessions, and fetched tokens.
    pub(super) fn found_secrets(&self) -> Option<Arc<Redactor>> {
        if let Some(app) = &self.settings.app {
            return Some(app.redactor());
        }
        let Backend::Http(http) = &self.backend else { return None };
        http.authority.as_ref()?.redactor()
    }

    /// The answer, after as many attempts as it takes.
    pub(super) async fn answer<Q: Question>(&self, errand: Errand<'_, Q>) -> Answer<Q::Reply> {
        let mut progress = Progress::default();
        let reply = self.pursue(errand, &mut progress).await;
        Answer {
            reply,
            latency: progress.latency,
            attempts: progress.tally.attempts,
            waited: progress.waited,
            possible_double_charge: progress.possible_double_charge,
            hedges: progress.hedges,
            partial: progress.partial,
            cost: None,
        }
    }

    async fn pursue<Q: Question>(&self, errand: Errand<'_, Q>, progress: &mut Progress) -> Result<Q::Reply, CallError> {
        let model = errand.request.model();
        let blown = self.fuses.watch(model);
        let mut parcel = self.pack(errand.request)?;
        let load = self.load(errand.request)?;
        if let (Backend::Http(http), Some(parcel), false) =
            (&self.backend, &parcel, self.prepared.load(Ordering::Relaxed))
        {
            // Else the calls that leave one after the other would meet here, and go on together.
            http.transport.prepare(&parcel.encoded.http, &parcel.timeouts);
            self.prepared.store(true, Ordering::Relaxed);
        }
        loop {
            let waiting = Instant::now();
            let (slot, leave) = {
                // Pinned here: by value it would be part of `unless_stopped` twice.
                let gate = pin!(self.gate(model, load, errand.hasty, progress));
                self.unless_stopped(errand, &blown, gate).await??
            };
            progress.waited += Some(waiting.elapsed()).filter(|wait| *wait >= WORTH_TELLING).unwrap_or_default();
            progress.sent();
            self.with_budget(RetryBudget::request);
            let sent = Instant::now();
            let trip = self.fuses.set_out();
            let attempt = async {
                match self.hedging_after() {
                    Some(patience) => Box::pin(self.hedged(errand, parcel.as_ref(), load, progress, patience)).await,
                    None => self.attempt(errand, parcel.as_ref(), progress.tally.attempts, self.left(progress)).await,
                }
            };
            let result = tokio::select! {
                biased;
                result = attempt => result,
                () = errand.stop.cancelled() => return Err(stopped()),
            };
            drop(trip);
            progress.latency = sent.elapsed();
            match result {
                Ok(mut reply) => {
                    leave.succeeded();
                    self.fuses.note_answer(model);
                    progress.latency = Q::latency(&mut reply, progress.latency);
                    self.limiter.settle(&slot, Q::used(&reply));
                    self.hedges.took(progress.latency);
                    Q::warn(&mut reply, parcel.map(|parcel| parcel.encoded.warnings).unwrap_or_default());
                    return Ok(reply);
                }
                Err(failure) => {
                    self.note(&failure, leave, progress);
                    if self.heals(&failure, parcel.as_mut(), progress) {
                        self.limiter.settle(&slot, None);
                        continue;
                    }
                    let next = self.next(&failure, model, &slot, progress);
                    drop(slot);
                    let wait = next?;
                    self.unless_stopped(errand, &blown, Box::pin(tokio::time::sleep(wait))).await?;
                    progress.waited += wait;
                }
            }
        }
    }

    /// How long an attempt may take before a second one is made beside it, where the user wants that. Streams are not
    /// asked for twice.
    fn hedging_after(&self) -> Option<Duration> {
        let patience = self.hedges.patience()?;
        let streams =
            matches!(&self.backend, Backend::Http(http) if self.settings.endpoint(&*http.wire, http.official).stream);
        Some(patience).filter(|_| !streams)
    }

    /// Time until the call must have ended.
    fn left(&self, progress: &Progress) -> Duration {
        let spent = progress.first_sent.map(|first| first.elapsed()).unwrap_or_default();
        Duration::from_millis(self.retry().deadline_ms).saturating_sub(spent)
    }

    /// One attempt, and a second one when the first takes longer than `patience`: the first good answer counts, the other
    /// is given up.
    async fn hedged<Q: Question>(
        &self,
        errand: Errand<'_, Q>,
        parcel: Option<&Parcel>,
        load: Load,
        progress: &mut Progress,
        patience: Duration,
    ) -> Result<Q::Reply, Failure> {
        let number = progress.tally.attempts;
        let left = self.left(progress);
        let first = self.attempt(errand, parcel, number, left);
        tokio::pin!(first);
        tokio::select! {
            biased;
            result = &mut first => return result,
            () = tokio::time::sleep(patience) => {}
        }
        let Some(slot) = self.limiter.spare_slot(errand.request.model(), load) else { return first.await };
        if !self.hedges.allow() {
            self.limiter.refund(&slot);
            return first.await;
        }
        progress.hedged();
        self.with_budget(RetryBudget::request);
        let second = self.attempt(errand, parcel, number + 1, left);
        tokio::pin!(second);
        let (result, other) = tokio::select! {
            biased;
            result = &mut first => (result, second),
            result = &mut second => (result, first),
        };
        let result = match result {
            Ok(reply) => Ok(reply),
            Err(_) => other.await,
        };
        self.limiter.settle(&slot, None);
        result
    }

    /// Takes the parameter out that the provider does not take, once per call, where the user wants that.
    fn heals(&self, failure: &Failure, parcel: Option<&mut Parcel>, progress: &mut Progress) -> bool {
        let Some(param) = failure.param.as_deref().filter(|_| self.settings.heal && !progress.healed) else {
            return false;
        };
        progress.healed = parcel.is_some_and(|parcel| leave_out(&mut parcel.encoded, param));
        progress.healed
    }

    /// Encodes once for all attempts; `None` for the mock.
    fn pack(&self, request: &impl Question) -> Result<Option<Parcel>, CallError> {
        let Backend::Http(http) = &self.backend else { return Ok(None) };
        let known_as = self.settings.known_as(request.model());
        let wire = &*http.wire;
        let endpoint = Endpoint { known_as, ..self.settings.endpoint(wire, http.official) };
        let mut encoded = request.encode(wire, endpoint)?;
        dress(&mut encoded.http, &self.settings.headers);
        encoded.http.auth = self.settings.key.as_ref().map(auth_of);
        let timeouts = self.settings.timeouts.resolve(request.thinks_long(wire, known_as));
        Ok(Some(Parcel { encoded, timeouts, first_idle: self.settings.timeouts.first_idle(&timeouts) }))
    }

    async fn attempt<Q: Question>(
        &self,
        errand: Errand<'_, Q>,
        parcel: Option<&Parcel>,
        number: u32,
        left: Duration,
    ) -> Result<Q::Reply, Failure> {
        match (&self.backend, parcel) {
            (Backend::Http(http), Some(parcel)) => {
                let learn = |reply: &HttpReply| self.limiter.learn(errand.request.model(), reply, self.clock.now());
                let clock = &*self.clock;
                let attempt = Attempt { http, settings: &self.settings, clock, parcel, left, learn: &learn };
                attempt.make(errand.request).await
            }
            (Backend::Process(exec), _) => {
                Box::pin(errand.request.run(exec, self.settings.timeouts.resolve(true).total)).await
            }
            (Backend::Mock(mock), _) => {
                Box::pin(errand.request.play(mock, errand.label, errand.identity, number)).await
            }
            (Backend::Http(_), None) | (Backend::Cassette, _) => {
                Err(Failure::new(ErrorKind::Refused, "internal error: there is nothing to send"))
            }
        }
    }

    async fn unless_stopped<Q: Question, T>(
        &self,
        errand: Errand<'_, Q>,
        blown: &CancellationToken,
        mut work: impl Future<Output = T> + Unpin,
    ) -> Result<T, CallError> {
        // Mostly there is nothing to wait for: then nobody need be asked to wake us.
        if !errand.stop.is_cancelled() && !blown.is_cancelled() {
            let looked = poll_fn(|context| Poll::Ready(Pin::new(&mut work).poll(context))).await;
            if let Poll::Ready(done) = looked {
                return Ok(done);
            }
        }
        tokio::select! {
            biased;
            () = errand.stop.cancelled() => Err(stopped()),
            () = blown.cancelled() => Err(self.fuses.verdict(errand.request.model()).unwrap_or_else(stopped)),
            done = work => Ok(done),
        }
    }

    /// Tokens to reserve.
    fn load(&self, request: &impl Question) -> Result<Load, CallError> {
        let load = request.load();
        self.limiter.refuses(load).map_or(Ok(load), |message| Err(local(ErrorKind::Refused, message)))
    }

    fn retry(&self) -> &RetrySettings {
        &self.settings.retry
    }
}

impl Progress {
    fn sent(&mut self) {
        self.first_sent.get_or_insert_with(Instant::now);
        self.blocked_since = None;
        self.tally.attempts += 1;
    }

    fn hedged(&mut self) {
        self.tally.attempts += 1;
        self.hedges += 1;
        self.possible_double_charge = true;
    }

    fn failed(&mut self, failure: &Failure) {
        let now = Instant::now();
        let tally = &mut self.tally;
        tally.streak += 1;
        tally.counted += u32::from(counts(failure));
        tally.malformed += u32::from(failure.error.kind == ErrorKind::Malformed);
        tally.fatal += u32::from(failure.error.kind.is_fatal());
        tally.total_timeouts += u32::from(failure.total_timeout);
        tally.elapsed = self.first_sent.map(|first| now.duration_since(first)).unwrap_or_default();
        if failure.unreachable {
            // The outage began when the failing attempt did.
            let since = *self.unreachable_since.get_or_insert(now.checked_sub(self.latency).unwrap_or(now));
            tally.unreachable = Some(now.duration_since(since));
        } else {
            self.unreachable_since = None;
            tally.unreachable = None;
        }
        self.possible_double_charge |= failure.timed_out;
        self.last_error = Some(failure.error.clone());
        self.partial = failure.partial.as_deref().map(str::to_owned);
    }
}

pub(super) fn auth_of(key: &ProviderKey) -> Auth {
    Auth { header: key.header.to_owned(), prefix: key.prefix, secret: key.secret.clone() }
}

/// The error of a call that was stopped.
pub(super) fn stopped() -> CallError {
    let message = "the run was stopped while this call was under way".to_owned();
    CallError { kind: ErrorKind::Cancelled, message, status: None, request_id: None }
}
