//! What a retriever found, against what it should have found.

pub(super) mod context_match;
pub(super) mod context_overlap;
mod passages;
pub(super) mod ranking;
