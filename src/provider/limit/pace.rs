//! Learns a limit from refusals alone, for servers that state none in headers.
//!
//! When a bucket of theirs is empty at two refusals, what was accepted in between is what they allow. Refusals that come
//! whatever the rate (a server that refuses at random, a limit on something else) are noticed: then nothing is paced, and
//! only what the server asks for is waited.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::bucket::Bucket;

/// Share of the measured rate that is used.
const SHARE: f64 = 0.96;
/// Growth per answered request: two hundred requests for a tenth.
const GROWTH: f64 = 1.0005;
/// The same while the rate is a guess after a first refusal, which a small bucket makes far too low: fifty requests for
/// the double.
const GUESS_GROWTH: f64 = 1.015;
/// Share of a guess that is left when it is refused.
const GUESS_SHARE: f64 = 0.85;
/// Requests that are accepted between two refusals of a limit that is known well.
const LONG: u64 = 10;
/// So many short stretches in a row are no limit on the rate.
const SHORT_STRETCHES: u32 = 8;
/// Accepted requests before the first refusal that are needed to guess a rate.
const EVIDENCE: u64 = 5;
/// How long refusals are then not learned from, at first.
const DISBELIEF: Duration = Duration::from_secs(60);
/// Requests of which is remembered when they went.
const REMEMBERED: usize = 256;
/// Measuring begins anew after so long.
const MEMORY: Duration = Duration::from_secs(30);

/// What refusals have taught.
#[derive(Debug)]
pub(super) struct Pace {
    bucket: Option<Bucket>,
    /// How often the pace was changed.
    edition: u32,
    /// Since when is counted: the first request, later a refusal.
    since: Instant,
    /// Whether counting began with a refusal, so that the server's bucket was empty then.
    from_empty: bool,
    /// Whether the rate is what a first refusal suggests, not what was measured between two.
    guessed: bool,
    accepted: u64,
    /// When the latest requests went, the newest last.
    went: VecDeque<Instant>,
    stretch: u64,
    short_stretches: u32,
    first_rate: Option<f64>,
    /// When the request went that was refused last, and when that was known.
    last_refusal: Option<(Instant, Instant)>,
    disbelief_until: Option<Instant>,
    disbelief: Duration,
}

impl Pace {
    pub(super) fn new(now: Instant) -> Pace {
        Pace {
            bucket: None,
            edition: 0,
            since: now,
            from_empty: false,
            guessed: false,
            accepted: 0,
            went: VecDeque::new(),
            stretch: 0,
            short_stretches: 0,
            first_rate: None,
            last_refusal: None,
            disbelief_until: None,
            disbelief: DISBELIEF,
        }
    }

    /// A request wants to go; until when it must wait, and what [`Pace::give`] wants to know.
    pub(super) fn take(&mut self, now: Instant) -> (Option<Instant>, u32) {
        (self.bucket.as_mut().and_then(|bucket| bucket.take(1.0, now)), self.edition)
    }

    /// A request did not go after all. What was taken before the pace changed is forgotten already.
    pub(super) fn give(&mut self, edition: u32) {
        if let Some(bucket) = self.bucket.as_mut().filter(|_| self.edition == edition) {
            bucket.give(1.0);
        }
    }

    /// Requests per second, when they are paced.
    pub(super) fn rate(&self) -> Option<f64> {
        self.bucket.as_ref().map(Bucket::rate)
    }

    /// Whether refusals are believed to say nothing about the rate.
    pub(super) fn is_futile(&self, now: Instant) -> bool {
        self.disbelief_until.is_some_and(|until| now < until)
    }

    /// How often the pace was changed.
    pub(super) fn edition(&self) -> u32 {
        self.edition
    }

    /// A request goes out. It counts as accepted until it is refused: replies come late.
    pub(super) fn sent(&mut self, now: Instant) {
        self.accepted += 1;
        self.stretch += 1;
        if self.went.len() == REMEMBERED {
            self.went.pop_front();
        }
        self.went.push_back(now);
    }

    /// A request was refused, and that says nothing about the rate.
    pub(super) fn not_sent(&mut self) {
        self.accepted = self.accepted.saturating_sub(1);
        self.stretch = self.stretch.saturating_sub(1);
    }

    /// Begins anew.
    pub(super) fn forget(&mut self, now: Instant) {
        let edition = self.edition + u32::from(self.bucket.is_some());
        *self = Pace { edition, ..Pace::new(now) };
    }

    /// A request was answered.
    pub(super) fn accepted(&mut self, now: Instant) {
        let growth = if self.guessed { GUESS_GROWTH } else { GROWTH };
        if let Some(bucket) = &mut self.bucket {
            bucket.set_rate(bucket.rate() * growth, now);
        }
    }

    /// A request that went at `sent` was refused; `asked` is how long the server wants it to wait, if it says so. Refusals
    /// of requests that were under way at the same time are one.
    pub(super) fn refused(&mut self, asked: Option<Duration>, sent: Instant, now: Instant) {
        let same_time = self.last_refusal.is_some_and(|(met, known)| sent >= met && sent <= known);
        if same_time {
            // Left out already.
            return;
        }
        self.not_sent();
        if self.last_refusal.is_some_and(|(_, known)| sent <= known) || self.is_futile(now) {
            return;
        }
        // What went after it met an empty bucket too: only those before it were let through.
        let later = self.went.iter().rev().take_while(|at| **at >= sent).count().saturating_sub(1);
        let later = u64::try_from(later).unwrap_or(u64::MAX);
        self.accepted = self.accepted.saturating_sub(later);
        let stretch = std::mem::take(&mut self.stretch).saturating_sub(later);
        if self.from_empty {
            self.short_stretches = if stretch < LONG { self.short_stretches + 1 } else { 0 };
        }
        // Their bucket may have been full while a guess was too low: measuring begins here.
        let was_guess = std::mem::take(&mut self.guessed);
        let rate =
            if was_guess { self.rate().map(|rate| rate * GUESS_SHARE / SHARE) } else { self.measured(asked, now) };
        if self.short_stretches >= SHORT_STRETCHES || (!was_guess && self.falls(rate)) {
            return self.give_up(now);
        }
        self.guessed = !self.from_empty && rate.is_some();
        if !self.from_empty || was_guess || now.duration_since(self.since) > MEMORY {
            self.from_empty = true;
            self.since = now;
            self.accepted = 0;
        }
        self.last_refusal = Some((sent, now));
        let Some(rate) = rate else { return };
        let mut bucket = Bucket::new(rate, 1.0, 0.0, now);
        bucket.set_rate(rate * SHARE, now);
        // One in hand, so that not every small delay on the way is a refusal.
        bucket.cap(-0.5, now);
        self.bucket = Some(bucket);
        self.edition += 1;
    }

    /// Requests per second that the server seems to allow; `None` when nobody can tell yet.
    fn measured(&self, asked: Option<Duration>, now: Instant) -> Option<f64> {
        let elapsed = now.duration_since(self.since).as_secs_f64();
        if self.from_empty {
            let enough = self.accepted >= 3 && elapsed > 0.0;
            return if enough { Some(real(self.accepted) / elapsed) } else { self.rate().map(|rate| rate * 0.9) };
        }
        let asked = asked.map_or(1.0, |asked| asked.as_secs_f64());
        // What was accepted so far, too high after a burst. One of few says nothing.
        (self.accepted >= EVIDENCE).then(|| real(self.accepted) / (elapsed + asked).max(1.0))
    }

    /// Whether what is accepted falls with what is sent: a limit on the rate accepts the same at each refusal.
    fn falls(&mut self, rate: Option<f64>) -> bool {
        let Some(rate) = rate.filter(|_| self.from_empty && self.accepted >= 10) else { return false };
        let first = *self.first_rate.get_or_insert(rate);
        rate < 0.7 * first
    }

    fn give_up(&mut self, now: Instant) {
        *self = Pace {
            disbelief_until: Some(now + self.disbelief),
            edition: self.edition + 1,
            disbelief: self.disbelief.saturating_mul(2).min(Duration::from_secs(3600)),
            ..Pace::new(now)
        };
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of requests are far below 2^52")]
fn real(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_accepted_between_two_refusals_is_the_limit() {
        let start = Instant::now();
        let at = |seconds: f64| start + Duration::from_secs_f64(seconds);
        let mut pace = Pace::new(start);
        assert_eq!((pace.take(start).0, pace.rate()), (None, None));
        (0..11).for_each(|_| pace.sent(start));
        pace.refused(Some(Duration::from_secs(1)), at(0.1), at(0.2));
        assert!(pace.rate().is_some_and(|rate| (7.9..8.1).contains(&rate)), "{:?}", pace.rate());
        // Others that were under way at the same time change nothing.
        pace.refused(Some(Duration::from_secs(1)), at(0.1), at(0.21));
        // The guess was too high; how much is measured from here on.
        (0..21).for_each(|_| pace.sent(at(2.0)));
        pace.refused(Some(Duration::from_secs(1)), at(4.1), at(4.2));
        assert!(pace.rate().is_some_and(|rate| (6.7..6.9).contains(&rate)), "{:?}", pace.rate());
        (0..21).for_each(|_| pace.sent(at(8.0)));
        // What went after the one that was refused met an empty bucket too.
        (0..3).for_each(|_| pace.sent(at(8.1)));
        pace.refused(Some(Duration::from_secs(1)), at(8.1), at(8.2));
        assert!(pace.rate().is_some_and(|rate| (5.03..5.05).contains(&rate)), "{:?}", pace.rate());
        let lone = &mut Pace::new(start);
        lone.sent(start);
        lone.refused(Some(Duration::from_secs(1)), start, start);
        assert_eq!(lone.rate(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn refusals_at_random_are_not_paced_for_long() {
        for (accepted, seconds) in [(2, 1.2), (10, 2.0)] {
            let mut pace = Pace::new(Instant::now());
            let mut refusals = 0;
            while !pace.is_futile(Instant::now()) {
                refusals += 1;
                assert!(refusals < 14, "{accepted}");
                pace.refused(Some(Duration::from_secs(1)), Instant::now(), Instant::now());
                // The slower we go, the longer it takes until the next one of them.
                (0..accepted).for_each(|_| pace.sent(Instant::now()));
                tokio::time::advance(Duration::from_secs_f64(seconds * f64::from(refusals))).await;
                pace.sent(Instant::now());
            }
            assert_eq!(pace.rate(), None);
            pace.refused(None, Instant::now(), Instant::now());
            assert_eq!(pace.rate(), None);
        }
    }
}
