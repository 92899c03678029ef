//! What to say: versions, labels, variables, templates.

mod compile;
mod expression;
mod lex;
mod params;
mod partials;
mod scan;
mod template;
mod text;
mod variable;

pub use params::read_params;
pub use variable::{VarProblem, VarType, Variable};
