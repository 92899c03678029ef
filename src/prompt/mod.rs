//! What to say: versions, labels, variables, templates.

mod expression;
mod lex;
mod scan;
mod text;
