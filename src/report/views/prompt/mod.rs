//! What `karat prompt` shows: one file per verb.

mod lint;
mod lint_rules;
mod list;
mod usage;

pub use lint::{FixedFile, LintReport, LintTotals};
pub use lint_rules::{RuleReport, RuleRow, RulesReport};
pub use list::{PromptRow, PromptsReport};
pub use usage::{PartialReport, PartialUse, UsageReport, UseRow};
