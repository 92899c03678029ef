//! Second requests for slow ones: when, and how many at most.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::settings::HedgeSettings;

/// One second request for so many requests, at most.
const REQUESTS_PER_HEDGE: u64 = 20;
/// Latest latencies that are remembered.
const REMEMBERED: usize = 200;
/// Latencies that are needed for a percentile.
const LEAST: usize = 20;

/// Watches latencies and counts.
#[derive(Debug)]
pub(super) struct Hedges {
    settings: Option<HedgeSettings>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    sent: u64,
    hedged: u64,
    /// A ring of the latest latencies.
    latencies: Vec<Duration>,
    next: usize,
}

impl Hedges {
    pub(super) fn new(settings: Option<HedgeSettings>) -> Hedges {
        Hedges { settings, state: Mutex::default() }
    }

    /// A request goes out: after how long a second one may be made, if ever.
    pub(super) fn patience(&self) -> Option<Duration> {
        let settings = self.settings?;
        let mut state = self.lock();
        state.sent += 1;
        match settings {
            HedgeSettings::After { after_ms } => Some(Duration::from_millis(after_ms)),
            HedgeSettings::Percentile(percent) => state.percentile(percent),
        }
    }

    /// Whether one more second request stays within the twentieth that they may be.
    pub(super) fn allow(&self) -> bool {
        let mut state = self.lock();
        let allowed = (state.hedged + 1) * REQUESTS_PER_HEDGE <= state.sent;
        state.hedged += u64::from(allowed);
        allowed
    }

    /// A request took so long.
    pub(super) fn took(&self, latency: Duration) {
        if self.settings.is_none() {
            return;
        }
        let mut state = self.lock();
        let next = state.next;
        match state.latencies.get_mut(next) {
            Some(oldest) => *oldest = latency,
            None => state.latencies.push(latency),
        }
        state.next = (next + 1) % REMEMBERED;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn percentile(&self, percent: u8) -> Option<Duration> {
        if self.latencies.len() < LEAST {
            return None;
        }
        let mut sorted = self.latencies.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * usize::from(percent)).div_ceil(100).max(1) - 1;
        sorted.get(rank).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_more_than_a_twentieth() {
        let hedges = Hedges::new(Some(HedgeSettings::After { after_ms: 5 }));
        let mut made = 0;
        for sent in 1..=1000_u32 {
            assert_eq!(hedges.patience(), Some(Duration::from_millis(5)));
            made += u32::from(hedges.allow());
            assert!(made * 20 <= sent, "{made} of {sent}");
        }
        assert_eq!(made, 50);
        assert_eq!(Hedges::new(None).patience(), None);
    }

    #[test]
    fn a_percentile_needs_latencies_and_follows_the_latest() {
        let hedges = Hedges::new(Some(HedgeSettings::Percentile(95)));
        (1..20).for_each(|ms| hedges.took(Duration::from_millis(ms)));
        assert_eq!(hedges.patience(), None);
        (20..=100).for_each(|ms| hedges.took(Duration::from_millis(ms)));
        assert_eq!(hedges.patience(), Some(Duration::from_millis(95)));
        (0..200).for_each(|_| hedges.took(Duration::from_millis(7)));
        assert_eq!(hedges.patience(), Some(Duration::from_millis(7)));
    }
}
