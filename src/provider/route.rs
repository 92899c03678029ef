//! The way to one provider: limiter, breaker, retry, and the attempt itself.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::breaker::{Breaker, Closed, Leave};
use super::budget::RetryBudget;
use super::fuse::Fuses;
use super::heal::leave_out;
use super::hedge::Hedges;
use super::inflight::Flights;
use super::limit::{Held, Limiter, Load, Slot};
use super::mock::Mock;
use super::notice::Notices;
use super::question::Question;
use super::retry::{Decision, Standing, Tally, ails, counts, decide, heed_headers, startup_over};
use super::settings::{ProviderSettings, RetrySettings};
use super::spec::{Encoded, Failure, ProviderKey, Retry, Wire};
use crate::base::{Clock, Digest, Usd, format_duration};
use crate::net::{Auth, NetError, TimeoutStage, Timeouts, Transport};
use crate::record::{CallError, ChatReply, ChatRequest, ErrorKind};

/// Longest wait for a provider that is there and fails, however long one call may take.
const BREAKER_PATIENCE_MS: u64 = 600_000;

/// An attempt under way for so long may be one that is being answered, not one that is failing like the others.
const LONG_UNDER_WAY: Duration = Duration::from_secs(5);

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
    clock: Arc<dyn Clock>,
}

/// Who answers.
#[derive(Debug)]
pub(super) enum Backend {
    /// The provider itself.
    Http(HttpBackend),
    /// The scripted mock.
    Mock(Mock),
    /// Recorded replies.
    Cassette,
}

/// How the provider itself is reached.
#[derive(Debug)]
pub(super) struct HttpBackend {
    pub(super) wire: &'static dyn Wire,
    pub(super) transport: Arc<dyn Transport>,
    pub(super) official: bool,
}

/// What a call came to, all attempts together.
#[derive(Debug, Clone)]
pub(super) struct Answer<R = ChatReply> {
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
            clock,
        }
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
        loop {
            let waiting = Instant::now();
            let gate = self.gate(model, load, errand.hasty, progress);
            let (slot, leave) = self.unless_stopped(errand, &blown, gate).await??;
            progress.waited += waiting.elapsed();
            progress.sent();
            self.with_budget(RetryBudget::request);
            let sent = Instant::now();
            let trip = self.fuses.set_out();
            let attempt = self.hedged(errand, parcel.as_ref(), load, progress);
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
                    self.unless_stopped(errand, &blown, tokio::time::sleep(wait)).await?;
                    progress.waited += wait;
                }
            }
        }
    }

    /// One attempt, and where the user wants it a second one when the first takes long: the first good answer counts, the
    /// other is given up. Streams are not asked for twice.
    async fn hedged<Q: Question>(
        &self,
        errand: Errand<'_, Q>,
        parcel: Option<&Parcel>,
        load: Load,
        progress: &mut Progress,
    ) -> Result<Q::Reply, Failure> {
        let number = progress.tally.attempts;
        let first = self.attempt(errand, parcel, number);
        let streams = matches!(&self.backend, Backend::Http(http) if self.settings.endpoint(http.official).stream);
        let Some(patience) = self.hedges.patience().filter(|_| !streams) else { return first.await };
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
        let second = self.attempt(errand, parcel, number + 1);
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
        let endpoint = self.settings.endpoint(http.official);
        let mut encoded = request.encode(http.wire, endpoint)?;
        for (name, value) in &self.settings.headers {
            encoded.http.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
            encoded.http.headers.push((name.clone(), value.clone()));
        }
        encoded.http.auth = self.settings.key.as_ref().map(auth_of);
        Ok(Some(Parcel { encoded, timeouts: self.settings.timeouts.resolve(request.thinks_long(http.wire)) }))
    }

    async fn attempt<Q: Question>(
        &self,
        errand: Errand<'_, Q>,
        parcel: Option<&Parcel>,
        number: u32,
    ) -> Result<Q::Reply, Failure> {
        match (&self.backend, parcel) {
            (Backend::Http(http), Some(parcel)) => {
                let reply = http.transport.send(&parcel.encoded.http, &parcel.timeouts).await;
                let reply = reply.map_err(|error| net_failure(&error, self.settings.base_url(), &parcel.timeouts))?;
                self.limiter.learn(errand.request.model(), &reply, self.clock.now());
                errand.request.decode(http.wire, &reply).map_err(|mut failure| {
                    heed_headers(&mut failure, &reply, self.clock.now());
                    failure
                })
            }
            (Backend::Mock(mock), _) => errand.request.play(mock, errand.label, errand.identity, number).await,
            (Backend::Http(_), None) | (Backend::Cassette, _) => {
                Err(Failure::new(ErrorKind::Refused, "internal error: there is nothing to send"))
            }
        }
    }

    /// Waits until a request may go out: slot and quota, the provider's pause, the breaker.
    async fn gate(
        &self,
        model: &str,
        load: Load,
        hasty: bool,
        progress: &mut Progress,
    ) -> Result<(Slot, Leave), CallError> {
        let longest = Duration::from_millis(self.retry().server_wait_ms);
        loop {
            let slot = self.limiter.slot(model, load, longest).await.map_err(held)?;
            match self.breaker.admit() {
                Ok(leave) => return Ok((slot, leave)),
                Err(closed) => {
                    self.limiter.refund(&slot);
                    drop(slot);
                    if hasty {
                        let message = format!("provider `{}` failed several times in a row", self.settings.name);
                        return Err(local(ErrorKind::CircuitOpen, message));
                    }
                    let limit = self.patience_ends(closed, progress);
                    if Instant::now() >= limit {
                        return Err(self.circuit_open(progress));
                    }
                    self.breaker.wait(closed, limit).await;
                }
            }
        }
    }

    /// How long this call waits for an open breaker: not long for a server that never answered, up to the retry
    /// deadline for one that is there and fails.
    fn patience_ends(&self, closed: Closed, progress: &mut Progress) -> Instant {
        let now = Instant::now();
        let since = *progress.blocked_since.get_or_insert_with(Instant::now);
        let unreachable = self.breaker.last_error().is_some_and(|(_, unreachable)| unreachable);
        let (answered, _) = self.fuses.answered("");
        let retry = self.retry();
        let patience = match (unreachable, answered) {
            (true, true) => retry.outage_patience_ms,
            (true, false) => retry.startup_patience_ms,
            (false, _) => retry.deadline_ms.min(BREAKER_PATIENCE_MS),
        };
        let end = progress.unreachable_since.unwrap_or(since).min(since) + Duration::from_millis(patience);
        match self.startup(false) {
            // The probe decides: a slow one may be the first good answer.
            Some(failing) if closed != Closed::Probing && !self.fuses.hopes(LONG_UNDER_WAY) => {
                end.min(now + Duration::from_millis(retry.startup_failing_ms).saturating_sub(failing))
            }
            _ => end,
        }
    }

    fn circuit_open(&self, progress: &mut Progress) -> CallError {
        // A server that never answered is given up for good: everybody who waits is told now.
        if let Some((error, true)) = self.breaker.last_error()
            && !self.fuses.answered("").0
        {
            self.fuses.blow_all(&error);
            return error;
        }
        let patience = Duration::from_millis(self.retry().startup_failing_ms);
        if let (Some((error, _)), Some(failing)) = (self.breaker.last_error(), self.startup(false))
            && failing >= patience
            && !self.fuses.hopes(LONG_UNDER_WAY)
        {
            return self.never_answered(error, failing);
        }
        if let Some(error) = progress.last_error.take() {
            return error;
        }
        let why = self.breaker.last_error().map(|(error, _)| format!("; last: {}", error.message)).unwrap_or_default();
        let message = format!("the provider failed several times in a row and did not recover in time{why}");
        local(ErrorKind::CircuitOpen, message)
    }

    /// Gives the provider up for everybody.
    fn never_answered(&self, last: CallError, failing: Duration) -> CallError {
        let time = format_duration(failing);
        let message = format!("the provider never gave a usable answer in {time}; last: {}", last.message);
        let error = CallError { message, ..last };
        self.fuses.blow_all(&error);
        error
    }

    /// See [`Fuses::startup`]; a mock is scripted case by case, one of them says nothing about the others.
    fn startup(&self, failed: bool) -> Option<Duration> {
        matches!(self.backend, Backend::Http(_)).then(|| self.fuses.startup(failed)).flatten()
    }

    /// Tells everybody else what this failure says about the provider.
    fn note(&self, failure: &Failure, leave: Leave, progress: &mut Progress) {
        if failure.counts_for_breaker() {
            leave.failed(&failure.error, failure.unreachable);
        } else {
            leave.succeeded();
        }
        if failure.error.kind == ErrorKind::RateLimited {
            self.fuses.note_contact();
        }
        progress.failed(failure);
    }

    /// The wait before the next attempt, or the error when there is none; the limiter hears of it.
    fn next(
        &self,
        failure: &Failure,
        model: &str,
        slot: &Slot,
        progress: &mut Progress,
    ) -> Result<Duration, CallError> {
        let (answered, model_answered) = self.fuses.answered(model);
        let startup = self.startup(ails(failure));
        let usual = progress.latency.mul_f64(1.2) + Duration::from_millis(100);
        let hopeful = startup.is_some() && self.fuses.hopes(usual.min(LONG_UNDER_WAY));
        let standing = Standing { answered, model_answered, startup, hopeful };
        let decision = decide(failure, &progress.tally, self.retry(), standing, rand::random::<f64>());
        match decision {
            Decision::Wait(wait) => {
                self.feed_back(failure, slot, failure.wait.unwrap_or(wait));
                if failure.error.kind == ErrorKind::RateLimited {
                    return Ok(failure.wait.unwrap_or(wait));
                }
                let governed = failure.unreachable || !matches!(self.backend, Backend::Http(_));
                Ok(if governed { wait } else { wait + self.with_budget(RetryBudget::retry) })
            }
            Decision::GiveUp => {
                let asked = failure.wait.filter(|_| failure.retry != Retry::Never);
                self.feed_back(failure, slot, asked.unwrap_or_default());
                let error = self.last_words(failure, progress);
                if failure.error.kind.is_fatal() {
                    self.fuses.blow(model, &error);
                } else if failure.unreachable && !answered {
                    self.fuses.blow_all(&error);
                } else if startup_over(failure, &progress.tally, self.retry(), standing) {
                    return Err(self.never_answered(error, startup.unwrap_or_default()));
                }
                Err(error)
            }
        }
    }

    /// What a failure says about limits.
    fn feed_back(&self, failure: &Failure, slot: &Slot, pause: Duration) {
        match failure.error.kind {
            ErrorKind::RateLimited => {
                self.limiter.refused(slot, failure.wait, pause, failure.retry == Retry::Slowly);
            }
            ErrorKind::Overloaded => self.limiter.overloaded(slot),
            _ if failure.unreachable => self.limiter.refund(slot),
            _ => self.limiter.settle(slot, None),
        }
    }

    fn with_budget<T>(&self, work: impl FnOnce(&mut RetryBudget) -> T) -> T {
        work(&mut self.budget.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The error of the last attempt, with how often and how long it was tried.
    fn last_words(&self, failure: &Failure, progress: &Progress) -> CallError {
        let mut error = failure.error.clone();
        let attempts = progress.tally.attempts;
        if attempts > 1 && !error.kind.is_fatal() {
            let spent = format_duration(progress.tally.elapsed);
            error.message = format!("{} ({attempts} attempts in {spent})", error.message);
        }
        if let Some(wait) = failure.wait.filter(|wait| *wait > Duration::from_millis(self.retry().server_wait_ms)) {
            error.message = format!("{}; the provider asks to wait {}", error.message, format_duration(wait));
        }
        error
    }

    async fn unless_stopped<Q: Question, T>(
        &self,
        errand: Errand<'_, Q>,
        blown: &CancellationToken,
        work: impl Future<Output = T>,
    ) -> Result<T, CallError> {
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

/// A request ready to be sent, again and again.
struct Parcel {
    encoded: Encoded,
    timeouts: Timeouts,
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

/// An error of our own.
fn local(kind: ErrorKind, message: String) -> CallError {
    CallError { kind, message, status: None, request_id: None }
}

/// The error of a request that would have to wait too long.
fn held(held: Held) -> CallError {
    match held {
        Held::Pause(left) => {
            let message = format!("the provider asks to wait {} before the next request", format_duration(left));
            CallError { status: Some(429), ..local(ErrorKind::RateLimited, message) }
        }
        Held::Day(left) => {
            let left = format_duration(Duration::from_secs(left.as_secs()));
            local(
                ErrorKind::RateLimited,
                format!("the day's requests (`rpd`) are used up; the next one may go in {left}"),
            )
        }
    }
}

fn auth_of(key: &ProviderKey) -> Auth {
    Auth { header: key.header.to_owned(), prefix: key.prefix, secret: key.secret.clone() }
}

/// The failure of a request that got no reply.
fn net_failure(error: &NetError, base_url: &str, timeouts: &Timeouts) -> Failure {
    let at = |limit: Duration| format!("{error} ({}) from `{base_url}`", format_duration(limit));
    let (kind, message) = match error {
        NetError::Timeout(TimeoutStage::Connect) => (ErrorKind::Network, at(timeouts.connect)),
        NetError::Timeout(TimeoutStage::FirstByte) => (ErrorKind::Timeout, at(timeouts.first_byte)),
        NetError::Timeout(TimeoutStage::Total) => (ErrorKind::Timeout, at(timeouts.total)),
        NetError::Connect(_) => {
            (ErrorKind::Network, format!("{error} at `{base_url}`; is the server running and the base URL right?"))
        }
        NetError::Reset(_) => (ErrorKind::Network, format!("{error} at `{base_url}`")),
        NetError::TooLarge(_) => (ErrorKind::Malformed, error.to_string()),
        NetError::Other(_) => (ErrorKind::Refused, error.to_string()),
    };
    let mut failure = Failure::new(kind, message);
    failure.unreachable = matches!(error, NetError::Connect(_) | NetError::Timeout(TimeoutStage::Connect));
    failure.total_timeout = matches!(error, NetError::Timeout(TimeoutStage::Total));
    failure.timed_out = failure.total_timeout || matches!(error, NetError::Timeout(TimeoutStage::FirstByte));
    failure
}

/// The error of a call that was stopped.
pub(super) fn stopped() -> CallError {
    let message = "the run was stopped while this call was under way".to_owned();
    CallError { kind: ErrorKind::Cancelled, message, status: None, request_id: None }
}
