//! What `karat prompt` shows: one file per verb.

mod changed;
mod diff;
mod edit_lines;
mod history;
mod import;
mod label;
mod list;
mod messages;
mod release;
mod render;
mod resolve;
mod results;
mod rollback;
mod show;
mod verify;

pub use changed::ChangedReport;
pub use diff::{CallEstimate, DiffReport, DiffSide, ModelEstimate, RenderedDiff, RenderedSide, SideResults};
pub use history::{CommitRow, EventRow, HistoryReport};
pub use import::{ImportReport, ImportedFile, ImportedPrompt};
pub use label::LabelReport;
pub use list::{LabelRow, PromptRow, PromptsReport, ShareRow, Shown, VersionRow};
pub use messages::chat_json;
pub use release::ReleaseReport;
pub use render::{RenderExplained, RenderReport, RenderTokens, ValueOrigin};
pub use resolve::ResolveReport;
pub use results::{PromptResult, PromptResults, ResultSummary};
pub use rollback::RollbackReport;
pub use show::{LimitFacts, MessageFacts, OverrideFacts, ShowReport, VariableFacts};
pub use verify::{FindingRow, VerifyReport};
