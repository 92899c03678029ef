//! What `karat prompt` shows: one file per verb.

mod import;
mod list;

pub use import::{ImportReport, ImportedFile, ImportedPrompt};
pub use list::{PromptRow, PromptsReport};
