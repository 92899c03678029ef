//! Property tests of prompts: inputs that nobody wrote, what must hold for every answer, and the smallest input that
//! breaks it.

mod generate;
mod paraphrase;
mod plan;
mod relate;
mod shrink;
mod texts;

pub(super) use paraphrase::{Reworded, longest_answer, reworded};
pub use plan::{FUZZ_TAG, fuzzed};
pub use shrink::smaller;
