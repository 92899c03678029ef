//! What to say: versions, labels, variables, templates.
//!
//! A prompt is a folder `prompts/<name>/` with one file per version, a draft and labels; or a template file; or text in a
//! suite. [`Registry`] finds and checks it, [`Prompt`] renders it. Templates see the variables they are given and
//! nothing else.

mod budget;
mod compile;
mod create;
mod definition;
mod expression;
mod filters;
mod folder;
mod fuel;
mod given;
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
mod sheet;
mod template;
mod text;
mod unclosed;
mod var_problem;
mod variable;

pub use budget::{Budget, Truncated};
pub use create::NewPrompt;
pub use given::{Given, command_line};
pub use params::read_params;
pub use ready::{Prompt, PromptVersion, Rendered};
pub use registry::Registry;
pub use render::{Origins, RenderError};
pub use section::Style;
pub use sheet::{Sheet, SheetMessage, SheetOverride, SheetPart};
pub use template::MAX_MESSAGE_BYTES;
pub use var_problem::VarProblem;
pub use variable::{VarType, Variable};

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
