//! Checks that compare the outputs of the variants of a case: asked once for all of them, when all have answered.
//!
//! At the end of its trial such a check is ungraded, and says what it waits for; [`score_among`] gives the scores of all
//! variants at once.

mod apply;
pub(super) mod max_score;
mod once;
mod rivals;
#[cfg(test)]
mod tests;

pub(super) use apply::common;
pub use apply::score_among;
pub(super) use rivals::{Among, Field, waiting};
pub use rivals::{Comparing, Rival, counterpart};
