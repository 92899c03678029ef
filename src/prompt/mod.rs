//! What to say: versions, labels, variables, templates.

mod compile;
mod expression;
mod lex;
mod partials;
mod scan;
mod template;
mod text;
