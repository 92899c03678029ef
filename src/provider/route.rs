//! The way to one provider: limiter, breaker, retry, and the attempt itself.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::breaker::{Breaker, Closed, Leave};
use super::fuse::Fuses;
use super::inflight::Flights;
use super::limiter::{Limiter, Slot};
use super::mock::Mock;
use super::question::Question;
use super::retry::{Decision, Standing, Tally, ails, counts, decide, heed_headers, startup_over};
use super::settings::{ProviderSettings, RetrySettings};
use super::spec::{Encoded, Failure, ProviderKey, Retry, Wire};
use crate::base::{Clock, Digest, Usd, format_duration};
use crate::net::{Auth, NetError, TimeoutStage, Timeouts, Transport};
use crate::record::{CallError, ChatReply, ChatRequest, ErrorKind};

/// Over how long the calls that a pause held back are spread.
const PAUSE_SPREAD: Duration = Duration::from_millis(10);

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
    breaker: Arc<Breaker>,
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
    /// Filled by the caller.
    pub(super) cost: Option<Usd>,
}

/// One call to a route.
pub(super) struct Errand<'a, Q = ChatRequest> {
    pub(super) request: &'a Q,
    pub(super) label: &'a str,
    pub(super) identity: &'a Digest,
    pub(super) stop: &'a CancellationToken,
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
}

impl Route {
    pub(super) fn new(settings: ProviderSettings, backend: Backend, clock: Arc<dyn Clock>) -> Route {
        let limiter = Limiter::new(settings.limits);
        let breaker = Arc::new(Breaker::new(settings.breaker));
        Route { settings, backend, flights: Flights::new(), fuses: Fuses::default(), limiter, breaker, clock }
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
            cost: None,
        }
    }

    async fn pursue<Q: Question>(&self, errand: Errand<'_, Q>, progress: &mut Progress) -> Result<Q::Reply, CallError> {
        let model = errand.request.model();
        let blown = self.fuses.watch(model);
        let parcel = self.pack(errand.request)?;
        let tokens = self.estimate(errand.request)?;
        loop {
            let waiting = Instant::now();
            let gate = self.gate(tokens, progress);
            let (slot, leave) = self.unless_stopped(errand, &blown, gate).await??;
            progress.waited += waiting.elapsed();
            progress.sent();
            let sent = Instant::now();
            let trip = self.fuses.set_out();
            let attempt = self.attempt(errand, parcel.as_ref(), progress.tally.attempts);
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
                    Q::warn(&mut reply, parcel.map(|parcel| parcel.encoded.warnings).unwrap_or_default());
                    return Ok(reply);
                }
                Err(failure) => {
                    drop(slot);
                    self.note(&failure, leave, progress);
                    let wait = self.next(&failure, model, progress)?;
                    self.unless_stopped(errand, &blown, tokio::time::sleep(wait)).await?;
                    progress.waited += wait;
                }
            }
        }
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
    async fn gate(&self, tokens: u64, progress: &mut Progress) -> Result<(Slot, Leave), CallError> {
        loop {
            let slot = self.limiter.slot(tokens).await;
            self.sit_out_pause().await?;
            match self.breaker.admit() {
                Ok(leave) => return Ok((slot, leave)),
                Err(closed) => {
                    drop(slot);
                    let limit = self.patience_ends(closed, progress);
                    if Instant::now() >= limit {
                        return Err(self.circuit_open(progress));
                    }
                    self.breaker.wait(closed, limit).await;
                }
            }
        }
    }

    async fn sit_out_pause(&self) -> Result<(), CallError> {
        if let Some(left) = self.limiter.pause_left() {
            if left > Duration::from_millis(self.retry().server_wait_ms).mul_f64(1.1) {
                let message = format!("the provider asks to wait {} before the next request", format_duration(left));
                return Err(CallError { kind: ErrorKind::RateLimited, message, status: Some(429), request_id: None });
            }
            // Once only: refusals come fast, and whoever wakes first and is refused would hold back all the others again
            // and again. A call sends at most one request per pause, which bounds the rate.
            tokio::time::sleep(left + PAUSE_SPREAD.mul_f64(rand::random::<f64>())).await;
        }
        Ok(())
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
        CallError { kind: ErrorKind::CircuitOpen, message, status: None, request_id: None }
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

    /// The wait before the next attempt, or the error when there is none.
    fn next(&self, failure: &Failure, model: &str, progress: &mut Progress) -> Result<Duration, CallError> {
        let (answered, model_answered) = self.fuses.answered(model);
        let startup = self.startup(ails(failure));
        let usual = progress.latency.mul_f64(1.2) + Duration::from_millis(100);
        let hopeful = startup.is_some() && self.fuses.hopes(usual.min(LONG_UNDER_WAY));
        let standing = Standing { answered, model_answered, startup, hopeful };
        let decision = decide(failure, &progress.tally, self.retry(), standing, rand::random::<f64>());
        let rate_limited = failure.error.kind == ErrorKind::RateLimited;
        match decision {
            Decision::Wait(wait) => {
                if rate_limited {
                    let pause = failure.wait.unwrap_or(wait);
                    self.limiter.pause(pause);
                    return Ok(pause);
                }
                Ok(wait)
            }
            Decision::GiveUp => {
                if let Some(asked) = failure.wait.filter(|_| rate_limited && failure.retry != Retry::Never) {
                    self.limiter.pause(asked);
                }
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
    fn estimate(&self, request: &impl Question) -> Result<u64, CallError> {
        if self.settings.limits.tpm.is_none() {
            return Ok(0);
        }
        let tokens = request.tokens();
        match self.limiter.refuses(tokens) {
            Some(message) => Err(CallError { kind: ErrorKind::Refused, message, status: None, request_id: None }),
            None => Ok(tokens),
        }
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
    }
}

pub(super) fn auth_of(key: &ProviderKey) -> Auth {
    Auth { header: key.header.to_owned(), prefix: key.prefix, secret: key.secret.clone() }
}

/// The failure of a request that got no reply.
pub(super) fn net_failure(error: &NetError, base_url: &str, timeouts: &Timeouts) -> Failure {
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
