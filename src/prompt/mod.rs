//! What to say: versions, labels, variables, templates.
//!
//! A prompt is a folder `prompts/<name>/` with one file per version, a draft and labels; or a template file; or text in a
//! suite. [`Registry`] finds and checks it, [`Prompt`] renders it. Templates see the variables they are given and
//! nothing else.

mod align;
mod catalogue;
mod compare;
mod compile;
mod definition;
mod expression;
mod folder;
mod identity;
mod lex;
mod media;
mod output;
mod params;
mod partials;
mod quick;
mod ready;
mod registry;
mod render;
mod scan;
mod template;
mod text;
mod unclosed;
mod values;
mod variable;
mod view;
mod words;

pub use catalogue::{CatalogueEntry, CatalogueLabel, Depth, ReadVersion};
pub use compare::{Change, MessageDiff, OverrideDiff, PartialDiff, PromptDiff, VariableDiff, compare_rendered};
pub use params::read_params;
pub use ready::{Prompt, PromptVersion, Rendered};
pub use registry::Registry;
pub use render::RenderError;
pub use template::MAX_MESSAGE_BYTES;
pub use values::ValueChange;
pub use variable::{VarProblem, VarType, Variable};
pub use view::{MediaView, MessageView, PartView};
pub use words::{Mark, Piece, word_diff};

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
