//! What a retriever found, against what it should have found.

pub(super) mod ranking;
