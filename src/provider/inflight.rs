//! Identical calls that are under way are made once.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use foldhash::{HashMap, HashMapExt};
use tokio::sync::OnceCell;

use crate::base::Digest;

/// Calls under way, by identity.
#[derive(Debug)]
pub(super) struct Flights<T> {
    under_way: Mutex<HashMap<Digest, Arc<OnceCell<T>>>>,
}

impl<T: Clone> Flights<T> {
    pub(super) fn new() -> Flights<T> {
        Flights { under_way: Mutex::new(HashMap::new()) }
    }

    /// The result of `make`, or of the identical call that is under way; the flag says that it was another's.
    ///
    /// When the leading call is dropped or gives an `Err` (it was cancelled), a follower takes over with its own `make`.
    pub(super) async fn share<E, F, M>(&self, key: Digest, make: M) -> (Result<T, E>, bool)
    where
        F: Future<Output = Result<T, E>>,
        M: FnOnce() -> F,
    {
        let seat = self.seat(key);
        let mut led = false;
        let made = seat
            .cell
            .get_or_try_init(|| {
                led = true;
                async {
                    match make().await {
                        // Almost always: then there is nobody to keep a copy for.
                        Ok(value) if seat.leave_if_alone() => Err(Ended::Alone(value)),
                        Ok(value) => Ok(value),
                        Err(error) => Err(Ended::Failed(error)),
                    }
                }
            })
            .await;
        match made {
            Ok(value) => (Ok(value.clone()), !led),
            Err(Ended::Alone(value)) => (Ok(value), false),
            Err(Ended::Failed(error)) => (Err(error), !led),
        }
    }

    fn seat(&self, key: Digest) -> Seat<'_, T> {
        let cell = Arc::clone(self.lock().entry(key).or_default());
        Seat { flights: self, key, cell }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Digest, Arc<OnceCell<T>>>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a flight ended without a value that is kept for others.
enum Ended<T, E> {
    /// Nobody else waited for it.
    Alone(T),
    /// It came to nothing.
    Failed(E),
}

/// A place in a flight; the last one to leave removes it.
struct Seat<'f, T: Clone> {
    flights: &'f Flights<T>,
    key: Digest,
    cell: Arc<OnceCell<T>>,
}

impl<T: Clone> Seat<'_, T> {
    /// Removes the flight if nobody else sits in it, and says whether that was so.
    fn leave_if_alone(&self) -> bool {
        let mut under_way = self.flights.lock();
        // The map's and ours: nobody else sits here, and nobody can join while the map is locked. It may be gone already,
        // and another one be under way since.
        let is_ours = under_way.get(&self.key).is_some_and(|cell| Arc::ptr_eq(cell, &self.cell));
        let alone = is_ours && Arc::strong_count(&self.cell) <= 2;
        if alone {
            under_way.remove(&self.key);
        }
        alone
    }
}

impl<T: Clone> Drop for Seat<'_, T> {
    fn drop(&mut self) {
        self.leave_if_alone();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn identical_calls_are_made_once_and_later_ones_again() {
        let flights: Flights<u32> = Flights::new();
        let made = AtomicU32::new(0);
        let call = || {
            flights.share(Digest::of_bytes(b"k"), || async {
                tokio::time::sleep(Duration::from_secs(1)).await;
                Ok::<u32, ()>(made.fetch_add(1, Ordering::Relaxed))
            })
        };
        let (a, b) = tokio::join!(call(), call());
        assert_eq!([a, b], [(Ok(0), false), (Ok(0), true)]);
        assert!(flights.lock().is_empty());
        assert_eq!(call().await, (Ok(1), false));
    }

    #[tokio::test(start_paused = true)]
    async fn a_follower_takes_over_from_a_leader_that_is_dropped_or_cancelled() {
        let flights: Flights<&str> = Flights::new();
        let key = Digest::of_bytes(b"k");
        let cancelled = flights.share(key, || async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            Err::<&str, &str>("cancelled")
        });
        let dropped = tokio::time::timeout(
            Duration::from_secs(3),
            flights.share(key, std::future::pending::<Result<&str, &str>>),
        );
        let follower = flights.share(key, || async { Ok::<&str, &str>("made") });
        let (first, second, third) = tokio::join!(cancelled, dropped, follower);
        assert_eq!(first, (Err("cancelled"), false));
        assert!(second.is_err());
        assert_eq!(third, (Ok("made"), false));
        assert!(flights.lock().is_empty());
    }
}
