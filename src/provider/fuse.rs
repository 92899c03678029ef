//! Remembers that a provider, or one of its models, cannot answer: later calls fail at once instead of asking again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::record::CallError;

/// The fuses of one provider: one per model, and what has ever answered.
#[derive(Debug, Default)]
pub(super) struct Fuses {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    models: BTreeMap<String, Fuse>,
    /// It spoke, if only to refuse.
    answered: bool,
    /// It gave a reply.
    well: bool,
    /// Attempts under way, by start, while it has not given a reply.
    under_way: BTreeSet<(Instant, u64)>,
    sent: u64,
    /// Its first failure.
    failing_since: Option<Instant>,
    whole: Option<CallError>,
    /// What `whole` was before a late reply proved it wrong, for calls that are just being told.
    lifted: Option<CallError>,
}

#[derive(Debug, Default)]
struct Fuse {
    blown: CancellationToken,
    error: Option<CallError>,
    answered: bool,
}

/// An attempt under way; it ends when dropped.
#[derive(Debug)]
pub(super) struct Trip<'f> {
    fuses: &'f Fuses,
    mark: (Instant, u64),
}

impl Drop for Trip<'_> {
    fn drop(&mut self) {
        self.fuses.lock().under_way.remove(&self.mark);
    }
}

impl Fuses {
    /// An attempt sets out; `None` once the provider has given a reply, when nobody needs to know.
    pub(super) fn set_out(&self) -> Option<Trip<'_>> {
        let mut state = self.lock();
        if state.well {
            return None;
        }
        state.sent += 1;
        let mark = (Instant::now(), state.sent);
        state.under_way.insert(mark);
        Some(Trip { fuses: self, mark })
    }

    /// Whether an attempt has been under way for longer than this: it may be the first good answer.
    pub(super) fn hopes(&self, longer_than: Duration) -> bool {
        self.lock().under_way.first().is_some_and(|(start, _)| start.elapsed() > longer_than)
    }

    /// A token that ends when the model is known not to answer, for the calls that wait.
    pub(super) fn watch(&self, model: &str) -> CancellationToken {
        let mut state = self.lock();
        if let Some(fuse) = state.models.get(model) {
            return fuse.blown.clone();
        }
        let fuse = Fuse::default();
        if state.whole.is_some() {
            fuse.blown.cancel();
        }
        let token = fuse.blown.clone();
        state.models.insert(model.to_owned(), fuse);
        token
    }

    /// Why the model cannot answer, if that is known.
    pub(super) fn error(&self, model: &str) -> Option<CallError> {
        let state = self.lock();
        state.models.get(model).and_then(|fuse| fuse.error.clone()).or_else(|| state.whole.clone())
    }

    /// Whether the provider, and this model, have ever answered.
    pub(super) fn answered(&self, model: &str) -> (bool, bool) {
        let state = self.lock();
        (state.answered, state.models.get(model).is_some_and(|fuse| fuse.answered))
    }

    /// The model answered a request.
    pub(super) fn note_answer(&self, model: &str) {
        let mut state = self.lock();
        state.answered = true;
        state.well = true;
        if let Some(error) = state.whole.take() {
            // An attempt that was under way when the provider was given up.
            state.lifted = Some(error);
            let unharmed = state.models.values_mut().filter(|fuse| fuse.error.is_none());
            unharmed.for_each(|fuse| fuse.blown = CancellationToken::new());
        }
        if let Some(fuse) = state.models.get_mut(model) {
            fuse.answered = true;
        }
    }

    /// Why a call that was told to stop waiting must stop.
    pub(super) fn verdict(&self, model: &str) -> Option<CallError> {
        self.error(model).or_else(|| self.lock().lifted.clone())
    }

    /// How long a provider that has never answered well has been failing; `None` once it has. `failed` notes a failure.
    pub(super) fn startup(&self, failed: bool) -> Option<Duration> {
        let now = Instant::now();
        let mut state = self.lock();
        if state.well {
            return None;
        }
        if failed {
            state.failing_since.get_or_insert(now);
        }
        Some(state.failing_since.map(|since| now.duration_since(since)).unwrap_or_default())
    }

    /// The provider spoke, if only to refuse: it is reachable.
    pub(super) fn note_contact(&self) {
        self.lock().answered = true;
    }

    /// The model cannot answer: everybody who waits for it fails now.
    pub(super) fn blow(&self, model: &str, error: &CallError) {
        let mut state = self.lock();
        let fuse = state.models.entry(model.to_owned()).or_default();
        fuse.error.get_or_insert_with(|| error.clone());
        fuse.blown.cancel();
    }

    /// The whole provider does not answer and never did: everybody who waits for it fails now.
    pub(super) fn blow_all(&self, error: &CallError) {
        let mut state = self.lock();
        state.whole.get_or_insert_with(|| error.clone());
        state.models.values().for_each(|fuse| fuse.blown.cancel());
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::ErrorKind;

    #[test]
    fn a_blown_model_does_not_touch_the_others_and_a_blown_provider_does() {
        let fuses = Fuses::default();
        let error =
            |text: &str| CallError { kind: ErrorKind::Auth, message: text.into(), status: None, request_id: None };
        let (a, b) = (fuses.watch("a"), fuses.watch("b"));
        fuses.blow("a", &error("first"));
        fuses.blow("a", &error("second"));
        assert!(a.is_cancelled() && !b.is_cancelled());
        assert_eq!((fuses.error("a"), fuses.error("b")), (Some(error("first")), None));
        fuses.blow_all(&error("down"));
        assert!(b.is_cancelled() && fuses.watch("new").is_cancelled());
        assert_eq!(fuses.error("new"), Some(error("down")));
    }
}
