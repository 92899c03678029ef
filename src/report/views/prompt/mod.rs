//! What `karat prompt` shows: one file per verb.

mod diff;
mod edit_lines;
mod list;
mod results;

pub use diff::{CallEstimate, DiffReport, DiffSide, ModelEstimate, RenderedDiff, RenderedSide, SideResults};
pub use list::{LabelRow, PromptRow, PromptsReport, ShareRow, Shown, VersionRow};
pub use results::{PromptResult, PromptResults, ResultSummary};
