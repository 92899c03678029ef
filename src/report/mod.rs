//! How results look: a view becomes a document, a renderer prints it.

mod clean;
mod doc;
mod edits;
mod escape;
mod findings;
mod format;
mod github;
mod json;
mod jsonl;
mod junit;
mod markdown;
mod plain;
mod present;
mod sarif;
mod table;
mod text;
mod views;

#[cfg(test)]
mod golden;
#[cfg(test)]
mod sample;

pub use doc::{Align, Block, Column, Doc, Edit, EditLine, Entry, Line, Span, Table, Tone};
pub use findings::{FindingRule, Findings};
pub use format::Format;
pub use present::{Look, ReportError, Trials, View, present, present_eval};
pub use views::prompt;
pub use views::{
    CacheReport, CallReport, CaseFacts, CheckOption, CheckRow, ChecksReport, EvalView, KeyState, NothingChanged,
    PingsReport, PlannedPing, PlannedPings, ProviderRow, ProvidersReport, RunRow, RunsReport, TrialReport,
    TrialsReport,
};
