//! How many calls go to a provider at once, and how many per minute (reference §17).

mod bucket;
mod headers;
mod lane;
mod opening;
mod pace;
mod window;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::settings::Limits;
use crate::base::Timestamp;
use crate::net::HttpReply;
use bucket::Bucket;
use headers::Stated;
use lane::{Amounts, Lane, Taken, Turn};
use opening::Rhythm;
use window::Place;

/// Seconds of a minute's requests that may be fired at once. Providers enforce windows far below a minute: a limit of 600
/// a minute may be one of 10 a second.
const REQUEST_BURST_S: f64 = 0.1;
/// Seconds of a minute's tokens that may be fired at once.
const TOKEN_BURST_S: f64 = 10.0;
/// Over how long the calls that a pause held back are spread.
const PAUSE_SPREAD: Duration = Duration::from_millis(10);
/// How often a call whose turn falls into a pause queues again.
const MOST_ROUNDS: u32 = 12;

/// What a request is expected to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Load {
    /// Input tokens.
    pub(super) input: u64,
    /// Most output tokens.
    pub(super) output: u64,
}

/// What a request took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Used {
    /// All tokens.
    pub(super) total: u64,
    /// Input that was not read from a cache.
    pub(super) uncached: u64,
    /// Output tokens.
    pub(super) output: u64,
}

/// Why a request does not go out within a sensible time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    /// The provider asked for this pause.
    Pause(Duration),
    /// The day's requests are used up for so long.
    Day(Duration),
}

/// The limiter of one provider: what the user set holds for all of it, what the provider says or shows holds for the
/// family of models it said it to.
#[derive(Debug)]
pub(super) struct Limiter {
    limits: Limits,
    slots: Option<Arc<Semaphore>>,
    ceiling: usize,
    rhythm: Option<Rhythm>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    set: Buckets,
    lanes: BTreeMap<String, Lane>,
}

/// The limits of one kind of owner.
#[derive(Debug, Default)]
struct Buckets {
    requests: Option<Bucket>,
    tokens: Option<Bucket>,
    input: Option<Bucket>,
    output: Option<Bucket>,
    day: Option<Bucket>,
}

/// Leave to send one request; it ends when dropped.
#[derive(Debug)]
pub(super) struct Slot {
    _permit: Option<OwnedSemaphorePermit>,
    place: Place,
    family: String,
    taken: Taken,
    sent: Instant,
}

impl Limiter {
    /// `ceiling` is how many calls the whole run makes at once; `spread` whether the first of them leave one after the other.
    pub(super) fn new(limits: Limits, ceiling: Option<u32>, spread: bool) -> Limiter {
        let now = Instant::now();
        let whole = |number: u32| usize::try_from(number.max(1)).unwrap_or(1).min(Semaphore::MAX_PERMITS);
        let ceiling = [limits.concurrency, ceiling].into_iter().flatten().min();
        let minute = |limit: Option<u32>, burst_s| limit.map(|limit| Bucket::new(f64::from(limit), 60.0, burst_s, now));
        let set = Buckets {
            requests: minute(limits.rpm, REQUEST_BURST_S),
            tokens: minute(limits.tpm, TOKEN_BURST_S),
            input: minute(limits.itpm, TOKEN_BURST_S),
            output: minute(limits.otpm, TOKEN_BURST_S),
            day: limits.rpd.map(|limit| Bucket::new(f64::from(limit), 86_400.0, 86_400.0, now)),
        };
        Limiter {
            limits,
            slots: limits.concurrency.map(|most| Arc::new(Semaphore::new(whole(most)))),
            ceiling: ceiling.map_or(10_000, whole),
            rhythm: spread.then(|| Rhythm::new(ceiling.unwrap_or(1_000))),
            state: Mutex::new(State { set, lanes: BTreeMap::new() }),
        }
    }

    /// Why a request can never go out, if it cannot: one of the limits that the user set. A learned limit refuses
    /// nothing, because our count of tokens is an estimate.
    pub(super) fn refuses(&self, load: Load) -> Option<String> {
        let over = |needed: u64, limit: Option<u32>, name: &str| {
            let limit = limit.filter(|limit| needed > u64::from(*limit))?;
            Some(format!("the request needs about {needed} tokens, the provider's limit `{name}` is {limit}"))
        };
        let total = load.input.saturating_add(load.output);
        over(total, self.limits.tpm, "tpm").or_else(|| over(load.input, self.limits.itpm, "itpm"))
    }

    /// Waits for a slot, the provider's pause and the minute's quota, in order of arrival.
    ///
    /// # Errors
    /// [`Held`] when a pause or the day's quota lasts longer than `longest`.
    pub(super) async fn slot(&self, model: &str, load: Load, longest: Duration) -> Result<Slot, Held> {
        let family = lane::family(model);
        let places = self.with(family, |lane, _| Arc::clone(lane.places()));
        let place = places.take().await;
        let permit = match &self.slots {
            // A semaphore that is never closed always grants.
            Some(slots) => Arc::clone(slots).acquire_owned().await.ok(),
            None => None,
        };
        let mut rounds = 0;
        loop {
            rounds += 1;
            self.sit_out_pause(family, longest).await?;
            let mut reservation = self.reserve(family, load);
            if let Some(until) = reservation.day.filter(|until| *until > Instant::now() + longest) {
                return Err(Held::Day(until.duration_since(Instant::now())));
            }
            let begun = Instant::now();
            if let Some((turn, open)) = reservation.opening.take() {
                tokio::select! {
                    () = tokio::time::sleep_until(turn) => {}
                    () = open.cancelled() => {}
                }
            }
            if let Some(until) = reservation.until.max(reservation.day).filter(|until| *until > Instant::now()) {
                tokio::time::sleep_until(until).await;
            }
            // A pause that began meanwhile moves the turns of all: they queue again, at the new pace. Not where nothing
            // is paced: refusals come fast, and whoever wakes first and is refused would hold back all the others again
            // and again. A call sends at most one request per pause there, which bounds the rate.
            let again =
                self.with(family, |lane, _| lane.has_changed(&reservation.taken, begun)) && rounds < MOST_ROUNDS;
            if !again {
                reservation.kept = true;
                let taken = reservation.taken;
                drop(reservation);
                let sent = self.with(family, |lane, now| lane.sent(now));
                return Ok(Slot { _permit: permit, place, family: family.to_owned(), taken, sent });
            }
        }
    }

    /// A slot, if one is free right now: for requests that can as well not be made.
    pub(super) fn spare_slot(&self, model: &str, load: Load) -> Option<Slot> {
        let family = lane::family(model);
        let places =
            self.with(family, |lane, now| lane.pause_left(now).is_none().then(|| Arc::clone(lane.places())))?;
        let place = places.try_take()?;
        let permit = match &self.slots {
            Some(slots) => Some(Arc::clone(slots).try_acquire_owned().ok()?),
            None => None,
        };
        let mut reservation = self.reserve(family, load);
        if reservation.until.max(reservation.day).is_some() || reservation.opening.is_some() {
            return None;
        }
        reservation.kept = true;
        let taken = reservation.taken;
        drop(reservation);
        let sent = self.with(family, |lane, now| lane.sent(now));
        Some(Slot { _permit: permit, place, family: family.to_owned(), taken, sent })
    }

    /// A request was answered, or failed for a reason that is not its rate: gives back what it did not use.
    pub(super) fn settle(&self, slot: &Slot, used: Option<Used>) {
        let mut state = self.lock();
        let State { set, lanes } = &mut *state;
        if let Some(lane) = lanes.get_mut(&slot.family) {
            lane.answered(slot.sent, used.map(|used| used.output));
        }
        drop_unused(set, lanes, slot, used);
    }

    /// The provider refused a request for its rate: everything it had set aside is given back, and nothing goes out for
    /// as long as the provider asks. `steep` says that the growth was refused, not the rate.
    pub(super) fn refused(&self, slot: &Slot, asked: Option<Duration>, pause: Duration, steep: bool) {
        let mut state = self.lock();
        let State { set, lanes } = &mut *state;
        set.give(&slot.taken.set);
        if let Some(lane) = lanes.get_mut(&slot.family) {
            lane.refused(&slot.place, slot.sent, asked, steep, self.limits.rpm.is_some());
            lane.learned.give(&slot.taken.learned);
            lane.pause(pause);
        }
    }

    /// The provider is overloaded: fewer at once.
    pub(super) fn overloaded(&self, slot: &Slot) {
        self.with(&slot.family, |lane, _| lane.places().refused(&slot.place, 1));
        self.settle(slot, None);
    }

    /// Nothing was sent after all, or nobody read it.
    pub(super) fn refund(&self, slot: &Slot) {
        let mut state = self.lock();
        state.set.give(&slot.taken.set);
        if let Some(lane) = state.lanes.get_mut(&slot.family) {
            lane.give_back(&slot.taken);
        }
    }

    /// Learns from the headers of any reply.
    pub(super) fn learn(&self, model: &str, reply: &HttpReply, now: Timestamp) {
        let stated = Stated::of(reply, now);
        if stated == Stated::default() {
            return;
        }
        let family = lane::family(model);
        let mut state = self.lock();
        let State { set, lanes } = &mut *state;
        set.keep_to(&stated, Instant::now());
        if let Some(lane) = lanes.get_mut(family) {
            lane.learn(&stated);
        }
    }

    async fn sit_out_pause(&self, family: &str, longest: Duration) -> Result<(), Held> {
        // Others that are refused meanwhile may make it longer.
        loop {
            let (left, ordered) = self.with(family, |lane, now| (lane.pause_left(now), lane.has_order()));
            let Some(left) = left else { return Ok(()) };
            if left > longest.mul_f64(1.1) {
                return Err(Held::Pause(left));
            }
            if !ordered {
                tokio::time::sleep(left + PAUSE_SPREAD.mul_f64(rand::random::<f64>())).await;
                return Ok(());
            }
            tokio::time::sleep(left).await;
        }
    }

    fn reserve<'l>(&'l self, family: &'l str, load: Load) -> Reservation<'l> {
        let now = Instant::now();
        let mut state = self.lock();
        let State { set, lanes } = &mut *state;
        let new = || Lane::new(self.ceiling, now);
        on_lane(lanes, family, new, |lane| {
            let amounts = Amounts {
                requests: 1.0,
                tokens: as_number(load.input.saturating_add(load.output)),
                input: as_number(load.input),
                output: lane.expected_output(load.output),
            };
            let (first, day) = set.take(&amounts, now);
            let (turn, learned) = lane.take(&amounts, self.rhythm, now);
            let Turn { until, edition, opening } = turn;
            let taken = Taken { set: amounts, learned, edition };
            Reservation { limiter: self, family, taken, until: first.max(until), opening, day, kept: false }
        })
    }

    fn with<T>(&self, family: &str, work: impl FnOnce(&mut Lane, Instant) -> T) -> T {
        let now = Instant::now();
        let mut state = self.lock();
        on_lane(&mut state.lanes, family, || Lane::new(self.ceiling, now), |lane| work(lane, now))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Works on the lane of a family. Almost always it is there, and its name need not be copied.
fn on_lane<T>(
    lanes: &mut BTreeMap<String, Lane>,
    family: &str,
    new: impl FnOnce() -> Lane,
    work: impl FnOnce(&mut Lane) -> T,
) -> T {
    match lanes.get_mut(family) {
        Some(lane) => work(lane),
        None => work(lanes.entry(family.to_owned()).or_insert_with(new)),
    }
}

fn drop_unused(set: &mut Buckets, lanes: &mut BTreeMap<String, Lane>, slot: &Slot, used: Option<Used>) {
    let Some(used) = used else { return };
    let unused = |taken: &Amounts| Amounts {
        requests: 0.0,
        tokens: taken.tokens - as_number(used.total),
        input: taken.input - as_number(used.uncached),
        output: taken.output - as_number(used.output),
    };
    set.give(&unused(&slot.taken.set));
    if let Some(lane) = lanes.get_mut(&slot.family) {
        lane.learned.give(&unused(&slot.taken.learned));
    }
}

impl Buckets {
    /// Takes from every bucket; until when to wait for the minute's, and for the day's.
    fn take(&mut self, amounts: &Amounts, now: Instant) -> (Option<Instant>, Option<Instant>) {
        let minute = [
            self.requests.as_mut().and_then(|bucket| bucket.take(amounts.requests, now)),
            self.tokens.as_mut().and_then(|bucket| bucket.take(amounts.tokens, now)),
            self.input.as_mut().and_then(|bucket| bucket.take(amounts.input, now)),
            self.output.as_mut().and_then(|bucket| bucket.take(amounts.output, now)),
        ];
        let day = self.day.as_mut().and_then(|bucket| bucket.take(amounts.requests, now));
        (minute.into_iter().flatten().max(), day)
    }

    fn give(&mut self, amounts: &Amounts) {
        let pairs = [
            (&mut self.requests, amounts.requests),
            (&mut self.tokens, amounts.tokens),
            (&mut self.input, amounts.input),
            (&mut self.output, amounts.output),
            (&mut self.day, amounts.requests),
        ];
        pairs.into_iter().for_each(|(bucket, amount)| bucket.iter_mut().for_each(|bucket| bucket.give(amount)));
    }

    /// What is left is at most what the provider says is left.
    fn keep_to(&mut self, stated: &Stated, now: Instant) {
        let pairs = [
            (&mut self.requests, stated.requests),
            (&mut self.tokens, stated.tokens),
            (&mut self.input, stated.input),
            (&mut self.output, stated.output),
        ];
        for (bucket, window) in pairs {
            if let (Some(bucket), Some(left)) = (bucket, window.and_then(|window| window.remaining)) {
                bucket.cap(left, now);
            }
        }
    }
}

/// A share of the quota, given back when the caller is cancelled while it waits.
struct Reservation<'l> {
    limiter: &'l Limiter,
    family: &'l str,
    taken: Taken,
    until: Option<Instant>,
    opening: Option<(Instant, CancellationToken)>,
    day: Option<Instant>,
    kept: bool,
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        let mut state = self.limiter.lock();
        state.set.give(&self.taken.set);
        if let Some(lane) = state.lanes.get_mut(self.family) {
            lane.give_back(&self.taken);
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "token counts are far below 2^52")]
fn as_number(tokens: u64) -> f64 {
    tokens as f64
}

#[cfg(test)]
mod server_test;
#[cfg(test)]
mod tests;
