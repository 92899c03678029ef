//! What to say: versions, labels, variables, templates.
//!
//! A prompt is a folder `prompts/<name>/` with one file per version, a draft and labels; or a template file; or text in a
//! suite. [`Registry`] finds and checks it, [`Prompt`] renders it. Templates see the variables they are given and
//! nothing else.

mod align;
mod at_release;
mod bucket;
mod budget;
mod bump;
mod catalogue;
mod changed;
mod compare;
mod compile;
mod create;
mod definition;
mod examples;
mod expression;
mod filters;
mod flagd;
mod folder;
mod fuel;
mod given;
mod history;
mod identity;
mod includes;
mod label;
mod label_edit;
mod label_move;
mod lex;
pub mod lint;
mod lock;
mod media;
mod meter;
mod outline;
mod output;
mod params;
mod partials;
pub mod port;
mod print;
mod quick;
mod ready;
mod registry;
mod release;
mod render;
mod resolve;
mod revision;
mod rollback;
mod scan;
mod section;
mod sheet;
mod shots;
mod template;
mod text;
mod unclosed;
mod usage;
mod values;
mod var_problem;
mod variable;
mod verify;
mod view;
mod words;

pub use budget::{Budget, Truncated};
pub use bump::Bump;
pub use catalogue::{CatalogueEntry, CatalogueLabel, Depth, ReadVersion};
pub use changed::{ChangedPrompt, changed_prompts};
pub use compare::{Change, MessageDiff, OverrideDiff, PartialDiff, PromptDiff, VariableDiff, compare_rendered};
pub use create::NewPrompt;
pub use flagd::flagd_file;
pub use folder::version as parse_version;
pub use given::{Given, command_line};
pub use history::{PromptEvent, PromptEventKind, PromptHistory, history};
pub use label::{LabelValue, Split, label_name};
pub use label_move::{LabelMove, PROTECTED_LABELS};
pub use lock::{Forced, LOCK_FILE, LockEntry, RegistryLock};
pub use outline::{Outline, OutlineMessage};
pub use params::read_params;
pub use ready::{Prompt, PromptVersion, Rendered};
pub use registry::Registry;
pub use release::{Release, ReleaseRequest, Released};
pub use render::{Origins, RenderError};
pub use revision::git_problem;
pub use rollback::Rollback;
pub use section::Style;
pub use sheet::{Sheet, SheetOverride};
pub use shots::{Example, ExampleVectors, Nearby, PickedExample, VectorProblem, Why};
pub use template::MAX_MESSAGE_BYTES;
pub use usage::{PartialUser, Use, UseKind, UseTarget, find_uses};
pub use values::ValueChange;
pub use var_problem::VarProblem;
pub use variable::{VarType, Variable};
pub use verify::{Finding, FindingKind, Verified, adopt, verify};
pub use view::{MediaView, MessageView, PartView};
pub use words::{Mark, Piece, word_diff};

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
