//! What is known of one family of models at one provider: limits that it states, limits that refusals show, its pause.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::bucket::Bucket;
use super::headers::{Stated, Window};
use super::opening::{Opening, Rhythm};
use super::pace::Pace;
use super::window::{Place, Places};
use super::{Buckets, REQUEST_BURST_S, TOKEN_BURST_S};

/// Output tokens that are expected before any reply has come.
const FIRST_EXPECTATION: f64 = 500.0;
/// Share of the newest reply in the moving means.
const NEWEST: f64 = 0.1;
/// More places than the pace needs by Little's law, because latencies vary.
const ROOM: f64 = 1.5;
/// Refusals that a known limit explains.
const MOST_EXPLAINED: u32 = 3;

/// What was taken from each bucket.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Amounts {
    pub(super) requests: f64,
    pub(super) tokens: f64,
    pub(super) input: f64,
    pub(super) output: f64,
}

/// What one request has set aside.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Taken {
    /// Of the limits that the user set.
    pub(super) set: Amounts,
    /// Of those that the provider states.
    pub(super) learned: Amounts,
    /// See [`Pace::give`].
    pub(super) edition: u32,
}

/// When a request may leave.
#[derive(Debug)]
pub(super) struct Turn {
    /// Not before this moment.
    pub(super) until: Option<Instant>,
    /// See [`Pace::give`].
    pub(super) edition: u32,
    /// Nor before this one, unless it is woken.
    pub(super) opening: Option<(Instant, CancellationToken)>,
}

/// One family of models.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) learned: Buckets,
    pace: Pace,
    places: Arc<Places>,
    not_before: Option<Instant>,
    paused_at: Option<Instant>,
    output: Option<f64>,
    latency: Option<f64>,
    opening: Opening,
    /// Refusals although the limit is known, and the last of them.
    explained: u32,
    last_explained: Option<Instant>,
}

impl Lane {
    pub(super) fn new(ceiling: usize, now: Instant) -> Lane {
        Lane {
            learned: Buckets::default(),
            pace: Pace::new(now),
            places: Arc::new(Places::new(ceiling)),
            not_before: None,
            paused_at: None,
            output: None,
            latency: None,
            opening: Opening::default(),
            explained: 0,
            last_explained: None,
        }
    }

    pub(super) fn places(&self) -> &Arc<Places> {
        &self.places
    }

    /// Whether requests leave one after the other.
    pub(super) fn is_paced(&self) -> bool {
        self.pace.rate().is_some() || self.learned.requests.is_some()
    }

    /// Output tokens to set aside: what replies usually have, not what they may have.
    pub(super) fn expected_output(&self, most: u64) -> f64 {
        self.output.unwrap_or(FIRST_EXPECTATION).min(super::as_number(most))
    }

    /// Takes what a request needs: when it may leave, and what was taken.
    pub(super) fn take(&mut self, wanted: &Amounts, rhythm: Option<Rhythm>, now: Instant) -> (Turn, Amounts) {
        // Our counts are estimates: what seems larger than the limit takes all of it.
        let clamped = |amount: f64, bucket: &Option<Bucket>| bucket.as_ref().map_or(0.0, |b| amount.min(b.limit));
        let amounts = Amounts {
            requests: wanted.requests,
            tokens: clamped(wanted.tokens, &self.learned.tokens),
            input: clamped(wanted.input, &self.learned.input),
            output: clamped(wanted.output, &self.learned.output),
        };
        let (until, _) = self.learned.take(&amounts, now);
        let (paced, edition) = self.pace.take(now);
        let opening = rhythm.and_then(|rhythm| self.opening.take(rhythm, now));
        (Turn { until: until.max(paced), edition, opening }, amounts)
    }

    pub(super) fn give_back(&mut self, taken: &Taken) {
        self.learned.give(&taken.learned);
        self.pace.give(taken.edition);
    }

    /// A request was let through.
    pub(super) fn answered(&mut self, sent: Instant, output: Option<u64>) {
        let now = Instant::now();
        self.opening.heard(sent, false);
        self.pace.accepted(now);
        self.places.answered();
        mean(&mut self.latency, now.saturating_duration_since(sent).as_secs_f64());
        if let Some(output) = output {
            mean(&mut self.output, super::as_number(output));
        }
    }

    /// A request was refused for its rate.
    pub(super) fn refused(&mut self, place: &Place, sent: Instant, asked: Option<Duration>, steep: bool, is_set: bool) {
        let now = Instant::now();
        self.opening.heard(sent, true);
        if steep {
            self.places.ease(place);
            return;
        }
        let was_futile = self.pace.is_futile(now);
        if let Some(bucket) = &mut self.learned.requests {
            bucket.cap(-0.5, now);
        }
        if self.is_explained(sent, is_set, now) {
            self.pace.not_sent();
        } else {
            self.pace.refused(asked, sent, now);
        }
        match (self.pace.is_futile(now), was_futile) {
            (true, false) => self.places.restore(),
            (true, true) => {}
            (false, _) => self.places.refused(place, self.needed()),
        }
    }

    /// Whether a refusal needs no explanation because the limit is known, and it happened before we kept to it. One that
    /// comes again and again is a limit that nobody told us of.
    fn is_explained(&mut self, sent: Instant, is_set: bool, now: Instant) -> bool {
        if !is_set && self.learned.requests.is_none() {
            return false;
        }
        if self.last_explained.is_none_or(|last| sent > last) {
            self.explained += 1;
            self.last_explained = Some(now);
        }
        self.explained <= MOST_EXPLAINED
    }

    /// Places that the known rate needs: fewer would not lower the rate that is refused, but waste what is allowed.
    fn needed(&self) -> usize {
        let stated = self.learned.requests.as_ref().map(Bucket::rate);
        let rate = self.pace.rate().into_iter().chain(stated).reduce(f64::min);
        let needed = rate.zip(self.latency).map_or(1.0, |(rate, latency)| (rate * latency * ROOM).ceil());
        whole(needed)
    }

    /// Learns from headers.
    pub(super) fn learn(&mut self, stated: &Stated) {
        let now = Instant::now();
        if self.learned.requests.is_none() && stated.requests.is_some_and(|window| window.limit.is_some()) {
            // What refusals taught before was a guess.
            self.pace.forget(now);
        }
        let learned = &mut self.learned;
        learn(&mut learned.requests, stated.requests, REQUEST_BURST_S, now);
        learn(&mut learned.tokens, stated.tokens, TOKEN_BURST_S, now);
        learn(&mut learned.input, stated.input, TOKEN_BURST_S, now);
        learn(&mut learned.output, stated.output, TOKEN_BURST_S, now);
        learned.keep_to(stated, now);
        if let Some(pause) = stated.pause() {
            self.pause(pause);
        }
    }

    /// Nothing goes out for so long.
    pub(super) fn pause(&mut self, wait: Duration) {
        let now = Instant::now();
        let until = now + wait;
        self.paused_at = Some(now);
        self.not_before = Some(self.not_before.map_or(until, |known| known.max(until)));
        if !self.is_paced() && !self.pace.is_futile(now) {
            self.opening.again(wait);
        }
    }

    /// How long the pause still lasts.
    pub(super) fn pause_left(&self, now: Instant) -> Option<Duration> {
        self.not_before?.checked_duration_since(now).filter(|left| !left.is_zero())
    }

    /// Whether those that a pause held back leave in some order of their own.
    pub(super) fn has_order(&self) -> bool {
        self.is_paced() || self.opening.repeats()
    }

    /// Whether a turn that was taken at this moment is none any more: a pause began, or the pace changed.
    pub(super) fn has_changed(&self, taken: &Taken, moment: Instant) -> bool {
        let paused = self.paused_at.is_some_and(|at| at >= moment) && self.pause_left(Instant::now()).is_some();
        let paced = self.is_paced();
        (paced && self.pace.edition() != taken.edition) || (paused && (paced || self.opening.repeats()))
    }

    /// A request goes out at this moment, which is given back.
    pub(super) fn sent(&mut self, now: Instant) -> Instant {
        self.pace.sent(now);
        now
    }
}

/// The families that share a limit: a dated version counts as its model.
pub(super) fn family(model: &str) -> &str {
    let bare = model.strip_suffix("-latest").unwrap_or(model);
    // `-2025-08-07`
    let is_iso = |tail: &str| {
        let fits = |(at, byte): (usize, u8)| if matches!(at, 0 | 5 | 8) { byte == b'-' } else { byte.is_ascii_digit() };
        tail.bytes().enumerate().all(fits)
    };
    if let Some((front, tail)) = bare.len().checked_sub(11).and_then(|at| bare.split_at_checked(at))
        && !front.is_empty()
        && is_iso(tail)
    {
        return front;
    }
    match bare.rsplit_once('-') {
        Some((front, date))
            if date.len() == 8 && date.starts_with("20") && date.bytes().all(|b| b.is_ascii_digit()) =>
        {
            front
        }
        _ => bare,
    }
}

fn learn(bucket: &mut Option<Bucket>, window: Option<Window>, burst_s: f64, now: Instant) {
    let Some(limit) = window.and_then(|window| window.limit) else { return };
    if bucket.as_ref().is_none_or(|known| (known.limit - limit).abs() > 0.5) {
        let mut new = Bucket::new(limit, 60.0, burst_s, now);
        // Requests under way are not in it; one in hand keeps us off the edge.
        new.cap(-1.0, now);
        *bucket = Some(new);
    }
}

fn mean(mean: &mut Option<f64>, newest: f64) {
    *mean = Some(mean.map_or(newest, |old| old + NEWEST * (newest - old)));
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, and is never negative")]
fn whole(number: f64) -> usize {
    number as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dated_versions_share_the_limits_of_their_model() {
        for (model, wanted) in [
            ("gpt-4o-2024-08-06", "gpt-4o"),
            ("claude-sonnet-4-20250514", "claude-sonnet-4"),
            ("mistral-large-latest", "mistral-large"),
            ("gpt-4o-mini", "gpt-4o-mini"),
            ("gpt-4-0613", "gpt-4-0613"),
            ("m-12345678", "m-12345678"),
            ("é", "é"),
        ] {
            assert_eq!(family(model), wanted);
        }
    }
}
