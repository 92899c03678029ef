//! The answers of a run's batches, as they are stored.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::base::{Digest, RunId, Timestamp};
use crate::cli::cmd::eval::options::BatchRest;
use crate::provider::{BatchAnswer, BatchReplies};
use crate::record::{BatchFate, CallError, ErrorKind};
use crate::store::{Store, StoreError};

/// What is stored about the requests of a run.
pub(super) struct StoredAnswers {
    store: Store,
    run: RunId,
    /// How often a request is sent at most.
    rounds: u32,
    rest: BatchRest,
    /// Nothing more is sent, so what has no answer stays without one.
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    known: HashMap<Digest, Known>,
    sent: HashMap<u32, Timestamp>,
    paid: HashSet<Digest>,
}

/// The request of one key, over all its rounds.
#[derive(Debug, Clone, Copy)]
struct Known {
    fate: BatchFate,
    chunk: u32,
    position: u32,
    /// Rounds that brought no answer and may be followed by another.
    failed: u32,
}

impl StoredAnswers {
    pub(super) fn new(store: Store, run: RunId, rounds: u32, rest: BatchRest) -> StoredAnswers {
        StoredAnswers { store, run, rounds, rest, state: Mutex::default() }
    }

    /// Reads what is stored by now.
    pub(super) fn reload(&self) -> Result<(), StoreError> {
        let mut state = State { paid: self.store.paid_keys(&self.run)?, ..State::default() };
        for chunk in self.store.batches(&self.run)? {
            state.sent.insert(chunk.number, chunk.planned);
        }
        for item in self.store.batch_items(&self.run)? {
            if item.fate == BatchFate::Dropped {
                continue;
            }
            let new = Known { fate: item.fate, chunk: item.chunk, position: item.position, failed: 0 };
            let known = state.known.entry(item.key).or_insert(new);
            // Later rounds follow, and an answer is final.
            if !is_final(known.fate) {
                *known = Known { failed: known.failed, ..new };
            }
            known.failed += u32::from(item.fate.may_be_asked_again());
        }
        *self.lock() = state;
        Ok(())
    }

    /// Whether a request has to be sent.
    pub(super) fn is_wanted(&self, key: &Digest) -> bool {
        match self.lock().known.get(key) {
            None => true,
            Some(known) => {
                known.fate.may_be_asked_again() && self.rest == BatchRest::Again && known.failed < self.rounds
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The reply of a request as it is stored.
    fn stored(&self, known: Known, sent: Timestamp) -> Option<BatchAnswer> {
        match self.store.batch_reply(&self.run, known.chunk, known.position) {
            Ok(reply) => reply.map(|reply| BatchAnswer::Reply { reply, sent }),
            // Not an outcome: the reply is there, and can be read another time.
            Err(error) => {
                tracing::warn!(%error, "the answer of a batch cannot be read");
                Some(BatchAnswer::Pending)
            }
        }
    }
}

impl BatchReplies for StoredAnswers {
    fn get(&self, key: &Digest) -> BatchAnswer {
        let (known, sent) = {
            let state = self.lock();
            let Some(known) = state.known.get(key).copied() else { return BatchAnswer::Pending };
            (known, state.sent.get(&known.chunk).copied().unwrap_or(Timestamp(0)))
        };
        match known.fate {
            BatchFate::Open | BatchFate::Cancelled | BatchFate::Dropped => BatchAnswer::Pending,
            BatchFate::Answered | BatchFate::Refused => {
                self.stored(known, sent).unwrap_or_else(|| BatchAnswer::Failed(lost(known)))
            }
            BatchFate::Failed | BatchFate::Expired | BatchFate::Missing if self.rest == BatchRest::Live => {
                BatchAnswer::Single
            }
            BatchFate::Failed | BatchFate::Expired | BatchFate::Missing if known.failed < self.rounds => {
                BatchAnswer::Pending
            }
            BatchFate::Failed => self.stored(known, sent).unwrap_or_else(|| BatchAnswer::Failed(lost(known))),
            BatchFate::Expired | BatchFate::Missing => BatchAnswer::Failed(lost(known)),
        }
    }

    fn is_first(&self, key: &Digest) -> bool {
        self.lock().paid.insert(*key)
    }
}

fn is_final(fate: BatchFate) -> bool {
    matches!(fate, BatchFate::Answered | BatchFate::Refused)
}

/// The error of a request that no round answered.
fn lost(known: Known) -> CallError {
    let rounds = known.failed.max(1);
    let (kind, what) = match known.fate {
        BatchFate::Expired => (ErrorKind::Timeout, "its batch expired before it was begun"),
        _ => (ErrorKind::Malformed, "its batch ended without a word about it"),
    };
    let times = if rounds == 1 { String::new() } else { format!(" ({rounds} batches)") };
    CallError { kind, message: format!("{what}{times}"), status: None, request_id: None }
}
