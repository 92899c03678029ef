//! Circuit breaker: when a provider fails several times in a row, everybody waits and one call probes.
//!
//! Reference §18, with two differences that a run of thousands of calls needs: a success clears the count, so that a
//! small share of random failures never opens it; and an open breaker makes calls wait, not fail.
//!
//! So its pause is not the 60 s of a breaker that fails fast: it begins at 1 s and doubles to 30 s while probes fail. An
//! outage of 5 s in the middle of a run then costs about 7 s, and not a minute; a server that stays away is asked twice a
//! minute. What opens it is as the reference says: 5 failures within 60 s.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::notice::Notices;
use super::settings::BreakerSettings;
use crate::base::format_duration;
use crate::record::CallError;

/// The breaker of one provider.
#[derive(Debug)]
pub(super) struct Breaker {
    /// The provider's name, for notices.
    name: String,
    notices: Notices,
    settings: BreakerSettings,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug)]
struct State {
    recent: VecDeque<Instant>,
    /// When set, nothing goes out before this moment; afterwards one probe does.
    open_until: Option<Instant>,
    pause: Duration,
    probing: bool,
    last_error: Option<(CallError, bool)>,
    openings: u32,
    /// Since when it is open, and whether a probe was told.
    opened: Option<(Instant, bool)>,
}

/// Why a call may not go out now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Closed {
    /// Until this moment.
    Until(Instant),
    /// Until the probe that is under way is answered.
    Probing,
}

/// Leave to send one request. Dropping it without a verdict gives the probe back.
#[derive(Debug)]
pub(super) struct Leave {
    breaker: Arc<Breaker>,
    is_probe: bool,
    settled: bool,
}

impl Breaker {
    pub(super) fn new(name: &str, settings: BreakerSettings, notices: Notices) -> Breaker {
        let pause = Duration::from_millis(settings.pause_ms);
        let state = State {
            recent: VecDeque::new(),
            open_until: None,
            pause,
            probing: false,
            last_error: None,
            openings: 0,
            opened: None,
        };
        Breaker { name: name.to_owned(), notices, settings, state: Mutex::new(state), changed: Notify::new() }
    }

    /// How often it has opened.
    pub(super) fn openings(&self) -> u32 {
        self.lock().openings
    }

    /// Leave to send, or why not.
    pub(super) fn admit(self: &Arc<Breaker>) -> Result<Leave, Closed> {
        let mut state = self.lock();
        let mut told = None;
        let is_probe = match state.open_until {
            None => false,
            Some(until) if Instant::now() < until => return Err(Closed::Until(until)),
            Some(_) if state.probing => return Err(Closed::Probing),
            Some(_) => {
                state.probing = true;
                if let Some((_, first @ false)) = &mut state.opened {
                    *first = true;
                    told = Some(format!("`{}`: one call probes whether it answers again", self.name));
                }
                true
            }
        };
        drop(state);
        told.into_iter().for_each(|text| self.notices.say(text));
        Ok(Leave { breaker: Arc::clone(self), is_probe, settled: false })
    }

    /// Waits until it is worth asking again, at most until `limit`.
    pub(super) async fn wait(&self, closed: Closed, limit: Instant) {
        let changed = self.changed.notified();
        match closed {
            Closed::Until(until) => tokio::time::sleep_until(until.min(limit)).await,
            // The probe may have been answered between `admit` and here: look again soon in any case.
            Closed::Probing => {
                let soon = Instant::now() + Duration::from_millis(100);
                let _answered = tokio::time::timeout_at(limit.min(soon), changed).await;
            }
        }
    }

    /// The failure seen last while it is open, and whether the server was unreachable.
    pub(super) fn last_error(&self) -> Option<(CallError, bool)> {
        let state = self.lock();
        state.last_error.clone().filter(|_| state.open_until.is_some())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn succeeded(&self) {
        let mut state = self.lock();
        state.recent.clear();
        if state.open_until.take().is_some() {
            state.probing = false;
            state.pause = Duration::from_millis(self.settings.pause_ms);
            let opened = state.opened.take();
            drop(state);
            if let Some((since, _)) = opened {
                let down = format_duration(since.elapsed());
                self.notices.say(format!("`{}` answers again after {down}: calls go on", self.name));
            }
            self.changed.notify_waiters();
        }
    }

    fn failed(&self, is_probe: bool, error: &CallError, unreachable: bool) {
        let now = Instant::now();
        let mut told = None;
        let mut state = self.lock();
        state.last_error = Some((error.clone(), unreachable));
        if is_probe {
            state.probing = false;
            state.pause = (state.pause * 2).min(Duration::from_millis(self.settings.max_pause_ms));
            state.open_until = Some(now + state.pause);
        } else if state.open_until.is_none() {
            let window = Duration::from_millis(self.settings.window_ms);
            state.recent.push_back(now);
            while state.recent.front().is_some_and(|first| now.duration_since(*first) > window) {
                state.recent.pop_front();
            }
            if u32::try_from(state.recent.len()).unwrap_or(u32::MAX) >= self.settings.failures {
                state.recent.clear();
                state.open_until = Some(now + state.pause);
                state.openings += 1;
                state.opened = Some((now, false));
                // The class only: messages of providers may quote a key.
                told = Some(format!(
                    "`{}` failed {} times in a row ({}): calls wait until it answers again",
                    self.name,
                    self.settings.failures,
                    error.kind.word()
                ));
            }
        }
        drop(state);
        told.into_iter().for_each(|text| self.notices.say(text));
        self.changed.notify_waiters();
    }
}

impl Leave {
    /// The provider answered, whatever it said: it is there.
    pub(super) fn succeeded(mut self) {
        self.settled = true;
        self.breaker.succeeded();
    }

    /// The provider failed.
    pub(super) fn failed(mut self, error: &CallError, unreachable: bool) {
        self.settled = true;
        self.breaker.failed(self.is_probe, error, unreachable);
    }
}

impl Drop for Leave {
    fn drop(&mut self) {
        if self.is_probe && !self.settled {
            self.breaker.lock().probing = false;
            self.breaker.changed.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::ErrorKind;

    fn breaker() -> Arc<Breaker> {
        Arc::new(Breaker::new("p", BreakerSettings::default(), Notices::default()))
    }

    fn error() -> CallError {
        CallError { kind: ErrorKind::Server, message: "x".into(), status: Some(500), request_id: None }
    }

    fn fail(breaker: &Arc<Breaker>) {
        breaker.admit().expect("admitted").failed(&error(), false);
    }

    #[tokio::test(start_paused = true)]
    async fn five_failures_in_a_row_open_it_and_one_probe_goes_out() {
        let breaker = breaker();
        (0..4).for_each(|_| fail(&breaker));
        assert!(breaker.admit().is_ok() && breaker.last_error().is_none());
        fail(&breaker);
        let Err(closed @ Closed::Until(_)) = breaker.admit() else { panic!("must be open") };
        assert_eq!(breaker.last_error(), Some((error(), false)));
        breaker.wait(closed, Instant::now() + Duration::from_secs(9)).await;
        let probe = breaker.admit().expect("probe");
        assert_eq!(breaker.admit().err(), Some(Closed::Probing));
        probe.succeeded();
        assert!(breaker.admit().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn the_user_hears_when_it_opens_probes_and_closes_each_once() {
        let notices = Notices::default();
        let heard: Arc<Mutex<Vec<String>>> = Arc::default();
        let hear = Arc::clone(&heard);
        notices.listen(Arc::new(move |text| hear.lock().expect("lock").push(text)));
        let breaker = Arc::new(Breaker::new("p", BreakerSettings::default(), notices));
        (0..5).for_each(|_| fail(&breaker));
        assert!(breaker.admit().is_err());
        for pause in [1, 2] {
            tokio::time::advance(Duration::from_secs(pause)).await;
            fail(&breaker);
        }
        tokio::time::advance(Duration::from_secs(4)).await;
        breaker.admit().expect("probe").succeeded();
        let heard = heard.lock().expect("lock").join("; ");
        let wanted = "`p` failed 5 times in a row (server): calls wait until it answers again; `p`: one call probes whether it \
                      answers again; `p` answers again after 7.00 s: calls go on";
        assert_eq!((heard.as_str(), breaker.openings()), (wanted, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_failed_probe_doubles_the_pause_and_an_abandoned_one_is_given_back() {
        let breaker = breaker();
        (0..5).for_each(|_| fail(&breaker));
        tokio::time::advance(Duration::from_secs(1)).await;
        drop(breaker.admit().expect("probe"));
        breaker.admit().expect("probe again").failed(&error(), false);
        tokio::time::advance(Duration::from_millis(1900)).await;
        assert!(breaker.admit().is_err());
        tokio::time::advance(Duration::from_millis(200)).await;
        assert!(breaker.admit().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn successes_and_time_clear_the_count() {
        let breaker = breaker();
        for _ in 0..10 {
            (0..4).for_each(|_| fail(&breaker));
            breaker.admit().expect("closed").succeeded();
        }
        (0..4).for_each(|_| fail(&breaker));
        tokio::time::advance(Duration::from_secs(61)).await;
        fail(&breaker);
        assert!(breaker.admit().is_ok());
    }
}
