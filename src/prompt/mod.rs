//! What to say: versions, labels, variables, templates.
//!
//! A prompt is a folder `prompts/<name>/` with one file per version, a draft and labels; or a template file; or text in a
//! suite. [`Registry`] finds and checks it, [`Prompt`] renders it. Templates see the variables they are given and
//! nothing else.

mod bucket;
mod bump;
mod changed;
mod compile;
mod definition;
mod examples;
mod expression;
mod flagd;
mod folder;
mod history;
mod identity;
mod includes;
mod label;
mod label_edit;
mod label_move;
mod lex;
mod lock;
mod media;
mod outline;
mod output;
mod params;
mod partials;
mod ready;
mod registry;
mod release;
mod render;
mod resolve;
mod revision;
mod rollback;
mod scan;
mod shots;
mod template;
mod text;
mod unclosed;
mod variable;
mod verify;

pub use bump::Bump;
pub use changed::{ChangedPrompt, changed_prompts};
pub use flagd::flagd_file;
pub use history::{PromptEvent, PromptEventKind, PromptHistory, history};
pub use label::{LabelValue, Split, label_name};
pub use label_move::{LabelMove, PROTECTED_LABELS};
pub use lock::{Forced, LOCK_FILE, LockEntry, RegistryLock};
pub use outline::{Outline, OutlineMessage};
pub use params::read_params;
pub use ready::{Prompt, PromptVersion, Rendered};
pub use registry::Registry;
pub use release::{Release, ReleaseRequest, Released};
pub use render::RenderError;
pub use rollback::Rollback;
pub use shots::{Example, ExampleVectors, Nearby, PickedExample, VectorProblem, Why};
pub use template::MAX_MESSAGE_BYTES;
pub use variable::{VarProblem, VarType, Variable};
pub use verify::{Finding, FindingKind, Verified, adopt, verify};

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
