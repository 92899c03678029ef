//! How many calls are under way at once: additive increase, multiplicative decrease.
//!
//! It begins at the ceiling. A slow start would cost a run against a healthy server several round trips, and most servers
//! (those on loopback, gateways, self-hosted ones) never refuse for it; what a refusal costs is one round trip of one
//! call. The first calls leave one after the other instead, see [`super::opening`].

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// After a cut nothing grows for so long.
const HOLD: Duration = Duration::from_secs(10);
/// The same when the provider says that growth is too steep.
const LONG_HOLD: Duration = Duration::from_secs(60);
/// Share of the latest calls that must be refused for a cut: single refusals are not load.
const SHARE: f64 = 0.5;
/// Calls of which the share is taken.
const LATEST: u32 = 20;

/// A number of places that shrinks under load and grows back.
#[derive(Debug)]
pub(super) struct Places {
    places: Arc<Semaphore>,
    ceiling: usize,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    limit: usize,
    /// Places that are to go when their holders leave.
    owed: usize,
    under_way: usize,
    most_under_way: usize,
    /// Successes in a row while all places were taken.
    streak: usize,
    cut: Option<Instant>,
    hold: Duration,
    /// Share of refusals among the latest calls.
    refused: f64,
}

/// A place; it is free again when dropped.
#[derive(Debug)]
pub(super) struct Place {
    home: Arc<Places>,
    permit: Option<OwnedSemaphorePermit>,
    taken: Instant,
}

impl Places {
    pub(super) fn new(ceiling: usize) -> Places {
        let ceiling = ceiling.clamp(1, Semaphore::MAX_PERMITS);
        let state = State {
            limit: ceiling,
            owed: 0,
            under_way: 0,
            most_under_way: 0,
            streak: 0,
            cut: None,
            hold: HOLD,
            refused: 0.0,
        };
        Places { places: Arc::new(Semaphore::new(ceiling)), ceiling, state: Mutex::new(state) }
    }

    /// Waits for a place, in order of arrival.
    pub(super) async fn take(self: &Arc<Places>) -> Place {
        // A semaphore that is never closed always grants.
        let permit = Arc::clone(&self.places).acquire_owned().await.ok();
        self.seated(permit)
    }

    /// A place, if one is free now.
    pub(super) fn try_take(self: &Arc<Places>) -> Option<Place> {
        let permit = Arc::clone(&self.places).try_acquire_owned().ok()?;
        Some(self.seated(Some(permit)))
    }

    fn seated(self: &Arc<Places>, permit: Option<OwnedSemaphorePermit>) -> Place {
        let mut state = self.lock();
        state.under_way += 1;
        state.most_under_way = state.most_under_way.max(state.under_way);
        Place { home: Arc::clone(self), permit, taken: Instant::now() }
    }

    /// A call was answered.
    pub(super) fn answered(&self) {
        let mut state = self.lock();
        state.refused -= state.refused / f64::from(LATEST);
        let saturated = state.under_way >= state.limit;
        let held = state.cut.is_some_and(|cut| cut.elapsed() < state.hold);
        if state.limit >= self.ceiling || held || !saturated {
            state.streak = 0;
            return;
        }
        state.streak += 1;
        if state.streak >= state.limit {
            state.streak = 0;
            self.resize(&mut state, 1);
        }
    }

    /// A call that took `place` was refused for load: half of the places go, at most once per round trip, but `needed` of
    /// them stay.
    pub(super) fn refused(&self, place: &Place, needed: usize) {
        let mut state = self.lock();
        state.streak = 0;
        state.refused += (1.0 - state.refused) / f64::from(LATEST).min(2.0 + real(state.limit));
        let same_trip = state.cut.is_some_and(|cut| place.taken <= cut);
        if !same_trip && state.refused >= SHARE {
            state.hold = HOLD;
            self.halve(&mut state, needed);
        }
    }

    /// The provider says that it is asked for more and more too fast: half of the places go, and longer.
    pub(super) fn ease(&self, place: &Place) {
        let mut state = self.lock();
        if state.cut.is_none_or(|cut| place.taken > cut) {
            state.hold = LONG_HOLD;
            self.halve(&mut state, 1);
        }
    }

    fn halve(&self, state: &mut State, needed: usize) {
        let used = state.limit.min(state.most_under_way.max(1));
        let next = (used / 2).max(needed).clamp(1, state.limit);
        state.streak = 0;
        state.cut = Some(Instant::now());
        state.most_under_way = state.under_way;
        let fewer = state.limit - next;
        state.limit = next;
        // Those that are free go at once, the others when they are left.
        let gone = self.places.forget_permits(fewer);
        state.owed += fewer - gone;
    }

    /// All places are back: the refusals had nothing to do with their number.
    pub(super) fn restore(&self) {
        let mut state = self.lock();
        let more = self.ceiling - state.limit;
        state.cut = None;
        state.refused = 0.0;
        self.resize(&mut state, more);
    }

    /// How many there are now.
    #[cfg(test)]
    pub(super) fn limit(&self) -> usize {
        self.lock().limit
    }

    fn resize(&self, state: &mut State, more: usize) {
        state.limit += more;
        let kept = state.owed.min(more);
        state.owed -= kept;
        self.places.add_permits(more - kept);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.home.lock();
        state.under_way = state.under_way.saturating_sub(1);
        if state.owed > 0
            && let Some(permit) = self.permit.take()
        {
            state.owed -= 1;
            permit.forget();
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "places are few")]
fn real(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn seats(places: &Arc<Places>, count: usize) -> Vec<Place> {
        let mut seats = Vec::new();
        for _ in 0..count {
            seats.push(places.take().await);
        }
        seats
    }

    #[tokio::test(start_paused = true)]
    async fn load_halves_the_places_once_per_round_trip_and_they_grow_back_when_all_are_used() {
        let places = Arc::new(Places::new(8));
        let seated = seats(&places, 8).await;
        seated.iter().for_each(|seat| places.refused(seat, 1));
        assert_eq!(places.limit(), 4);
        drop(seated);
        assert!(places.try_take().is_some());
        let seated = seats(&places, 4).await;
        assert!(places.try_take().is_none());
        // Not while it cools down.
        (0..20).for_each(|_| places.answered());
        assert_eq!(places.limit(), 4);
        tokio::time::advance(Duration::from_secs(10)).await;
        (0..3).for_each(|_| places.answered());
        assert_eq!(places.limit(), 4);
        places.answered();
        assert_eq!(places.limit(), 5);
        // One is free now: nothing grows that is not used.
        (0..50).for_each(|_| places.answered());
        assert_eq!(places.limit(), 5);
        drop(seated);
        places.restore();
        assert_eq!((places.limit(), seats(&places, 8).await.len()), (8, 8));
        assert!(places.try_take().is_some(), "all were given back");
    }

    #[tokio::test(start_paused = true)]
    async fn the_floor_is_one_and_what_is_needed_stays() {
        let places = Arc::new(Places::new(8));
        for wanted in [4, 3, 3] {
            tokio::time::advance(Duration::from_millis(1)).await;
            let seated = seats(&places, places.limit()).await;
            (0..20).for_each(|_| places.refused(&seated[0], 3));
            assert_eq!(places.limit(), wanted);
        }
        for _ in 0..5 {
            tokio::time::advance(Duration::from_millis(1)).await;
            let seated = seats(&places, places.limit()).await;
            (0..20).for_each(|_| places.refused(&seated[0], 0));
        }
        assert_eq!(places.limit(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn single_refusals_among_many_answers_are_not_load() {
        let places = Arc::new(Places::new(20));
        for _ in 0..200 {
            let seat = places.take().await;
            places.refused(&seat, 1);
            (0..12).for_each(|_| places.answered());
            drop(seat);
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        assert_eq!(places.limit(), 20);
    }
}
