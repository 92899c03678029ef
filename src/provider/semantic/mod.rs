//! The semantic cache: answers of earlier calls to questions that mean nearly the same. Opt-in, because nearly is not
//! the same: how often the answers agree is measured beside it.

mod index;
mod lookup;
mod scope;
mod signature;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use index::Index;
use std::sync::Mutex;

pub use scope::Compare;
pub use signature::Signature;

use crate::base::{Digest, Timestamp};
use crate::record::{CachedReply, EmbeddingModel};

/// How the semantic cache works in one run.
#[derive(Clone)]
pub struct SemanticSettings {
    /// Makes the vectors by which questions are compared.
    pub model: EmbeddingModel,
    /// Least cosine at which a kept answer counts, in 0..=1.
    pub threshold: f64,
    /// What of a request is compared by meaning; the rest must be equal.
    pub compare: Compare,
    /// Share of the hits for which the model is asked all the same, in 0..=1.
    pub verify: f64,
    /// Whether it also answers cases that are asked several times, whose answers are wanted to differ.
    pub repeats: bool,
    /// The kept questions.
    pub store: Arc<dyn QuestionStore>,
}

/// Questions of earlier calls, shared by all processes on one store. Failures of the store are its own to tell: it then
/// has nothing.
pub trait QuestionStore: Send + Sync {
    /// Questions that were kept after this number, oldest first; all of them after 0.
    fn newer(&self, after: i64) -> Vec<KeptQuestion>;

    /// Vector and cache key of some questions; those that are gone are left out.
    fn vectors(&self, ids: &[i64]) -> Vec<KeptVector>;

    /// The reply under a cache key, when it is there and not too old.
    fn reply(&self, origin: &Digest) -> Option<CachedReply>;

    /// Keeps a question whose vector is kept already. May block.
    fn keep(&self, question: &NewQuestion);

    /// Notes which questions answered, and lets go of those that were not used the longest, beyond the most that are kept.
    fn settle(&self, used: &[(i64, Timestamp)]);
}

/// A question as the index holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptQuestion {
    /// Its number.
    pub id: i64,
    /// Of everything that must be equal.
    pub scope: Digest,
    /// Of its vector.
    pub signature: Signature,
}

/// A question's vector, and the call that answered it.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptVector {
    /// Its number.
    pub id: i64,
    /// Cache key of the call.
    pub origin: Digest,
    /// Its vector.
    pub vector: Vec<f32>,
}

/// A question to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewQuestion {
    /// Of everything that must be equal.
    pub scope: Digest,
    /// Cache key of the call that answers it.
    pub origin: Digest,
    /// Of its vector.
    pub signature: Signature,
    /// Digest of its text, by which the vector is kept.
    pub text: Digest,
    /// The model of the vector.
    pub model: EmbeddingModel,
    /// The server of the vector.
    pub endpoint: String,
    /// When it was asked.
    pub made: Timestamp,
}

/// The semantic cache of a caller.
pub(super) struct Semantic {
    settings: SemanticSettings,
    index: Mutex<Index>,
    used: Mutex<Vec<(i64, Timestamp)>>,
    problem: Mutex<Option<String>>,
}

impl Semantic {
    pub(super) fn new(settings: SemanticSettings) -> Semantic {
        Semantic { settings, index: Mutex::default(), used: Mutex::default(), problem: Mutex::default() }
    }
}
