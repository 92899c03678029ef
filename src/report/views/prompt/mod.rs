//! What `karat prompt` shows: one file per verb.

mod list;

pub use list::{PromptRow, PromptsReport};
