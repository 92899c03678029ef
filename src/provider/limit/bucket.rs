//! Token buckets that may run into debt.

use std::time::Duration;

use tokio::time::Instant;

/// A little below the limit: clocks differ, and whoever goes exactly at the limit is refused now and then.
const CAREFUL: f64 = 0.98;

/// A token bucket that may run into debt: whoever takes too much waits until the debt is paid, in order of arrival.
#[derive(Debug, Clone)]
pub(super) struct Bucket {
    /// The limit as it is stated, per period.
    pub(super) limit: f64,
    /// Refill per second.
    rate: f64,
    capacity: f64,
    level: f64,
    filled: Instant,
}

impl Bucket {
    /// A full bucket of `limit` per `period_s` seconds, of which `burst_s` seconds may be used at once.
    pub(super) fn new(limit: f64, period_s: f64, burst_s: f64, now: Instant) -> Bucket {
        let limit = limit.max(1.0);
        let rate = limit / period_s * CAREFUL;
        let capacity = (limit / period_s * burst_s).max(1.0);
        Bucket { limit, rate, capacity, level: capacity, filled: now }
    }

    /// Takes `amount` and says until when to wait for it. An amount above the capacity waits for a full bucket.
    pub(super) fn take(&mut self, amount: f64, now: Instant) -> Option<Instant> {
        self.fill(now);
        let missing = amount.min(self.capacity) - self.level;
        self.level -= amount;
        (missing > 0.0).then(|| now + Duration::from_secs_f64((missing / self.rate).min(1e6)))
    }

    /// Gives an amount back.
    pub(super) fn give(&mut self, amount: f64) {
        self.level += amount;
    }

    /// What is left is at most so much.
    pub(super) fn cap(&mut self, left: f64, now: Instant) {
        self.fill(now);
        self.level = self.level.min(left);
    }

    /// Refill per second.
    pub(super) fn rate(&self) -> f64 {
        self.rate
    }

    /// Sets the refill per second; debts are paid at the new rate.
    pub(super) fn set_rate(&mut self, rate: f64, now: Instant) {
        self.fill(now);
        self.rate = rate;
    }

    fn fill(&mut self, now: Instant) {
        let gained = now.saturating_duration_since(self.filled).as_secs_f64() * self.rate;
        self.level = (self.level + gained).min(self.capacity);
        self.filled = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn debts_are_paid_in_order_and_given_back() {
        let start = Instant::now();
        let mut bucket = Bucket::new(60.0, 60.0, 2.0, start);
        assert_eq!((bucket.take(2.0, start), bucket.limit), (None, 60.0));
        let wait = |until: Option<Instant>| until.map(|until| until.duration_since(start).as_secs_f64());
        let (first, second) = (wait(bucket.take(1.0, start)), wait(bucket.take(1.0, start)));
        assert!(first.is_some_and(|s| (1.0..1.05).contains(&s)) && second.is_some_and(|s| (2.0..2.1).contains(&s)));
        bucket.give(2.0);
        bucket.cap(0.0, start);
        // More than fits waits until it is full, and leaves a debt.
        assert!(wait(bucket.take(10.0, start)).is_some_and(|s| (2.0..2.1).contains(&s)));
        assert!(wait(bucket.take(1.0, start)).is_some_and(|s| (11.0..11.5).contains(&s)));
    }
}
