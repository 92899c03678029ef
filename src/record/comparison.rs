//! What a comparison of the variants of a case came to.

use super::{CallRecord, TrialRecord};

/// A comparison of the variants of a case, in one repeat, that is done: the trials are stored already, and get scores.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The trials that were compared, in the order of the plan, with their new scores, outcome and note. Everything else of
    /// them is stored, and stays.
    pub trials: Vec<TrialRecord>,
    /// What was asked of judges, in the order of the answers: once for all variants.
    pub calls: Vec<CallRecord>,
}
