//! Protection against storms of retries: they are slowed when they are too large a share of what is sent.
//!
//! Reference §16 allows a provider retries for a fifth of the requests of the last minute, ten at least. Beyond that a
//! retry is not given up, because a case must not fail for the bad luck of others: it waits longer, the more so the further
//! the share is above. Rate limits have a pause of their own, and do not count.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// Retries that are always allowed.
const LEAST: u32 = 10;
/// Share of retries that slows nothing.
const SHARE: f64 = 0.2;
/// Wait for each further such share.
const STEP: Duration = Duration::from_millis(500);
/// Longest such wait.
const MOST: Duration = Duration::from_secs(10);
/// Seconds that are counted.
const WINDOW: u64 = 60;

/// Requests and retries of the last minute.
#[derive(Debug)]
pub(super) struct RetryBudget {
    begun: Instant,
    /// Second since `begun`, requests, retries.
    seconds: VecDeque<(u64, u32, u32)>,
}

impl RetryBudget {
    pub(super) fn new() -> RetryBudget {
        RetryBudget { begun: Instant::now(), seconds: VecDeque::new() }
    }

    /// A request goes out.
    pub(super) fn request(&mut self) {
        if let Some(second) = self.now() {
            second.1 += 1;
        }
    }

    /// A request is about to be repeated: how much longer it must wait for that.
    pub(super) fn retry(&mut self) -> Duration {
        if let Some(second) = self.now() {
            second.2 += 1;
        }
        let (requests, retries) =
            self.seconds.iter().fold((0, 0), |sum, (_, requests, retries)| (sum.0 + requests, sum.1 + retries));
        if retries <= LEAST {
            return Duration::ZERO;
        }
        let share = f64::from(retries) / f64::from(requests.max(1));
        STEP.mul_f64((share / SHARE - 1.0).clamp(0.0, MOST.as_secs_f64() / STEP.as_secs_f64()))
    }

    fn now(&mut self) -> Option<&mut (u64, u32, u32)> {
        let second = self.begun.elapsed().as_secs();
        while self.seconds.front().is_some_and(|(oldest, _, _)| oldest + WINDOW <= second) {
            self.seconds.pop_front();
        }
        if self.seconds.back().is_none_or(|(newest, _, _)| *newest != second) {
            self.seconds.push_back((second, 0, 0));
        }
        self.seconds.back_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn retries_beyond_a_fifth_wait_longer_and_a_minute_forgets() {
        let mut budget = RetryBudget::new();
        (0..10).for_each(|_| assert_eq!((budget.request(), budget.retry()), ((), Duration::ZERO)));
        // 11 of 10 requests: five and a half times the share.
        assert_eq!(budget.retry(), Duration::from_millis(2250));
        (0..90).for_each(|_| budget.request());
        assert_eq!(budget.retry(), Duration::ZERO);
        tokio::time::advance(Duration::from_secs(60)).await;
        (0..10).for_each(|_| assert_eq!(budget.retry(), Duration::ZERO));
        (0..200).for_each(|_| {
            budget.retry();
        });
        assert_eq!(budget.retry(), MOST);
    }
}
