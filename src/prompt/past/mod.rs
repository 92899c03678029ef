//! What was, and who uses what: history, rollback, changes since a revision, uses.

pub(super) mod changed;
pub(super) mod history;
pub(super) mod rollback;
pub(super) mod usage;
