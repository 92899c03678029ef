//! Groups of checks, in three-valued logic.

pub(super) mod all_of;
pub(super) mod any_of;
mod logic;

pub(super) use logic::{Member, all_of, any_of};
