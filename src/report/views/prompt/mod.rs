//! What `karat prompt` shows: one file per verb.

mod list;
mod messages;
mod render;
mod show;

pub use list::{PromptRow, PromptsReport};
pub use messages::chat_json;
pub use render::{RenderExplained, RenderReport, RenderTokens, ValueOrigin};
pub use show::{LimitFacts, MessageFacts, OverrideFacts, ShowReport, VariableFacts};
