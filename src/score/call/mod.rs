//! Checks on how the call went.

pub(super) mod cost;
pub(super) mod finish_reason;
pub(super) mod latency;
pub(super) mod refusal;
mod refusing;
