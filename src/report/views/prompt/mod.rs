//! What `karat prompt` shows: one file per verb.

mod changed;
mod diff;
mod edit_lines;
mod evidence;
mod history;
mod import;
mod label;
mod lint;
mod lint_rules;
mod list;
mod messages;
mod new;
mod release;
mod render;
mod resolve;
mod results;
mod rollback;
mod show;
mod usage;
mod verify;

pub use changed::ChangedReport;
pub use diff::{
    CallEstimate, DiffReport, DiffSide, IncomparableResults, ModelEstimate, RenderedDiff, RenderedSide, SideResults,
};
pub use evidence::Evidence;
pub use history::{CommitRow, EventRow, HistoryReport};
pub use import::{ImportReport, ImportedFile, ImportedPrompt};
pub use label::LabelReport;
pub use lint::{FixedFile, LintReport, LintTotals};
pub use lint_rules::{RuleReport, RuleRow, RulesReport};
pub use list::{LabelRow, PromptRow, PromptsReport, ShareRow, Shown, VersionRow};
pub use messages::chat_json;
pub use new::NewReport;
pub use release::ReleaseReport;
pub use render::{RenderExplained, RenderReport, RenderTokens, ValueOrigin};
pub use resolve::ResolveReport;
pub use results::{PromptResult, PromptResults, ResultSummary};
pub use rollback::RollbackReport;
pub use show::{LimitFacts, MessageFacts, OverrideFacts, ShowReport, VariableFacts};
pub use usage::{PartialReport, PartialUse, UsageReport, UseRow};
pub use verify::{FindingRow, VerifyReport};
