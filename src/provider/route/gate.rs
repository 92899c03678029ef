//! When a request may go out, and what a failure means for the next one.

use std::sync::PoisonError;
use std::time::Duration;

use tokio::time::Instant;

use super::super::breaker::{Closed, Leave};
use super::super::budget::RetryBudget;
use super::super::limit::{Held, Load, Slot};
use super::super::retry::{Decision, Standing, ails, decide, startup_over};
use super::super::spec::{Failure, Retry};
use super::{Backend, Progress, Route};
use crate::base::format_duration;
use crate::record::{CallError, ErrorKind};

/// Longest wait for a provider that is there and fails, however long one call may take.
const BREAKER_PATIENCE_MS: u64 = 600_000;

/// An attempt under way for so long may be one that is being answered, not one that is failing like the others.
const LONG_UNDER_WAY: Duration = Duration::from_secs(5);

impl Route {
    /// Waits until a request may go out: slot and quota, the provider's pause, the breaker.
    pub(super) async fn gate(
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

    pub(super) fn circuit_open(&self, progress: &mut Progress) -> CallError {
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
    pub(super) fn startup(&self, failed: bool) -> Option<Duration> {
        matches!(self.backend, Backend::Http(_)).then(|| self.fuses.startup(failed)).flatten()
    }

    /// Tells everybody else what this failure says about the provider.
    pub(super) fn note(&self, failure: &Failure, leave: Leave, progress: &mut Progress) {
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
    pub(super) fn next(
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
    pub(super) fn feed_back(&self, failure: &Failure, slot: &Slot, pause: Duration) {
        match failure.error.kind {
            ErrorKind::RateLimited => {
                self.limiter.refused(slot, failure.wait, pause, failure.retry == Retry::Slowly);
            }
            ErrorKind::Overloaded => self.limiter.overloaded(slot),
            _ if failure.unreachable => self.limiter.refund(slot),
            _ => self.limiter.settle(slot, None),
        }
    }

    pub(super) fn with_budget<T>(&self, work: impl FnOnce(&mut RetryBudget) -> T) -> T {
        work(&mut self.budget.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The error of the last attempt, with how often and how long it was tried.
    pub(super) fn last_words(&self, failure: &Failure, progress: &Progress) -> CallError {
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
}

/// An error of our own.
pub(super) fn local(kind: ErrorKind, message: String) -> CallError {
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
