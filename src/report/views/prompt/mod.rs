//! What `karat prompt` shows: one file per verb.

mod changed;
mod history;
mod label;
mod list;
mod release;
mod resolve;
mod rollback;
mod verify;

pub use changed::ChangedReport;
pub use history::{CommitRow, EventRow, HistoryReport};
pub use label::LabelReport;
pub use list::{PromptRow, PromptsReport};
pub use release::ReleaseReport;
pub use resolve::ResolveReport;
pub use rollback::RollbackReport;
pub use verify::{FindingRow, VerifyReport};
