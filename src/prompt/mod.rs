//! What to say: versions, labels, variables, templates.
//!
//! A prompt is a folder `prompts/<name>/` with one file per version, a draft and labels; or a template file; or text in a
//! suite. [`Registry`] finds and checks it, [`Prompt`] renders it. Templates see the variables they are given and
//! nothing else.

mod compile;
mod definition;
mod expression;
mod folder;
mod identity;
mod lex;
pub mod lint;
mod media;
mod output;
mod params;
mod partials;
mod ready;
mod registry;
mod render;
mod scan;
mod template;
mod text;
mod unclosed;
mod usage;
mod variable;

pub use params::read_params;
pub use ready::{Prompt, PromptVersion, Rendered};
pub use registry::Registry;
pub use render::RenderError;
pub use template::MAX_MESSAGE_BYTES;
pub use usage::{PartialUser, Use, UseKind, UseTarget, find_uses};
pub use variable::{VarProblem, VarType, Variable};

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
