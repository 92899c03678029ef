//! How many calls go to a provider at once, and how many per minute (reference §17).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::settings::Limits;

/// Seconds of a minute's quota that may be fired at once: providers enforce windows below a minute.
const BURST_S: f64 = 10.0;

/// The limiter of one provider.
#[derive(Debug)]
pub(super) struct Limiter {
    slots: Option<Arc<Semaphore>>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    requests: Option<Bucket>,
    tokens: Option<Bucket>,
    /// The provider asked everybody to wait until then.
    not_before: Option<Instant>,
}

/// Leave to send one request; it ends when dropped.
#[derive(Debug)]
pub(super) struct Slot {
    _permit: Option<OwnedSemaphorePermit>,
    reserved: f64,
}

impl Limiter {
    pub(super) fn new(limits: Limits) -> Limiter {
        let now = Instant::now();
        let slots = limits.concurrency.map(|most| {
            let most = usize::try_from(most.max(1)).unwrap_or(1).min(Semaphore::MAX_PERMITS);
            Arc::new(Semaphore::new(most))
        });
        let bucket = |limit: Option<u32>| limit.map(|limit| Bucket::new(f64::from(limit.max(1)), now));
        let state = State { requests: bucket(limits.rpm), tokens: bucket(limits.tpm), not_before: None };
        Limiter { slots, state: Mutex::new(state) }
    }

    /// Why a request of so many tokens can never go out, if it cannot.
    pub(super) fn refuses(&self, tokens: u64) -> Option<String> {
        let limit = self.lock().tokens.as_ref().map(|bucket| bucket.per_minute)?;
        (as_number(tokens) > limit)
            .then(|| format!("the request needs about {tokens} tokens, the provider's limit `tpm` is {limit}"))
    }

    /// Waits for a slot and the minute's quota, in order of arrival.
    pub(super) async fn slot(&self, tokens: u64) -> Slot {
        let permit = match &self.slots {
            // A semaphore that is never closed always grants.
            Some(slots) => Arc::clone(slots).acquire_owned().await.ok(),
            None => None,
        };
        let mut reservation = self.reserve(as_number(tokens));
        if let Some(until) = reservation.until {
            tokio::time::sleep_until(until).await;
        }
        reservation.kept = true;
        Slot { _permit: permit, reserved: reservation.tokens }
    }

    /// Gives back what a request did not use, or takes what it used beyond the reservation.
    pub(super) fn settle(&self, slot: &Slot, used: Option<u64>) {
        let Some(used) = used else { return };
        if let Some(bucket) = &mut self.lock().tokens {
            bucket.level += slot.reserved - as_number(used);
        }
    }

    /// Nothing goes out for so long.
    pub(super) fn pause(&self, wait: Duration) {
        let until = Instant::now() + wait;
        let mut state = self.lock();
        state.not_before = Some(state.not_before.map_or(until, |known| known.max(until)));
    }

    /// How long the provider's pause still lasts.
    pub(super) fn pause_left(&self) -> Option<Duration> {
        let until = self.lock().not_before?;
        until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
    }

    fn reserve(&self, tokens: f64) -> Reservation<'_> {
        let now = Instant::now();
        let mut state = self.lock();
        let requests = state.requests.as_mut().map(|bucket| bucket.take(1.0, now));
        let quota = state.tokens.as_mut().map(|bucket| bucket.take(tokens, now));
        let until = requests.into_iter().chain(quota).flatten().max();
        Reservation { limiter: self, tokens, until, kept: false }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A share of the quota, given back when the caller is cancelled while it waits.
struct Reservation<'l> {
    limiter: &'l Limiter,
    tokens: f64,
    until: Option<Instant>,
    kept: bool,
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        let mut state = self.limiter.lock();
        if let Some(bucket) = &mut state.requests {
            bucket.level += 1.0;
        }
        if let Some(bucket) = &mut state.tokens {
            bucket.level += self.tokens;
        }
    }
}

/// A token bucket that may run into debt: whoever takes too much waits until the debt is paid, in order of arrival.
#[derive(Debug)]
struct Bucket {
    per_minute: f64,
    capacity: f64,
    level: f64,
    filled: Instant,
}

impl Bucket {
    fn new(per_minute: f64, now: Instant) -> Bucket {
        let capacity = (per_minute * BURST_S / 60.0).max(1.0);
        Bucket { per_minute, capacity, level: capacity, filled: now }
    }

    /// Takes `amount` and says until when to wait for it. An amount above the capacity waits for a full bucket.
    fn take(&mut self, amount: f64, now: Instant) -> Option<Instant> {
        let rate = self.per_minute / 60.0;
        let gained = now.duration_since(self.filled).as_secs_f64() * rate;
        self.level = (self.level + gained).min(self.capacity);
        self.filled = now;
        let missing = amount.min(self.capacity) - self.level;
        self.level -= amount;
        (missing > 0.0).then(|| now + Duration::from_secs_f64(missing / rate))
    }
}

#[expect(clippy::cast_precision_loss, reason = "token counts are far below 2^52")]
fn as_number(tokens: u64) -> f64 {
    tokens as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn seconds_for(limiter: &Limiter, calls: u32, tokens: u64) -> u64 {
        let start = Instant::now();
        for _ in 0..calls {
            let slot = limiter.slot(tokens).await;
            drop(slot);
        }
        start.elapsed().as_secs()
    }

    #[tokio::test(start_paused = true)]
    async fn a_minutes_quota_is_spread_after_the_burst() {
        let limiter = Limiter::new(Limits { rpm: Some(60), ..Limits::default() });
        assert_eq!(seconds_for(&limiter, 10, 0).await, 0);
        assert_eq!(seconds_for(&limiter, 50, 0).await, 50);
    }

    #[tokio::test(start_paused = true)]
    async fn tokens_are_reserved_and_settled() {
        let limiter = Limiter::new(Limits { tpm: Some(6000), ..Limits::default() });
        assert_eq!(limiter.refuses(6000), None);
        assert!(limiter.refuses(6001).is_some_and(|why| why.contains("6001")));
        let slot = limiter.slot(1000).await;
        limiter.settle(&slot, Some(100));
        // 900 of the 1000 are back: the next 900 wait for nothing.
        assert_eq!(seconds_for(&limiter, 1, 900).await, 0);
        assert_eq!(seconds_for(&limiter, 1, 1000).await, 10);
    }

    #[tokio::test(start_paused = true)]
    async fn slots_bound_the_calls_at_once_and_a_cancelled_wait_gives_its_quota_back() {
        let limiter = Limiter::new(Limits { concurrency: Some(1), rpm: Some(60), ..Limits::default() });
        let held = limiter.slot(0).await;
        assert!(tokio::time::timeout(Duration::from_secs(1), limiter.slot(0)).await.is_err());
        drop(held);
        // The bucket is full again: nine more without a wait, then cancelled waits take nothing.
        assert_eq!(seconds_for(&limiter, 10, 0).await, 0);
        for _ in 0..5 {
            assert!(tokio::time::timeout(Duration::from_millis(1), limiter.slot(0)).await.is_err());
        }
        assert_eq!(seconds_for(&limiter, 1, 0).await, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_holds_everybody_and_the_longest_wins() {
        let limiter = Limiter::new(Limits::default());
        limiter.pause(Duration::from_secs(5));
        limiter.pause(Duration::from_secs(2));
        assert_eq!(limiter.pause_left(), Some(Duration::from_secs(5)));
        tokio::time::advance(Duration::from_secs(5)).await;
        assert_eq!(limiter.pause_left(), None);
    }
}
