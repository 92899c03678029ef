//! What to say: versions, labels, variables, templates.
//!
//! A prompt is a folder `prompts/<name>/` with one file per version, a draft and labels; or a template file; or text in a
//! suite. [`Registry`] finds and checks it, [`Prompt`] renders it. Templates see the variables they are given and
//! nothing else.

mod budget;
mod compile;
mod definition;
mod expression;
mod folder;
mod fuel;
mod identity;
mod lex;
mod media;
mod meter;
mod output;
mod params;
mod partials;
mod ready;
mod registry;
mod render;
mod scan;
mod section;
mod template;
mod text;
mod unclosed;
mod variable;

pub use budget::{Budget, Truncated};
pub use params::read_params;
pub use ready::{Prompt, PromptVersion, Rendered};
pub use registry::Registry;
pub use render::{Origins, RenderError};
pub use section::Style;
pub use template::MAX_MESSAGE_BYTES;
pub use variable::{VarProblem, VarType, Variable};

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
