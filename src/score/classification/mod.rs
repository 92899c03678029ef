//! Checks on labels: what `classification:` of a suite counts.

pub(super) mod label;
mod read;
