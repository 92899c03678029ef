//! What to say: versions, labels, variables, templates.
//!
//! A prompt is a folder `prompts/<name>/` with one file per version, a draft and labels; or a template file; or text in a
//! suite. [`Registry`] finds and checks it, [`Prompt`] renders it. Templates see the variables they are given and
//! nothing else.

mod diff;
mod examples;
mod given;
mod includes;
mod labels;
mod language;
pub mod lint;
mod partials;
mod parts;
mod past;
pub mod port;
mod quick;
mod ready;
mod registry;
mod releases;
mod render;
mod settle;
mod shots;
mod templates;
mod written;

pub use diff::compare::{Change, MessageDiff, OverrideDiff, PartialDiff, PromptDiff, VariableDiff, compare_rendered};
pub use diff::lines::unified_diff;
pub use diff::outline::{Outline, OutlineMessage};
pub use diff::values::ValueChange;
pub use diff::view::{MediaView, MessageView, PartView};
pub use diff::words::{Mark, Piece, word_diff};
pub use given::{Given, command_line};
pub use labels::flagd::flagd_file;
pub use labels::label::{LabelValue, Split, label_name};
pub use labels::label_move::{LabelMove, PROTECTED_LABELS};
pub use language::section::Style;
pub use language::template::MAX_MESSAGE_BYTES;
pub use parts::Accepts;
pub use past::changed::{ChangedPrompt, changed_prompts};
pub use past::history::{PromptEvent, PromptEventKind, PromptHistory, history};
pub use past::rollback::Rollback;
pub use past::usage::{PartialUser, Use, UseKind, UseTarget, find_uses};
pub use ready::{Prompt, PromptVersion, Rendered};
pub use registry::Registry;
pub use releases::bump::Bump;
pub use releases::catalogue::{CatalogueEntry, CatalogueLabel, Depth, ReadVersion};
pub use releases::create::NewPrompt;
pub use releases::folder::version as parse_version;
pub use releases::lock::{Forced, LOCK_FILE, LockEntry, RegistryLock};
pub use releases::release::{Release, ReleaseRequest, Released};
pub use releases::revision::git_problem;
pub use releases::sheet::{Sheet, SheetOverride};
pub use releases::verify::{Finding, FindingKind, Verified, adopt, verify};
pub use render::{Origins, RenderError};
pub use shots::{Example, ExampleVectors, Nearby, PickedExample, VectorProblem, Why};
pub use written::budget::{Budget, Truncated};
pub use written::params::read_params;
pub use written::tooling::Tooling;
pub use written::var_problem::VarProblem;
pub use written::variable::{VarType, Variable};

#[cfg(test)]
mod tests;
